"""From the configuration to a checked panel: spans of time, repairs, and what is held out."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast import loading
from gridcast.audit import audit, pipeline_of
from gridcast.config import make_config
from gridcast.errors import ConfigError, PanelError
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener, held_out_issue_times, load, prepare, with_filled_gaps

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


def test_a_span_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"`data.start` is no moment"):
        load(make_config({"data": {**WORLD, "start": "some day"}}), Listener())
    with pytest.raises(PanelError, match="no readings are left"):
        load(make_config({"data": {**WORLD, "start": "2031-01-01"}}), Listener())


def test_labels_that_are_local_are_held_out_by_their_midnight():
    config = make_config({"data": {**WORLD, "timezone": "local"}, "task": {"sequence_length": 48, "test_days": 4}})
    issued = held_out_issue_times(load(config, Listener()).panel, config)
    assert set(issued.hour) == {0}
    assert len(issued) == 4


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
    panel = loading.Panel(dataset)
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
