"""Load of European zones, and its day-ahead forecast, from the ENTSO-E Transparency Platform (extra `[entsoe]`: entsoe-py).

Variables:
    load: document A65, process A16, "actual total load" [MW]; a mean over the interval, stamped at its start, a day late at most
    day-ahead forecast: document A65, process A01 [MW]; published by 10:00 Brussels time of the day before, two hours before the
        day-ahead market closes

Schema of an answer (GL_MarketDocument): TimeSeries > Period > timeInterval (start, end; UTC), resolution (PT15M, PT30M, PT60M),
Point (position from 1, quantity). In curve type A03 a point that equals the one before is left out; entsoe-py fills it in. A zone
may change its resolution; all zones are brought to one step.

Zones are the names of entsoe-py (`DE_LU`, `FR`, `NO_1`, ...) or EIC codes. A key is free, on request by e-mail to the platform.

Live use could not be tried, without a key. Tested through entsoe-py itself, version 0.8, against answers written after the
platform's documentation, from a server on the loopback.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from gridcast.errors import ConfigError, PanelError, Problem, counted, did_you_mean, listed
from gridcast.sources.oneclock import on_one_clock
from gridcast.sources.operators import ask_tables, library, span
from gridcast.sources.readings import Consumption
from gridcast.sources.web import Asking

SERVICE = "ENTSO-E"
KEY = "ENTSOE_API_KEY"
WHAT = {"load": "query_load", "day-ahead": "query_load_forecast"}
MONTH = pd.offsets.MonthBegin(normalize=True)  # the service answers for a month at most


def read_consumption_entsoe(
    zones: Sequence[str],
    start: str | pd.Timestamp,
    end: str | pd.Timestamp,
    *,
    what: str = "load",
    key: str | None = None,
    freq: pd.Timedelta | None = None,
    asking: Asking | None = None,
) -> Consumption:
    """Return the load of zones, or what their operators forecast of it on the day before. [MW]

    Args:
        zones: Such as `DE_LU`, `FR`; they name the locations.
        start: The first moment; without a zone in UTC.
        end: The moment after the last interval.
        what: `load` or `day-ahead`.
        key: Of the service; `ENTSOE_API_KEY` of the environment if None.
        freq: Step of the readings; the coarsest of the zones if None.
        asking: Cache and patience.

    Raises:
        ConfigError: If a zone or `what` is unknown, or there is no key.
        PanelError: If there are no readings.
        GridcastError: If the service refuses or does not answer, or its answer makes no sense.
    """
    if what not in WHAT:
        raise ConfigError(f"{SERVICE} is not asked for `{what}`", found=f"`{what}`", expected=listed(WHAT))
    zones, asking = tuple(dict.fromkeys(zones)), asking or Asking()
    entsoe = library("entsoe", "entsoe")
    _require_zones(entsoe, zones)
    secret = _key(key, asking)
    client = _client(entsoe, secret, asking)
    pieces = _pieces(*span(start, end))
    requests = {zone: [(f"entsoe {what} {zone} {first} {last}", first, last) for first, last in pieces] for zone in zones}
    calls = {
        request: (last, _call(entsoe, getattr(client, WHAT[what]), zone, first, last))
        for zone in zones
        for request, first, last in requests[zone]
    }
    tables = ask_tables(calls, asking, SERVICE, secret=secret)
    series = {zone: pd.concat([tables[request].iloc[:, 0] for request, _, _ in requests[zone]]) for zone in zones}
    readings, said = on_one_clock(series, freq)
    return Consumption(readings, "MW", (f"{SERVICE}: {what} of {counted(zones, 'zone')}", *said))


def _call(
    entsoe: Any, query: Callable[..., pd.DataFrame], zone: str, first: pd.Timestamp, last: pd.Timestamp
) -> Callable[[], pd.DataFrame]:
    def call() -> pd.DataFrame:
        try:
            table = query(zone, start=first, end=last)
        except entsoe.exceptions.NoMatchingDataError:
            return pd.DataFrame({"load": pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))})
        values = table.iloc[:, 0].astype(float).tz_convert("UTC").rename("load")
        return values[(values.index >= first) & (values.index < last)].to_frame()

    return call


def _client(entsoe: Any, secret: str, asking: Asking) -> Any:
    """Return a client that leaves the patience to us; its address is another one if `asking` says so."""
    session = library("requests", "entsoe").Session()
    if asking.url:
        get = session.get
        session.get = lambda **options: get(**{**options, "url": asking.url})
    return entsoe.EntsoePandasClient(api_key=secret, session=session, retry_count=1, retry_delay=0, timeout=asking.timeout)


def _pieces(first: pd.Timestamp, end: pd.Timestamp) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return the span in pieces, cut where months begin."""
    pieces = []
    while first < end:
        last = min(first + MONTH, end)
        pieces.append((first, last))
        first = last
    return pieces


def _key(key: str | None, asking: Asking) -> str:
    found = key or os.environ.get(KEY, "")
    if not found and not asking.cache.offline:
        raise ConfigError(
            f"{SERVICE} wants a key", found="none", expected="a key of the Transparency Platform", hint=f"`export {KEY}=...`"
        )
    return found or "none"


def _require_zones(entsoe: Any, zones: tuple[str, ...]) -> None:
    if not zones:
        raise PanelError("no zones to ask for", found="none", expected="at least one, such as `DE_LU`")
    areas = entsoe.mappings.Area
    names, codes = list(areas.__members__), {area.value for area in areas}
    problems = []
    for zone in zones:
        if zone.upper() not in names and zone not in codes:
            hint = did_you_mean(zone, names)
            problems.append(
                Problem(f"{SERVICE} has no zone `{zone}`", found=f"`{zone}`", expected=f"one of its {len(names)} zones", hint=hint)
            )
    if problems:
        raise ConfigError.of(problems)
