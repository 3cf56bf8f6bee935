"""On worlds with a known answer the hybrid beats both naive forecasts, and the map pays where neighbours tell what comes."""

import pandas as pd
import pytest

from gridcast.clock import DAY, WEEK
from gridcast.evaluation import evaluate, overall
from gridcast.forecast import actual_values
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.panel import Panel
from gridcast.sources.synthetic.fronts import generate_fronts
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

ROWS, COLUMNS = 4, 10


def rmse_on(panel: Panel, **how) -> float:
    """Return the RMSE over the last 20 days of a small hybrid trained on what was before."""
    issued = pd.date_range(panel.end - 20 * DAY, panel.end - DAY, freq="12h")
    hybrid = HybridForecaster(
        sequence_length=168, horizon=12, grid_size=(ROWS, COLUMNS), epochs=24, batch_size=8, units=32, calendar=None, **how
    )
    forecast = hybrid.fit(panel.as_of(issued[0])).predict(panel, issued)
    return overall(evaluate({"hybrid": forecast}, actual_values(panel, issued, 12)))["hybrid"]["rmse"]


@pytest.mark.slow
def test_the_map_earns_its_place_where_fronts_travel():
    panel = Panel.from_wide(*generate_fronts(ROWS, COLUMNS, days=120, cycle=2.0))
    with_map, without = rmse_on(panel), rmse_on(panel, spatial="none")
    assert with_map < 0.85 * without


@pytest.mark.slow
def test_the_hybrid_beats_both_naive_forecasts_on_a_synthetic_world():
    places = generate_synthetic_spatial_data(20, seed=3)
    readings = generate_synthetic_temporal_data(150, locations=places, seed=3, start="2022-10-01")
    panel = Panel.from_tables(readings, places)
    issued = pd.date_range(panel.end - 14 * DAY, panel.end - DAY, freq="D")
    everyone = {
        "hybrid": HybridForecaster(sequence_length=168, epochs=8, grid_size=8, units=32).fit(panel.as_of(issued[0])),
        "seasonal_naive_24h": SeasonalNaive(DAY),
        "seasonal_naive_168h": SeasonalNaive(WEEK),
    }
    forecasts = {name: forecaster.predict(panel, issued) for name, forecaster in everyone.items()}
    scores = overall(evaluate(forecasts, actual_values(panel, issued, 24)))
    assert scores["hybrid"]["rmse"] < 0.95 * min(scores["seasonal_naive_24h"]["rmse"], scores["seasonal_naive_168h"]["rmse"])
    assert scores["hybrid"]["skill"] > 0, scores
