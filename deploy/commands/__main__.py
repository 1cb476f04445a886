"""Run the commands of `./lethe`."""

from deploy.commands import app

app(prog_name="lethe")
