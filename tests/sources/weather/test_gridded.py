"""Fields of weather from NetCDF and Zarr, made on the fly as ERA5 and weather services give them."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridcast.errors import ConfigError, FileError, GridcastError, GridcastWarning, PanelError
from gridcast.sources.weather import gridfiles
from gridcast.sources.weather.gridded import Window, read_gridded_weather
from gridcast.sources.weather.reading import read_weather
from gridcast.sources.weather.weather import WeatherOptions

Y, X = np.arange(52.0, 47.75, -0.5), np.arange(22.0, 32.25, 0.5)
TIMES = pd.date_range("2024-01-01", periods=6, freq="h")


def kelvin(times=TIMES, y=Y, x=X):
    """Return 273.15 + hour + latitude + longitude / 100, which tells where each value comes from."""
    hours = np.asarray((times - TIMES[0]) / pd.Timedelta("1h"))
    return 273.15 + hours[:, None, None] + np.asarray(y)[None, :, None] + np.asarray(x)[None, None, :] / 100


def era5(times=TIMES, y=Y, x=X, time="valid_time", **others):
    """Return a dataset as the Climate Data Store gives it."""
    north = {"standard_name": "latitude", "units": "degrees_north"}
    east = {"standard_name": "longitude", "units": "degrees_east"}
    coords = {
        time: (time, times, {"standard_name": "time"}),
        "latitude": ("latitude", y, north),
        "longitude": ("longitude", x, east),
        "number": 0,
        "expver": (time, ["0001"] * len(times)),
    }
    dims = (time, "latitude", "longitude")
    variables = {"t2m": (dims, kelvin(times, y, x), {"units": "K"})}
    return xr.Dataset(variables | {name: (dims, *each) for name, each in others.items()}, coords)


def forecast(hours=(0, 6), leads=(0, 3, 6), y=Y, x=X):
    """Return a dataset of two vintages as cfgrib gives it: the value is 100 x issue hour + lead hour."""
    values = (
        100 * np.asarray(hours)[:, None, None, None] + np.asarray(leads)[None, :, None, None] + np.zeros((1, 1, len(y), len(x)))
    )
    issued = TIMES[0] + pd.to_timedelta(np.asarray(hours), unit="h")
    lead = pd.to_timedelta(np.asarray(leads), unit="h")
    coords = {
        "time": ("time", issued, {"standard_name": "forecast_reference_time"}),
        "step": ("step", lead, {"standard_name": "forecast_period"}),
        "valid_time": (("time", "step"), issued.to_numpy()[:, None] + lead.to_numpy(), {"standard_name": "time"}),
        "latitude": y,
        "longitude": x,
    }
    return xr.Dataset({"sp": (("time", "step", "latitude", "longitude"), 90000.0 + values, {"units": "Pa"})}, coords)


@pytest.fixture
def save(tmp_path):
    def write(dataset, name="weather.nc", **encoding) -> Path:
        path = tmp_path / name
        if name.endswith(".zarr"):
            dataset.to_zarr(path, zarr_format=2, consolidated=False)
        else:
            dataset.to_netcdf(path, engine="scipy" if name.endswith(".cdf") else "h5netcdf", encoding=encoding or None)
        return path

    return write


@pytest.fixture
def read(save):
    def write_and_read(dataset, name="weather.nc", window=None, encoding=None, **options):
        path = save(dataset, name, **(encoding or {}))
        return read_gridded_weather(path, options=WeatherOptions(**options), window=window or Window())

    return write_and_read


def assert_era5(weather):
    field = weather.dataset["temperature"]
    assert field.dims == ("time", "y", "x")
    assert field["y"].values.tolist() == Y.tolist()
    assert field["x"].values.tolist() == X.tolist()
    assert pd.DatetimeIndex(field["time"].values).equals(TIMES.as_unit("ns"))
    np.testing.assert_allclose(field.values, kelvin() - 273.15, atol=1e-4)
    assert field.attrs == {"units": "degC", "availability": "observed", "delay": 0}


# ---- kinds of files and names of dimensions ----


@pytest.mark.parametrize("name", ["weather.nc", "weather.cdf", "weather.zarr", "weather.txt"])
def test_kinds_of_files_are_known_by_content(read, name):
    weather = read(era5(), name)
    assert_era5(weather)
    assert weather.said[0] == f"{name}: field of weather, observed: `temperature`; 6 time x 9 y x 21 x"


@pytest.mark.parametrize("inside", ["", "weather.zarr/"])
def test_a_zipped_zarr(save, tmp_path, inside):
    folder = save(era5().drop_vars("expver"), "weather.zarr")
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, inside + file.relative_to(folder).as_posix())
    assert_era5(read_gridded_weather(tmp_path / "zipped.zip"))


@pytest.mark.parametrize(
    "names",
    [
        {"valid_time": "time"},
        {"valid_time": "time", "latitude": "lat", "longitude": "lon"},
        {"valid_time": "T", "latitude": "Y", "longitude": "X"},
    ],
)
def test_usual_names(read, names):
    dataset = era5().drop_attrs().rename(names)
    dataset["t2m"].attrs["units"] = "K"
    assert_era5(read(dataset))


def test_strange_names_are_recognised_by_attributes(read):
    dataset = era5().rename(valid_time="when", latitude="north", longitude="east")
    assert_era5(read(dataset))
    dataset["north"].attrs = {"units": "degrees_north"}
    dataset["east"].attrs = {"axis": "X"}
    assert_era5(read(dataset, "axis.nc"))


def test_strange_names_without_attributes_need_the_options(read):
    dataset = era5().drop_attrs().drop_vars("expver").rename(valid_time="when", latitude="north", longitude="east")
    with pytest.raises(PanelError) as caught:
        read(dataset)
    assert [problem.problem for problem in caught.value.problems] == [
        f"the {role} of `weather.nc` could not be recognised" for role in ("time", "latitude", "longitude")
    ]
    assert caught.value.problems[1].found == "`when` (6), `north` (9), `east` (21)"
    assert caught.value.problems[1].hint.startswith("rename it, such as with `ncrename -v NAME,latitude weather.nc`; ")
    assert caught.value.problems[1].hint.endswith('from Python: `WeatherOptions(latitude_dim="...")`')
    assert_era5(read(dataset, "named.nc", time_dim="when", latitude_dim="north", longitude_dim="east", units={"temperature": "K"}))
    with pytest.raises(PanelError, match="did you mean `north`"):
        read(dataset, "mistyped.nc", time_dim="when", latitude_dim="nort", longitude_dim="east")


# ---- grids ----


def test_ascending_latitudes_and_longitudes_to_360(read):
    dataset = era5(y=Y[::-1], x=np.arange(0, 360, 10.0))
    field = read(dataset, window=Window(48, 50, -25, 15)).dataset["temperature"]
    assert field["x"].values.tolist() == [-30, -20, -10, 0, 10, 20]
    assert field["y"].values.tolist() == [50, 49.5, 49, 48.5, 48]
    # hour 1, 49.5 degrees north, 20 degrees west = 340 degrees east
    assert float(field.sel(y=49.5, x=-20)[1]) == pytest.approx(1 + 49.5 + 3.4, abs=1e-4)


def test_only_what_is_wanted_is_read(read, monkeypatch):
    asked = []
    original = xr.Variable.isel
    monkeypatch.setattr(
        xr.Variable, "isel", lambda self, *args, **kwargs: asked.append(kwargs or args) or original(self, *args, **kwargs)
    )
    window = Window.around([50.0, 49.2], [30.0, 24.2], margin=0, start=TIMES[2].tz_localize("UTC"), end=TIMES[3].tz_localize("UTC"))
    weather = read(era5(msl=(kelvin(), {"units": "Pa"})), window=window, variables=("temperature",))
    assert weather.variables == ("temperature",)
    # one point more on each side where the box is between points
    assert weather.dataset["y"].values.tolist() == [50, 49.5, 49]
    assert weather.dataset["x"].values[[0, -1]].tolist() == [24, 30]
    assert pd.DatetimeIndex(weather.dataset["time"]).hour.tolist() == [2, 3]
    assert any("slice(2, 4, None)" in str(each) for each in asked)


def test_a_box_between_the_points_gets_those_around_it(read):
    weather = read(era5(), window=Window(50.1, 50.2, 24.1, 24.2))
    assert (weather.dataset["y"].values.tolist(), weather.dataset["x"].values.tolist()) == ([50.5, 50], [24, 24.5])


def test_nothing_in_the_window(read):
    with pytest.raises(
        PanelError, match=r"nothing where and when(.|\n)*latitude 48 to 52, longitude 22 to 32(.|\n)*latitude 10 to 12"
    ):
        read(era5(), window=Window(10, 12, 0, 5))
    with pytest.raises(PanelError, match="2025-01-01 00:00 to any"):
        read(era5(), "later.nc", window=Window(start=pd.Timestamp("2025-01-01", tz="UTC")))


def test_packed_integers_and_fill_values(read):
    dataset = era5()
    dataset["t2m"][1, 2, 3] = np.nan
    packed = {"t2m": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 300.0, "_FillValue": -32767}}
    values = read(dataset, encoding=packed).dataset["temperature"].values
    assert np.isnan(values[1, 2, 3])
    assert np.isnan(values).sum() == 1
    np.testing.assert_allclose(values[0], kelvin()[0] - 273.15, atol=0.006)


def test_other_calendars_are_refused(read):
    dataset = (
        era5()
        .drop_vars("expver")
        .assign_coords(valid_time=("valid_time", np.arange(6), {"units": "days since 2024-01-01", "calendar": "360_day"}))
    )
    with pytest.raises(PanelError, match="`valid_time` in the calendar `360_day`"):
        read(dataset)


def test_times_without_a_unit_are_refused(read):
    dataset = era5().drop_vars("expver").assign_coords(valid_time=("valid_time", np.arange(6)))
    with pytest.raises(PanelError, match="`valid_time` in no unit"):
        read(dataset)


def test_times_out_of_order_and_twice(read):
    weather = read(era5(times=TIMES[[3, 0, 1, 2, 5, 4]]))
    assert_era5(weather)
    assert "weather.nc: times out of order, now sorted" in weather.said
    weather = read(era5(times=TIMES[[0, 1, 1, 2, 3, 4, 5]]), "twice.nc")
    assert_era5(weather)
    assert any("1 time left out" in said for said in weather.said)


# ---- variables ----


def test_units_wind_and_what_is_left_out(read):
    three, four = np.full(kelvin().shape, 3.0), np.full(kelvin().shape, -4.0)
    others = {"u10": (three, {"units": "m s**-1"}), "v10": (four, {"units": "m s**-1"}), "tcc": (three / 6, {"units": "(0 - 1)"})}
    others |= {"ssrd": (three * 120_000, {"units": "J m**-2"}), "tp": (three / 1000, {"units": "m"}), "z": (three, {"units": "m2"})}
    weather = read(era5(**others))
    means = {name: float(each.mean()) for name, each in weather.dataset.items() if name != "temperature"}
    # |(3, -4)| = 5; 0.5 = 50 %; 360 kJ in an hour = 100 W
    assert means == pytest.approx({"cloud_cover": 50, "radiation": 100, "precipitation": 3, "wind_speed": 5}, rel=1e-5)
    assert "weather.nc: not read: `z`" in weather.said
    assert "weather.nc: wind_speed from its components" in weather.said
    assert weather.dataset["wind_speed"].attrs == {"units": "m/s", "availability": "observed", "delay": 0}


def test_an_unknown_variable_that_is_asked_for_keeps_name_and_unit(read):
    weather = read(era5(z=(kelvin(), {"units": "m2"})), variables=("z",))
    assert (weather.variables, weather.dataset["z"].attrs["units"]) == (("z",), "m2")


def test_the_wind_is_asked_for_by_its_speed(read):
    wind = (np.ones(kelvin().shape), {"units": "m/s"})
    assert read(era5(u10=wind, v10=wind), variables=("wind_speed",)).variables == ("wind_speed",)


def test_a_file_without_weather(read):
    with pytest.raises(PanelError, match=r"no field of weather that is wanted(.|\n)*`soil`"):
        read(era5().rename(t2m="soil"))


def test_other_dimensions(read):
    dataset = era5().drop_vars(["number", "expver"])
    weather = read(dataset.expand_dims(height=[2.0]), "height.nc")
    assert_era5(weather)
    members = xr.concat([dataset - 1, dataset + 1], "number").assign(t2m=lambda each: each["t2m"].assign_attrs(units="K"))
    weather = read(members, "members.nc")
    assert_era5(weather)
    assert "members.nc: mean of 2 members taken (`number`)" in weather.said
    with pytest.raises(PanelError, match=r"a dimension too many(.|\n)*`level` \(2\)"):
        read(dataset.expand_dims(level=[1, 2]), "level.nc")


def test_preliminary_values_fill_the_final_ones(read):
    dataset = era5().drop_vars(["number", "expver"])
    final, preliminary = dataset.copy(deep=True), dataset + 50
    final["t2m"][3:] = np.nan
    preliminary["t2m"][:3] = np.nan
    both = xr.concat([final, preliminary], xr.DataArray([1, 5], dims="expver", name="expver"))
    both["t2m"].attrs["units"] = "K"
    with pytest.warns(GridcastWarning, match="not to be believed"):  # some 100 degC
        values = read(both).dataset["temperature"].values
    np.testing.assert_allclose(values[:3], kelvin()[:3] - 273.15, atol=1e-4)
    np.testing.assert_allclose(values[3:], kelvin()[3:] - 223.15, atol=1e-4)


def test_marks_of_missing_values_are_warned_of(read):
    dataset = era5()
    dataset["t2m"][0, 0, :2] = -9999.0
    with pytest.warns(GridcastWarning, match=r"2 values of temperature(.|\n)*-9999 \(2 times\)(.|\n)*missing=\(-9999,\)"):
        read(dataset)
    assert int(np.isnan(read(dataset, "told.nc", missing=(-9999.0,)).dataset["temperature"]).sum()) == 2


# ---- forecasts ----


def assert_forecast(weather, hours=(0, 6), leads=(0, 3, 6)):
    field = weather.dataset["pressure"]
    assert field.dims == ("issued", "lead", "y", "x")
    assert pd.DatetimeIndex(field["issued"].values).hour.tolist() == list(hours)
    assert (pd.TimedeltaIndex(field["lead"].values) / pd.Timedelta("1h")).tolist() == list(leads)
    expected = 900 + np.asarray(hours)[:, None] + np.asarray(leads) / 100
    np.testing.assert_allclose(field.values[..., 0, 0], expected, atol=1e-3)
    assert field.attrs["availability"] == "forecast"


def test_vintages_and_steps(read):
    assert_forecast(read(forecast()))


def test_one_vintage_a_file_with_a_single_time_of_issue(save, tmp_path):
    for number in (0, 1):
        save(forecast().isel(time=number), f"run{number}.nc")
    weather = read_gridded_weather(tmp_path / "run*.nc")
    assert_forecast(weather)
    assert "2 files put together by issued" in weather.said


def test_valid_times_beside_a_time_of_issue(read):
    run = forecast().isel(time=1, drop=True).swap_dims(step="valid_time").drop_vars("step", errors="ignore")
    run = run.assign_coords(
        valid_time=TIMES[0] + pd.to_timedelta([6, 9, 12], unit="h"), forecast_reference_time=TIMES[0] + pd.Timedelta("6h")
    )
    assert_forecast(read(run), hours=(6,))


def test_a_single_step_a_file(save, tmp_path):
    for number in range(3):
        save(forecast().isel(step=number, drop=False), f"step{number}.nc")
    weather = read_gridded_weather(save(forecast().isel(step=1), "one.nc"))
    assert_forecast(weather, leads=(3,))


def test_an_analysis_at_step_zero_is_observed(read):
    dataset = era5(time="time").assign_coords(step=((), pd.Timedelta(0)))
    assert_era5(read(dataset))


def test_lead_times_as_plain_hours(read):
    dataset = forecast().drop_vars("valid_time").assign_coords(step=[0, 3, 6])
    weather = read(dataset)
    assert_forecast(weather)
    assert any("taken as hours" in said for said in weather.said)


def test_the_window_keeps_the_vintages_that_reach_into_it(read):
    window = Window(start=pd.Timestamp("2024-01-01 07:00", tz="UTC"))
    assert_forecast(read(forecast(), window=window), hours=(6,))


def test_sums_that_grow_with_the_lead_are_taken_apart(read):
    dataset = forecast(leads=(0, 1, 4)).rename(sp="ssrd")
    grown = np.array([0, 360_000, 1_440_000.0])  # 100 W in the first hour; 1,080,000 J in three hours are 100 W, too
    dataset["ssrd"] = (
        dataset["ssrd"].dims,
        np.broadcast_to(grown[None, :, None, None], dataset["ssrd"].shape),
        {"units": "J m**-2"},
    )
    dataset["tp"] = (dataset["ssrd"].dims, dataset["ssrd"].values / 360_000_000, {"units": "m"})
    weather = read(dataset)
    np.testing.assert_allclose(weather.dataset["radiation"].values[0, :, 0, 0], [100, 100, np.nan], rtol=1e-5)
    np.testing.assert_allclose(weather.dataset["precipitation"].values[0, :, 0, 0], [1, 3, np.nan], rtol=1e-5)


def ssrd(times, watts):
    """Return radiation of hours in J/m2, stamped by their ends, the same everywhere."""
    joules = 3600.0 * np.asarray(watts)[:, None, None] * np.ones((1, len(Y), len(X)))
    return era5(times, ssrd=(joules, {"units": "J m**-2"}), u10=(joules, {"units": "m/s"})).drop_vars(["t2m", "u10"])


def test_hourly_sums_are_moved_to_the_start_of_the_hour(read):
    weather = read(ssrd(TIMES[[0, 1, 2, 4, 5]], [10, 20, 30, 50, 60]))
    # what is stamped 01:00 was gathered from 00:00; nothing is stamped 03:00 and 06:00
    radiation = weather.dataset["radiation"].values[:, 0, 0]
    np.testing.assert_allclose(radiation, [20, 30, np.nan, 60, np.nan], rtol=1e-5)
    assert "weather.nc: radiation is a sum over the hour before its stamp: moved to the start of the hour" in weather.said


def test_sums_of_other_stamps_than_hourly_stay(read):
    weather = read(ssrd(TIMES[::2], [10, 30, 50]))
    np.testing.assert_allclose(weather.dataset["radiation"].values[:, 0, 0], [10, 30, 50], rtol=1e-5)
    assert any("stays there: the stamps are not hourly" in said for said in weather.said)


def test_the_unlikely_is_shown_in_the_unit_of_the_range(read):
    # 7,200,000 J/m2 in an hour are 2000 W/m2
    with pytest.warns(GridcastWarning, match=r"found: +2000 W/m2\n +expected: +-30 to 1700 W/m2\n"):
        read(ssrd(TIMES, [2000] * 6))


# ---- several files ----


def test_files_are_put_together_by_time_and_by_variable(save, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    save(era5(times=TIMES[3:]), "many/b.nc")
    save(era5(times=TIMES[:4]), "many/a.nc")
    dew = era5().rename(t2m="d2m")
    save(dew.assign(d2m=(dew["d2m"].dims, kelvin() - 20, {"units": "K"})), "many/c.cdf")
    weather = read_gridded_weather(folder)
    assert_era5(weather)
    np.testing.assert_allclose(weather.dataset["dew_point"], weather.dataset["temperature"] - 20, atol=1e-4)
    assert weather.said[1:3] == ("3 files put together by time and variable", "1 moment in several files: the last one counts")


def test_files_of_different_grids_do_not_fit(save, tmp_path):
    save(era5(), "a.nc")
    save(era5(x=X + 0.1), "b.nc")
    with pytest.raises(PanelError, match="do not fit together"):
        read_gridded_weather(tmp_path / "*.nc")


# ---- bad files ----


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"time,temp\n1,2\n", "text: 'time,tem'..."),
        (b"GRIB\x00\x00\x00\x02", "a GRIB file"),
        (b"CDF\x05abc", "64-bit data"),
        (b"\x1f\x8b\x08abc", "a gzip file"),
        (b"\x89HDF\r\n\x1a\nabc", "cannot read"),
        (b"CDF\x01abc", "cannot read"),
        (b"PK\x03\x04abc", "cannot read"),
    ],
)
def test_files_of_other_kinds(tmp_path, content, found):
    path = tmp_path / "weather.nc"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        read_gridded_weather(path)
    assert found in str(caught.value)


@pytest.mark.parametrize("name", ["weather.nc", "weather.cdf"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_files(save, name, share):
    path = save(era5(times=pd.date_range("2024-01-01", periods=200, freq="h")), name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileError, match="cannot read"):
        read_gridded_weather(path)


def test_a_zarr_folder_without_its_metadata(save):
    folder = save(era5(), "weather.zarr")
    shutil.rmtree(folder / "t2m")
    with pytest.raises(GridcastError):
        read_gridded_weather(folder)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(FileError, match="is missing"):
        read_gridded_weather(tmp_path / "weather.nc")
    with pytest.raises(FileError, match="no fields of weather in the folder"):
        read_gridded_weather(tmp_path)
    with zipfile.ZipFile(tmp_path / "download.zip", "w") as archive:
        archive.writestr("data.nc", b"CDF")
    with pytest.raises(FileError, match=r"unzip download\.zip"):
        read_gridded_weather(tmp_path / "download.zip")


def test_a_library_that_is_not_there(save, monkeypatch):
    path = save(era5())
    monkeypatch.setattr(gridfiles.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileError, match=r'pip install "gridcast\[netcdf\]"'):
        read_gridded_weather(path)


def test_a_grid_of_two_dimensional_coordinates(read):
    dataset = era5().drop_vars("expver").rename(latitude="j", longitude="i").drop_vars(["i", "j"])
    dataset = dataset.assign_coords(lat=(("j", "i"), np.zeros((9, 21))), lon=(("j", "i"), np.zeros((9, 21))))
    with pytest.raises(PanelError, match="not along one dimension"):
        read(dataset)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=4), st.floats(0.05, 1), st.booleans())
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_broken_it_is_weather_or_an_error_for_the_user(save, strikes, share, classic):
    path = save(era5(times=TIMES[:2]), f"whole.{'cdf' if classic else 'nc'}")
    content = bytearray(path.read_bytes())
    for where, bytes_ in strikes:
        start = int(where * (len(content) - len(bytes_)))
        content[start : start + len(bytes_)] = bytes_
    broken = path.with_name("broken.nc")
    broken.write_bytes(content[: int(len(content) * share)])
    try:
        weather = read_gridded_weather(broken)
    except GridcastError:
        return
    assert weather.variables


def test_times_of_a_field_are_no_ends(tmp_path):
    with pytest.raises(ConfigError, match="times of a field label the start"):
        read_weather(tmp_path / "field.nc", options=WeatherOptions(ending=True))
