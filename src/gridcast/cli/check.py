"""The command that looks at readings before anything is made of them: `gridcast check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from gridcast.cli.options import FILES, OUTPUT, Json, Overwrite, Request, with_settings
from gridcast.cli.talk import NO, listening, polite, talk

WIDE = 200  # columns where the output goes into a file or another program

if TYPE_CHECKING:
    from gridcast.quality import QualityReport


@with_settings(FILES)
def check(
    request: Request,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE.html", help="Write a page with a picture of each finding.", rich_help_panel=OUTPUT),
    ] = None,
    by_place: Annotated[
        bool, typer.Option("--by-place", help="List each finding at each place, not only each kind.", rich_help_panel=OUTPUT)
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Look for gaps, flat lines, spikes, unit slips, shifted clocks, copies and other faults; change nothing.

    Exit code 0 if forecasting from these readings is advisable, 3 if it is not.
    """
    with polite(quiet=request.quiet):
        with listening(quiet=request.quiet) as listener:
            from gridcast.workflow.checking import check_readings

            report = check_readings(
                request.config(files_needed=True), html=html, overwrite=overwrite, title=request.title, listener=listener
            )
        _print(report, by_place=by_place, as_json=as_json)
        if html is not None and not request.quiet:
            talk().print(f"\nopen [bold]{html}[/]")
        if not report.advisable:
            raise typer.Exit(NO)


def _print(report: QualityReport, *, by_place: bool, as_json: bool) -> None:
    """Print the findings on standard output."""
    if as_json:
        from gridcast.store import to_json

        print(to_json(report.as_dict()))
        return
    from rich.markup import escape
    from rich.table import Table

    if by_place:
        table = Table("place", "finding", "readings", "for example \\[UTC]", "what to do", box=None, pad_edge=False)
        rows = report.rows()
    else:
        table = Table("finding", "places", "readings", "most \\[UTC]", "what to do there", box=None, pad_edge=False)
        rows = report.summary()
        table.columns[1].justify = "right"
    table.columns[2].justify = "right"
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    if rows:
        console.print(table)
    if rows and not by_place:
        console.print("\n`--by-place` lists each place, `--html FILE.html` draws them", markup=False)
    console.print(f"\n{report.verdict[0].upper() + report.verdict[1:]}.", markup=False)
