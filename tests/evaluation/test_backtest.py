from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from gridcast.clock import DAY, HOUR
from gridcast.config import make_config
from gridcast.errors import ConfigError, PanelError, ShapeError, TrainingError
from gridcast.evaluation import BacktestPlan, backtest, evaluate, plan_of
from gridcast.forecast import Forecast
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener, load
from gridcast.panel import Panel

FIRST = "2024-01-11"


@dataclass
class LastReading:
    """The last reading that it was shown, for all steps; and a mark of the panel that it learned from."""

    horizon: int = 24
    reach: pd.Timedelta = DAY
    name: str = "last_reading"
    fitted: list[Panel] = field(default_factory=list)
    asked: list[tuple[Panel, pd.DatetimeIndex]] = field(default_factory=list)

    def fit(self, panel: Panel) -> "LastReading":
        self.fitted.append(panel)
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        self.asked.append((panel, issue_times))
        values = np.repeat(panel.consumption[[-1], :, None], self.horizon, axis=2)
        quality = np.full((1, len(panel.locations)), f"learned from {self.fitted[-1].consumption.shape}", dtype=object)
        return Forecast.of(values, panel=panel, issue_times=issue_times, quality=quality)


@dataclass
class Stubborn(LastReading):
    """Fails where there is much to learn from."""

    limit: int = 24 * 12

    def fit(self, panel: Panel) -> "Stubborn":
        if len(panel.times) > self.limit:
            raise TrainingError("too much to learn", found=f"{len(panel.times)} readings", expected="fewer")
        return super().fit(panel)


def test_forecasts_of_all_issue_times_by_name(make_panel):
    panel = make_panel(days=20)
    result = backtest(panel, {"mine": LastReading, "weekly": lambda: SeasonalNaive(7 * DAY)}, BacktestPlan(FIRST))
    assert list(result.forecasts) == ["mine", "weekly"]
    issued = panel.times[24 * 10 :: 24]
    for each in (*result.forecasts.values(), result.actual):
        assert each.issue_times.equals(issued)
        assert each.locations == panel.locations
        assert each.horizon == 24
        assert each.values.attrs["unit"] == "MW"
    readings = panel.consumption[24 * 10 :].reshape(10, 24, 4).transpose(0, 2, 1)
    assert np.array_equal(result.actual.values, readings)
    assert np.array_equal(result.forecasts["mine"].values[..., 5], panel.consumption[24 * 10 - 1 : -1 : 24])
    assert np.array_equal(result.forecasts["weekly"].values, panel.consumption[72:-168].reshape(10, 24, 4).transpose(0, 2, 1))
    assert result.forecasts["mine"].quality.values[0, 0] == "learned from (240, 4)"
    assert result.forecasts["weekly"].quality is None
    assert evaluate(result.forecasts, result.actual)["n"].iloc[0] == 10 * 24 * 4
    assert all(spent.training >= 0 and spent.prediction > 0 for spent in result.seconds.values())


def test_the_steps_of_the_gap_are_forecast_and_not_scored(make_panel):
    panel = make_panel(days=20)
    result = backtest(panel, {"mine": lambda: LastReading(horizon=30)}, BacktestPlan(FIRST, gap=6))
    assert result.forecasts["mine"].horizon == result.actual.horizon == 30
    assert np.isnan(result.actual.values[..., :6]).all()
    assert np.isfinite(result.actual.values[..., 6:]).all()
    assert result.actual.freq == HOUR


@pytest.mark.parametrize(("stride", "rounds"), [(DAY, 4), (7 * HOUR, 3)])
def test_no_forecaster_is_shown_a_reading_of_its_issue_time_or_later(make_panel, stride, rounds):
    panel = make_panel(days=20)
    made: list[LastReading] = []

    def make() -> LastReading:
        made.append(LastReading())
        return made[-1]

    backtest(panel, {"mine": make}, BacktestPlan(FIRST, refit_days=3, stride=stride))
    assert len(made) == rounds  # 10 days in threes; with strides of 7 hours the last forecast is issued on the 9th
    for forecaster in made:
        (train,) = forecaster.fitted
        assert train.times[-1] + HOUR == forecaster.asked[0][1][0]
        for seen, issued in forecaster.asked:
            assert seen.times[-1] + HOUR == issued[0]
            assert train.times[-1] < issued[0]


def test_over_the_changes_of_the_clock_the_hour_stays(make_panel):
    times = pd.date_range("2024-03-01", periods=24 * 45, freq="h", tz="UTC")
    local_hour = times.tz_convert("Europe/Berlin").hour.to_numpy(dtype=float)
    panel = Panel.from_wide(pd.DataFrame({"A": local_hour}, index=times))
    result = backtest(panel, {"mine": LastReading}, BacktestPlan("2024-03-28 09:00", zone="Europe/Berlin"))
    # the last reading before 09:00 is that of 08:00 by the local clock, before and after March 31
    assert set(result.forecasts["mine"].values.values.ravel()) == {8.0}
    assert len(result.actual.issue_times) == 17


