"""What the scores of a folder come to, whether `gridcast run` or `gridcast backtest` wrote it; nothing large is read for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gridcast.app.places import Places, in_order, places_of_run
from gridcast.clock import HOUR, local_labels
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import ConfigError, FileError
from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.store import ABLATION_MARKS
from gridcast.views.backtested import Backtested
from gridcast.views.backtesttables import SCORES
from gridcast.views.backtestverdict import map_verdict

Kind = Literal["run", "backtest"]

FILES = {"backtest": "scores.json", "run": "metrics.json"}  # by which a folder is told
HYBRID, OPERATOR = "hybrid", "operator"
HEADED = ("rmse", "mae", "nmae", "mape", "mase", "bias", "crps", "coverage80", "width80", "peak_error", "hours")


@dataclass(frozen=True)
class Scored:
    """The scores of a folder.

    Attributes:
        path: The folder.
        kind: Which command wrote it.
        config: Its settings.
        backtested: Its scores, ready for tables and figures; it holds no forecasts.
        versus: Scores of all models on the hours that the operator forecast too; None where there is no operator.
        total: Overall scores of the sum of all places by model; empty where there are none.
        places: Where its places are.
        facts: What else is known: `first_issue_time`, `last_issue_time`, `issue_times`, `horizon`, `weather`, `unit`.
    """

    path: Path
    kind: Kind
    config: RunConfig
    backtested: Backtested
    versus: pd.DataFrame | None
    total: Mapping[str, Mapping[str, float]]
    places: Places
    facts: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the places that are scored."""
        return self.places.names

    @property
    def unit(self) -> str:
        """Unit of the readings."""
        return str(self.facts.get("unit") or "")


def kind_of(path: Path) -> Kind | None:
    """Return which command wrote the scores of a folder; None where there are none."""
    kinds: tuple[Kind, ...] = ("backtest", "run")
    return next((kind for kind in kinds if (path / FILES[kind]).is_file()), None)


def open_scored(path: Path) -> Scored:
    """Return the scores of a folder.

    Raises:
        FileError: If it holds none, or they are damaged.
    """
    kind = kind_of(path)
    if kind is None:
        raise FileError(
            f"`{path.name}` holds no scores",
            found="neither `metrics.json` nor `scores.json`",
            expected="a folder of `gridcast run` or `gridcast backtest`",
            hint="gridcast backtest CONFIG --out DIR",
        )
    try:
        config = make_config(read_config(path / "config.toml"), source=f"`{path / 'config.toml'}`")
        return _of_backtest(path, config) if kind == "backtest" else _of_run(path, config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"the scores of `{path.name}` are damaged", found=str(error), expected="what was written") from error


