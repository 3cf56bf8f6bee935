"""What any reader promises of any input: how it is tried, and what holds for what it gives."""

import os
import signal
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, settings

from gridcast.errors import GridcastError, GridcastWarning
from gridcast.features.events import Events

TIMES = int(os.environ.get("GRIDCAST_FUZZ", "1"))
SLOWEST = 60  # after which a reader counts as hanging [s]


def examples(number: int) -> settings:
    return settings(
        max_examples=number * TIMES, derandomize=TIMES == 1, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )


class HangingError(BaseException):
    """A reader has not come back."""


@contextmanager
def in_time():
    def give_up(*_):
        raise HangingError(f"no answer within {SLOWEST} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SLOWEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(read: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return what a reader gives; None where it refuses, and then every problem says what is wrong and what was found."""
    try:
        with in_time(), warnings.catch_warnings():
            warnings.simplefilter("ignore", GridcastWarning)
            return read(*arguments, **named)
    except GridcastError as error:
        refusal = error
    assert all(problem.problem and problem.found for problem in refusal.problems)
    str(refusal).encode()  # a terminal can show it
    return None


# ---- what is promised ----


def check_consumption(consumption) -> None:
    readings = consumption.readings
    assert str(readings.index.tz) == "UTC"
    assert readings.index.is_monotonic_increasing
    assert readings.index.is_unique
    assert not readings.index.hasnans
    assert readings.columns.is_unique
    assert all(isinstance(name, str) and name for name in readings.columns)
    assert all(dtype.kind == "f" for dtype in readings.dtypes)
    assert not np.isinf(readings.to_numpy()).any()
    assert readings.notna().to_numpy().any()


def check_places(places) -> None:
    table = places.table
    assert table["id"].is_unique
    assert all(table["id"])
    for name, most in (("latitude", 90), ("longitude", 180)):
        if name in table:
            assert not (table[name].abs() > most).any()


def check_panel(loaded) -> None:
    panel = loaded.panel
    assert len(set(np.diff(panel.times.asi8))) == 1
    assert panel.times.is_monotonic_increasing
    assert len(set(panel.locations)) == len(panel.locations)
    assert panel.consumption.dtype == np.float32
    assert not np.isinf(panel.consumption).any()
    assert panel.describe()
    if panel.has_coordinates:
        assert np.isfinite(panel.coordinates).all()


def check_weather(weather) -> None:
    assert weather.variables
    assert len(weather.valid_times)
    for each in weather.dataset.data_vars.values():
        assert each.dtype.kind == "f"
        assert not np.isinf(each.values).any()
        assert {"units", "availability", "delay"} <= each.attrs.keys()


def check_events(events) -> None:
    table = events.table
    assert (table["end"] > table["start"]).all()
    assert np.isfinite(Events(table).at(pd.date_range("2024-05-01", periods=9, freq="h"))).all()
