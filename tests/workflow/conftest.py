"""A stand-in for the hybrid, which learns nothing and is quick."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.clock import DAY
from gridcast.forecast import Forecast
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.workflow import backtesting, totalling

FIRST_JUDGED = pd.Timestamp("2024-01-15")


class StandIn(SeasonalNaive):
    """The reading of a day ago, more or less 1, with made-up errors of eight days that were held out."""

    judged = pd.date_range(FIRST_JUDGED, periods=8).to_numpy()

    def fit(self, panel):
        shape = len(self.judged), len(panel.locations), self.horizon
        errors = np.random.default_rng(len(panel.locations)).normal(size=shape).astype(np.float32)
        self.fitted = SimpleNamespace(
            recipe=SimpleNamespace(covariates=SimpleNamespace(names=())),
            placing=SimpleNamespace(locations=panel.locations),
            residuals=errors,
            judged=self.judged,
        )
        return super().fit(panel)

    def predict(self, panel, issue_times):
        values = super().predict(panel, issue_times).values
        quantiles = xr.concat([values - 1, values, values + 1], pd.Index([0.1, 0.5, 0.9], name="quantile"))
        return Forecast(values, quantiles.transpose(*values.dims, "quantile"))


@pytest.fixture
def stand_in(monkeypatch):
    """Let a stand-in take the place of every hybrid; return its class."""

    def make(config, *_, **__):
        return StandIn(DAY, config.task.gap + config.task.horizon)

    monkeypatch.setattr(backtesting, "hybrid_of", make)
    monkeypatch.setattr(totalling, "hybrid_of", make)
    return StandIn
