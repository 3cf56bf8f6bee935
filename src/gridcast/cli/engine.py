"""The commands of daily work: `train`, `forecast`, `backtest`, `ablate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from gridcast.cli.options import (
    OUTPUT,
    TRAIN,
    IssueTime,
    Json,
    NewerLoad,
    NewerWeather,
    Overwrite,
    Quiet,
    RunFolder,
    merged_config,
)
from gridcast.cli.talk import listening, polite, talk

if TYPE_CHECKING:
    from rich.table import Table

    from gridcast.config import RunConfig

Config = Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="Settings, such as the config.toml of a run.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.", rich_help_panel=OUTPUT)]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same result.", rich_help_panel=TRAIN)]
Epochs = Annotated[int | None, typer.Option(min=1, help="Passes over the training part.", rich_help_panel=TRAIN)]
Size = Annotated[str | None, typer.Option(help="How large the network is.", metavar="small|medium|large", rich_help_panel=TRAIN)]
Members = Annotated[
    int | None, typer.Option(min=1, help="Networks with different seeds, whose forecasts are averaged.", rich_help_panel=TRAIN)
]

COLUMNS = {  # score -> heading
    "nmae": "nMAE",
    "median_mape": "MAPE",
    "mae": "MAE",
    "rmse": "RMSE",
    "crps": "CRPS",
    "coverage80": "covers",
    "training_seconds": "time",
}
WEATHER_SAID = {
    "ex post": "ex post: measured weather of the predicted hours was used, which no forecast can",
    "ex ante": "ex ante: weather forecasts that had arrived by the issue time were used",
    "none": "no weather was used",
}


def train(  # noqa: PLR0913  one parameter an option
    config: Config,
    out: Out,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint of an interrupted training.")] = False,
    size: Size = None,
    members: Members = None,
    epochs: Epochs = None,
    seed: Seed = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Train on all readings of a configuration, for forecasts with `gridcast forecast`."""
    with polite(quiet=quiet, interrupted="after the first epoch there is a checkpoint, from which `--resume` goes on"):
        settings = _settings(config, size=size, members=members, epochs=epochs, seed=seed)
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.training import train as train_model

            result = train_model(settings, out=out, overwrite=overwrite, resume=resume, listener=listener)
        if not quiet:
            said = f"trained on {result.record['places']} places in {result.record['seconds']:.0f} s"
            talk().print(f"{said}; forecast with [bold]gridcast forecast {out} --out forecast.csv[/]")


