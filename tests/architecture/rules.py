"""Rules about the shape of the code that no linter knows; each answers what breaks it."""

import ast
import inspect
import os
import re
import textwrap
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from deploy.local.folders import PROJECT
from shared.messaging.router import Handler

OWN = ("services", "shared", "deploy")
MOST_LINES = 300
MOST_LINES_OF_A_HANDLER = 15
TOP_FLOOR = ("handlers", "jobs")
# Where a string subscript reads JSON or an error of a library, and no row.
READS_JSON = frozenset(
    (
        "services/identity/accounts/rules.py",  # the corrected fields of a request
        "services/licensing/vat/rates.py",  # the rates as they are written down
        "services/privacy/certificates/document.py",
        "services/privacy/certificates/reading.py",  # a certificate as it is issued
        "services/privacy/register/loading.py",
    )
)
LANGUAGES = ("pl", "en")
PICK = re.compile(r"(?<!MATERIALIZED )\(\s*SELECT\b[^()]*(?:\([^()]*\)[^()]*)*SKIP LOCKED\)")
SQL = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
# Names of the house before issue 8 (house, town, orchard: the review lists them) that must not come back.
OLD_MODULES = frozenset(
    (
        "forgetting",
        "gathering",
        "answering",
        "requests",
        "connection",
        "senders",
        "retained",
        "coverage",
        "post",
        "words",
    )
    + ("settling", "erasing", "closing", "upkeep", "publications", "publishing", "contents", "content", "joining")
    + ("processing", "intake", "callers", "bodies", "answers", "traces", "usable", "papers", "checks", "house", "town")
    + ("shop", "orchard", "steps", "ordering", "composing", "rendering", "signing_in", "by_key")
)
OLD_NAMES = frozenset(
    ("Outlet", "Gathering", "Apart", "Together", "Answering", "Answer", "Reaction", "Kit", "NotPersonal", "Trace")
    + ("House", "Town", "Shop", "Orchard", "holes", "newcomer", "bustling", "founded", "planted", "front_door", "obey")
)
NAMES_THAT_SAY_NOTHING = frozenset(("util", "utils", "helper", "helpers", "common", "misc", "manager", "base"))
WHERE_SETTINGS_ARE_READ = ("app.py", "settings.py")
LONGEST_NAP_S = 1
# Put together, as these rules are held against this file, too.
UNFINISHED = ("TO" + "DO", "FIX" + "ME")
OF_THIS_MACHINE = ("/wo" + "rk/", "/ro" + "ot/")


def committed() -> list[Path]:
    """Every file but those that .gitignore names; git itself may be missing."""
    ignored = [line.strip("/") for line in (PROJECT / ".gitignore").read_text().splitlines()] + [".git"]
    paths: list[Path] = []
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [name for name in folders if not _matches(name, ignored)]
        paths += [Path(folder, name) for name in files if not _matches(name, ignored)]
    return sorted(paths)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def relative(file: Path) -> str:
    """The file as one names it."""
    return file.relative_to(PROJECT).as_posix()


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """The Python files below some folders: name and text."""
    for file in committed():
        name = relative(file)
        if name.endswith(".py") and name.startswith(tuple(f"{folder}/" for folder in folders)):
            yield name, file.read_text()


def too_long(name: str, text: str) -> str | None:
    """A file that nobody reads in one go."""
    lines = len(text.splitlines())
    return f"{name} has {lines} lines, {MOST_LINES} are the most" if lines > MOST_LINES else None


def says_nothing(name: str) -> str | None:
    """A file or folder named for what it is to others, not for what is in it."""
    words = {word for part in name.split("/") for word in part.partition(".")[0].lower().split("_")}
    vague_words = words & NAMES_THAT_SAY_NOTHING
    return f"{name}: {', '.join(sorted(vague_words))} says nothing" if vague_words else None


def unfinished(name: str, text: str) -> list[str]:
    """What was left for later."""
    return [f"{name}: {word}" for word in UNFINISHED if word in text]


def of_this_machine(name: str, text: str) -> list[str]:
    """Paths that are there on one machine only."""
    return [f"{name}: {path}" for path in OF_THIS_MACHINE if path in text]


def reads_settings(name: str, text: str) -> list[str]:
    """A service's module that reads the environment or makes settings, outside its wiring."""
    if name.rpartition("/")[2] in WHERE_SETTINGS_ARE_READ:
        return []
    nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom | ast.Attribute | ast.Call)]
    return [f"{name}:{node.lineno}" for node in nodes if _is_environment(node) or _makes(node)]


