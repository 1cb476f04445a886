"""The commands of `./lethe`: one module per group, loaded when it is called.

A command that only looks (status, dead-letters, help) should not wait for what only a start needs.
"""

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Place(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    module: str
    name: str
    help: str


# In the order of use.
COMMANDS = {
    "demo": Place("demo", "demo", "Play the main job on a realistic population, then show the evidence."),
    "up": Place("system", "up", "Start everything, keep it running, print its addresses."),
    "status": Place("system", "status", "Tell how every process is."),
    "logs": Place("system", "logs", "Print the last log lines of a process."),
    "down": Place("system", "down", "Drain and stop everything; all data stays."),
    "erasures": Place("erasures", "app", "Where each erasure stands and why: list, show, explain, release."),
    "queues": Place("queues", "queues", "Every queue with its length, age and rates; outboxes and inboxes."),
    "dead-letters": Place("dead_letters", "app", "Messages given up: list, show, replay, drop."),
    "staff": Place("staff", "app", "Who of the vendor's staff may sign in: invite, list, end."),
    "consumers": Place("consumers", "app", "Reactions that take messages or rest: list, pause, resume."),
    "outbox": Place("outbox", "app", "Events that wait to be told, and those that the broker refuses."),
    "topology": Place("topology", "app", "Whether the broker holds what this release expects; removing the rest."),
    "consent": Place("consent", "app", "What somebody agreed to, by the address: prove."),
    "participants": Place("participants", "app", "Who takes part in every erasure: list, leave."),
    "dashboards": Place("dashboards", "dashboards", "Write the Grafana dashboards as JSON files."),
    "register": Place("register", "app", "The register of processing and the record of Art. 30."),
    "notice": Place("notice", "notice", "The privacy notice, made from register and data maps."),
    "evidence": Place("evidence", "app", "The log of what was done: its signed head, and whether it holds."),
    "retention": Place("retention", "app", "What is over ends: run, check."),
    "backup": Place("backup", "app", "Encrypted copies of the databases: create, list, expire."),
    "ledger": Place("ledger", "app", "What outlives the databases: whether it holds (verify), a new one (begin)."),
    "restore": Place("restore", "restore", "Put back the database of a service as a backup has it."),
    "contracts": Place("contracts", "app", "The published language as JSON Schema and AsyncAPI."),
    "benchmark": Place("benchmark", "app", "Figures as ratios, taken in one run on this machine."),
    "servers": Place("servers", "app", "The private PostgreSQL, RabbitMQ and mailbox alone."),
    "test": Place("test", "run_tests", "Linters, types, architecture and every test."),
}


def load(name: str) -> Any:
    """The command or group of a name."""
    place = COMMANDS[name]
    loaded = getattr(importlib.import_module(f"{__name__}.{place.module}"), place.name)
    if not isinstance(loaded, typer.Typer):
        loaded, function = typer.Typer(add_completion=False), loaded
        loaded.command(name)(function)
    command = typer.main.get_command(loaded)
    command.name = name
    return command


class Commands(TyperGroup):
    """Loads a command when it is called; lists them without."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 as the library calls it
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 as the library calls it
        place = COMMANDS.get(cmd_name)
        return TyperCommand(cmd_name, short_help=place.help, help=place.help) if place else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if args and args[0] in COMMANDS:
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="lethe", cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def lethe() -> None:
    """Licenses, and the promises of a privacy notice, on this machine."""
