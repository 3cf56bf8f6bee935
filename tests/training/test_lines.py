import numpy as np
import pytest

from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.networks.backend import keras
from gridcast.networks.lines import Lines
from gridcast.panel import Panel
from gridcast.samples.parts import parts_of
from gridcast.samples.samples import Hidden
from gridcast.training.lines import fit_lines, fold_of, lines_of

DAYS, PLACES = 120, 3


@pytest.fixture
def panel(make_panel):
    """A world of straight lines: what a place consumes hangs on the temperature and on the hour, by the place's own coefficient."""
    panel = make_panel(days=DAYS, places=PLACES)
    random = np.random.default_rng(0)
    hours = np.arange(panel.rows)
    temperature = 10 + np.repeat(random.normal(0, 5, DAYS), 24)[:, None] + random.normal(0, 0.1, (panel.rows, PLACES))
    load = 100 + 10 * np.sin(2 * np.pi * hours / 24)[:, None] + temperature * np.array([1.0, -2.0, 0.5])
    dims = ("time", "location")
    weather = (dims, temperature, {"units": "degC", "availability": "perfect"})
    return Panel(panel.dataset.assign(consumption=(dims, load.astype("float32")), temperature=weather))


def fitted(panel: Panel):
    forecaster = HybridForecaster(horizon=24, issue_hour=0, sequence_length=168, units=8)
    placed, placing = forecaster.placed_for(panel)
    parts = parts_of(placed.samples, 0)
    shape = forecaster._shape(placed, placing, parts)
    lines = Lines(lines_of(placed, shape.features), PLACES, shape.features)
    fit_lines(lines, placed, parts.fitted())
    return lines, placed, parts


def errors(lines: Lines, placed, issued, hidden=None) -> np.ndarray:
    given = placed.inputs(issued, hidden)
    said = keras.ops.convert_to_numpy(lines.call(given)) + given["start"] + given["level"][:, None]
    return np.abs(said - placed.samples.targets(issued)).mean(axis=(0, 1))


def test_straight_lines_are_found_at_each_place(panel):
    lines, placed, parts = fitted(panel)
    weekly = np.abs(
        placed.inputs(parts.judged)["start"] + placed.inputs(parts.judged)["level"][:, None] - placed.samples.targets(parts.judged)
    )
    assert (errors(lines, placed, parts.judged) < 0.25 * weekly.mean(axis=(0, 1))).all()


def test_without_the_weather_they_fall_back_on_what_else_is_known(panel):
    lines, placed, parts = fitted(panel)
    count = len(parts.judged)
    blind = Hidden(np.zeros((count, PLACES), dtype=np.int64), np.ones(count, dtype=bool), np.ones(count, dtype=bool))
    spread = placed.samples.targets(parts.judged).std(axis=(0, 1))
    assert (errors(lines, placed, parts.judged, blind) < 2 * spread).all()


def test_a_fold_has_lines_that_have_not_seen_it(panel):
    lines, placed, parts = fitted(panel)
    before = keras.ops.convert_to_numpy(lines.coefficients).copy().reshape(6, -1)
    issued = parts.fitted()
    placed.samples.measured = placed.samples.measured.copy()  # the targets alone: inputs are cut from the readings
    rows = np.arange(panel.rows)
    inner = (rows // 168 % 5 == 1) & (rows % 168 >= 23)  # forecast from issue times of the second week alone
    assert set(fold_of(placed, rows[inner])) == {2}
    placed.samples.measured[inner] += 5
    fit_lines(lines, placed, issued)
    after = keras.ops.convert_to_numpy(lines.coefficients).reshape(6, -1)
    changed = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    assert changed == [True, True, False, True, True, True]  # all weeks, then without fold 1, without fold 2 ...
