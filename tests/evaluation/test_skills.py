import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError
from gridcast.evaluation import places_won, score_table, skills
from gridcast.forecast import Forecast
from gridcast.metrics import block_bootstrap_skill, diebold_mariano
from gridcast.panel import Panel


def panel_of(names: str) -> Panel:
    times = pd.date_range("2024-01-01", periods=99, freq="h", tz="UTC")
    return Panel.from_wide(pd.DataFrame(1.0, index=times, columns=list(names)))


def scores_of(errors: dict[str, object], stride: str = "D", quantiles: tuple[str, ...] = ()) -> pd.DataFrame:
    """The scores of forecasts with given errors, shape (issue_time, location, step); those named have a median."""
    shape = np.shape(next(iter(errors.values())))
    panel, issue_times = panel_of("ABCDEF"[: shape[1]]), pd.date_range("2024-01-02", periods=shape[0], freq=stride, tz="UTC")
    actual = np.full(shape, 10.0)

    def made(name: str, error: object) -> Forecast:
        values = actual + np.asarray(error, float)
        median = ((0.5,), values[..., None]) if name in quantiles else None
        return Forecast.of(values, panel=panel, issue_times=issue_times, quantiles=median)

    forecasts = {name: made(name, error) for name, error in errors.items()}
    return score_table(forecasts, Forecast.of(actual, panel=panel, issue_times=issue_times), panel=panel)


def test_skill_is_that_of_the_scores_over_all():
    random = np.random.default_rng(0)
    errors = {"model": random.uniform(0, 3, (30, 2, 4)), "rival": random.uniform(1, 4, (30, 2, 4))}
    errors["model"][3, 0] = np.nan  # fewer hours at one issue time
    table = scores_of(errors)
    (found,) = skills(table, "rival").to_dict("records")
    mae = table[(table["split"] == "overall") & (table["metric"] == "mae")].set_index("model")["value"]
    assert found["skill"] == pytest.approx(1 - mae["model"] / mae["rival"])
    assert (found["model"], found["reference"], found["metric"], found["n"]) == ("model", "rival", "mae", 30)
    assert found["low"] < found["skill"] < found["high"]
    assert found["p_value"] < 0.01


def test_the_test_counts_lags_of_two_weeks_and_blocks_are_weeks():
    # forecasts of 60 h each day reach over three issue times; a week has seven, so that lags up to 13 count
    random = np.random.default_rng(1)
    errors = {name: random.uniform(0, 3, (40, 1, 60)) for name in ("model", "rival")}
    found = skills(scores_of(errors), "rival").iloc[0]
    one, other = (errors[name].mean(axis=(1, 2)) for name in ("model", "rival"))
    assert found["p_value"] == pytest.approx(diebold_mariano(one, other, horizon=3, lags=13).p_value)
    assert found[["low", "high"]].tolist() == pytest.approx(block_bootstrap_skill(one, other, block=7)[1:])


@pytest.mark.parametrize(
    ("stride", "steps", "horizon", "block", "lags"),
    [("D", 24, 1, 7, 13), ("D", 25, 2, 7, 13), ("7D", 24, 1, 1, 1), ("12h", 24, 2, 14, 27), ("7D", 400, 3, 1, 5)],
)
def test_strides_and_horizons(stride, steps, horizon, block, lags):
    random = np.random.default_rng(2)
    errors = {name: random.uniform(0, 3, (30, 1, steps)) for name in ("model", "rival")}
    found = skills(scores_of(errors, stride), "rival").iloc[0]
    one, other = (errors[name].mean(axis=(1, 2)) for name in ("model", "rival"))
    assert found["p_value"] == pytest.approx(diebold_mariano(one, other, horizon=horizon, lags=lags).p_value)
    assert found[["low", "high"]].tolist() == pytest.approx(block_bootstrap_skill(one, other, block=block)[1:])


