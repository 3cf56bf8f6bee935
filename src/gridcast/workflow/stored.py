"""Reading folders again: what a backtest, a run or a training left, as the noun that a report is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridcast.clock import DAY, HOUR, WEEK
from gridcast.config import RunConfig
from gridcast.errors import FileError, GridcastError, listed
from gridcast.evaluation import forecasts_of, issue, places_won, score_table, skills
from gridcast.evaluation.longtable import Read
from gridcast.forecast import Forecast, actual_values
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.panel import Panel
from gridcast.views.backtested import Backtested, Total
from gridcast.workflow.surroundings import Sources

HYBRID, OPERATOR = "hybrid", "operator"
NAIVE = {"seasonal_naive_24h": DAY, "seasonal_naive_168h": WEEK}
NOT_FACTS = ("models", "skills", "places_won", "total", "with_operator", "ablation")  # of `scores.json`
EVERYDAY = ("rmse", "mae", "mape", "nmae")  # scores of `scores.csv`


@contextmanager
def reading(path: Path, expected: str = "what was written") -> Iterator[None]:
    """Turn whatever is wrong with a stored file into an error that names it.

    Raises:
        FileError: If it is missing or damaged.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise FileError(f"`{path}` is missing", found=_beside(path), expected=expected) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, GridcastError) as error:
        found = str(error).strip().partition("\n")[0] or type(error).__name__
        raise FileError(
            f"`{path}` is damaged", found=found, expected=expected, hint="make the folder anew from its `config.toml`"
        ) from error


def _beside(path: Path) -> str:
    names = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
    return f"in `{path.parent}`: {listed(names) or 'nothing'}"


def read_json(path: Path) -> dict[str, Any]:
    """Return a stored table of facts.

    Raises:
        FileError: If it is missing or damaged.
    """
    with reading(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"{type(content).__name__} in place of an object")
        return content


def read_forecasts(path: Path) -> Read:
    """Return a stored table of forecasts, as a backtest writes it.

    Raises:
        FileError: If it is missing or damaged.
    """
    with reading(path):
        return forecasts_of(pd.read_parquet(path))


def stored_backtest(folder: Path, config: RunConfig, read: Read, sources: Sources) -> Backtested:
    """Return a stored backtest.

    Args:
        folder: That of the backtest.
        config: Its settings.
        read: Its forecasts.
        sources: Its data; without them the places have no coordinates, and days no weather.

    Raises:
        FileError: If a file is missing or damaged.
    """
    summary = read_json(folder / "scores.json")
    with reading(folder / "scores.parquet"):
        scores = pd.read_parquet(folder / "scores.parquet")
    places = [name for name in read.actual.locations if name not in config.backtest.not_scored]
    forecasts = {name: each.only(places) for name, each in read.forecasts.items() if name != OPERATOR}
    with reading(folder / "scores.json"):
        won = {(row["model"], row["rival"]): (row["won"], row["of"]) for row in summary["places_won"]}
        facts = {name: value for name, value in summary.items() if name not in NOT_FACTS}
        operator = summary.get("with_operator")
        return Backtested(
            scores,
            forecasts,
            read.actual.only(places),
            panel_of(read.actual, config, sources.panel).only(places),
            summary["skills"],
            won,
            facts,
            total=_total(folder, summary),
            operator=None if not operator else _overall_rows(operator),
        )


def _total(folder: Path, summary: Mapping[str, Any]) -> Total | None:
    """Return the sum of all places, if there is one."""
    path = folder / "total.parquet"
    if not summary.get("total") or not path.exists():
        return None
    read = read_forecasts(path)
    return Total(_overall_rows(summary["total"]), read.forecasts, read.actual)


def _overall_rows(models: Mapping[str, Mapping[str, float | None]]) -> pd.DataFrame:
    """Return overall scores by model as rows of a LONG table."""
    rows = [
        {"model": model, "split": "overall", "metric": metric, "value": np.nan if value is None else value, "n": scores["hours"]}
        for model, scores in models.items()
        for metric, value in scores.items()
    ]
    return pd.DataFrame(rows)


def panel_of(actual: Forecast, config: RunConfig, panel: Panel | None) -> Panel:
    """Return the panel of forecasts: that of the sources if it has their places, else one of what was measured then."""
    if panel is not None and set(actual.locations) <= set(panel.locations):
        return panel.only(actual.locations)
    values = actual.values.values.transpose(0, 2, 1).reshape(-1, len(actual.locations))
    times = pd.DatetimeIndex(actual.valid_times.ravel()).tz_localize("UTC")
    table = pd.DataFrame(values, index=times, columns=list(actual.locations))
    table = table[~table.index.duplicated(keep="last")].sort_index()
    regular = pd.date_range(table.index[0], table.index[-1], freq=actual.freq)
    made = Panel.from_wide(table.reindex(regular), unit=str(actual.values.attrs.get("unit", "")))
    zones = [config.data.timezones.get(name, config.data.timezone) for name in made.locations]
    dataset = made.dataset.assign_attrs(timezone=config.data.timezone)
    return Panel(dataset.assign_coords(timezone=("location", np.array(zones, dtype=object))) if config.data.timezones else dataset)


