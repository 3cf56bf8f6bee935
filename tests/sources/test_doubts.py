"""Codes among the readings and stamps in the future are warned of, and nothing is changed."""

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import GridcastWarning
from gridcast.sources.doubts import warn_of_doubts
from gridcast.sources.files import read_consumption_files
from gridcast.sources.readings import Consumption, ReadOptions

NOW = pd.Timestamp("2024-06-01", tz="UTC")


def consumption(values: list[float], start: str = "2024-01-01", dtype=np.float64) -> Consumption:
    times = pd.date_range(start, periods=len(values), freq="h", tz="UTC", name="timestamp")
    return Consumption(pd.DataFrame({"A": np.arange(len(values)) + 100.0, "B": values}, index=times, dtype=dtype), "MW", ())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("code", [65535, 65534, 32767, -9999, -999, 9999999])
def test_codes_are_warned_of(code, dtype):
    given = consumption([5, code, 7, np.nan, code, 600], dtype=dtype)
    with pytest.warns(GridcastWarning, match=rf"`B: {code:g} \(2 times\)`.*`--no-reading {code:g}`".replace("+", r"\+")):
        assert warn_of_doubts(given, now=NOW) is given


def test_two_codes_at_one_place():
    with pytest.warns(GridcastWarning, match=r"`B: 65534 \(2 times\)`, `B: 65535 \(3 times\)`"):
        warn_of_doubts(consumption([65534, 65535, 65535, 1, 2, 65534, 65535]), now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        [5, 65535, 7],  # once
        [30_000, 65535, 65535, 60_000],  # near the others
        [-800, -999, -999, 900],  # a net load
        [65535, 65535, 65535],  # nothing else to compare with
        [1, 2, 3, 4.5],
        [np.nan, np.nan],
    ],
)
def test_ordinary_readings_are_not_warned_of(values):
    warn_of_doubts(consumption(values), now=NOW)  # a warning would be an error


def test_negative_codes_of_a_place_that_consumes():
    with pytest.warns(GridcastWarning, match="-999"):
        warn_of_doubts(consumption([1000, 5000, -999, -999]), now=NOW)  # 1999 below the others, less than their range of 4000


def test_stamps_in_the_future():
    # 22:00, 23:00, then 00:00, which is a day ahead and no more, then three more
    with pytest.warns(
        GridcastWarning, match="3 timestamps in the future, from 2024-06-02 01:00 UTC on; it is 2024-06-01 00:00 UTC"
    ):
        warn_of_doubts(consumption([1, 2, 3, 4, 5, 6], "2024-06-01 22:00"), now=NOW)


def test_tomorrow_is_not_the_future():
    warn_of_doubts(consumption([1, 2], "2024-06-01 23:00"), now=NOW)


def test_codes_are_missing_when_told(tmp_path):
    path = tmp_path / "load.csv"
    path.write_text("time,A\n2024-01-01,5\n2024-01-02,65535\n2024-01-03,65535\n2024-01-04,8\n")
    with pytest.warns(GridcastWarning, match="65535"):
        assert read_consumption_files(path).readings["A"].tolist()[1] == 65535
    read = read_consumption_files(path, options=ReadOptions(no_reading=(65535,)))
    assert read.readings["A"].isna().tolist() == [False, True, True, False]
    assert "load.csv: 2 cells with `65535` taken as no reading, as told" in read.said
