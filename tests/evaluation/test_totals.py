"""The panel of the sum of all places: what was measured at all of them, known when the last of them is."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.availability import Availability
from gridcast.evaluation.totals import summed_panel
from gridcast.loading import with_filled_gaps
from gridcast.panel import Panel
from gridcast.tabular import TARGET


def test_what_was_filled_is_not_summed_as_if_it_were_measured(make_panel):
    panel = with_filled_gaps(make_panel(gaps=((200, 1),)))
    assert panel.filled[200, 1]
    summed = summed_panel(panel)
    # the other three places were measured in that hour, but not all four
    assert np.flatnonzero(np.isnan(summed.consumption[:, 0])).tolist() == [200]
    assert summed.consumption[199, 0] == pytest.approx(panel.consumption[199].sum(), rel=1e-6)


def test_the_sum_arrives_as_late_as_its_parts_do(make_panel):
    panel = make_panel()
    delay = pd.Timedelta(hours=3)
    panel.dataset[TARGET].attrs = Availability("observed", delay).attrs
    summed = summed_panel(panel)
    assert Availability.of(summed.dataset[TARGET]).delay == delay
    # at 00:00 the readings of 20:00 have arrived, that of 21:00 has not: it ended at 22:00
    known = summed.as_of("2024-01-10")
    assert known.times[np.isfinite(known.consumption[:, 0])][-1] == pd.Timestamp("2024-01-09 20:00", tz="UTC")


def test_the_sum_lives_by_the_clock_and_the_holidays_of_most_places(make_panel):
    dataset = make_panel().dataset.assign_coords(
        timezone=("location", ["Europe/Kyiv", "Europe/Paris", "Europe/Paris", "Europe/Rome"]),
        country=("location", ["UA", "FR", "FR", "IT"]),
    )
    summed = summed_panel(Panel(dataset))
    assert summed.timezones == ("Europe/Paris",)
    assert summed.dataset["country"].values.tolist() == ["FR"]


def test_the_sum_of_what_was_known_is_what_was_known_of_the_sum(make_panel):
    panel = with_filled_gaps(make_panel(gaps=((230, 1), (231, 1), (300, 2))))
    moment = pd.Timestamp("2024-01-10 15:00", tz="UTC")  # row 231 is the last that has ended
    xr.testing.assert_equal(summed_panel(panel.as_of(moment)).dataset[TARGET], summed_panel(panel).as_of(moment).dataset[TARGET])
