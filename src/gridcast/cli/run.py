"""The commands that train: `run`, `demo`; and `generate`, which makes a world to train on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from gridcast.cli.options import (
    FILES,
    OUTPUT,
    REPAIR,
    TASK,
    TRAIN,
    WEATHER,
    Json,
    Overwrite,
    Quiet,
    Request,
    merged_config,
    with_settings,
)
from gridcast.cli.talk import listening, polite, talk

if TYPE_CHECKING:
    from gridcast.config import RunConfig
    from gridcast.workflow.run import RunResult

DEMO_EPOCHS = 12  # enough to show what it does

WEATHER_USED = {
    "ex post": "the hybrid used the measured weather of the predicted hours, which no forecast can",
    "ex ante": "the hybrid used weather forecasts that had arrived by the issue time",
}

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Run folder.  \\[default: runs/<date-time>]", rich_help_panel=OUTPUT),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="Keep the state after each epoch in FILE, and go on from it if it is there.",
        rich_help_panel=OUTPUT,
    ),
]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same result.", rich_help_panel=TRAIN)]


@with_settings(FILES, REPAIR, WEATHER, TASK, TRAIN, OUTPUT)
def run(
    request: Request,
    out: Out = None,
    checkpoint: Checkpoint = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Train on two CSV files, forecast the held-out last part, and write predictions, plots and scores.

    Without files it works on a synthetic world of 100 places and a year. The second file may be left out.
    """
    with polite(quiet=request.quiet):
        _run(request.config(), out, overwrite=overwrite, checkpoint=checkpoint, quiet=request.quiet, as_json=as_json)


def demo(
    out: Out = None,
    overwrite: Overwrite = False,
    seed: Seed = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run the whole way on a synthetic world of 100 places and a year, with a small network: a minute or two on two cores."""
    with polite(quiet=quiet):
        training = {"epochs": DEMO_EPOCHS, **({} if seed is None else {"seed": seed})}
        config = merged_config(None, {"model": {"size": "small"}, "training": training})
        _run(config, out, overwrite=overwrite, quiet=quiet, as_json=as_json)


def generate(  # noqa: PLR0913  one parameter an option
    temporal: Annotated[Path, typer.Argument(metavar="TEMPORAL.csv", help="Where to write the readings; .gz compresses.")],
    spatial: Annotated[Path, typer.Argument(metavar="SPATIAL.csv", help="Where to write the places.")],
    num_days: Annotated[int, typer.Option(help="Length of the history.")] = 365,
    num_locations: Annotated[int, typer.Option(help="Number of places.")] = 100,
    noise_level: Annotated[float, typer.Option(help="Noise as a share of the signal's standard deviation.")] = 0.1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of that name.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write the two CSV files of a synthetic world, to try things on or to see the format."""
    with polite(quiet=quiet):
        from gridcast.sources.pair import save_tables
        from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

        places = generate_synthetic_spatial_data(num_locations, seed=seed)
        readings = generate_synthetic_temporal_data(num_days, noise_level, locations=places, seed=seed)
        save_tables(readings, places, temporal, spatial, overwrite=overwrite)
        if not quiet:
            talk().print(f"wrote {len(readings):,} readings to {temporal} and {len(places)} places to {spatial}")


def _run(
    config: RunConfig, out: Path | None, *, overwrite: bool, quiet: bool, as_json: bool, checkpoint: Path | None = None
) -> None:
    """Run, and print the scores."""
    folder = out or Path("runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    with listening(quiet=quiet) as listener:
        from gridcast.workflow.run import run as run_workflow

        result = run_workflow(config, out=folder, overwrite=overwrite, checkpoint=checkpoint, listener=listener)
    _print_result(result, as_json=as_json)
    if not quiet:
        talk().print(f"\nopen [bold]{folder / 'results.png'}[/] and [bold]{folder / 'map.png'}[/]; all is in {folder}/")


def _print_result(result: RunResult, *, as_json: bool) -> None:
    """Print the scores on standard output."""
    if as_json:
        from gridcast.store import to_json

        shown = {"folder": str(result.folder), "unit": result.unit, "weather": result.weather, "metrics": result.metrics}
        print(to_json(shown))
        return
    from rich.table import Table

    unit = f" \\[{result.unit}]" if result.unit else ""
    table = Table("forecaster", f"RMSE{unit}", f"MAE{unit}", "MAPE [%]", "nMAE [%]", "skill", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, m in result.metrics.items():
        table.add_row(name, *(_number(m[k], d) for k, d in (("rmse", 4), ("mae", 4), ("mape", 3), ("nmae", 3), ("skill", 3))))
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    if result.weather != "none":
        console.print(f"\n{result.weather}: {WEATHER_USED[result.weather]}")


def _number(value: float, digits: int) -> str:
    return (
        "-"
        if value != value
        else "0"
        if abs(value) < 10**-digits
        else f"{value:,.{digits}g}"
        if abs(value) < 10**digits
        else f"{value:,.0f}"
    )