def forecast(
    run: RunFolder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV, .csv.gz or Parquet.", rich_help_panel=OUTPUT)],
    load: NewerLoad = "",
    weather: NewerWeather = "",
    issue_time: IssueTime = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Forecast with a trained network from the newest readings: the point and the quantiles of each place and step."""
    with polite(quiet=quiet):
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.forecasting import forecast as make_forecast

            table = make_forecast(
                run, load_file=load, weather=weather, issue_time=issue_time, out=out, overwrite=overwrite, listener=listener
            )
        if not quiet:
            talk().print(f"{len(table):,} forecasts in [bold]{out}[/]")


def backtest(  # noqa: PLR0913  one parameter an option
    config: Config,
    out: Out,
    with_baselines: Annotated[
        bool,
        typer.Option("--with-baselines", help="All baselines, not only the configured ones; needs the extra `boosting`."),
    ] = False,
    size: Size = None,
    members: Members = None,
    epochs: Epochs = None,
    seed: Seed = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Forecast many past issue times as if they were now, score the hybrid beside its baselines, and write a report."""
    with polite(quiet=quiet):
        settings = _settings(config, size=size, members=members, epochs=epochs, seed=seed)
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.backtesting import run_backtest

            result = run_backtest(settings, out=out, with_baselines=with_baselines, overwrite=overwrite, listener=listener)
        _print_models(result.summary, as_json=as_json)
        if not quiet:
            talk().print(f"\nopen [bold]{out / 'report.html'}[/]; all is in {out}/")


def ablate(  # noqa: PLR0913  one parameter an option
    config: Config,
    out: Out,
    augmentation: Annotated[
        bool, typer.Option("--augmentation", help="What each kind of augmentation is worth, in place of the parts.")
    ] = False,
    together: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="KINDS", help="What kinds of it are worth together: `swap+dropping`; may be repeated."),
    ] = None,
    months: Annotated[int | None, typer.Option(min=1, help="Keep only so much history before the first issue time.")] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="PART", help="Leave out only `cnn`, `map`, `lstm`, `weather` or `lines`; may be repeated."
        ),
    ] = None,
    size: Size = None,
    epochs: Epochs = None,
    seed: Seed = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find out what each part of the hybrid is worth: without CNN, with a shuffled map, without LSTM, weather, lines."""
    with polite(quiet=quiet):
        settings = _settings(config, size=size, members=None, epochs=epochs, seed=seed)
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.ablating import EACH, PARTS
            from gridcast.workflow.ablating import ablate as run_ablation

            result = run_ablation(
                settings,
                out=out,
                augmentation=[*(EACH if augmentation else ()), *(together or ())],
                months=months,
                parts=without or tuple(PARTS),
                overwrite=overwrite,
                listener=listener,
            )
        _print_ablation(result.summary, as_json=as_json)
        if not quiet:
            talk().print(f"\nopen [bold]{out / 'report.html'}[/]; all is in {out}/")


def _settings(file: Path, *, size: str | None, members: int | None, epochs: int | None, seed: int | None) -> RunConfig:
    """Return the settings of a file and of the options, which win."""
    model = {name: value for name, value in (("size", size), ("members", members)) if value is not None}
    training = {name: value for name, value in (("epochs", epochs), ("seed", seed)) if value is not None}
    return merged_config(file, {"model": model, "training": training})


def _print_models(summary: dict[str, Any], *, as_json: bool) -> None:
    """Print the overall scores on standard output."""
    if as_json:
        _print_json(summary)
        return
    table = _table("", *COLUMNS.values())
    for name, scores in summary["models"].items():
        table.add_row(name, *(_number(scores.get(metric)) for metric in COLUMNS))
    compared = (summary.get("with_operator") or {}).get("operator")
    if compared:
        table.add_row("operator", *(_number(compared.get(metric)) for metric in COLUMNS))
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    in_unit = f"MAE, RMSE and CRPS in {summary['unit']}; " if summary["unit"] else ""
    console.print(f"\n{in_unit}nMAE, MAPE (of the median place) and how much the 80 % interval covers in %; time of training in s")
    for row in summary["places_won"]:
        if row["rival"] == "operator":
            console.print(f"{row['model']} is better than the operator at {row['won']} of {row['of']} places")
    if compared:
        console.print("the operator is scored on the hours that it has forecast")
    for name, scores in (summary["total"] or {}).items():
        console.print(f"sum of all places, {name}: MAPE {_number(scores.get('mape'))} %")
    console.print(WEATHER_SAID[summary["weather"]])


def _print_ablation(summary: dict[str, Any], *, as_json: bool) -> None:
    """Print what each part is worth on standard output."""
    if as_json:
        _print_json(summary)
        return
    table = _table("", "nMAE \\[%]", "MAE more by \\[%]", "90 % interval", "p")
    for row in summary["ablation"]:
        told = row["variant"] != "hybrid"
        interval, p_value = (f"{row['low']:+.1f} to {row['high']:+.1f}", f"{row['p_value']:.3f}") if told else ("", "")
        table.add_row(row["variant"], f"{row['nmae']:.3f}", f"{row['difference_percent']:+.1f}", interval, p_value)
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    console.print(WEATHER_SAID[summary["weather"]])


def _table(*columns: str) -> Table:
    """Return a table whose first column has names, which are never broken, and the others numbers."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _print_json(summary: dict[str, Any]) -> None:
    from gridcast.store import to_json

    print(to_json(summary))


def _number(value: float | None) -> str:
    if value is None or value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
