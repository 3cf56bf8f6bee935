"""The command that tells others what a run came to: `gridcast report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridcast.cli.options import OUTPUT, Overwrite, Quiet
from gridcast.cli.talk import listening, polite, talk


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of `gridcast backtest`, `gridcast run` or `gridcast train`.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.html", help="The page.  \\[default: report.html in RUN]", rich_help_panel=OUTPUT),
    ] = None,
    forecasts: Annotated[
        list[Path] | None,
        typer.Option(
            "--forecasts",
            metavar="FILE",
            help="Table of `gridcast forecast`, for a training; may be given again.  \\[default: those in its folder]",
        ),
    ] = None,
    ablation: Annotated[
        Path | None,
        typer.Option(
            "--ablation", metavar="DIR", help="Folder of `gridcast ablate`.  \\[default: one of the same task in RUN or beside it]"
        ),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write what a run came to as one HTML page that opens offline and prints well: task, data, scores, sureness, settings."""
    with polite(quiet=quiet):
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.reporting import report as write_report

            path = write_report(run, out=out, forecasts=forecasts or (), ablation=ablation, overwrite=overwrite, listener=listener)
        if not quiet:
            talk().print(f"\nopen [bold]{path}[/]")
