"""One check run over every source of consumption in the registry, and one over every source of weather."""

import contextlib
import sqlite3
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.errors import GridcastError
from gridcast.panel import Panel
from gridcast.sources import SOURCES, WEATHER_SOURCES
from gridcast.sources.readings import Consumption
from gridcast.sources.weather.weather import Weather

TIMES = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC", name="timestamp")
SERVICES = frozenset({"entsoe", "gridstatus"})  # have no address of the user's own; their tests serve recorded answers


def sample() -> pd.DataFrame:
    """Return two days of two places with a gap."""
    hours = np.arange(48.0)
    readings = pd.DataFrame({"Kyiv": 100 + hours, "Lviv": 50 + hours % 24}, index=TIMES)
    readings.iloc[5, 1] = np.nan
    return readings


def csv_sample(folder: Path) -> Path:
    sample().to_csv(folder / "load.csv")
    return folder / "load.csv"


def parquet_sample(folder: Path) -> Path:
    sample().to_parquet(folder / "load.parquet")
    return folder / "load.parquet"


def files_sample(folder: Path) -> Path:
    (folder / "load").mkdir()
    sample().iloc[:24].to_csv(folder / "load" / "1.csv.gz")
    sample().iloc[24:].to_parquet(folder / "load" / "2.parquet")
    return folder / "load"


def sql_sample(folder: Path) -> object:
    with contextlib.closing(sqlite3.connect(folder / "load.db")) as database:
        sample().reset_index().assign(timestamp=TIMES.strftime("%Y-%m-%dT%H:%MZ")).to_sql("load", database, index=False)
    return address_of("sql", folder / "load.db")


def address_of(name: str, path: Path) -> object:
    """Return how a source is told of a file."""
    return f"sqlite:///{path}#load" if name == "sql" else path


SAMPLES: dict[str, Callable[[Path], object]] = {  # name -> what makes the sample in a folder and returns its address
    "csv": csv_sample,
    "files": files_sample,
    "parquet": parquet_sample,
    "sql": sql_sample,
}
consumption_sources = pytest.mark.parametrize("name", sorted(set(SOURCES) - SERVICES))


def source(name: str) -> Callable[..., Consumption]:
    module, _, function = SOURCES[name].rpartition(".")
    return getattr(import_module(module), function)


def check_source(consumption: Consumption) -> None:
    """Check what holds for the readings of every source."""
    readings, index = consumption.readings, consumption.readings.index
    assert isinstance(index, pd.DatetimeIndex)
    assert index.name == "timestamp"
    assert str(index.tz) == "UTC"
    assert index.is_monotonic_increasing
    assert index.is_unique
    assert not index.hasnans
    assert all(isinstance(name, str) and name for name in readings.columns)
    assert readings.columns.is_unique
    assert all(dtype.kind == "f" for dtype in readings.dtypes)
    assert not np.isinf(readings.to_numpy()).any()
    assert readings.notna().to_numpy().any()
    assert isinstance(consumption.unit, str)
    assert consumption.said
    assert all(isinstance(sentence, str) and sentence for sentence in consumption.said)
    panel = Panel.from_wide(readings, unit=consumption.unit)
    assert panel.locations == tuple(readings.columns)
    np.testing.assert_array_equal(panel.consumption, readings.to_numpy(np.float32))


def test_every_source_of_consumption_has_a_sample():
    assert set(SAMPLES) == set(SOURCES) - SERVICES


@consumption_sources
def test_the_readings_keep_what_is_promised(name, tmp_path):
    consumption = source(name)(SAMPLES[name](tmp_path))
    check_source(consumption)
    pd.testing.assert_frame_equal(
        consumption.readings, sample(), check_freq=False, check_column_type=False, check_index_type=False, check_dtype=False
    )


@consumption_sources
def test_reading_twice_gives_the_same(name, tmp_path):
    address = SAMPLES[name](tmp_path)
    first, again = source(name)(address), source(name)(address)
    pd.testing.assert_frame_equal(first.readings, again.readings)
    assert (first.unit, first.said) == (again.unit, again.said)


