"""The commands. Data goes to standard output, talk to standard error; bad input ends with exit code 2 and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from gridcast.cli.app import app as open_app
from gridcast.cli.audit import audit
from gridcast.cli.check import check
from gridcast.cli.data import data
from gridcast.cli.engine import ablate, backtest, forecast, train
from gridcast.cli.explain import explain
from gridcast.cli.map import draw
from gridcast.cli.report import report
from gridcast.cli.run import demo, generate, run
from gridcast.cli.serve import export, key, serve
from gridcast.cli.talk import INTERRUPTED
from gridcast.cli.tune import tune

app = typer.Typer(
    name="gridcast",
    help="Forecast energy consumption for many places at once: an LSTM reads each history, a CNN reads the map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS: dict[str, Callable[..., None]] = {
    "run": run,
    "demo": demo,
    "train": train,
    "forecast": forecast,
    "explain": explain,
    "backtest": backtest,
    "ablate": ablate,
    "report": report,
    "tune": tune,
    "check": check,
    "map": draw,
    "audit": audit,
    "export": export,
    "serve": serve,
    "key": key,
    "app": open_app,
    "generate": generate,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(data)


@app.callback(invoke_without_command=True)
def gridcast(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Forecast energy consumption for many places at once: an LSTM reads each history, a CNN reads the map."""
    if version:
        from importlib.metadata import version as version_of

        print(f"gridcast {version_of('gridcast')}")
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:  # before a command took over
        sys.exit(INTERRUPTED)
