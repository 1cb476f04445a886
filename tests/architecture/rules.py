"""Rules about the shape of the code that no linter knows; each answers what breaks it."""

import ast
import inspect
import os
import textwrap
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from deploy.local.folders import PROJECT
from shared.messaging.router import Handler

OWN = ("services", "shared", "deploy")
MOST_LINES = 400
MOST_LINES_OF_CONTRACTS = 500  # one module per owner, and its whole language in it
MOST_LINES_OF_A_HANDLER = 20
NAMES_THAT_SAY_NOTHING = frozenset(("util", "utils", "helper", "helpers", "common", "misc", "manager", "base"))
WHERE_SETTINGS_ARE_READ = ("app.py", "settings.py")
# Longer than any test may wait: such a sleep plays something that hangs, and is cancelled.
HANGING_S = 60
LONGEST_NAP_S = 1
# Put together, as these rules are held against this file, too.
UNFINISHED = ("TO" + "DO", "FIX" + "ME")
OF_THIS_MACHINE = ("/wo" + "rk/", "/ro" + "ot/")


def committed() -> list[Path]:
    """Every file but those that .gitignore names; git itself may be missing."""
    ignored = [line.strip("/") for line in (PROJECT / ".gitignore").read_text().splitlines()] + [".git"]
    found: list[Path] = []
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [name for name in folders if not _matches(name, ignored)]
        found += [Path(folder, name) for name in files if not _matches(name, ignored)]
    return sorted(found)


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
    most = MOST_LINES_OF_CONTRACTS if name.startswith("shared/contracts/") else MOST_LINES
    lines = len(text.splitlines())
    return f"{name} has {lines} lines, {most} are the most" if lines > most else None


def says_nothing(name: str) -> str | None:
    """A file or folder named for what it is to others, not for what is in it."""
    words = {word for part in name.split("/") for word in part.partition(".")[0].lower().split("_")}
    found = words & NAMES_THAT_SAY_NOTHING
    return f"{name}: {', '.join(sorted(found))} says nothing" if found else None


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
    return isinstance(seconds, int | float) and LONGEST_NAP_S <= seconds < HANGING_S


def long_handler(handler: Handler) -> str | None:
    """A handler that does the work itself instead of saying what is to be done."""
    function = ast.parse(textwrap.dedent(inspect.getsource(handler))).body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    lines = (function.end_lineno or 0) - body[0].lineno + 1
    where = f"{handler.__module__}.{handler.__qualname__}"
    return f"{where} has {lines} lines" if lines >= MOST_LINES_OF_A_HANDLER else None
