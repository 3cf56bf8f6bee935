"""The talk with Open-Meteo: what is asked, and what the answers say; the doors are in `openmeteo`."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridcast.clock import DAY
from gridcast.errors import ConfigError, GridcastError, PanelError, listed
from gridcast.sources.web import Asking, get

SERVICE = "Open-Meteo"
ADDRESS = "GRIDCAST_OPENMETEO_URL"
APIS = {
    "archive": ("https://archive-api.open-meteo.com", "/v1/archive"),
    "historical-forecast": ("https://historical-forecast-api.open-meteo.com", "/v1/forecast"),
    "forecast": ("https://api.open-meteo.com", "/v1/forecast"),
    "single-runs": ("https://single-runs-api.open-meteo.com", "/v1/forecast"),
    "previous-runs": ("https://previous-runs-api.open-meteo.com", "/v1/forecast"),
}
HOUR = pd.Timedelta(hours=1)
RUN_DELAY = pd.Timedelta(hours=6)  # from the start of a global model's run to its publication, by the documentation at most
OBSERVED_DELAY = {"archive": 5 * DAY, "historical-forecast": RUN_DELAY}
PLACES_A_REQUEST = 50
DAYS_A_REQUEST = 366
UNSETTLED = 10 * DAY  # younger answers may still change ...
YOUNG = 3600.0  # ... and are kept for this long [s]


@dataclass(frozen=True)
class Variable:
    """A variable of the service.

    Attributes:
        theirs: Its name there.
        unit: In which we want it.
        preceding: Whether it is a mean over the hour before its stamp.
    """

    theirs: str
    unit: str
    preceding: bool = False


VARIABLES = {
    "temperature": Variable("temperature_2m", "degC"),
    "dew_point": Variable("dew_point_2m", "degC"),
    "humidity": Variable("relative_humidity_2m", "%"),
    "wind_speed": Variable("wind_speed_10m", "m/s"),
    "cloud_cover": Variable("cloud_cover", "%"),
    "radiation": Variable("shortwave_radiation", "W/m2", preceding=True),
}
FACTORS = {
    ("°C", "degC"): 1.0,
    ("%", "%"): 1.0,
    ("km/h", "m/s"): 1 / 3.6,
    ("m/s", "m/s"): 1.0,
    ("W/m²", "W/m2"): 1.0,
}


@dataclass(frozen=True)
class Question:
    """What to ask of one of the interfaces.

    Attributes:
        api: One of `APIS`.
        columns: Names of the columns in the answer, with the name of our variable of each.
        queries: What differs from request to request, such as the days; the answers are joined in time.
        model: One of the service's models; its best match if None.
        vintage: Tells answers to the same request apart that differ with the time of asking.
    """

    api: str
    columns: Mapping[str, str]
    queries: Sequence[Mapping[str, object]]
    model: str | None = None
    vintage: str = ""


def by_days(first: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, object]]:
    """Return the queries for the hours from `first` to `end`, the latter with them: a radiation is stamped by its end."""
    queries: list[dict[str, object]] = []
    day, last = first.normalize(), end.normalize()
    while day <= last:
        until = min(day + (DAYS_A_REQUEST - 1) * DAY, last)
        queries.append({"start_date": f"{day:%Y-%m-%d}", "end_date": f"{until:%Y-%m-%d}"})
        day = until + DAY
    return queries


def read(question: Question, places: pd.DataFrame, asking: Asking) -> list[pd.DataFrame]:
    """Return a table for each place: hours (UTC, at the start of the interval), a column for each of `question.columns`.

    Raises:
        PanelError: If places have no coordinates.
        GridcastError: If the service refuses or does not answer, or its answer makes no sense.
    """
    lost = places["id"][places[["latitude", "longitude"]].isna().any(axis=1)]
    if len(lost):
        raise PanelError(
            f"no weather without coordinates, at {len(lost)} of {len(places)} places",
            found=f"none of {listed(lost)}",
            expected="latitude and longitude of each place",
        )
    if not len(places):
        raise PanelError("no places to ask the weather for", found="none", expected="at least one")
    tables: list[pd.DataFrame] = []
    for first in range(0, len(places), PLACES_A_REQUEST):
        group = places.iloc[first : first + PLACES_A_REQUEST]
        urls = [_url(question, query, group, asking) for query in question.queries]
        asking.cache.require(_key(url, question) for url in urls)
        parts = [_one(url, question, query, len(group), asking) for url, query in zip(urls, question.queries, strict=True)]
        tables += [pd.concat(of_place) for of_place in zip(*parts, strict=True)]
    if all(table.isna().to_numpy().all() for table in tables):
        raise GridcastError(
            f"{SERVICE} has no values for these places and hours",
            found="nothing but gaps",
            expected="values of at least one place",
            hint="ask for other days, variables or models",
        )
    return [_at_start(table, question.columns) for table in tables]


def _url(question: Question, query: Mapping[str, object], group: pd.DataFrame, asking: Asking) -> str:
    host, path = APIS[question.api]
    address = (asking.url or os.environ.get(ADDRESS) or host).rstrip("/") + path
    values = {
        "latitude": ",".join(f"{value:.4f}" for value in group["latitude"]),
        "longitude": ",".join(f"{value:.4f}" for value in group["longitude"]),
        "hourly": ",".join(question.columns),
        **query,
        **({"models": question.model} if question.model else {}),
    }
    return f"{address}?{urllib.parse.urlencode(values, safe=',:')}"


def _key(url: str, question: Question) -> str:
    return f"{url} {question.vintage}".rstrip()


def _one(url: str, question: Question, query: Mapping[str, object], count: int, asking: Asking) -> list[pd.DataFrame]:
    """Return the tables of the places of one request."""
    last = query.get("end_date")
    unsettled = last is not None and pd.Timestamp(str(last)) > now() - UNSETTLED
    return asking.cache.fetch(
        _key(url, question),
        lambda: get(url, asking, SERVICE),
        lambda body: _parse(body, question.columns, count),
        max_age=YOUNG if unsettled else None,
    )


def _parse(body: bytes, columns: Mapping[str, str], count: int) -> list[pd.DataFrame]:
    """Return what an answer says of each place, in our units, with the stamps as they are but in UTC.

    Raises:
        GridcastError: If it is not what the documentation says.
    """
    try:
        told = json.loads(body)
        answers = told if isinstance(told, list) else [told]
        if len(answers) != count:
            raise ValueError(f"{len(answers)} places instead of {count}")
        return [_table(answer, columns) for answer in answers]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise GridcastError(
            f"the answer of {SERVICE} makes no sense",
            found=f"{found}, in {body[:60]!r}",
            expected="hours and values as in its documentation",
            hint=f"see whether a proxy answers in its place, or whether {ADDRESS} is right",
        ) from error


def _table(answer: dict[str, Any], columns: Mapping[str, str]) -> pd.DataFrame:
    hourly, units = answer["hourly"], answer["hourly_units"]
    stamps = pd.DatetimeIndex(pd.to_datetime(hourly["time"], format="ISO8601")) - pd.Timedelta(
        seconds=int(answer["utc_offset_seconds"])
    )
    if stamps.tz is not None or not stamps.is_monotonic_increasing or not stamps.is_unique:
        raise ValueError("hours that are not in order")
    table = pd.DataFrame(index=stamps)
    for theirs, ours in columns.items():
        unit, values = units[theirs], np.array(hourly[theirs], dtype=float)
        if (unit, VARIABLES[ours].unit) not in FACTORS:
            raise ValueError(f"`{theirs}` in `{unit}`")
        if len(values) != len(stamps):
            raise ValueError(f"{len(values)} values of `{theirs}` for {len(stamps)} hours")
        table[theirs] = values * FACTORS[unit, VARIABLES[ours].unit]
    return table


def _at_start(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return a table with the means of the preceding hour moved to its start."""
    moved = {
        theirs: table[theirs].shift(freq=-HOUR) if VARIABLES[ours].preceding else table[theirs] for theirs, ours in columns.items()
    }
    return pd.DataFrame(moved)


def now() -> pd.Timestamp:
    """Return this moment. (UTC, naive)"""
    return pd.Timestamp.now("UTC").tz_localize(None)


def known(variables: Sequence[str]) -> tuple[str, ...]:
    """Return the names of variables, each once.

    Raises:
        ConfigError: Naming those that there are not.
    """
    unknown = [name for name in variables if name not in VARIABLES]
    if unknown or not variables:
        raise ConfigError(
            f"{SERVICE} is not asked for {listed(unknown) or 'nothing'}",
            found=listed(variables),
            expected=listed(VARIABLES, shown=9),
        )
    return tuple(dict.fromkeys(variables))