def test_a_bad_week_is_not_taken_for_a_difference():
    # two models whose daily errors part by what lasts for days (correlation 0.7) and by nothing else; at a level of 5 %
    found = []
    for seed in range(60):
        shocks = np.random.default_rng(seed).normal(size=330)
        for row in range(1, len(shocks)):
            shocks[row] += 0.7 * shocks[row - 1]
        table = scores_of({"model": 20 + shocks[:, None, None], "rival": np.full((330, 1, 1), 20.0)})
        found.append(skills(table, "rival", samples=1)["p_value"].iloc[0])
    assert np.mean(np.array(found) < 0.05) < 0.2  # with no lags it is 0.4


def test_only_those_with_quantiles_have_a_skill_in_crps():
    errors = {name: np.random.default_rng(3).uniform(0, 3, (9, 1, 2)) * i for i, name in enumerate(("ref", "a", "b"), start=1)}
    found = skills(scores_of(errors, quantiles=("ref", "b")), "ref")
    assert found[["model", "metric"]].to_numpy().tolist() == [["a", "mae"], ["b", "mae"], ["b", "crps"]]
    # the CRPS of the median alone is the absolute error
    assert found["skill"].tolist() == pytest.approx([-1, -2, -2])
    assert skills(scores_of(errors, quantiles=("b",)), "ref")["metric"].tolist() == ["mae", "mae"]


def test_equal_forecasts_have_no_skill_and_no_significance():
    errors = np.random.default_rng(4).uniform(1, 3, (9, 1, 2))
    found = skills(scores_of({"model": errors, "rival": errors}), "rival").iloc[0]
    assert found[["skill", "low", "high", "p_value"]].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("issues", [1, 2])
def test_few_issue_times_have_a_skill_alone(issues):
    table = scores_of({"model": np.ones((issues, 1, 2)), "rival": np.full((issues, 1, 2), 2.0)})
    found = skills(table, "rival").iloc[0]
    assert found["skill"] == 0.5
    assert np.isnan(found[["low", "high", "p_value"]].astype(float)).all()


def test_one_that_makes_no_forecasts_has_no_skill():
    table = scores_of({"none": np.full((9, 1, 2), np.nan), "model": np.ones((9, 1, 2)), "rival": np.full((9, 1, 2), 2.0)})
    assert skills(table, "rival")["model"].tolist() == ["model"]
    assert len(skills(table, "none")) == 0


def test_places_won_by_hand():
    # the errors at A to D: lower, equal, higher, lower
    errors = {"model": np.array([1, 2, 3, 1.0]), "rival": np.array([2, 2, 2, 5.0])}
    table = scores_of({name: np.tile(error[:, None], (3, 1, 2)) for name, error in errors.items()})
    assert places_won(table, "model", "rival") == (2, 4, ("A", "D"))
    assert places_won(table, "rival", "model") == (1, 4, ("C",))
    assert places_won(table, "model", "rival", metric="rmse").won == 2


def test_a_place_without_scores_is_not_among_those_compared():
    one, other = np.ones((3, 2, 2)), np.full((3, 2, 2), 2.0)
    one[:, 1] = np.nan
    assert places_won(scores_of({"model": one, "rival": other}), "model", "rival") == (1, 1, ("A",))


def test_scores_that_come_back_from_a_file_give_the_same(tmp_path):
    errors = {name: np.random.default_rng(i).uniform(0, 3, (9, 2, 2)) for i, name in enumerate(("model", "rival"))}
    table = scores_of(errors)
    table.to_parquet(tmp_path / "scores.parquet")
    back = pd.read_parquet(tmp_path / "scores.parquet")
    pd.testing.assert_frame_equal(skills(back, "rival"), skills(table, "rival"))
    assert places_won(back, "model", "rival") == places_won(table, "model", "rival")


def test_an_unknown_forecaster_is_refused():
    table = scores_of({"hybrid": np.ones((3, 1, 2))})
    with pytest.raises(ConfigError) as caught:
        skills(table, "hybird")
    (problem,) = caught.value.problems
    assert (problem.problem, problem.found, problem.hint) == ("no scores of `hybird`", "`hybrid`", "did you mean `hybrid`?")
    with pytest.raises(ConfigError):
        places_won(table, "hybrid", "naive")
