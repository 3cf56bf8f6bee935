"""Networks whose inside is known: they stand in for a trained one, so that the right explanation can be worked out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.explain.question import Question
from gridcast.features.calendar import Calendar
from gridcast.forecasters.fitted import Fitted
from gridcast.forecasters.placing import Placing
from gridcast.panel import Panel
from gridcast.raster import panel_grid
from gridcast.samples.columns import columns_of
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples


class Known:
    """A network that says what a function of its inputs says, (B, H, N), as the median."""

    def __init__(self, function) -> None:
        self.function, self.shape_of = function, SimpleNamespace(levels=(0.1, 0.5, 0.9))

    def __call__(self, inputs, training=False):
        return self.predict_on_batch(inputs)

    def predict_on_batch(self, inputs):
        median = self.function(inputs)
        return np.stack([median - 1, median, median + 1], axis=-1)


class Forecaster:
    """What a question asks of a forecaster."""

    reach = pd.Timedelta(days=15)

    def __init__(self, fitted: Fitted) -> None:
        self.fitted = fitted

    def _require_fit(self) -> Fitted:
        return self.fitted


@pytest.fixture
def warm_panel(make_panel):
    """Return a function that gives a panel of a month with a temperature that is known ahead and, beside it, a humidity."""

    def make(days: int = 40, places: int = 4) -> Panel:
        panel = make_panel(days=days, places=places)
        random = np.random.default_rng(1)
        times = pd.date_range(panel.times[0], periods=len(panel.times) + 48, freq=panel.freq).tz_convert(None)
        for name in ("temperature", "humidity"):
            values = 10 + random.normal(size=(len(times), places)).cumsum(axis=0) / 5
            laid = xr.DataArray(values.astype(np.float32), {"time": times, "location": list(panel.locations)}, ("time", "location"))
            panel = panel.with_variable(name, laid, units="degC", availability="perfect")
        return panel

    return make


@pytest.fixture
def ask(warm_panel):
    """Return a function that gives the question about the last day of a panel, answered by a known function of its inputs.

    The function is called with the inputs and a function that gives the numbers of columns by input and name.
    """

    def make(function, location: str = "P1", panel: Panel | None = None, days: int = 8, horizon: int = 6) -> Question:
        panel = warm_panel() if panel is None else panel
        recipe = Recipe.fit(panel, horizon=horizon, context=336, calendar=Calendar(country="DE"))
        placing = Placing.fit(panel, panel_grid(panel, 4, until=panel.end), recipe.scaler)
        columns = {name: [each.name for each in told] for name, told in columns_of(Samples(recipe, panel)).items()}

        def at(name: str, *wanted: str) -> list[int]:
            return [columns[name].index(each) for each in wanted]

        fitted = Fitted(recipe, placing, (Known(lambda inputs: function(inputs, at)),), unit=panel.unit)
        question = Question.of(Forecaster(fitted), panel, panel.end, location, earlier=days)
        return replace(question)

    return make
