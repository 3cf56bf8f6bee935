"""A few days of forecasts of a place, out of large tables."""

import io

import numpy as np
import pandas as pd
import pytest

from gridcast.app.periods import fan_of, has_total, models_of, predictions_csv, rows_of, span_of
from gridcast.app.scored import open_scored
from gridcast.errors import PanelError
from gridcast.evaluation import forecast_tables
from gridcast.forecast import Forecast, actual_values
from gridcast.store import write_parquet

START, END = pd.Timestamp("2024-01-26", tz="UTC"), pd.Timestamp("2024-01-28", tz="UTC")
HOUR = pd.Timedelta(hours=1)


@pytest.fixture
def scored(backtest_run):
    return open_scored(backtest_run)


def test_only_the_rows_of_the_place_the_days_and_the_models_come(scored, small_panel):
    rows = rows_of(scored, "P2", START, END, ["hybrid"])
    assert len(rows) == 48
    assert set(rows["model"]) == {"hybrid"}
    assert rows["valid_time"].min() == START
    shown = (small_panel.times >= START) & (small_panel.times < END)
    assert rows["actual"].to_numpy() == pytest.approx(small_panel.consumption[shown, 2])
    assert rows["point"].to_numpy() == pytest.approx(small_panel.consumption[shown, 2] + 1)


def test_the_first_model_has_the_fan_and_the_others_stand_beside_it(scored):
    models = ["hybrid", "seasonal_naive_24h"]
    fan, measured = fan_of(rows_of(scored, "P0", START, END, models), models, HOUR)
    assert len(fan.times) == len(measured) == 48
    assert fan.point - measured.to_numpy() == pytest.approx(np.full(48, 1.0), abs=1e-3)
    low, high = fan.band(80)
    assert high - low == pytest.approx(np.full(48, 4.0), abs=1e-3)  # the levels 0.1 and 0.9 are 2 off the point each
    assert measured.to_numpy() - fan.others["seasonal_naive_24h"] == pytest.approx(np.full(48, 5.0), abs=1e-3)


def test_of_an_hour_that_was_forecast_twice_the_newest_forecast_counts(scored, small_panel, tmp_path):
    issued = pd.DatetimeIndex([START, START + 12 * HOUR])
    values = np.stack([np.full((4, 24), 1.0), np.full((4, 24), 2.0)])
    twice = Forecast.of(values, panel=small_panel, issue_times=issued)
    for name in ("scores.json", "scores.parquet", "config.toml"):
        (tmp_path / name).write_bytes((scored.path / name).read_bytes())
    write_parquet(forecast_tables({"hybrid": twice}, actual_values(small_panel, issued, 24)), tmp_path / "forecasts.parquet")
    rows = rows_of(open_scored(tmp_path), "P0", START, END, ["hybrid"])
    assert rows["point"].tolist() == [1.0] * 12 + [2.0] * 24


def test_what_there_is_is_told_without_reading_it(scored):
    assert models_of(scored, "P0") == ("hybrid", "seasonal_naive_24h")
    assert has_total(scored)
    assert span_of(scored) == (pd.Timestamp("2024-01-25", tz="UTC"), pd.Timestamp("2024-02-03 23:00", tz="UTC"))


def test_the_sum_of_all_places_has_a_table_of_its_own(scored, small_panel):
    rows = rows_of(scored, "total", START, START + 2 * HOUR, ["hybrid"])
    expected = small_panel.consumption[small_panel.times.get_indexer([START, START + HOUR])].sum(axis=1)
    assert rows["actual"].to_numpy() == pytest.approx(expected)
    assert rows["point"].to_numpy() == pytest.approx(expected + 4)  # each of four places is 1 too high


def test_a_period_without_forecasts_is_refused(scored):
    late = pd.Timestamp("2025-01-01", tz="UTC")
    with pytest.raises(PanelError, match="no forecast of hybrid"):
        fan_of(rows_of(scored, "P0", late, late + HOUR, ["hybrid"]), ["hybrid"], HOUR)


def test_all_predictions_of_a_model_can_be_taken_away(scored):
    table = pd.read_csv(io.BytesIO(predictions_csv(scored, "seasonal_naive_24h")))
    assert len(table) == 10 * 4 * 24
    assert set(table["model"]) == {"seasonal_naive_24h"}
    assert table["valid_time"].iloc[0] == "2024-01-25T00:00:00Z"
    assert table["point"].to_numpy() - table["actual"].to_numpy() == pytest.approx(np.full(960, -5.0), abs=1e-3)
