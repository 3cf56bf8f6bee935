"""On worlds whose drivers are known, a trained network is explained by them."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.explain.attribution import attribute
from gridcast.explain.importance import importance
from gridcast.explain.influence import LOAD, influence, strongest
from gridcast.explain.parts import MAP, parts_of
from gridcast.explain.question import Question
from gridcast.explain.response import response
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.panel import Panel
from gridcast.sources.synthetic.fronts import generate_fronts

ROWS, COLUMNS = 3, 6


@pytest.fixture(scope="module")
def fronts() -> tuple[HybridForecaster, Panel]:
    """Return a network trained where fronts travel east, one column in three hours: only the western neighbours know what comes."""
    panel = Panel.from_wide(*generate_fronts(ROWS, COLUMNS, days=90))
    how = {"sequence_length": 168, "horizon": 3, "grid_size": (ROWS, COLUMNS), "units": 32, "batch_size": 8, "calendar": None}
    return HybridForecaster(epochs=24, **how).fit(panel), panel


@pytest.mark.slow
@pytest.mark.parametrize(("row", "column"), [(0, 2), (1, 3), (2, 4)])
def test_the_neighbour_upstream_of_the_front_comes_out_on_top(fronts, row, column):
    forecaster, panel = fronts
    question = Question.of(forecaster, panel, panel.end, f"R{row}C{column}")
    table = influence(question)
    # what comes in the next three hours was at the western neighbour in the last three
    assert set(table["kind"]) == {LOAD}  # there is no weather
    assert table["location"].iloc[0] == f"R{row}C{column - 1}"
    why = attribute(question, parts_of(question, strongest(table, question, 4)))
    added = {name: np.abs(values).mean() for name, values in why.of_group(MAP).items()}
    assert max(added, key=lambda name: added[name]) == f"R{row}C{column - 1}"
    assert why.values.sum(axis=0) == pytest.approx(why.forecast - why.baseline, abs=1e-3)


@pytest.mark.slow
def test_where_only_the_map_knows_the_map_matters_most(fronts):
    forecaster, panel = fronts
    table, _ = importance(Question.of(forecaster, panel, panel.end, "R1C3"))
    whole = table[table["season"] == ""].drop_duplicates("group").set_index("group")
    assert whole["importance"].idxmax() == MAP
    assert whole.loc[MAP, "low"] > 0


@pytest.fixture(scope="module")
def heated() -> tuple[HybridForecaster, Panel]:
    """Return a network trained where temperature drives the load most, then the weekend; a shuffled humidity drives nothing."""
    random = np.random.default_rng(1)
    hours, names = 24 * 120, ["A", "B", "C"]
    times = pd.date_range("2024-01-01", periods=hours, freq="h", tz="UTC")
    warm = pd.Series(random.normal(size=hours + 48)).ewm(halflife=12).mean().to_numpy()
    warm = warm[:, None] / warm.std() * 5 + random.normal(size=(hours + 48, 3)) * 0.2
    humid = random.permutation(warm)
    weekend = (times.day_of_week >= 5).astype(float)[:, None]
    load = 50 - 2 * warm[:hours] - 8 * weekend + random.normal(size=(hours, 3)) * 0.5
    panel = Panel.from_wide(pd.DataFrame(load, index=times, columns=names))
    later = pd.date_range(times[0], periods=hours + 48, freq="h").tz_convert(None)
    for name, values in (("temperature", warm), ("humidity", humid)):
        laid = xr.DataArray(values.astype(np.float32), {"time": later, "location": names}, ("time", "location"))
        panel = panel.with_variable(name, laid, units="degC", availability="perfect")
    how = {"sequence_length": 168, "horizon": 24, "units": 16, "batch_size": 8}
    return HybridForecaster(epochs=16, **how).fit(panel.as_of(panel.end)), panel


@pytest.mark.slow
def test_drivers_are_ranked_as_they_drive_and_a_shuffled_one_gets_nothing(heated):
    forecaster, panel = heated
    question = Question.of(forecaster, panel, panel.end, "A")
    table, _ = importance(question)
    whole = table[table["season"] == ""].drop_duplicates("group").set_index("group")
    assert whole["importance"].idxmax() == "weather"
    assert whole.loc["weather", "importance"] > 5 * abs(whole.loc["map", "importance"])
    why = attribute(question, parts_of(question)).of_group("weather")
    assert np.abs(why["humidity"]).mean() < 0.1 * np.abs(why["temperature"]).mean()


@pytest.mark.slow
def test_the_load_falls_by_two_a_degree(heated):
    forecaster, panel = heated
    told = response(Question.of(forecaster, panel, panel.end, "A")).forecasts
    slope = np.polyfit(told["temperature"], told["forecast"], 1)[0]
    assert slope == pytest.approx(-2, abs=0.5)