def stored_predictions(folder: Path, record: Mapping[str, Any]) -> Read:
    """Return the forecasts of the test part of a run.

    Raises:
        FileError: If the table is missing or damaged.
    """
    path = folder / "predictions.csv"
    with reading(path):
        freq = pd.Timedelta(minutes=float(record["freq_minutes"]))
        table = pd.read_csv(path, dtype={"location": str})
        names = {"timestamp": "valid_time", "predicted": "point"}
        table = table.rename(columns=names).assign(model=HYBRID, lead=(table["step"] - 1) * (freq / HOUR))
        return forecasts_of(_with_attrs(table, record, freq))


def forecast_tables_of(paths: Sequence[Path], record: Mapping[str, Any], panel: Panel | None) -> Read:
    """Return the forecasts of tables that `gridcast forecast` wrote, beside what has been measured since.

    Args:
        paths: The tables; of two forecasts of the same place, issue time and step the later table's counts.
        record: What the run kept.
        panel: The readings; None where they can't be read.

    Raises:
        FileError: If one is missing, damaged, or no table of forecasts.
    """
    freq = pd.Timedelta(minutes=float(record["freq_minutes"]))
    tables = []
    for path in paths:
        with reading(path, "a table that `gridcast forecast` wrote"):
            table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={"location": str})
            tables.append(table.assign(model=HYBRID, actual=np.nan, location=table["location"].astype(str)))
            forecasts_of(_with_attrs(tables[-1], record, freq))
    keys = ["location", "issue_time", "lead"]
    whole = pd.concat(tables).assign(issue_time=lambda table: pd.to_datetime(table["issue_time"], utc=True))
    read = forecasts_of(_with_attrs(whole.drop_duplicates(keys, keep="last"), record, freq))
    made = read.forecasts[HYBRID]
    if panel is None or not set(made.locations) <= set(panel.locations):
        return read
    actual = actual_values(panel.only(made.locations), made.issue_times, made.horizon)
    wanted = np.arange(made.horizon) >= read.gap
    return Read(read.forecasts, Forecast(actual.values.where(actual.values["step"].isin(1 + np.flatnonzero(wanted)))), read.gap)


def _with_attrs(table: pd.DataFrame, record: Mapping[str, Any], freq: pd.Timedelta) -> pd.DataFrame:
    """Return a table of forecasts with what its readers want to know."""
    ex_post = [HYBRID] if record.get("weather") == "ex post" else []
    table.attrs = {"unit": str(record.get("unit", "")), "freq": freq.isoformat(), "ex_post": ex_post}
    return table


def scored(read: Read, config: RunConfig, sources: Sources, facts: Mapping[str, Any], everyday: Path | None = None) -> Backtested:
    """Return forecasts of the hybrid, scored beside the naive forecasters.

    Args:
        read: The forecasts, and what was measured.
        config: Settings of the run.
        sources: Its data; without them the naive forecasts can't be made again.
        facts: To be printed.
        everyday: Scores by place that the run kept, which then stand in for those of the naive forecasters.

    Raises:
        FileError: If the scores that it kept are damaged.
    """
    panel, gap, made = panel_of(read.actual, config, sources.panel), config.task.gap, read.forecasts[HYBRID]
    forecasts = {HYBRID: made}
    again = sources.panel is not None and set(made.locations) <= set(sources.panel.locations)
    if again:
        naive = {name: SeasonalNaive(span, made.horizon) for name, span in NAIVE.items()}
        forecasts |= {name: issue(each.fit(panel), panel, made.issue_times) for name, each in naive.items()}
    table = score_table(forecasts, read.actual, panel=panel, gap=gap)
    if not again and everyday is not None:
        table = _with_everyday(table, everyday)
    models = [str(name) for name in table["model"].unique() if name in forecasts]
    told = [skills(table, name) for name in models if name != HYBRID]
    won = {(HYBRID, name): places_won(table, HYBRID, name)[:2] for name in models if name != HYBRID}
    skill_rows: Any = pd.concat(told, ignore_index=True) if told else ()
    return Backtested(table, forecasts, read.actual, panel, skill_rows, won, {**facts, "gap": gap})


def _with_everyday(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return scores with those that a run kept of all its forecasters, which are of the hours that all of them could forecast."""
    with reading(path):
        kept = pd.read_csv(path, dtype={"location": str, "model": str}, keep_default_na=True)
        kept = kept.assign(location=kept["location"].fillna(""))
        means = kept[kept["location"] != ""].groupby("model")["nmae"].mean()  # over places, as in the table
        kept["nmae"] = np.where(kept["location"] == "", kept["model"].map(means), kept["nmae"])
        rows = kept.melt(["model", "location", "n"], list(EVERYDAY), "metric", "value")
    rows["split"] = np.where(rows["location"] == "", "overall", "location")
    replaced = table["split"].isin(["overall", "location"]) & table["metric"].isin(EVERYDAY)
    return pd.concat([rows, table[~replaced]], ignore_index=True)
