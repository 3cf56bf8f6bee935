"""What is masked and filled before forecasters get a panel."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.audit import audit, pipeline_of
from gridcast.config import make_config
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener, mask_outliers, prepare, with_filled_gaps
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
