"""`./lethe servers`: the private PostgreSQL, RabbitMQ and mailbox, without the services."""

import time

import typer

from deploy.commands.console import NOT_RUNNING, one_sentence_per_failure
from deploy.local.servers import running_processes, running_servers, stop_servers

app = typer.Typer(help="The private PostgreSQL, RabbitMQ and mailbox.", no_args_is_help=True)


@app.command()
def up() -> None:
    """Start what is not running yet and print where it listens."""
    began = time.monotonic()
    with one_sentence_per_failure():
        servers = running_servers(tell=lambda line: typer.echo(line, err=True))
    typer.echo(f"PostgreSQL  {servers.postgres_admin_url}")
    typer.echo(f"RabbitMQ    {servers.amqp_url}")
    typer.echo(f"management  {servers.management_url}")
    typer.echo(f"mail        {servers.smtp_url}  {servers.mailbox_folder or ''}")
    typer.echo(f"ready after {time.monotonic() - began:.1f} s; `./lethe servers down` stops them")


@app.command()
def down() -> None:
    """Stop the servers; their data stays."""
    with one_sentence_per_failure():
        stop_servers()
    typer.echo("stopped")


@app.command()
def status() -> None:
    """Tell which servers run; exit code 3 when one does not."""
    processes = running_processes()
    for name, pid in processes.items():
        typer.echo(f"{name:<10} {f'process {pid}' if pid else 'stopped'}")
    if None in processes.values():
        raise typer.Exit(NOT_RUNNING)
