"""The fingerprint of a training: it changes with whatever the network is fed with."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.features.calendar import Calendar
from gridcast.forecasters.fitted import fingerprint
from gridcast.loading import with_filled_gaps
from gridcast.samples.placed import Placed
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples
from gridcast.training.engine import Schedule

SHAPE, SCHEDULE = SimpleNamespace(as_dict=dict), Schedule(1, 1)


def placed_of(panel, calendar=None):
    recipe = Recipe.fit(panel, horizon=24, calendar=calendar)
    places = np.arange(len(panel.locations), dtype=np.int32)
    return Placed(Samples(recipe, panel), places + 1, places, np.zeros((len(places), 2), np.float32))


def with_vintages(panel, warmer=0.0):
    """Return the panel with two forecasts of each hour, of which the older one, which the newer replaces, is so much warmer."""
    issued = pd.date_range("2024-01-01", periods=19, freq="D")
    values = np.random.default_rng(0).normal(10, 1, (19, 48, len(panel.locations))).astype(np.float32)
    values[:-1, 24:] += np.float32(warmer)
    coords = {"issued": issued, "lead": pd.to_timedelta(np.arange(48), unit="h"), "location": list(panel.locations)}
    array = xr.DataArray(values, coords, ("issued", "lead", "location"))
    return panel.with_variable("temperature", array, availability="forecast")


@pytest.fixture
def different(make_panel):
    """Return pairs of what two networks are fed with, which differ in one thing."""
    panel = make_panel()
    gap = with_filled_gaps(make_panel(gaps=((300, 1),)))
    other = gap.consumption.copy()
    other[300, 1] += 1
    place = placed_of(panel)
    return {
        "readings": (place, placed_of(make_panel(seed=1))),
        "filled readings": (placed_of(gap), placed_of(gap.with_filled(other, gap.dataset["filled"].values))),
        "calendar": (placed_of(panel, Calendar("UTC", "DE")), placed_of(panel, Calendar("UTC", "US"))),
        "attributes": (place, replace(place, static=place.static + 1)),
        "cells": (place, replace(place, cell=place.cell[::-1])),
        "vintages": (placed_of(with_vintages(panel)), placed_of(with_vintages(panel, 1.0))),
    }


@pytest.mark.parametrize("what", ["readings", "filled readings", "calendar", "attributes", "cells", "vintages"])
def test_another_training_has_another_fingerprint(different, what):
    one, other = different[what]
    assert fingerprint(SHAPE, SCHEDULE, one) == fingerprint(SHAPE, SCHEDULE, one)
    assert fingerprint(SHAPE, SCHEDULE, one) != fingerprint(SHAPE, SCHEDULE, other)


def test_another_schedule_has_another_fingerprint(make_panel):
    place = placed_of(make_panel())
    assert fingerprint(SHAPE, SCHEDULE, place) != fingerprint(SHAPE, replace(SCHEDULE, seed=1), place)
