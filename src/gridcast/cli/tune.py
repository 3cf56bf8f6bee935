"""The command that searches for better settings: `gridcast tune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from gridcast.cli.options import OUTPUT, Json, Overwrite, Quiet, merged_config
from gridcast.cli.talk import listening, polite, talk

if TYPE_CHECKING:
    from gridcast.workflow.tuning import TuneResult

SEARCH = "Search"

Config = Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="Settings; its table `tune` says what is searched.")]
Method = Annotated[
    str | None, typer.Option(help="How the next trial is chosen.", metavar="grid|random|bayes|gp", rich_help_panel=SEARCH)
]
Trials = Annotated[int | None, typer.Option(min=1, help="Trials of the whole search.", rich_help_panel=SEARCH)]
Minutes = Annotated[float | None, typer.Option(help="Time from this start of the search.", rich_help_panel=SEARCH)]
Jobs = Annotated[int, typer.Option(min=1, help="Processes that search side by side.", rich_help_panel=SEARCH)]
Storage = Annotated[
    str, typer.Option(metavar="URL", help="Database for the trials, in place of a journal in DIR.", rich_help_panel=SEARCH)
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the search in DIR.", rich_help_panel=SEARCH)]


def tune(  # noqa: PLR0913  one parameter an option
    config: Config,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.", rich_help_panel=OUTPUT)],
    method: Method = None,
    trials: Trials = None,
    minutes: Minutes = None,
    jobs: Jobs = 1,
    storage: Storage = "",
    resume: Resume = False,
    seed: Annotated[int | None, typer.Option(help="Of the search and of each training.", rich_help_panel=SEARCH)] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Search for settings that forecast the last days of the training period better; the test period is not looked at."""
    with polite(quiet=quiet, interrupted="the trials that had ended are kept; `--resume` goes on with them"):
        asked = {"method": method, "trials": trials, "minutes": minutes}
        given = {name: value for name, value in asked.items() if value is not None}
        settings = merged_config(config, {"tune": given, "training": {} if seed is None else {"seed": seed}})
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.tuning import tune as search

            result = search(settings, out=out, jobs=jobs, storage=storage, resume=resume, overwrite=overwrite, listener=listener)
        _print(result, as_json=as_json)
        if not quiet:
            talk().print(
                f"\nopen [bold]{out / 'tuning.html'}[/]; train with [bold]gridcast train {out / 'best.toml'} --out model[/]"
            )


def _print(result: TuneResult, *, as_json: bool) -> None:
    """Print the best settings on standard output."""
    if as_json:
        from gridcast.store import to_json

        print(to_json(result.summary))
        return
    from rich.table import Table

    summary = result.summary
    own = result.table[result.table["configured"]]
    table = Table("setting", "best", "as configured", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_row(f"{summary['score']} \\[% of mean reading]", _text(summary["best_score"]), _text(summary["configured_score"]))
    for name, value in summary["best_settings"].items():
        table.add_row(name, _text(value), "" if own.empty else _text(own.iloc[0][name]))
    Console(soft_wrap=True, highlight=False).print(table)


def _text(value: Any) -> str:
    """Return a value to read; of one that is left out that it is."""
    if value is None or value != value:
        return "default"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
