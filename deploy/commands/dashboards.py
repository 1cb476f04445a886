"""`./lethe dashboards`: what Grafana shows of Lethe."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.console import one_sentence_per_failure
from deploy.grafana.dashboards import DASHBOARDS


def dashboards(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where they go; made if it is not there.")],
) -> None:
    """Write Lethe's Grafana dashboards as JSON files, to be imported or provisioned.

    Each asks for its Prometheus when it is opened. What the metrics mean stands in docs/operations.md.

    Exit codes: 0 done, 1 the folder can't be written, 2 wrong use.
    """
    with one_sentence_per_failure():
        folder.mkdir(parents=True, exist_ok=True)
        for dashboard in DASHBOARDS:
            file = folder / f"lethe-{dashboard.name}.json"
            file.write_text(json.dumps(dashboard.document(), indent=2) + "\n")
            typer.echo(file)