def _is_environment(node: ast.AST) -> bool:
    names = ("environ", "environb", "getenv")
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(alias.name in names for alias in node.names)
    return isinstance(node, ast.Attribute) and node.attr in names


def _makes(node: ast.AST) -> bool:
    """`GatewaySettings(...)`, `GatewaySettings.of(...)` and their like."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name.endswith("Settings")


def sleeps(name: str, text: str) -> list[str]:
    """A test that waits for time to pass, which is too long on most days and too short on the worst."""
    return [
        f"{name}:{node.lineno}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and _is_long_sleep(node)
    ]


def _is_long_sleep(call: ast.Call) -> bool:
    callee = ast.unparse(call.func)
    if callee == "time.sleep":
        return True
    if callee != "asyncio.sleep" or not call.args or not isinstance(call.args[0], ast.Constant):
        return False
    seconds = call.args[0].value
    return isinstance(seconds, int | float) and seconds >= LONGEST_NAP_S


def opens_a_transaction(name: str, text: str) -> list[str]:
    """A handler that opens a transaction: the kit opens the one it works in, and `prepare` comes before."""
    if "/handlers/" not in name:
        return []
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [f"{name}:{call.lineno}" for call in calls if ast.unparse(call.func).endswith(".transaction")]


def imports_the_top_floor(name: str, text: str) -> list[str]:
    """A module of a service, other than its wiring, that imports handlers or jobs."""
    if name.endswith("/app.py") or not name.startswith("services/"):
        return []
    imported = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]
    return [f"{name}: {module}" for module in imported if set(module.split(".")[2:]) & set(TOP_FLOOR)]


def subscripts_a_row(name: str, text: str) -> list[str]:
    """A string subscript outside a store: rows travel as frozen dataclasses."""
    tree = ast.parse(text)
    top_floor = any(f"/{room}/" in name for room in TOP_FLOOR)
    if name in READS_JSON or name.startswith("services/gateway/") or (_holds_sql(tree) and not top_floor):
        return []
    return [
        f"{name}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and node.slice.value not in LANGUAGES
        and isinstance(node.ctx, ast.Load)
        and not _is_table_of_words(ast.unparse(node.value))
    ]


def _is_table_of_words(text: str) -> bool:
    """A constant, the texts of a document, or a type."""
    last = text.partition("[")[0].rpartition(".")[2]
    return last.isupper() or last in ("sentences", "words", "Literal", "Annotated", "Without")


def _holds_sql(tree: ast.AST) -> bool:
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return any(SQL.match(text) for text in texts)


def picks_anew(name: str, text: str) -> list[str]:
    """A bounded pick of rows inside a statement that PostgreSQL may repeat for each row it is joined with.

    What it locked and changed already is skipped at the repetition, so that LIMIT 1 takes two (seen, PostgreSQL 16).
    """
    return [f"{name}: {pick[:60]}" for pick in PICK.findall(text)]


def old_words(name: str, text: str) -> list[str]:
    """A module, class or function with a name of the house's private dialect."""
    nodes = [
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    faults = [f"{name}:{node.lineno} {node.name}" for node in nodes if node.name in OLD_NAMES]
    module = name.rpartition("/")[2].removesuffix(".py")
    return [*faults, name] if module in OLD_MODULES else faults


LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
TEST = re.compile(r"`(test_\w+)`")


def dead_links(file: Path) -> list[str]:
    """Links of a page that lead to no file; those to the web are not followed."""
    links = [link for link in LINK.findall(file.read_text()) if "://" not in link]
    return [f"{relative(file)}: {link}" for link in links if not (file.parent / link).exists()]


def missing_tests(text: str, tests: Collection[str]) -> list[str]:
    """Tests that a page names and that are none."""
    return [test for test in TEST.findall(text) if test not in tests]


def long_handler(handler: Handler) -> str | None:
    """A handler that does the work itself instead of saying what is to be done."""
    function = ast.parse(textwrap.dedent(inspect.getsource(handler))).body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    lines = (function.end_lineno or 0) - body[0].lineno + 1
    where = f"{handler.__module__}.{handler.__qualname__}"
    return f"{where} has {lines} lines" if lines >= MOST_LINES_OF_A_HANDLER else None
