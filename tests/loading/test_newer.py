"""Newer readings and weather beside those of a run: nothing older is lost, and what does not fit is refused."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config, read_config
from gridcast.errors import PanelError
from gridcast.loading import Listener, load, with_covariates
from gridcast.loading.newer import with_newer_readings, with_newer_weather

END = pd.Timestamp("2024-01-31", tz="UTC")  # of the readings of the tiny world


@pytest.fixture
def added(tiny_world, tmp_path):
    """Return a function that adds a table of readings to those of the tiny world; it returns the panel and what was said."""

    def add(table, **data):
        table.to_csv(tmp_path / "newer.csv")
        tables = read_config(tiny_world)
        config = make_config({**tables, "data": {**tables["data"], **data}})
        said = []
        loaded = with_newer_readings(load(config, Listener()), config, str(tmp_path / "newer.csv"), Listener(said.append))
        return loaded.panel, said

    return add


def row(time, **values):
    return pd.DataFrame(values, index=pd.DatetimeIndex([time], name="timestamp"))


def test_a_single_new_hour_is_enough(added):
    panel, said = added(row(END, A=1.5, B=2.5, C=3.5))
    assert panel.end == END + pd.Timedelta(hours=1)
    assert panel.consumption[-1].tolist() == [1.5, 2.5, 3.5]
    assert any("readings from 2024-01-31 00:00 to 2024-01-31 01:00 UTC added" in sentence for sentence in said)


def test_a_single_hour_labelled_by_its_end_goes_back_to_its_start(added):
    panel, _ = added(row(END, A=1.5, B=2.5, C=3.5).rename_axis("interval_end"))
    # the hour that ends at midnight is the last of the run, which the newer file's reading replaces
    assert panel.end == END
    assert panel.consumption[-1].tolist() == [1.5, 2.5, 3.5]


def test_a_single_new_day_is_a_date_whatever_the_zone(added, tmp_path):
    days = pd.date_range("2024-02-20", periods=20, name="timestamp")
    pd.DataFrame({"A": np.arange(20.0)}, index=days).to_csv(tmp_path / "days.csv")
    new = row("2024-03-11", A=7.0)
    panel, _ = added(new, temporal=str(tmp_path / "days.csv"), spatial="", timezone="Europe/Berlin")
    assert panel.end == pd.Timestamp("2024-03-12", tz="UTC")
    assert panel.consumption[-1].tolist() == [7.0]


def test_a_place_that_the_table_of_places_does_not_list_is_left_out_and_that_is_said(added):
    panel, said = added(row(END, A=1.5, D=2.5))
    assert panel.locations == ("A", "B", "C")
    assert [sentence.partition(": ")[2] for sentence in said if "left out" in sentence] == [
        "1 place left out, which the table of places does not list: `D`"
    ]


def test_without_a_table_of_places_a_new_place_is_kept(added):
    panel, said = added(row(END, A=1.5, D=2.5), spatial="")
    assert panel.locations == ("A", "B", "C", "D")
    assert panel.consumption[-1, 3] == 2.5
    assert not any("left out" in sentence for sentence in said)


def test_a_place_that_was_left_out_stays_left_out(added):
    panel, said = added(row(END, A=1.5, B=2.5), exclude=["B"])
    assert panel.locations == ("A", "C")
    assert not any("does not list" in sentence for sentence in said)


def test_a_zone_of_a_place_that_has_no_newer_reading_does_no_harm(added):
    panel, _ = added(row(END, A=1.5), spatial="", timezones={"B": "Europe/Kyiv"})
    assert panel.timezones == ("UTC", "Europe/Kyiv", "UTC")
    assert panel.consumption[-1, 0] == 1.5


WRONG = {
    "unit": row(END, location="A", load_kW=1.5),
    "minute": row("2024-01-31 00:30", A=1.5),
    "step": pd.DataFrame({"A": 1.0}, index=pd.date_range(END, periods=4, freq="2h", name="timestamp")),
}


@pytest.mark.parametrize("case", WRONG)
def test_readings_of_another_unit_or_clock_are_refused(added, case):
    with pytest.raises(PanelError, match="do not go with those of the run"):
        added(WRONG[case])


def vintages(places, issued, level, leads=48):
    """Return a table of forecasts made at some moments: the temperature is a level, plus the lead in thousandths."""
    rows = [
        {"issue_time": made, "valid_time": made + pd.Timedelta(hours=lead), "station": place, "temperature_c": level + lead / 1000}
        for made in issued
        for place in places
        for lead in range(leads)
    ]
    return pd.DataFrame(rows)


def test_newer_vintages_go_beside_the_older_ones(tiny_world, tmp_path):
    old = pd.date_range("2024-01-01", "2024-01-30", freq="D")
    new = pd.date_range("2024-01-30", "2024-01-31", freq="D")
    vintages("ABC", old, 10.0).to_csv(tmp_path / "old.csv", index=False)
    vintages("ABC", new, 10.02, leads=24).to_csv(tmp_path / "new.csv", index=False)
    tables = read_config(tiny_world)
    tables["weather"] = {"source": str(tmp_path / "old.csv"), "stations": tables["weather"]["stations"]}
    config = make_config(tables)
    loaded = load(config, Listener())
    panel = with_covariates(loaded, config, END, Listener())
    both = with_newer_weather(panel, loaded, config, str(tmp_path / "new.csv"), END, Listener()).dataset["temperature"]
    assert both.sizes["issued"] == 31
    at = both.isel(location=0).sel(lead=pd.Timedelta(hours=3))
    assert at.sel(issued="2024-01-05").item() == pytest.approx(10.003)
    # where both tell the newer counts, and where only the older tells, that
    assert at.sel(issued="2024-01-30").item() == pytest.approx(10.023)
    far = both.isel(location=0).sel(lead=pd.Timedelta(hours=30))
    assert far.sel(issued="2024-01-30").item() == pytest.approx(10.03)


def test_a_single_vintage_of_the_hours_to_come_is_enough(tiny_world, tmp_path):
    vintages("ABC", pd.date_range("2024-01-01", "2024-01-30", freq="D"), 10.0).to_csv(tmp_path / "old.csv", index=False)
    vintages("ABC", [END.tz_convert(None)], 10.02).to_csv(tmp_path / "new.csv", index=False)
    tables = read_config(tiny_world)
    tables["weather"] = {"source": str(tmp_path / "old.csv"), "stations": tables["weather"]["stations"]}
    config = make_config(tables)
    loaded = load(config, Listener())
    panel = with_covariates(loaded, config, END, Listener())
    both = with_newer_weather(panel, loaded, config, str(tmp_path / "new.csv"), END, Listener())
    assert both.dataset["temperature"].sizes["issued"] == 31
    assert both.as_of(END).values_of("temperature")[-1, 0] > 10.02


@pytest.mark.parametrize(
    ("day", "warm", "fits"),
    [("01-25", 8.0, True), ("01-25", 46.4, False), ("07-25", 25.0, True), ("07-25", 55.0, False)],
)
def test_newer_weather_far_from_that_of_its_season_is_refused(tiny_world, tmp_path, day, warm, fits):
    hours = pd.date_range("2024-01-01", "2024-01-31", freq="h", inclusive="left", name="timestamp")
    cold = 5 + 8 * np.sin(np.arange(len(hours)) / 24)
    pd.DataFrame(dict.fromkeys("ABC", cold), index=hours).to_csv(tmp_path / "old.csv")
    later = pd.date_range(f"2025-{day}", periods=48, freq="h", name="timestamp")
    pd.DataFrame({name: warm + np.sin(np.arange(48)) for name in "ABC"}, index=later).to_csv(tmp_path / "new.csv")
    tables = read_config(tiny_world)
    tables["weather"] = {**tables["weather"], "source": str(tmp_path / "old.csv")}
    config = make_config(tables)
    loaded = load(config, Listener())
    panel = with_covariates(loaded, config, END, Listener())
    if fits:
        with_newer_weather(panel, loaded, config, str(tmp_path / "new.csv"), END, Listener())
    else:
        with pytest.raises(PanelError, match="far from all that the run knows") as caught:
            with_newer_weather(panel, loaded, config, str(tmp_path / "new.csv"), END, Listener())
        assert "another unit" in str(caught.value)
