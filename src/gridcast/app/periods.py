"""Forecasts of a place over a few days, out of a folder that may hold those of many places over years."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridcast.app.fanfigure import Fan
from gridcast.app.scored import HYBRID, Scored
from gridcast.errors import PanelError
from gridcast.evaluation.longtable import QUANTILE
from gridcast.evaluation.totals import TOTAL

FORECASTS, SUMS, PREDICTIONS = "forecasts.parquet", "total.parquet", "predictions.csv"
KEYS = ["model", "issue_time", "valid_time", "actual", "point"]


def models_of(scored: Scored, place: str) -> tuple[str, ...]:
    """Return whose forecasts of a place, or of the sum of all, a folder holds, the best first."""
    if scored.kind == "run":
        return (HYBRID,)
    known = list(_categories(scored.path / (SUMS if place == TOTAL else FORECASTS), "model"))
    order = [name for name in scored.backtested.models if name in known]
    return (*order, *(name for name in known if name not in order))


def has_total(scored: Scored) -> bool:
    """Return whether a folder holds forecasts of the sum of all places."""
    return (scored.path / SUMS).is_file()


def span_of(scored: Scored) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last hour that was forecast, UTC."""
    if scored.kind == "run":
        return _utc(scored.facts["test_from"]), _utc(scored.facts["test_until"]) - pd.Timedelta(hours=1)
    import pyarrow.parquet as pq

    file = pq.ParquetFile(scored.path / FORECASTS)
    column = file.schema_arrow.get_field_index("valid_time")
    told = [file.metadata.row_group(group).column(column).statistics for group in range(file.metadata.num_row_groups)]
    return _utc(min(each.min for each in told)), _utc(max(each.max for each in told))


def freq_of(scored: Scored) -> pd.Timedelta:
    """Return the time between two steps."""
    if scored.kind == "run":
        return pd.Timedelta(minutes=float(scored.facts["freq_minutes"]))
    import pyarrow.parquet as pq

    told = json.loads((pq.read_schema(scored.path / FORECASTS).metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
    return pd.Timedelta(told.get("freq", "1h"))


def rows_of(scored: Scored, place: str, start: pd.Timestamp, end: pd.Timestamp, models: Sequence[str]) -> pd.DataFrame:
    """Return the rows of some models about a place, from `start` to before `end`: of the file only these are read.

    Args:
        scored: The folder.
        place: Its name, or `total` for the sum of all.
        start: UTC.
        end: UTC.
        models: Their names.

    Returns:
        Columns `model`, `issue_time`, `valid_time`, `actual`, `point` and the quantiles; of each hour the newest forecast.
    """
    table = _of_run(scored.path, place) if scored.kind == "run" else _of_backtest(scored.path, place, start, end, models)
    table = table[(table["valid_time"] >= start) & (table["valid_time"] < end)]
    newest = table.sort_values(["model", "valid_time", "issue_time"], kind="stable")
    return newest.drop_duplicates(["model", "valid_time"], keep="last").reset_index(drop=True)


def fan_of(rows: pd.DataFrame, models: Sequence[str], freq: pd.Timedelta) -> tuple[Fan, pd.Series[float]]:
    """Return the fan of the first of some models with the others beside it, and what was measured.

    Args:
        rows: From `rows_of`.
        models: Their names, the one with the fan first.
        freq: Between two steps.

    Raises:
        PanelError: If there is no row of the first model.
    """
    own = rows[rows["model"] == models[0]].set_index("valid_time")
    if own.empty:
        raise PanelError(
            f"there is no forecast of {models[0]} in this period",
            found="no rows",
            expected="a week between first and last forecast",
        )
    times = pd.date_range(own.index.min(), own.index.max(), freq=freq)
    own = own.reindex(times)
    quantiles = {float(str(name)[1:]): own[name].to_numpy(np.float64) for name in own if QUANTILE.fullmatch(str(name))}
    quantiles = {level: values for level, values in quantiles.items() if np.isfinite(values).any()}
    others = {
        name: rows[rows["model"] == name].set_index("valid_time")["point"].reindex(times).to_numpy(np.float64)
        for name in models[1:]
    }
    fan = Fan(models[0], times, own["point"].to_numpy(np.float64), quantiles, others)
    return fan, own["actual"].astype(np.float64)


def predictions_csv(scored: Scored, model: str = HYBRID) -> bytes:
    """Return all predictions of a model as CSV: the file of a run, or that part of the table of a backtest."""
    if scored.kind == "run":
        return (scored.path / PREDICTIONS).read_bytes()
    import pyarrow.parquet as pq

    file = pq.ParquetFile(scored.path / FORECASTS)
    table = file.read_row_groups(groups_of(file, [model])).to_pandas()
    table = table[table["model"] == model]
    for name in ("issue_time", "valid_time"):
        table[name] = table[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(table.to_csv(index=False, float_format="%.7g")).encode()


def _of_backtest(path: Path, place: str, start: pd.Timestamp, end: pd.Timestamp, models: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a place; only the row groups of the models are read, of which each has its own."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path / (SUMS if place == TOTAL else FORECASTS))
    quantiles = [name for name in file.schema_arrow.names if QUANTILE.fullmatch(name)]
    table = file.read_row_groups(groups_of(file, models), columns=[*KEYS, "location", *quantiles])
    valid = table["valid_time"]
    wanted = pc.equal(table["location"].cast(pa.string()), place)
    wanted = pc.and_(
        wanted, pc.and_(pc.greater_equal(valid, pa.scalar(start, valid.type)), pc.less(valid, pa.scalar(end, valid.type)))
    )
    found: pd.DataFrame = table.filter(wanted).drop_columns(["location"]).to_pandas().astype({"model": str})
    return found[found["model"].isin(list(models))]


def groups_of(file: Any, models: Sequence[str]) -> list[int]:
    """Return the row groups that may hold rows of some models."""
    column = file.schema_arrow.get_field_index("model")
    told = [file.metadata.row_group(group).column(column).statistics for group in range(file.metadata.num_row_groups)]
    return [group for group, each in enumerate(told) if each is None or any(each.min <= name <= each.max for name in models)]


def _of_run(path: Path, place: str) -> pd.DataFrame:
    table = pd.read_csv(path / PREDICTIONS, dtype={"location": str}, parse_dates=["timestamp", "issue_time"])
    own = table[table["location"] == place].rename(columns={"timestamp": "valid_time", "predicted": "point"})
    return own.drop(columns=["location", "step"]).assign(model=HYBRID)


def _categories(file: Path, column: str) -> list[str]:
    """Return which names a column has, from the bounds of its row groups where each holds one of them."""
    import pyarrow.parquet as pq

    opened = pq.ParquetFile(file)
    number = opened.schema_arrow.get_field_index(column)
    bounds = [opened.metadata.row_group(group).column(number).statistics for group in range(opened.metadata.num_row_groups)]
    if all(each is not None and each.min == each.max for each in bounds):
        return list(dict.fromkeys(str(each.min) for each in bounds))
    return [str(name) for name in pq.read_table(file, columns=[column])[column].unique().to_pylist()]


def _utc(stamp: object) -> pd.Timestamp:
    moment = pd.Timestamp(stamp)  # type: ignore[arg-type]
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
