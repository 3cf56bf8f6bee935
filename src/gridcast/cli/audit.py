"""The command that looks for leaks: `gridcast audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from gridcast.cli.options import FILES, REPAIR, TASK, TRAIN, WEATHER, Json, Request, with_settings
from gridcast.cli.talk import NO, listening, polite

if TYPE_CHECKING:
    from gridcast.audit import AuditReport


@with_settings(FILES, REPAIR, WEATHER, TASK, TRAIN)
def audit(
    request: Request,
    issue_times: Annotated[int, typer.Option(min=1, help="How many of the held-out issue times to audit.")] = 2,
    days: Annotated[int, typer.Option(min=1, help="How many days of history before them to use.")] = 120,
    as_json: Json = False,
) -> None:
    """Find out whether a forecast uses what had not arrived at its issue time, and name the variable that leaks.

    Takes the files and options of `gridcast run`. Scrambles readings and weather that were not available at an issue time, does
    everything again from the loaded data on, and wants the same forecast to the last bit. Exit code 3 if it is another.
    """
    with polite(quiet=request.quiet):
        with listening(quiet=request.quiet) as listener:
            from gridcast.workflow.auditing import audit_run

            reports = audit_run(request.config(), issue_times=issue_times, days=days, listener=listener)
        _print(reports, as_json=as_json)
        if not all(report.is_clean for report in reports.values()):
            raise typer.Exit(NO)


def _print(reports: dict[str, AuditReport], *, as_json: bool) -> None:
    """Print on standard output which variables leaked."""
    if as_json:
        from gridcast.store import to_json

        leaks = {name: [leak.sentence for leak in report.leaks] for name, report in reports.items()}
        print(to_json({"clean": not any(leaks.values()), "leaks": leaks}))
        return
    from rich.table import Table

    table = Table("forecaster", "scrambled", "issue times", "outcome", box=None, pad_edge=False)
    console = Console(soft_wrap=True, highlight=False)
    for name, report in reports.items():
        for variable in report.variables:
            found = report.leaks_of(variable)
            table.add_row(name, variable, str(len(report.issue_times)), "[red]leaks[/]" if found else "same to the last bit")
    console.print(table)
    for name, report in reports.items():
        for leak in report.leaks:
            console.print(f"{name}: {leak.sentence}", markup=False)
