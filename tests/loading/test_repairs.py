"""What is masked and filled before forecasters get a panel."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.audit import audit, pipeline_of
from gridcast.config import make_config
from gridcast.errors import ConfigError, PanelError
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener, load, mask_outliers, prepare, with_covariates, with_filled_gaps, without_wrong
from gridcast.panel import Panel


def test_short_gaps_are_bridged_by_a_line_and_long_ones_by_earlier_weeks(make_panel):
    gaps = tuple((600 + row, 0) for row in range(2)) + tuple((500 + row, 1) for row in range(10))
    panel = make_panel(days=30, places=2, gaps=gaps)
    filled = with_filled_gaps(panel)
    before, after = panel.consumption[599, 0], panel.consumption[602, 0]
    assert filled.consumption[600:602, 0] == pytest.approx([before + (after - before) / 3, before + 2 * (after - before) / 3])
    assert np.isfinite(filled.consumption[500:510, 1]).all()
    assert np.isnan(filled.measured[500:510, 1]).all()
    # the line hangs on the reading of row 602: until then earlier weeks stand for it, which were there before the gap
    at_600, at_502 = (filled.as_of(panel.times[row]) for row in (601, 502))
    assert np.isfinite(at_600.consumption[600, 0])
    assert at_600.consumption[600, 0] != filled.consumption[600, 0]
    assert np.isfinite(at_502.consumption[500:502, 1]).all()


def test_filling_and_masking_let_nothing_leak(make_panel):
    """Gaps of both kinds lie around the issue times, and a lasting jump after the first of them."""
    gaps = tuple((row, 0) for row in (575, 576, 577, *range(620, 640)))
    panel = make_panel(days=30, places=2, gaps=gaps)
    dataset = panel.dataset.copy(deep=True)
    dataset["consumption"].values[600:, 1] *= 8
    panel = Panel(dataset)
    config = make_config({"data": {"outliers": "mask", "fill": "gaps"}})
    first = panel.times[570]

    def pipeline(whole, time):
        prepared = prepare(whole, config, first, Listener())
        return pipeline_of(lambda: SeasonalNaive(pd.Timedelta(hours=1)), first)(prepared, time)

    issue_times = [panel.times[row] for row in (576, 578, 630, 650)]
    report = audit(pipeline, panel, issue_times)
    assert report.is_clean, [leak.sentence for leak in report.leaks]


def test_nothing_is_filled_after_the_readings(make_panel):
    panel = make_panel(days=20, places=2, gaps=((100, 0),))
    ahead = np.ones((24 * 30, 2))
    times = pd.date_range(panel.times[0].tz_convert(None), periods=24 * 30, freq="h")
    weather = xr.DataArray(ahead, {"time": times, "location": list(panel.locations)}, ("time", "location"))
    filled = with_filled_gaps(panel.with_variable("temperature", weather, availability="perfect"))
    assert filled.filled.sum() == 1
    assert filled.end == panel.end


def test_outliers_are_kept_unless_masked_and_both_is_said(make_panel):
    dataset = make_panel(days=24, places=2, gaps=((100, 1),)).dataset.copy(deep=True)
    dataset["consumption"].values[50, 0] = 1e6
    panel = Panel(dataset)
    for choice, words in (("keep", "kept as they are: `--outliers mask`"), ("mask", "treated as missing")):
        said = []
        masked = mask_outliers(panel, make_config({"data": {"outliers": choice}}), panel.times[-48], Listener(said.append))
        assert words in said[-1]
        assert "at 1 place" in said[-1]
        assert np.isnan(masked.consumption[50, 0]) == (choice == "mask")
        assert np.isnan(masked.consumption).sum() == (2 if choice == "mask" else 1)


@pytest.fixture
def flagged(tmp_path):
    """Return a function that makes the configuration of a table of flags."""

    def config(rows, **data):
        path = tmp_path / "flags.csv"
        path.write_text("location_id,timestamp_utc,category\n" + "".join(f"{row},WRONG\n" for row in rows))
        return make_config({"data": {"flags": str(path), **data}})

    return config


def masked_by(panel, config, before=-48):
    said = []
    masked = without_wrong(panel, config, panel.times[before], Listener(said.append))
    return masked, np.argwhere(np.isnan(masked.consumption) & np.isfinite(panel.consumption)).tolist(), said


def test_flagged_readings_are_missing_and_counted_by_place(make_panel, flagged):
    panel = make_panel(days=20, places=2, gaps=((5, 0),))
    # row 5 is missing anyway; 02:30 lies in the interval of 02:00; January 20th is in the test part; X is unknown
    rows = ["P0,2024-01-01 05:00", "P0,2024-01-01 02:30", "P1,2024-01-20 03:00", "P1,2024-01-01 00:00", "X,2024-01-01 00:00"]
    masked, wrong, said = masked_by(panel, flagged([*rows, "P1,2031-01-01 00:00"]))
    assert wrong == [[0, 1], [2, 0], [19 * 24 + 3, 1]]
    assert masked.consumption.shape == panel.consumption.shape
    assert "flags.csv: 1 flag of places that are not among the readings left out: `X`" in said
    assert said[-1] == (
        "3 readings at 2 places called wrong by `flags.csv` (P1 2, P0 1); treated as missing; "
        "1 reading of the test part among them, which are not scored"
    )


def test_flags_of_days_are_by_the_local_date(flagged):
    times = pd.date_range("2024-01-01", periods=60, freq="D", tz="UTC")
    panel = Panel.from_wide(pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0)}, index=times))
    # 23:30 UTC on the 9th is the 10th in Berlin
    _, wrong, _ = masked_by(panel, flagged(["b,2024-01-09 23:30"], timezone="Europe/Berlin"), before=-7)
    assert wrong == [[9, 1]]


def test_flags_of_another_time_are_refused(make_panel, flagged):
    with pytest.raises(PanelError, match="flags no time of the readings") as caught:
        masked_by(make_panel(), flagged(["P0,2031-01-01 00:00"]))
    assert "2031-01-01" in caught.value.problems[0].found


def worked_out() -> Panel:
    """Return a panel of ten days whose medians are 10, 10 and -5, with some readings far from it."""
    times = pd.date_range("2024-01-01", periods=240, freq="h", tz="UTC")
    values = np.tile([10.0, 10.0, -5.0], (240, 1))
    values[:, :2] += np.arange(240)[:, None] % 2 * 0.001
    values[[3, 4, 5, 6, 7], 0] = [0.9, 1.1, 49, 51, -2]
    values[230, 1] = 0
    return Panel.from_wide(pd.DataFrame(values, index=times, columns=["a", "b", "c"]))


def test_readings_out_of_bounds_are_missing():
    _, wrong, said = masked_by(worked_out(), make_config({"data": {"bounds": [0.1, 5]}}))
    # 0.9 and -2 are below 0.1 x 10, 51 is above 5 x 10; row 230 of 240 is in the test part of 48
    assert wrong == [[3, 0], [6, 0], [7, 0], [230, 1]]
    assert said[0] == "no bounds for 1 place whose median is not above zero: `c`"
    assert said[1] == (
        "4 readings at 2 places below 0.1 or above 5 times the median of their place (a 3, b 1); treated as missing; "
        "1 reading of the test part among them, which are not scored"
    )


def test_bounds_do_not_know_the_test_part():
    panel = worked_out()
    later = panel.dataset.copy(deep=True)
    later["consumption"].values[80:] *= 100  # two thirds of the readings: the median of all would be 1000
    config = make_config({"data": {"bounds": [0.1, 5]}})
    _, wrong, _ = masked_by(panel, config, before=80)
    _, after, _ = masked_by(Panel(later), config, before=80)
    assert [row for row in after if row[0] < 80] == [row for row in wrong if row[0] < 80] == [[3, 0], [6, 0], [7, 0]]


def test_bounds_that_leave_nothing_are_refused():
    with pytest.raises(ConfigError, match="leave nothing between them"):
        masked_by(worked_out(), make_config({"data": {"bounds": [5, 0.1]}}))


def test_a_place_of_which_nothing_is_left_is_refused(make_panel, flagged):
    panel = make_panel(days=4, places=2)
    every = [f"P1,{time:%Y-%m-%d %H:%M}" for time in panel.times[:48]]
    with pytest.raises(PanelError, match="leave 1 place without a reading to learn from") as caught:
        masked_by(panel, flagged(every))
    assert caught.value.problems[0].hint == "leave them out: --exclude P1"


def test_nothing_is_masked_or_said_where_nothing_was_asked_for(make_panel):
    assert masked_by(make_panel(), make_config({}))[1:] == ([], [])


def test_stations_are_learned_without_the_readings_that_are_called_wrong(tmp_path, flagged):
    """The place follows station `S1`, but on every third day, which is flagged, `S2`, and far more strongly."""
    times = pd.date_range("2023-01-01", periods=24 * 365, freq="h")
    heat = np.random.default_rng(0).normal(20, 5, (365, 2)).repeat(24, axis=0)
    wrong = np.arange(len(times)) // 24 % 3 == 0
    readings = pd.DataFrame({"timestamp_utc": times, "a": np.where(wrong, 100 + 50 * heat[:, 1], 100 + heat[:, 0])})
    weather = pd.DataFrame({"timestamp_utc": times, "S1_temp_C": heat[:, 0], "S2_temp_C": heat[:, 1]})
    readings.to_csv(tmp_path / "load.csv", index=False)
    weather.to_csv(tmp_path / "weather.csv", index=False)
    rows = [f"a,{time:%Y-%m-%d %H:%M}" for time in times[wrong]]
    config = flagged(rows, temporal=str(tmp_path / "load.csv"))
    source = {"source": str(tmp_path / "weather.csv"), "method": "learned", "perfect_weather": True}
    config = config.model_copy(update={"weather": config.weather.model_copy(update=source)})
    panel = with_covariates(load(config, Listener()), config, times[-240].tz_localize("UTC"), Listener())
    assert np.corrcoef(panel.values_of("temperature")[:, 0], heat[:, 0])[0, 1] > 0.95
