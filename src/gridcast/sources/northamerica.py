"""Load of the system operators of North America through gridstatus (extra `[gridstatus]`).

Variables:
    `Load` [MW] of `get_load`, or the columns of zones beside it where an operator tells some (NYISO: 11), without the sum.

Schema of a table of gridstatus: `Interval Start` (or `Time` where values are of a moment), `Interval End`, `Load`, zones; local
time with its offset. It is asked day by day (local days), so that each day is kept and a missing one is a gap. Values of a moment,
mostly every 5 minutes, are averaged over `freq` where three in four of them are there.

How far back they go is up to the operators: NYISO, CAISO and ISONE years; MISO, SPP and ERCOT days. PJM wants a key, which
gridstatus takes from `PJM_API_KEY`.

Live use could not be tried. Tested through gridstatus itself, version 0.37, on NYISO: daily files written after the form of the
operator's public archive, from a server on the loopback. gridstatus needs pandas before version 3.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pandas as pd

from gridcast.errors import ConfigError, GridcastError, PanelError, counted, did_you_mean, listed
from gridcast.sources.oneclock import on_one_clock
from gridcast.sources.operators import ask_tables, library, span
from gridcast.sources.readings import Consumption
from gridcast.sources.web import Asking, PassingError

SERVICE = "gridstatus"
OPERATORS = {name.lower(): name for name in ("CAISO", "Ercot", "ISONE", "MISO", "NYISO", "PJM", "SPP")}
TIMES = ("Interval Start", "Time")
TOTAL = "Load"
HOUR = pd.Timedelta(hours=1)
ENOUGH = 0.75  # share of the values of moments that make up a mean


def read_consumption_gridstatus(
    operator: str,
    start: str | pd.Timestamp,
    end: str | pd.Timestamp,
    *,
    freq: pd.Timedelta = HOUR,
    asking: Asking | None = None,
) -> Consumption:
    """Return the load of an operator's zones, or of the whole where it tells no zones. [MW]

    Args:
        operator: `CAISO`, `ERCOT`, `ISONE`, `MISO`, `NYISO`, `PJM` or `SPP`.
        start: The first moment; without a zone in UTC.
        end: The moment after the last interval.
        freq: Step of the readings.
        asking: Cache and patience.

    Raises:
        ConfigError: If the operator is unknown.
        PanelError: If there are no readings.
        GridcastError: If gridstatus is not installed, the operator does not answer or does not have these days, or its answer makes
            no sense.
    """
    name = _operator(operator)
    first, last = span(start, end)
    asking = asking or Asking()
    service = f"{name} ({SERVICE})"
    gridstatus = library("gridstatus", "gridstatus")
    zone = getattr(gridstatus, name).default_timezone
    days = pd.date_range(first.tz_convert(zone).normalize(), last.tz_convert(zone), freq=pd.DateOffset(days=1), inclusive="left")
    calls = {
        f"gridstatus {name} load {day:%Y-%m-%d}": (day + pd.DateOffset(days=1), _call(gridstatus, name, day, asking))
        for day in days
    }
    table = pd.concat(ask_tables(calls, asking, service).values())
    table = table[(table.index >= first) & (table.index < last)]
    if table.empty:
        raise PanelError(
            f"{service} has no readings", found=f"nothing from {first} to {last}", expected="some", hint="ask for other days"
        )
    readings, said = on_one_clock({column: table[column] for column in _locations(table)}, freq, covered=ENOUGH)
    return Consumption(
        readings, "MW", (f"{service}: load at {counted(readings.shape[1], 'place')}, {listed(readings.columns)}", *said)
    )


def _call(gridstatus: Any, name: str, day: pd.Timestamp, asking: Asking) -> Callable[[], pd.DataFrame]:
    def call() -> pd.DataFrame:
        try:
            table = _within(asking.timeout * 2, lambda: getattr(gridstatus, name)().get_load(day))
        except gridstatus.base.NoDataFoundException:
            return pd.DataFrame({name.upper(): pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))})
        except (gridstatus.NotSupported, NotImplementedError):
            raise GridcastError(
                f"{name} does not tell its load of {day:%Y-%m-%d}",
                found="no such table",
                expected="a day that the operator still has",
                hint="ask for later days",
            ) from None
        return _plain(table, name)

    return call


def _plain(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the numbers of a table, by the start of the interval in UTC; first that of the whole, under the operator's name."""
    times = next(pd.DatetimeIndex(table[column]) for column in TIMES if column in table)
    numbers = table.select_dtypes("number").set_axis(times.tz_convert("UTC"), axis=0).rename(columns=str).astype(float)
    numbers.insert(0, name.upper(), numbers.pop(TOTAL))
    return numbers


def _locations(table: pd.DataFrame) -> list[str]:
    """Return the columns of zones, or that of the whole, the first, where it is alone."""
    whole, zones = table.columns[0], [column for column in table.columns[1:] if not table[column].equals(table[table.columns[0]])]
    return zones if len(zones) > 1 else [whole]


def _within(seconds: float, call: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return what a call gives that knows no time limit of its own.

    Raises:
        PassingError: If it takes too long; it is left behind.
    """
    results: list[pd.DataFrame] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # handed on to the caller
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise PassingError(f"nothing within {seconds:g} s")
    return results[0]


def _operator(operator: str) -> str:
    if operator.lower() not in OPERATORS:
        raise ConfigError(
            f"there is no operator `{operator}`",
            found=f"`{operator}`",
            expected=listed((name.upper() for name in OPERATORS), shown=len(OPERATORS)),
            hint=did_you_mean(operator, (name.upper() for name in OPERATORS)),
        )
    return OPERATORS[operator.lower()]
