"""The commands that train: `run`, `demo`; and `generate`, which makes a world to train on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from gridcast.cli.talk import listening, polite, talk
from gridcast.errors import ConfigError

if TYPE_CHECKING:
    from gridcast.workflow import RunResult

FILES, TASK, TRAIN, OUTPUT = "What is in the files", "What to forecast", "Training", "Output"

Temporal = Annotated[
    Path | None,
    typer.Argument(metavar="TEMPORAL.csv", help="Readings: timestamp, location, consumption; or one column a location."),
]
Spatial = Annotated[Path | None, typer.Argument(metavar="SPATIAL.csv", help="Places: id, latitude, longitude.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Run folder.  \\[default: runs/<date-time>]", rich_help_panel=OUTPUT),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in that folder.", rich_help_panel=OUTPUT)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on standard error but errors.", rich_help_panel=OUTPUT)]
Json = Annotated[bool, typer.Option("--json", help="Print the scores as JSON instead of a table.", rich_help_panel=OUTPUT)]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same result.", rich_help_panel=TRAIN)]


def _option(help_text: str, panel: str, *names: str, metavar: str | None = None) -> Any:
    """Return an option whose value, where it is not given, comes from the configuration."""
    return typer.Option(*names, help=help_text, rich_help_panel=panel, metavar=metavar)


def run(  # noqa: PLR0913  one parameter an option
    temporal: Temporal = None,
    spatial: Spatial = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Settings, such as the config.toml of a run; options override it."),
    ] = None,
    sequence_length: Annotated[int | None, _option("Steps of history that the LSTM reads.  \\[default: 168]", TASK)] = None,
    horizon: Annotated[int | None, _option("Steps to forecast.  \\[default: 24]", TASK)] = None,
    test_days: Annotated[int | None, _option("Days at the end that are held out.  \\[default: 28]", TASK)] = None,
    grid_size: Annotated[
        str | None,
        _option("Rows and columns of the map, such as 16 or 12x24.  \\[default: 16]", TRAIN, metavar="G|RxC"),
    ] = None,
    epochs: Annotated[int | None, _option("At most so many passes over the training part.  \\[default: 30]", TRAIN)] = None,
    batch_size: Annotated[
        int | None, _option("Issue times in a training step, each with all places.  \\[default: 8]", TRAIN)
    ] = None,
    seed: Seed = None,
    timezone: Annotated[
        str | None,
        _option("Zone of stamps without an offset, and of the local clock.  \\[default: UTC]", FILES, metavar="ZONE"),
    ] = None,
    country: Annotated[str | None, _option("Country whose public holidays count, such as DE or US.", FILES, metavar="CODE")] = None,
    unit: Annotated[str | None, _option("Unit of the readings, such as MW.", FILES)] = None,
    time_column: Annotated[str | None, _option("Column of the timestamps.", FILES, metavar="NAME")] = None,
    location_column: Annotated[str | None, _option("Column of the location, in a long file.", FILES, metavar="NAME")] = None,
    consumption_column: Annotated[str | None, _option("Column of the consumption, in a long file.", FILES, metavar="NAME")] = None,
    id_column: Annotated[str | None, _option("Column of the places' names.", FILES, metavar="NAME")] = None,
    latitude_column: Annotated[str | None, _option("Column of the latitude.", FILES, metavar="NAME")] = None,
    longitude_column: Annotated[str | None, _option("Column of the longitude.", FILES, metavar="NAME")] = None,
    exclude: Annotated[list[str] | None, _option("Leave a location out; may be given again.", FILES, metavar="NAME")] = None,
    common_only: Annotated[
        bool | None,
        typer.Option("--common-only", help="Go on with the locations that are in both files.", rich_help_panel=FILES),
    ] = None,
    outliers: Annotated[
        str | None,
        _option("Readings that can't be right: keep them, or mask them as missing.", FILES, metavar="keep|mask"),
    ] = None,
    out: Out = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train on two CSV files, forecast the held-out last part, and write predictions, plots and scores.

    Without files it works on a synthetic world of 100 places and a year.
    """
    options: dict[str, dict[str, Any]] = {
        "data": {
            "temporal": temporal and str(temporal),
            "spatial": spatial and str(spatial),
            "timezone": timezone,
            "country": country,
            "unit": unit,
            "exclude": exclude or None,
            "common_only": common_only,
            "outliers": outliers,
            "time_column": time_column,
            "location_column": location_column,
            "consumption_column": consumption_column,
            "id_column": id_column,
            "latitude_column": latitude_column,
            "longitude_column": longitude_column,
        },
        "task": {"sequence_length": sequence_length, "horizon": horizon, "test_days": test_days},
        "model": {"grid_size": grid_size},
        "training": {"epochs": epochs, "batch_size": batch_size, "seed": seed},
    }
    with polite(quiet=quiet):
        _require_both(temporal, spatial)
        _run(config, options, out, overwrite=overwrite, quiet=quiet, as_json=as_json)


def demo(
    out: Out = None,
    overwrite: Overwrite = False,
    seed: Seed = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run the whole way on a synthetic world of 100 places and a year: a minute or two on two cores."""
    with polite(quiet=quiet):
        _run(None, {"training": {"seed": seed}}, out, overwrite=overwrite, quiet=quiet, as_json=as_json)


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
    config_file: Path | None,
    options: dict[str, dict[str, Any]],
    out: Path | None,
    *,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Merge file and options, run, and print the scores."""
    from gridcast.config import make_config, read_config

    settings = read_config(config_file) if config_file else {}
    if isinstance(grid := options.get("model", {}).get("grid_size"), str):
        options["model"]["grid_size"] = _grid_size(grid)
    for table, values in options.items():
        given = {name: value for name, value in values.items() if value is not None}
        settings[table] = {**settings.get(table, {}), **given}
    config = make_config(settings, source=f"`{config_file}` and the options" if config_file else "the options")
    folder = out or Path("runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    with listening(quiet=quiet) as listener:
        from gridcast.workflow import run as run_workflow

        result = run_workflow(config, out=folder, overwrite=overwrite, listener=listener)
    _print_result(result, as_json=as_json)
    if not quiet:
        talk().print(f"\nopen [bold]{folder / 'results.png'}[/] and [bold]{folder / 'map.png'}[/]; all is in {folder}/")


def _print_result(result: RunResult, *, as_json: bool) -> None:
    """Print the scores on standard output."""
    if as_json:
        from gridcast.store import to_json

        print(to_json({"folder": str(result.folder), "unit": result.unit, "metrics": result.metrics}))
        return
    from rich.table import Table

    unit = f" \\[{result.unit}]" if result.unit else ""
    table = Table("forecaster", f"RMSE{unit}", f"MAE{unit}", "MAPE [%]", "nMAE [%]", "skill", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, m in result.metrics.items():
        table.add_row(name, *(_number(m[k], d) for k, d in (("rmse", 4), ("mae", 4), ("mape", 3), ("nmae", 3), ("skill", 3))))
    Console(soft_wrap=True).print(table)


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


def _grid_size(text: str) -> int | list[int]:
    """Return the grid size of `16` or `12x24`."""
    try:
        sides = [int(side) for side in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise ConfigError("`--grid-size` is one number or two", found=text, expected="such as `16` or `12x24` (rows x columns)")
    return sides[0] if len(sides) == 1 else sides


def _require_both(temporal: Path | None, spatial: Path | None) -> None:
    if (temporal is None) != (spatial is None):
        raise ConfigError(
            "a run needs both files, or none",
            found=f"`{temporal or spatial}` only",
            expected="TEMPORAL.csv and SPATIAL.csv, or neither for the synthetic world",
        )