def test_a_cross_validation_learns_from_both_sides(make_panel):
    panel = make_panel(days=20)
    made: list[LastReading] = []

    def make() -> LastReading:
        made.append(LastReading())
        return made[-1]

    result = backtest(panel, {"mine": make}, BacktestPlan("2024-01-03", folds=3, embargo_days=1))
    assert [int(np.isnan(each.fitted[0].consumption[:, 0]).sum() / 24) for each in made] == [8, 8, 7]
    # forecasts rest on the readings before their issue time, also on those of the block
    assert np.array_equal(result.forecasts["mine"].values[..., 0], panel.consumption[24 * 2 - 1 : -1 : 24])


def test_places_are_forecast_by_what_did_not_learn_from_them(make_panel):
    panel = make_panel(days=20, places=5)
    made: list[LastReading] = []

    def make() -> LastReading:
        made.append(LastReading())
        return made[-1]

    result = backtest(panel, {"mine": make}, BacktestPlan(FIRST, folds=2, leave_out="locations"))
    assert sorted(len(each.fitted[0].locations) for each in made) == [2, 3]
    assert np.array_equal(result.forecasts["mine"].values[..., 0], panel.consumption[24 * 10 - 1 : -1 : 24])
    words = dict(zip(panel.locations, result.forecasts["mine"].quality.values[0], strict=True))
    for each in made:
        learned = each.fitted[0].locations
        assert {words[name] for name in panel.locations if name not in learned} == {f"learned from (240, {len(learned)})"}
        assert all(seen.locations == panel.locations for seen, _ in each.asked)


def test_progress_is_told(make_panel):
    told: list[tuple[str, int, int]] = []
    makers = {"one": LastReading, "two": LastReading}
    backtest(make_panel(days=20), makers, BacktestPlan(FIRST, refit_days=5), progress=lambda *step: told.append(step))
    assert told == [("one", 1, 2), ("two", 1, 2), ("one", 2, 2), ("two", 2, 2)]


def test_a_forecaster_that_fails_is_named(make_panel):
    panel = make_panel(days=20)
    plan = BacktestPlan(FIRST, refit_days=5)
    with pytest.raises(TrainingError) as caught:
        backtest(panel, {"good": LastReading, "bad": Stubborn}, plan)
    (told,) = caught.value.problems
    assert told.problem == "`bad` in round 2 of 2: too much to learn"
    assert told.found == "360 readings"
    assert told.expected == "fewer"
    with pytest.raises(TrainingError, match=r"^`bad`: too much to learn"):
        backtest(panel, {"bad": lambda: Stubborn(limit=1)}, BacktestPlan(FIRST))


def test_another_horizon_than_that_of_the_plan_is_refused(make_panel):
    with pytest.raises(ShapeError) as caught:
        backtest(make_panel(days=20), {"short": lambda: LastReading(horizon=12)}, BacktestPlan(FIRST, gap=2))
    (told,) = caught.value.problems
    assert told.problem == "`short`: the forecasts have another horizon than the plan"
    assert told.found == "12 steps"
    assert told.expected == "26 steps: a gap of 2 and a horizon of 24"


def test_without_forecasters_or_history_nothing_is_made(make_panel):
    with pytest.raises(ConfigError, match="a backtest without forecasters"):
        backtest(make_panel(days=20), {}, BacktestPlan(FIRST))
    with pytest.raises(PanelError, match="the history is too short"):
        backtest(make_panel(days=20), {"mine": pytest.fail}, BacktestPlan("2024-01-01 12:00"))


class Batched(SeasonalNaive):
    batched = True


@pytest.mark.shared_data
def test_the_seasonal_naive_of_gefcom2012_in_2007(shared_data):
    """Others found an nMAE of 16.78 % on average over the zones without the ninth, with the same protocol."""
    data = {"temporal": str(shared_data / "gefcom2012" / "load.csv.gz"), "timezone": "local", "exclude": ["Z09"]}
    config = make_config({"data": data, "backtest": {"first": "2007-01-01", "last": "2007-12-31"}})
    panel = load(config, Listener()).panel
    result = backtest(panel, {"weekly": lambda: Batched(7 * DAY)}, plan_of(config, panel))
    assert len(result.actual.issue_times) == 365
    scores = evaluate(result.forecasts, result.actual)
    assert scores["nmae"][scores["location"] != ""].mean() == pytest.approx(16.78, abs=0.005)
