"""From the configuration to a checked panel: spans of time."""

import warnings

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.errors import ConfigError, GridcastError, GridcastWarning, PanelError
from gridcast.loading import Listener, load, with_covariates

WORLD = {"num_days": 20, "num_locations": 2}


def test_readings_can_be_cut_to_a_span():
    panel = load(make_config({"data": {**WORLD, "start": "2023-01-03", "end": "2023-01-05 06:00"}}), Listener()).panel
    assert panel.times[0] == pd.Timestamp("2023-01-03", tz="UTC")
    assert panel.end == pd.Timestamp("2023-01-05 06:00", tz="UTC")


def test_the_span_is_told_by_the_local_clock():
    data = {**WORLD, "timezone": "Europe/Berlin", "start": "2023-01-03"}
    panel = load(make_config({"data": data}), Listener()).panel
    assert panel.times[0] == pd.Timestamp("2023-01-02 23:00", tz="UTC")
    assert set(panel.timezones) == {"Europe/Berlin"}


def test_the_span_of_days_is_told_by_their_dates_whatever_the_zone(tmp_path):
    days = pd.date_range("2024-02-20", periods=30, name="timestamp")
    pd.DataFrame({"A": np.arange(30.0), "B": 1.0 + np.arange(30)}, index=days).to_csv(tmp_path / "days.csv")
    data = {"temporal": str(tmp_path / "days.csv"), "timezone": "Europe/Berlin", "start": "2024-03-01", "end": "2024-03-10"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridcastWarning)
        panel = load(make_config({"data": data}), Listener(), refuse=False).panel
    # from the first of March until midnight before the tenth: nine days
    assert panel.times[[0, -1]].strftime("%m-%d").tolist() == ["03-01", "03-09"]


def test_single_places_can_have_zones_of_their_own(tmp_path):
    """Stamps with an offset stay what they are; the zones are those of the local clocks."""
    times = pd.date_range("2024-01-01", periods=60, freq="h", tz="UTC")
    pd.DataFrame({"time": times, "A": 1.0 + np.arange(60) % 24, "B": 2.0 + np.arange(60) % 24}).to_csv(
        tmp_path / "load.csv", index=False
    )
    data = {"temporal": str(tmp_path / "load.csv"), "timezones": {"B": "America/Denver"}, "unit": "MW"}
    panel = load(make_config({"data": data}), Listener()).panel
    assert panel.times[0] == times[0]
    assert panel.timezones == ("UTC", "America/Denver")
    with pytest.raises(GridcastError, match="`Z`"):
        load(make_config({"data": {**data, "timezones": {"Z": "America/Denver"}}}), Listener())


def test_a_span_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"`data.start` is no moment"):
        load(make_config({"data": {**WORLD, "start": "some day"}}), Listener())
    with pytest.raises(PanelError, match="no readings are left"):
        load(make_config({"data": {**WORLD, "start": "2031-01-01"}}), Listener())


def test_stamps_at_the_end_of_the_interval_go_back_for_readings_and_weather(tmp_path):
    """One file has load and temperature, both labelled by the end of the hour; the load of an hour is its temperature + 100."""
    times = pd.date_range("2024-01-01 01:00", periods=200, freq="h")
    heat = 10 + np.arange(200) % 24
    table = pd.DataFrame({"timestamp": times, "load_MW": heat + 100.0, "temperature_C": heat})
    table.to_csv(tmp_path / "both.csv", index=False)
    file = str(tmp_path / "both.csv")
    config = make_config(
        {
            "data": {"temporal": file, "consumption_column": "load_MW", "timezone": "local", "stamps": "end"},
            "weather": {"source": file, "stamps": "end", "perfect_weather": True, "features": []},
        }
    )
    said = []
    loaded = load(config, Listener(said.append))
    assert str(loaded.panel.times[0]) == "2024-01-01 00:00:00+00:00"
    assert "`timestamp` labels the end of an interval: taken back by 1 h to its start" in said
    with pytest.warns(GridcastWarning, match="too few days"):
        panel = with_covariates(loaded, config, loaded.panel.times[-24], Listener())
    assert np.allclose(panel.values_of("temperature") + 100, panel.consumption)


DATA = {
    "us_ba_2015_2020": {
        "data": {"temporal": "load.csv.gz", "spatial": "locations.csv", "flags": "anomaly_flags.csv.gz", "end": "2017-11-26"},
        "weather": {"source": "weather.csv.gz"},
    },
    "nyiso_2005_2020": {
        "data": {"temporal": "load.csv.gz", "spatial": "locations.csv", "start": "2015-01-01"},
        "weather": {"source": "weather.csv.gz"},
    },
    "gefcom2012": {
        "data": {"temporal": "load.csv.gz", "spatial": "locations.csv", "timezone": "local"},
        "weather": {"source": "weather.csv.gz", "method": "learned"},
    },
    "gefcom2014": {
        "data": {
            "temporal": "load_temperature.csv.gz",
            "consumption_column": "load_MW",
            "timezone": "local",
            "stamps": "end",
            "start": "2006-01-01",
        },
        "weather": {"source": "load_temperature.csv.gz", "stamps": "end"},
    },
}


@pytest.mark.shared_data
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "places", "first"),
    [
        ("us_ba_2015_2020", 54, "2015-07-01 23:00"),
        ("nyiso_2005_2020", 11, "2015-01-01 00:00"),
        ("gefcom2012", 20, "2004-01-01 00:00"),
        ("gefcom2014", 1, "2006-01-01 00:00"),
    ],
)
def test_the_real_sets_load_with_their_weather(shared_data, name, places, first):
    files = {"temporal", "spatial", "flags", "source"}
    settings = {
        section: {key: str(shared_data / name / value) if key in files else value for key, value in values.items()}
        for section, values in DATA[name].items()
    }
    settings["weather"]["perfect_weather"] = True
    config = make_config(settings)
    loaded = load(config, Listener())
    panel = with_covariates(loaded, config, loaded.panel.end - pd.Timedelta(days=28), Listener())
    assert len(panel.locations) == places
    assert panel.times[0] == pd.Timestamp(first, tz="UTC")
    assert "temperature" in panel.variables
    assert np.isfinite(panel.values_of("temperature")[: panel.rows]).mean() > 0.95
