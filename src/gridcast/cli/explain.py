"""The command that questions a forecast: `gridcast explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gridcast.cli.options import OUTPUT, IssueTime, Json, NewerLoad, NewerWeather, Overwrite, Quiet, RunFolder
from gridcast.cli.talk import listening, polite, talk


def explain(  # noqa: PLR0913  one parameter an option
    run: RunFolder,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.", rich_help_panel=OUTPUT)],
    issue_time: IssueTime = None,
    location: Annotated[str, typer.Option(metavar="NAME", help="Whose forecast.  \\[default: the sum of all places]")] = "",
    previous_time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="The earlier forecast that it is compared with.  \\[default: a day or half the horizon before]"
        ),
    ] = None,
    previous_run: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Who made the earlier forecast.  \\[default: the same run]")
    ] = None,
    load: NewerLoad = "",
    weather: NewerWeather = "",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")] = 0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Explain a forecast: what it rests on, where the network looks, why it changed, and what matters overall."""
    with polite(quiet=quiet):
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.explaining import explain as explain_forecast

            result = explain_forecast(
                run,
                issue_time=issue_time,
                location=location,
                previous_time=previous_time,
                previous_run=previous_run,
                load_file=load,
                weather=weather,
                out=out,
                seed=seed,
                overwrite=overwrite,
                listener=listener,
            )
        _print(result.summary, as_json=as_json)
        if not quiet:
            talk().print(f"\nopen [bold]{out / 'why.png'}[/]; all is in {out}/")


def _print(summary: dict[str, Any], *, as_json: bool) -> None:
    """Print what each group adds, and how much it matters overall, on standard output."""
    if as_json:
        from gridcast.store import to_json

        print(to_json(summary))
        return
    matters = {row["group"]: row["importance"] for row in summary["importance"]}
    unit = f" {summary['unit']}" if summary["unit"] else ""
    issued = summary["issue_time"][:16].replace("T", " ")
    print(f"{summary['location']}, issued {issued} UTC: mean of the steps{unit and f' in{unit}'}")
    print(f"{'average day':<14}{summary['average_day']:>12,.5g}    larger error with another day's")
    for group, value in summary["groups"].items():
        told = f"{matters[group]:>16.1f} %" if group in matters else ""
        print(f"{group:<14}{value:>+12,.4g}{told}")
    print(f"{'this forecast':<14}{summary['forecast']:>12,.5g}")