def score_columns(overall: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return overall scores, a row a model and a column a score with its unit.

    Args:
        overall: Columns `model`, `metric`, `value`.
        unit: Of the readings.
    """
    wide = overall.pivot_table(index="model", columns="metric", values="value", sort=False)
    return pd.DataFrame({heading(name, unit): wide[name] for name in HEADED if name in wide})


def heading(metric: str, unit: str) -> str:
    """Return the heading of a score.

    Example:
        >>> heading("rmse", "MW"), heading("nmae", "MW"), heading("hours", "MW")
        ('RMSE [MW]', 'nMAE [%]', 'hours')
    """
    name, of = SCORES.get(metric, (metric, ""))
    of = unit if of == "unit" else "" if of == "1" else of
    return f"{name} [{of}]" if of else name


def map_told(scored: Scored, runs_dir: Path) -> tuple[str, str]:
    """Return in words whether the map earned its keep, and what to type where nobody has tried yet; one of the two is empty."""
    for folder in (scored.path, *_ablations(runs_dir)):
        table = _ablation_of(folder, scored)
        if table is not None:
            told = map_verdict(replace(scored.backtested, ablation=table))
            if told:
                return f"{told} (from `{folder.name}`).", ""
    out = scored.path.with_name(f"{scored.path.name}-ablation")
    return "", f"gridcast ablate {scored.path / 'config.toml'} --without cnn --without map --out {out}"


def _ablations(runs_dir: Path) -> Iterator[Path]:
    """Give the folders of ablations, beside the runs and one level below."""
    for pattern in ("*/ablation.json", "*/*/ablation.json"):
        yield from (path.parent for path in sorted(runs_dir.glob(pattern)))


def _ablation_of(folder: Path, scored: Scored) -> pd.DataFrame | None:
    """Return the table of an ablation of the same readings, weather, task and network; None where it is of others."""
    if not all((folder / mark).is_file() for mark in ABLATION_MARKS):
        return None
    try:
        config = make_config(read_config(folder / "config.toml"))
        table = pd.read_csv(folder / "ablation.csv")
    except (OSError, ValueError, ConfigError, FileError):
        return None
    same = all(getattr(config, part) == getattr(scored.config, part) for part in ("data", "weather", "task", "model"))
    return table[table["variant"] != HYBRID] if same and "difference_percent" in table else None


def _of_backtest(path: Path, config: RunConfig) -> Scored:
    facts = json.loads((path / "scores.json").read_text(encoding="utf-8"))
    scores = pd.read_parquet(path / "scores.parquet")
    operator = path / "scores_operator.parquet"
    versus = pd.read_parquet(operator) if operator.is_file() else None
    won = {(row["model"], row["rival"]): (row["won"], row["of"]) for row in facts.get("places_won", ())}
    return _scored(path, "backtest", config, scores, facts, versus=versus, skills=facts.get("skills", ()), won=won)


def _of_run(path: Path, config: RunConfig) -> Scored:
    record = json.loads((path / "run.json").read_text(encoding="utf-8"))
    by_place = pd.read_csv(path / "scores.csv", dtype={"location": "string"}, keep_default_na=False, na_values=["nan", ""])
    facts = {
        **record,
        "first_issue_time": record.get("test_from", ""),
        "issue_times": record.get("test_issue_times", 0),
        "horizon": config.task.horizon,
        "gap": config.task.gap,
    }
    scores = pd.concat([_long(by_place), *_splits(path, config.data.timezone)], ignore_index=True)
    return _scored(path, "run", config, scores, facts)


def _scored(path: Path, kind: Kind, config: RunConfig, scores: pd.DataFrame, facts: Mapping[str, Any], **further: Any) -> Scored:
    rows = scores.loc[scores["split"] == "location", "location"]
    names = tuple(dict.fromkeys(str(name) for name in rows))
    places = places_of_run(path, config, names) or in_order(names)
    panel = _empty_panel(places, str(facts.get("unit") or ""))
    actual = Forecast.of(np.full((1, len(names), 1), np.nan), panel=panel, issue_times=panel.times[:1])
    versus = further.pop("versus", None)
    backtested = Backtested(scores, {}, actual, panel, facts=facts, **further)
    return Scored(path, kind, config, backtested, versus, facts.get("total") or {}, places, facts)


def _empty_panel(places: Places, unit: str) -> Panel:
    """Return a panel of the places without readings: figures and verdicts ask it for names, coordinates and unit."""
    times = pd.date_range("2000-01-01", periods=2, freq="h", tz="UTC")
    readings = pd.DataFrame(np.nan, index=times, columns=list(places.names))
    spatial = pd.DataFrame({"id": places.names, "latitude": places.y, "longitude": places.x}) if places.on_earth else None
    return Panel.from_wide(readings, spatial, unit=unit)


def _long(by_place: pd.DataFrame) -> pd.DataFrame:
    """Return the table of scores by place, one row a score."""
    metrics = [name for name in ("rmse", "mae", "mape", "nmae") if name in by_place]
    table = by_place.melt(id_vars=["model", "location", "n"], value_vars=metrics, var_name="metric")
    table["location"] = table["location"].astype(object).where(table["location"].notna(), "")
    return table.assign(split=np.where(table["location"] == "", "overall", "location"))


def _splits(path: Path, zone: str) -> Iterator[pd.DataFrame]:
    """Give the error of the hybrid by lead time and by hour, from the table of its predictions."""
    columns = ["timestamp", "location", "issue_time", "actual", "predicted"]
    table = pd.read_csv(path / "predictions.csv", usecols=columns, parse_dates=["timestamp", "issue_time"], engine="pyarrow")
    table = table.dropna(subset=["actual", "predicted"])
    local = local_labels(pd.DatetimeIndex(table["timestamp"]), zone)
    lead = (pd.DatetimeIndex(table["timestamp"]) - pd.DatetimeIndex(table["issue_time"])) / HOUR
    errors = pd.DataFrame(
        {
            "location": table["location"].to_numpy(), "lead": np.asarray(lead, np.float64),
            "hour": np.asarray(local.hour, np.float64),
            "mae": (table["actual"] - table["predicted"]).abs().to_numpy(), "actual": table["actual"].to_numpy(),
        }
    )  # fmt: skip
    for split in ("lead", "hour"):
        means = errors.groupby([split, "location"])[["mae", "actual"]].mean()
        share = (100 * means["mae"] / means["actual"].abs()).groupby(split).mean()
        plain = errors.groupby(split)["mae"]
        for metric, values in (("mae", plain.mean()), ("nmae", share)):
            counts = plain.size().to_numpy()
            yield pd.DataFrame(
                {"model": HYBRID, "split": split, split: values.index, "metric": metric, "value": values.to_numpy(), "n": counts}
            )
