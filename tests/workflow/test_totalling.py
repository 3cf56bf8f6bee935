"""The sum of all places: reconciled where that can be, from its parts where it can't, and never the end of a backtest."""

import numpy as np
import pandas as pd
import pytest

from gridcast.config import make_config, read_config
from gridcast.errors import PanelError
from gridcast.loading import Listener
from gridcast.workflow import backtesting, totalling
from gridcast.workflow.backtesting import run_backtest

BY_ITSELF = "the sum of all places is forecast by itself too, for MinT"


@pytest.fixture
def summed(tiny_world, tmp_path, stand_in):
    """Return a function that backtests a stand-in on some readings; it returns what was said, and the forecasts of the sum."""

    def backtest(readings=None, *, weather=False, **asked):
        tables = read_config(tiny_world)
        tables["weather"] = tables["weather"] if weather else {}
        tables["backtest"] = {"total": "mint", "baselines": [], **asked}
        if readings is not None:
            readings.to_csv(tmp_path / "load.csv")
            tables["data"]["temporal"] = str(tmp_path / "load.csv")
        said = []
        run_backtest(make_config(tables), out=tmp_path / "run", overwrite=True, listener=Listener(said.append))
        path = tmp_path / "run" / "total.parquet"
        return said, pd.read_parquet(path) if path.is_file() else None

    return backtest


@pytest.mark.slow
def test_the_sum_is_reconciled_with_a_forecast_of_its_own(summed):
    said, mint = summed()
    assert BY_ITSELF in said
    assert not [sentence for sentence in said if "added up" in sentence or "no quantiles" in sentence]
    # the stand-in's forecast of the sum is the sum of its forecasts: there is no gap to split, but for what each is corrected by
    _, bottom_up = summed(total="bottom_up")
    assert mint["point"].to_numpy() == pytest.approx(bottom_up["point"].to_numpy(), rel=5e-3)
    assert mint["q0.9"].notna().all()


def test_a_place_that_stops_reporting_leaves_the_backtest_whole(summed, tiny_tables):
    load = tiny_tables()[0]
    load.loc["2024-01-29":, "B"] = np.nan
    said, total = summed(load, weather=True, last="2024-01-30")
    assert BY_ITSELF in said
    assert not [sentence for sentence in said if "added up" in sentence]
    # four days are forecast; the sum is measured at the first two
    assert total["issue_time"].nunique() == 4
    assert total["actual"].notna().sum() == 2 * 24


NO_MINT = {
    "nothing was held out": ("judged", None, "nothing was held out"),
    "other times": ("judged", pd.date_range("2024-02-15", periods=8).to_numpy(), "no issue time was held out for both"),
}


@pytest.mark.parametrize("case", NO_MINT)
def test_errors_that_do_not_go_together_leave_the_sum_of_the_parts(summed, stand_in, monkeypatch, case):
    name, value, why = NO_MINT[case]

    class Other(stand_in):
        def fit(self, panel):
            super().fit(panel)
            setattr(self.fitted, name, value)
            return self

    made = totalling.hybrid_of
    monkeypatch.setattr(totalling, "hybrid_of", lambda config, *how, **more: Other(made(config).season, made(config).horizon))
    said, total = summed()
    assert f"the sum of all places is added up from its parts, without MinT: {why}" in said
    assert total["point"].notna().all()
    assert total["q0.9"].notna().all()


def test_a_network_of_the_sum_that_fails_does_not_cost_the_backtest(summed, monkeypatch):
    def fail(*_, **__):
        raise MemoryError("too large")

    monkeypatch.setattr(totalling, "hybrid_of", fail)
    said, total = summed()
    assert "the sum of all places is added up from its parts, without MinT: too large" in said
    assert total["point"].notna().all()


def test_places_that_are_left_out_have_no_errors_in_common_and_that_is_said(summed):
    said, total = summed(folds=3, leave_out="locations")
    assert BY_ITSELF not in said
    assert "the sum of all places has no quantiles, and is added up from its parts: no network knows all places" in said
    assert total["point"].notna().all()
    assert "q0.9" not in total or total["q0.9"].isna().all()


def test_a_sum_that_can_not_be_scored_does_not_cost_the_backtest(summed, monkeypatch):
    def fail(*_):
        raise PanelError("no sum")

    monkeypatch.setattr(backtesting, "total_of", fail)
    said, total = summed()
    assert total is None
    assert "the sum of all places is left out: no sum" in said
