from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import PanelError, ShapeError
from gridcast.evaluation import forecast_table, forecast_tables, forecasts_of
from gridcast.evaluation.longtable import QUANTILE, quantile_column
from gridcast.forecast import Forecast
from gridcast.panel import Panel

ISSUED = pd.date_range("2024-01-02", periods=2, freq="D", tz="UTC")
ACTUAL = [[[1, 2, 3], [4, 5, np.nan]], [[7, 8, 9], [10, 11, 12]]]


def forecast(values: object, *, levels: tuple[float, ...] = (), quality: object = None, freq: str = "h", **of: object) -> Forecast:
    """A forecast of values, shape (issue_time, location, step), for Lviv and Kyiv; each quantile is its level above the point."""
    values = np.asarray(values, dtype=np.float32)
    names = ["Lviv", "Kyiv"] if values.shape[1] == 2 else [f"P{number}" for number in range(values.shape[1])]
    times = pd.date_range("2024-01-01", periods=99, freq=freq, tz="UTC")
    panel = Panel.from_wide(pd.DataFrame(0.0, index=times, columns=names), unit="MW")
    quantiles = (levels, values[..., None] + np.array(levels, dtype=np.float32)) if levels else None
    issued = of.pop("issue_times", ISSUED)
    return Forecast.of(values, panel=panel, issue_times=issued, quantiles=quantiles, quality=quality, **of)


def test_one_row_a_model_place_and_hour_by_hand():
    forecasts = {"naive": forecast(np.add(ACTUAL, 1)), "hybrid": forecast(np.add(ACTUAL, 2), levels=(0.05, 0.5))}
    table = forecast_table(forecasts, forecast(ACTUAL), gap=1)
    assert table.columns.tolist() == [
        *("model", "location", "issue_time", "valid_time", "lead", "actual", "point", "q0.05", "q0.5")
    ]
    # 2 models x 2 issue times x 2 places x the steps 2 and 3
    assert table["model"].tolist() == ["naive"] * 8 + ["hybrid"] * 8
    assert table["location"].tolist() == ["Lviv", "Lviv", "Kyiv", "Kyiv"] * 4
    assert table["issue_time"].tolist() == ([ISSUED[0]] * 4 + [ISSUED[1]] * 4) * 2
    assert table["lead"].tolist() == [1.0, 2.0] * 8
    assert (table["valid_time"] == table["issue_time"] + pd.to_timedelta(table["lead"], unit="h")).all()
    assert table["actual"].tolist() == pytest.approx([2, 3, 5, np.nan, 8, 9, 11, 12] * 2, nan_ok=True)
    assert table["point"].tolist()[8:] == pytest.approx([4, 5, 7, np.nan, 10, 11, 13, 14], nan_ok=True)
    assert table["q0.05"].tolist()[:8] == pytest.approx([np.nan] * 8, nan_ok=True)
    assert (table["q0.5"] - table["point"]).tolist()[8:11] == [0.5] * 3
    assert {str(table[name].dtype) for name in ("model", "location")} == {"category"}
    assert {str(table[name].dtype) for name in ("actual", "point", "q0.05")} == {"float32"}
    assert table.attrs == {"unit": "MW", "freq": "P0DT1H0M0S", "ex_post": []}


def test_a_quarter_of_an_hour_is_a_lead_of_a_quarter():
    quarter = forecast(ACTUAL, freq="15min")
    table = forecast_table({"model": quarter}, quarter)
    assert table["lead"].tolist() == [0.0, 0.25, 0.5] * 4
    assert table["valid_time"].iloc[2] == pd.Timestamp("2024-01-02 00:30", tz="UTC")


def test_each_model_has_a_table_with_the_same_columns():
    makers = {"a": forecast(ACTUAL, levels=(0.1,)), "b": forecast(ACTUAL, levels=(0.9, 0.95)), "c": forecast(ACTUAL)}
    tables = list(forecast_tables(makers, forecast(ACTUAL)))
    assert [table["model"].unique().tolist() for table in tables] == [["a"], ["b"], ["c"]]
    assert {tuple(table.columns[7:]) for table in tables} == {("q0.1", "q0.9", "q0.95")}
    assert {str(table.dtypes.to_dict()) for table in tables} == {str(tables[0].dtypes.to_dict())}


def test_what_was_special_has_a_column_where_a_model_tells():
    told = np.array([["", "no weather"], ["cold start", ""]], dtype=object)
    forecasts = {"a": forecast(ACTUAL), "b": forecast(ACTUAL, quality=told)}
    table = forecast_table(forecasts, forecast(ACTUAL))
    assert table["quality"].tolist() == [""] * 12 + [""] * 3 + ["no weather"] * 3 + ["cold start"] * 3 + [""] * 3
    again = forecasts_of(table).forecasts
    assert again["b"].quality.equals(forecasts["b"].quality)
    assert again["a"].quality is None


