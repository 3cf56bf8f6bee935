"""What is answered: a forecast as JSON, CSV or Parquet, as the header `Accept` wants it."""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
import orjson
import pandas as pd
from pydantic import AwareDatetime, BaseModel

from gridcast.clock import HOUR
from gridcast.errors import Problem
from gridcast.forecast import Forecast
from gridcast.service.refusals import Refused

Kind = Literal["application/json", "text/csv", "application/vnd.apache.parquet"]

KINDS: tuple[Kind, ...] = ("application/json", "text/csv", "application/vnd.apache.parquet")


class PlaceTold(BaseModel):
    """The forecast of a place: the points, for each quantile as many values, and what was special."""

    point: list[float | None]
    quantiles: list[list[float | None]]
    quality: str


class Answer(BaseModel):
    """A forecast."""

    model: str
    issue_time: AwareDatetime
    step_minutes: float
    unit: str
    ex_post: bool
    valid_times: list[AwareDatetime]
    levels: list[float]
    locations: dict[str, PlaceTold]


def kind_of(accept: str) -> Kind:
    """Return the first kind of answer that a header `Accept` allows, by the weights that it tells.

    Raises:
        Refused: With 406, if there is none.

    Example:
        >>> kind_of("text/csv;q=0.5, application/json")
        'application/json'
    """
    wanted = []
    for part in (accept or "*/*").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        wanted.append((_weight(parameters), name))
    for weight, name in sorted(wanted, key=lambda each: -each[0]):
        for kind in KINDS:
            if weight > 0 and name in ("*/*", kind, f"{kind.split('/')[0]}/*"):
                return kind
    raise Refused(406, Problem("this kind of answer is not made", found=f"`{accept}`", expected=", ".join(KINDS)))


def written(made: Forecast, kind: Kind, *, model: str, gap: int, locations: list[str], levels: list[float]) -> bytes:
    """Return a forecast of one issue time as bytes, of some places and quantiles, without the steps of the gap."""
    assert made.quantiles is not None
    there, known = made.locations, made.levels
    places = [there.index(name) for name in locations]
    columns = [known.index(level) for level in levels]
    point = np.asarray(made.values.values[0, places, gap:], dtype=np.float32)  # (N, H)
    quantiles = np.asarray(made.quantiles.values[0, places, gap:][..., columns], dtype=np.float32)  # (N, H, Q)
    quality = ["" if made.quality is None else str(made.quality.values[0, place]) for place in places]
    if kind == "application/json":
        valid = pd.DatetimeIndex(made.valid_times[0, gap:]).strftime("%Y-%m-%dT%H:%M:%SZ").tolist()
        by_level = np.ascontiguousarray(quantiles.swapaxes(1, 2))
        told = {name: {"point": point[i], "quantiles": by_level[i], "quality": quality[i]} for i, name in enumerate(locations)}
        content: dict[str, Any] = {
            "model": model,
            "issue_time": f"{made.issue_times[0]:%Y-%m-%dT%H:%M:%SZ}",
            "step_minutes": made.freq / pd.Timedelta(minutes=1),
            "unit": str(made.values.attrs.get("unit", "")),
            "ex_post": made.is_ex_post,
            "valid_times": valid,
            "levels": levels,
            "locations": told,
        }
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    table = _table(made, gap, locations, quality)
    table["point"] = point.ravel()
    for i, level in enumerate(levels):
        table[f"q{level!r}"] = quantiles[..., i].ravel()
    table["quality"] = np.repeat(np.array(quality, dtype=object), point.shape[1])
    return _csv(table) if kind == "text/csv" else _parquet(table)


def _table(made: Forecast, gap: int, locations: list[str], quality: list[str]) -> pd.DataFrame:
    """Return the columns that tell of what each row is."""
    valid = pd.DatetimeIndex(made.valid_times[0, gap:]).tz_localize("UTC")
    steps = len(valid)
    return pd.DataFrame(
        {
            "location": np.repeat(np.array(locations, dtype=object), steps),
            "issue_time": made.issue_times.repeat(steps * len(quality)),
            "valid_time": np.tile(valid, len(quality)),
            "lead": np.tile(np.arange(gap, gap + steps) * (made.freq / HOUR), len(quality)),
        }
    )


def _csv(table: pd.DataFrame) -> bytes:
    stamps = {name: table[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("issue_time", "valid_time")}
    return table.assign(**stamps).to_csv(index=False, float_format="%.7g").encode("utf-8")


def _parquet(table: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def _weight(parameters: list[str]) -> float:
    """Return the weight of a kind; 0 where it is none."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