@consumption_sources
@pytest.mark.parametrize(
    "content", [None, b"", b"\n", b"PAR1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", bytes(range(256)) * 4, b"a,b\n1,2\n"]
)
def test_what_is_missing_empty_or_garbage_is_refused_in_order(name, tmp_path, content):
    address = tmp_path / "load"
    if content is not None:
        address.write_bytes(content)
    with pytest.raises(GridcastError) as caught:
        source(name)(address_of(name, address))
    for problem in caught.value.problems:
        assert problem.problem
        assert problem.found
        assert problem.expected


# ---- weather ----


def stations_sample(folder: Path) -> xr.Dataset:
    hours = pd.DataFrame({"time": TIMES, "Kyiv_temp_C": np.arange(48.0), "Lviv_temp_C": np.where(np.arange(48) == 5, np.nan, 1.0)})
    hours.to_csv(folder / "weather.csv", index=False)
    return weather_source("stations")(folder / "weather.csv").dataset


def gridded_sample(folder: Path) -> xr.Dataset:
    values = np.arange(48 * 3 * 2, dtype=float).reshape(48, 3, 2)
    values[5, 1, 1] = np.nan
    coords = {"time": TIMES.tz_convert(None).to_numpy(), "latitude": [52.0, 51.0, 50.0], "longitude": [8.0, 9.0]}
    variable = xr.DataArray(273.15 + values / 10, coords, ("time", "latitude", "longitude"), attrs={"units": "K"})
    xr.Dataset({"t2m": variable}).to_netcdf(folder / "field.nc", engine="h5netcdf")
    return weather_source("gridded")(folder / "field.nc").dataset


WEATHER_SAMPLES: dict[str, Callable[[Path], xr.Dataset]] = {"gridded": gridded_sample, "stations": stations_sample}
WEATHER_SERVICES = frozenset({"openmeteo"})  # its tests serve answers written after its documentation
weather_sources = pytest.mark.parametrize("name", sorted(WEATHER_SAMPLES))


def weather_source(name: str) -> Callable[..., Weather]:
    module, _, function = WEATHER_SOURCES[name].rpartition(".")
    return getattr(import_module(module), function)


def check_weather(dataset: xr.Dataset) -> None:
    """Check what holds for the weather of every source."""
    assert dataset.data_vars
    for axis in ("time", "issued", "lead"):
        index = dataset.indexes.get(axis)
        if index is not None:
            assert index.is_monotonic_increasing
            assert index.is_unique
            assert getattr(index, "tz", None) is None
    for variable in dataset.data_vars.values():
        assert variable.dims[:-1] in (("time",), ("issued", "lead")) or variable.dims[-2:] == ("y", "x")
        assert variable.dtype.kind == "f"
        assert not np.isinf(variable.values).any()
        assert np.isfinite(variable.values).any()
        assert isinstance(variable.attrs["units"], str)
        assert variable.attrs["availability"] in ("observed", "forecast", "perfect", "known")
        assert ("issued" in variable.dims) == (variable.attrs["availability"] == "forecast")
        assert isinstance(variable.attrs["delay"], int)
        assert variable.attrs["delay"] >= 0


def test_every_source_of_consumption_and_of_weather_can_be_imported():
    assert list(SOURCES) == sorted(SOURCES)
    assert list(WEATHER_SOURCES) == sorted(WEATHER_SOURCES)
    assert set(WEATHER_SAMPLES) == set(WEATHER_SOURCES) - WEATHER_SERVICES
    assert all(callable(source(name)) for name in SOURCES)
    assert all(callable(weather_source(name)) for name in WEATHER_SOURCES)


@weather_sources
def test_weather_keeps_what_is_promised(name, tmp_path):
    dataset = WEATHER_SAMPLES[name](tmp_path)
    check_weather(dataset)
    assert list(dataset.indexes["time"]) == list(TIMES.tz_convert(None))
    assert int(np.isnan(dataset["temperature"].values).sum()) == 1
    assert dataset["temperature"].attrs["units"] == "degC"
