"""Forecasts of somebody else, read beside the readings."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.errors import FileError, PanelError
from gridcast.loading import Listener, load, read_operator
from gridcast.panel import Panel

TIMES = pd.date_range("2024-01-01", periods=72, freq="h", tz="UTC")
FORECAST = pd.DataFrame({"a": np.arange(72.0), "b": np.arange(72.0) + 1000}, index=TIMES.tz_convert(None).rename("timestamp_utc"))


@pytest.fixture
def panel():
    columns = {"b": np.ones(72), "a": np.arange(72) % 7, "c": np.ones(72)}
    return Panel.from_wide(pd.DataFrame(columns, index=TIMES), unit="MW")


@pytest.fixture
def read(tmp_path, panel):
    """Return a function that writes a table and reads it as the operator's."""

    def read(table, of=panel, name="operator.csv", column="", said=None, **data):
        path = tmp_path / name
        table.to_parquet(path) if name.endswith("parquet") else table.to_csv(path)
        config = make_config({"data": {"operator": f"{path}{column}", **data}})
        return read_operator(config, of, None if said is None else Listener(said.append))

    return read


def test_without_a_table_there_is_none(panel):
    assert read_operator(make_config({}), panel) is None


@pytest.mark.parametrize("name", ["operator.csv", "operator.csv.gz", "operator.parquet"])
def test_a_wide_table_comes_on_the_clock_and_in_the_order_of_the_panel(read, panel, name):
    said = []
    operator = read(FORECAST, name=name, said=said)
    assert operator.dims == ("time", "location")
    assert operator["location"].values.tolist() == ["b", "a", "c"]
    assert operator.indexes["time"].equals(panel.dataset.indexes["time"])
    assert operator.attrs["units"] == "MW"
    assert operator.sel(location="a").values.tolist() == list(range(72))
    assert operator.sel(location="b").values[0] == 1000
    assert np.isnan(operator.sel(location="c").values).all()
    assert said[-1] == f"{name}: forecasts of 2 places by somebody else; none of `c`"


def test_a_long_table_is_read_too(read):
    long = FORECAST.melt(ignore_index=False, var_name="location", value_name="forecast_mw")
    operator = read(long)
    assert operator.sel(location="b").values[5] == 1005


def test_times_that_are_not_there_are_missing_and_others_left_out(read):
    table = FORECAST.set_axis(FORECAST.index + pd.Timedelta(hours=70))
    operator = read(table)
    # the first forecasts are for the last two of the panel's hours
    assert np.isnan(operator.sel(location="a").values[:70]).all()
    assert operator.sel(location="a").values[70:].tolist() == [0, 1]


def test_other_units_are_converted(read):
    long = FORECAST.melt(ignore_index=False, var_name="location", value_name="load_GW")
    said = []
    assert read(long, said=said).sel(location="a").values[2] == 2000
    assert "operator.csv: GW converted to MW" in said
    with pytest.raises(PanelError, match="has another unit than the readings"):
        read(long.rename(columns={"load_GW": "load_MWh"}))


def test_coarser_forecasts_hold_and_finer_ones_are_averaged(read):
    quarters = pd.date_range("2024-01-01", periods=8, freq="15min", tz="UTC")
    fine = Panel.from_wide(pd.DataFrame({"a": np.arange(8.0), "b": np.arange(8.0)}, index=quarters))
    assert read(FORECAST, of=fine).sel(location="a").values.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    two_hourly = FORECAST.iloc[::2][:2]
    assert read(two_hourly).sel(location="a").values[:4].tolist() == [0, 0, 2, 2]
    coarse = Panel.from_wide(pd.DataFrame({"a": np.ones(12), "b": np.ones(12)}, index=TIMES[::6]))
    # the mean of hours 0 to 5
    assert read(FORECAST, of=coarse).sel(location="a").values[0] == 2.5


def test_one_column_of_several_is_named_behind_the_file(read):
    one = Panel.from_wide(pd.DataFrame({"all": np.arange(72.0)}, index=TIMES))
    table = FORECAST.set_axis(["load", "operator"], axis=1)
    assert read(table, of=one, column="#operator").values[3, 0] == 1003
    with pytest.raises(PanelError, match="has no column `operators`"):
        read(table, of=one, column="#operators")


def test_stamps_at_the_end_go_back_as_those_of_the_readings(read):
    assert read(FORECAST, stamps="end").sel(location="a").values[0] == 1


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (FORECAST.set_axis(["x", "y"], axis=1), "`operator.csv` has no place of the readings"),
        (FORECAST.set_axis(FORECAST.index + pd.Timedelta(days=900)), "has no readings in the span of time"),
        (FORECAST.set_axis(FORECAST.index + pd.Timedelta(minutes=7)), "`operator.csv` has no forecast at a time of the readings"),
    ],
)
def test_what_does_not_fit_is_refused(read, table, problem):
    with pytest.raises(PanelError) as caught:
        read(table)
    assert problem in caught.value.problems[0].problem
    assert caught.value.problems[0].found
    assert caught.value.problems[0].expected


def test_a_table_that_is_not_there_is_refused(panel, tmp_path):
    with pytest.raises(FileError):
        read_operator(make_config({"data": {"operator": str(tmp_path / "none.csv")}}), panel)


@pytest.mark.shared_data
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "start", "end", "without", "place", "row", "expected"),
    [
        # the second and the third row of the files
        ("us_ba_2015_2020", "2015-07-01", "2015-09-01", ("WAUW",), "AEC", 1, 1446),
        ("nyiso_2005_2020", "2005-02-01", "2005-04-01", (), "LONGIL", 2, 1951),
    ],
)
def test_the_operators_of_the_real_sets(shared_data, name, start, end, without, place, row, expected):
    folder = shared_data / name
    files = {key: str(folder / f"{file}.csv.gz") for key, file in (("temporal", "load"), ("operator", "operator_forecast"))}
    span = {"start": start, "end": end, "exclude": without}
    config = make_config({"data": {**files, "spatial": str(folder / "locations.csv"), **span}})
    panel = load(config, Listener()).panel
    operator = read_operator(config, panel)
    assert operator.shape == panel.consumption.shape
    assert operator.sel(location=place).values[row] == expected
    error = np.nanmedian(np.abs(operator.values - panel.consumption) / panel.consumption)
    assert error < 0.1
