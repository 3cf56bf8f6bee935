"""What is answered: a forecast as JSON, CSV or Parquet, as the header `Accept` wants it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
from pydantic import AwareDatetime, BaseModel

from gridcast.clock import HOUR
from gridcast.errors import Problem
from gridcast.forecast import Forecast
from gridcast.service.refused import Refused

Kind = Literal["application/json", "text/csv", "application/vnd.apache.parquet"]

STAMP = "%Y-%m-%dT%H:%M:%SZ"  # of moments as they are written
MINUTE = pd.Timedelta(minutes=1)

KINDS: tuple[Kind, ...] = ("application/json", "text/csv", "application/vnd.apache.parquet")


Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Made:
    """A forecast of one issue time, as plain arrays, without the steps of the gap.

    Attributes:
        locations: Names of the places, in the order of the arrays.
        levels: Of the quantiles, in the order of the last axis.
        issued: The issue time, UTC.
        gap: Steps that were left out.
        freq: Time between two steps.
        unit: Of the values; empty where it is not known.
        ex_post: Whether measured weather of the predicted hours was used.
        point: Shape (N, H).
        quantiles: Shape (N, H, Q).
        quality: What is special about each place.
    """

    locations: tuple[str, ...]
    levels: tuple[float, ...]
    issued: pd.Timestamp
    gap: int
    freq: pd.Timedelta
    unit: str
    ex_post: bool
    point: Float
    quantiles: Float
    quality: tuple[str, ...]

    @classmethod
    def of(cls, forecast: Forecast, gap: int) -> Made:
        """Return what a forecast with quantiles says at its last issue time."""
        assert forecast.quantiles is not None
        quality = [""] * len(forecast.locations) if forecast.quality is None else forecast.quality.values[-1].tolist()
        return cls(
            forecast.locations,
            forecast.levels,
            forecast.issue_times[-1],
            gap,
            forecast.freq,
            str(forecast.values.attrs.get("unit", "")),
            forecast.is_ex_post,
            np.asarray(forecast.values.values[-1, :, gap:], dtype=np.float32),
            np.asarray(forecast.quantiles.values[-1, :, gap:], dtype=np.float32),
            tuple(map(str, quality)),
        )

    @property
    def valid_times(self) -> pd.DatetimeIndex:
        """Start of each predicted interval, UTC, shape (H,)."""
        return pd.date_range(self.issued + self.gap * self.freq, periods=self.point.shape[1], freq=self.freq)


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


def written(made: Made, kind: Kind, *, model: str, locations: list[str], levels: list[float]) -> bytes:
    """Return a forecast as bytes, of some places and quantiles."""
    places = [made.locations.index(name) for name in locations]
    point = made.point[places]
    quantiles = made.quantiles[places][..., [made.levels.index(level) for level in levels]]
    quality = [made.quality[place] for place in places]
    if kind == "application/json":
        by_level = np.ascontiguousarray(quantiles.swapaxes(1, 2))
        told = {name: {"point": point[i], "quantiles": by_level[i], "quality": quality[i]} for i, name in enumerate(locations)}
        content: dict[str, Any] = {
            "model": model,
            "issue_time": f"{made.issued:{STAMP}}",
            "step_minutes": made.freq / MINUTE,
            "unit": made.unit,
            "ex_post": made.ex_post,
            "valid_times": made.valid_times.strftime(STAMP).tolist(),
            "levels": levels,
            "locations": told,
        }
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    table = _table(made, locations, quality)
    table["point"] = point.ravel()
    for i, level in enumerate(levels):
        table[f"q{level!r}"] = quantiles[..., i].ravel()
    table["quality"] = np.repeat(np.array(quality, dtype=object), point.shape[1])
    return _csv(table) if kind == "text/csv" else _parquet(table)


def _table(made: Made, locations: list[str], quality: list[str]) -> pd.DataFrame:
    """Return the columns that tell of what each row is."""
    valid = made.valid_times
    steps = len(valid)
    return pd.DataFrame(
        {
            "location": np.repeat(np.array(locations, dtype=object), steps),
            "issue_time": pd.DatetimeIndex([made.issued]).repeat(steps * len(quality)),
            "valid_time": np.tile(valid, len(quality)),
            "lead": np.tile(np.arange(made.gap, made.gap + steps) * (made.freq / HOUR), len(quality)),
        }
    )


def _csv(table: pd.DataFrame) -> bytes:
    stamps = {name: table[name].dt.strftime(STAMP) for name in ("issue_time", "valid_time")}
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
