"""`./lethe demo`: set up, start and show the main job on a realistic population."""

import asyncio
import json
import sys
import time
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from deploy.commands.console import Json, one_sentence_per_failure
from deploy.demo import licensing, register, rights, story
from deploy.demo.failures import DemoFailed
from deploy.local import start, system
from deploy.local.folders import STATE, alone

FOLDER = STATE / "demo"
SETTINGS = {"LETHE_COOLING_OFF_S": "0"}
FAILED = 1
RUNS = "Another ./lethe demo is running: wait until it is done."


HELP = (
    "erasure: the main job; rights: one case of each right; register: what the notice promises, kept; "
    "licensing: from a quote to a refund."
)


class Play(StrEnum):
    """What is played."""

    ERASURE = "erasure"
    RIGHTS = "rights"
    REGISTER = "register"
    LICENSING = "licensing"


PLAYS = {
    Play.ERASURE: (story.play, SETTINGS),
    Play.RIGHTS: (rights.play, SETTINGS | rights.SETTINGS),
    Play.REGISTER: (register.play, register.SETTINGS),
    Play.LICENSING: (licensing.play, SETTINGS),
}


def demo(
    play: Annotated[Play, typer.Argument(help=HELP)] = Play.ERASURE,
    seed: Annotated[int, typer.Option(help="Another number makes other people.")] = 0,
    as_json: Json = False,
) -> None:
    """Play the main job: 500 people, one erasure step by step, 200 at once, the evidence.

    Or one case of each right; or what the notice promises: a new purpose, a breach, a restore, ten years; or a sale.

    It runs on servers of its own (`.lethe/demo`), which it stops at the end; your data is not touched.
    """
    began = time.monotonic()
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else 140)
    seed, (acts, settings) = seed or int(time.time()) % 1_000_000, PLAYS[play]
    with one_sentence_per_failure(), alone(STATE / "run" / "demo", RUNS):
        try:
            running = start.up(
                FOLDER, tell=lambda line: console.print(f"{time.monotonic() - began:5.1f} s  {line}"), settings=settings
            )
            figures = asyncio.run(acts(running, console, seed))
        except DemoFailed as failure:
            typer.echo(f"lethe: {failure}; the logs are in {FOLDER / 'logs'}", err=True)
            raise typer.Exit(FAILED) from None
        finally:
            system.down(FOLDER)
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        console.print(f"[bold green]done[/] in {figures['seconds']} s; everything it started has been stopped")