@settings(max_examples=20)
@given(
    issues=st.integers(1, 4),
    places=st.integers(1, 4),
    horizon=st.integers(2, 5),
    gap=st.integers(0, 3),
    levels=st.lists(st.floats(1e-6, 1 - 1e-6), max_size=4, unique=True),
    freq=st.sampled_from(["5min", "15min", "h", "D"]),
    seed=st.integers(0, 9),
)
def test_the_way_back(issues, places, horizon, gap, levels, freq, seed):
    gap = min(gap, horizon - 1)
    random = np.random.default_rng(seed)
    shape = (issues, places, horizon)
    issue_times = pd.date_range("2024-03-30", periods=issues, freq="D", tz="UTC")
    actual, values = random.normal(size=shape), random.normal(size=shape)
    actual[..., :gap] = values[..., :gap] = np.nan
    values[random.random(shape) < 0.2] = np.nan
    measured = forecast(actual, freq=freq, issue_times=issue_times)
    forecasts = {
        "points": forecast(values, freq=freq, issue_times=issue_times, ex_post=True),
        "quantiles": forecast(values + 1, levels=tuple(sorted(levels)), freq=freq, issue_times=issue_times),
    }
    table = forecast_table(forecasts, measured, gap=gap)
    shuffled = table.sample(frac=1, random_state=seed)
    for each in (table, shuffled):
        again, back, found = forecasts_of(each)
        assert found == gap
        assert back.values.identical(measured.values)
        assert set(again) == set(forecasts)
        for name, own in forecasts.items():
            assert again[name].values.identical(own.values)
            if np.isfinite(own.values).any():
                assert again[name].levels == own.levels
                assert own.quantiles is None or again[name].quantiles.equals(own.quantiles)


def test_a_table_from_a_text_file_reads_too(tmp_path):
    forecasts = {"model": forecast(np.add(ACTUAL, 1), levels=(0.25, 0.5))}
    forecast_table(forecasts, forecast(ACTUAL), gap=1).to_csv(tmp_path / "table.csv", index=False)
    again = forecasts_of(pd.read_csv(tmp_path / "table.csv"))
    assert again.gap == 1
    assert again.forecasts["model"].levels == (0.25, 0.5)
    assert np.array_equal(again.forecasts["model"].values[..., 1:], np.add(ACTUAL, 1)[..., 1:], equal_nan=True)
    assert np.isnan(again.actual.values[..., 0]).all()
    assert again.actual.locations == ("Lviv", "Kyiv")


def test_the_order_of_columns_does_not_matter():
    model = forecast(ACTUAL, levels=(0.1, 0.5, 0.9))
    table = forecast_table({"model": model}, forecast(ACTUAL))
    again = forecasts_of(table[table.columns[::-1]])
    assert again.forecasts["model"].quantiles.equals(model.quantiles)


def test_rows_that_are_not_there_are_missing():
    table = forecast_table({"model": forecast(np.add(ACTUAL, 1))}, forecast(ACTUAL))
    again = forecasts_of(table.drop(index=[4, 11]))
    expected = np.add(ACTUAL, 1.0)
    expected[0, 1, 1] = expected[1, 1, 2] = np.nan
    assert np.array_equal(again.forecasts["model"].values, expected, equal_nan=True)


def test_a_single_step_needs_to_be_told_how_long_it_is():
    single = forecast(np.array(ACTUAL)[..., :2])
    table = forecast_table({"model": single}, single, gap=1)
    assert forecasts_of(table).actual.horizon == 2
    table.attrs.clear()
    with pytest.raises(PanelError, match="a single lead time"):
        forecasts_of(table)
    assert forecasts_of(table, freq=pd.Timedelta(hours=1)).gap == 1


@pytest.mark.parametrize("missing", ["lead", "point"])
def test_another_table_is_refused(missing):
    table = forecast_table({"model": forecast(ACTUAL)}, forecast(ACTUAL))
    with pytest.raises(PanelError, match="not a table of forecasts") as caught:
        forecasts_of(table.drop(columns=missing))
    assert caught.value.problems[0].found == f"no `{missing}`"
    with pytest.raises(PanelError, match="not a table of forecasts") as caught:
        forecasts_of(table[:0])
    assert caught.value.problems[0].found == "no rows"


def test_forecasts_of_other_hours_are_named():
    actual = forecast(ACTUAL)
    other = replace(actual, values=actual.values.isel(step=slice(2)))
    with pytest.raises(ShapeError, match="not of the same issue times, places and steps") as caught:
        forecast_table({"model": actual, "stranger": other}, actual)
    assert caught.value.problems[0].found == "`stranger` and the readings"


@given(st.floats(1e-9, 1, exclude_max=True))
def test_the_name_of_a_quantile_tells_its_level(level):
    name = quantile_column(level)
    assert float(name.removeprefix("q")) == level
    assert QUANTILE.fullmatch(name)
