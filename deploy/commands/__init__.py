"""The commands of `./lethe`: one module per group."""

import typer

from deploy.commands import benchmark, contracts, dead_letters, demo, notice, register, servers, system, test

app = typer.Typer(name="lethe", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(servers.app, name="servers")
app.add_typer(benchmark.app, name="benchmark")
app.add_typer(contracts.app, name="contracts")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(register.app, name="register")
app.command()(notice.notice)
app.command()(demo.demo)
app.command()(system.up)
app.command()(system.down)
app.command()(system.status)
app.command()(system.logs)
app.command("test")(test.run_tests)
