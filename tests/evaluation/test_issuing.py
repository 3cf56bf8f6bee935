from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.availability import AT_ONCE
from gridcast.clock import DAY, HOUR
from gridcast.errors import PanelError, ShapeError
from gridcast.evaluation import issue
from gridcast.evaluation.issuing import assembled, is_cut_by_rows, recent_as_of
from gridcast.forecast import Forecast
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.panel import Panel


class Batched(SeasonalNaive):
    """The seasonal naive, which keeps the promise of one that is asked once."""

    batched = True


@dataclass
class Recorder:
    """Says how much it can see: the sum of all readings, and the temperature of the hour to come; and keeps the panels."""

    horizon: int = 2
    reach: pd.Timedelta = DAY
    batched: bool = False
    name: str = "recorder"
    seen: list[tuple[Panel, pd.DatetimeIndex]] = field(default_factory=list)

    def fit(self, panel: Panel) -> "Recorder":
        return self

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        self.seen.append((panel, issue_times))
        sums = np.nansum(panel.consumption, axis=0)
        values = np.tile(sums[None, :, None], (len(issue_times), 1, self.horizon))
        levels = (0.1, 0.5, 0.9)
        quantiles = values[..., None] + np.array([-1, 0, 1])
        quality = np.full(values.shape[:2], f"issued {issue_times[0]:%d}", dtype=object)
        return Forecast.of(values, panel=panel, issue_times=issue_times, quantiles=(levels, quantiles), quality=quality)


def with_temperature(panel: Panel, availability: str = "observed", delay: pd.Timedelta = AT_ONCE) -> Panel:
    values = np.arange(panel.consumption.size, dtype=float).reshape(panel.consumption.shape)
    return panel.with_variable("temperature", values, availability=availability, delay=delay)


def with_vintages(panel: Panel) -> Panel:
    issued = panel.times[::24].tz_convert(None).rename("issued")
    leads = pd.timedelta_range(0, periods=48, freq="h")
    values = np.zeros((len(issued), len(leads), len(panel.locations)))
    coords = {"issued": issued, "lead": leads, "location": list(panel.locations)}
    return panel.with_variable("wind", xr.DataArray(values, coords, ("issued", "lead", "location")), availability="forecast")


def with_filled(panel: Panel) -> Panel:
    values, reach = panel.consumption.copy(), np.full(panel.consumption.shape, -1, dtype=np.int32)
    values[5, 0], reach[5, 0] = 1.0, 6
    return panel.with_filled(values, reach)


def late_readings(panel: Panel) -> Panel:
    dataset = panel.dataset.copy()
    dataset["consumption"].attrs["delay"] = (2 * HOUR).value
    return Panel(dataset)


SIMPLE = {
    "bare": lambda panel: panel,
    "observed": with_temperature,
    "perfect, though late": lambda panel: with_temperature(panel, "perfect", 3 * HOUR),
    "known": lambda panel: with_temperature(panel, "known"),
}
LATE = {
    "vintages": with_vintages,
    "late readings": late_readings,
    "late weather": lambda panel: with_temperature(panel, "observed", HOUR),
    "filled": with_filled,
    "cut already": lambda panel: panel.as_of(panel.times[-2]),
}


def test_one_by_one_each_forecast_sees_the_rows_before_its_issue_time(make_panel):
    panel, recorder = with_temperature(make_panel(days=10), "perfect"), Recorder()
    issued = panel.times[[24 * 5, 24 * 6 + 7]]
    issue(recorder, panel, issued)
    for time, (seen, asked) in zip(issued, recorder.seen, strict=True):
        assert list(asked) == [time]
        assert seen.times[0] == time - DAY
        assert np.isfinite(seen.consumption[:24]).all()
        assert np.isnan(seen.consumption[24:]).all()
        assert np.isfinite(seen.values_of("temperature")).all()
        assert seen.times[-1] == panel.times[-1]


def test_quantiles_and_quality_are_carried(make_panel):
    panel = make_panel(days=10, places=2)
    issued = panel.times[[24 * 5, 24 * 6]]
    forecast = issue(Recorder(), panel, issued)
    assert forecast.levels == (0.1, 0.5, 0.9)
    sums = np.stack([panel.consumption[24 * day : 24 * day + 24].sum(axis=0) for day in (4, 5)])
    assert forecast.values.values[..., 0] == pytest.approx(sums, rel=1e-6)
    assert forecast.quantiles.values[..., 1, :] == pytest.approx(sums[..., None] + np.array([-1, 0, 1]), rel=1e-6)
    assert forecast.quality.values.tolist() == [["issued 06"] * 2, ["issued 07"] * 2]


@pytest.mark.parametrize("kind", SIMPLE)
def test_where_rows_tell_what_was_known_a_batched_forecaster_is_asked_once(make_panel, kind):
    panel, recorder = SIMPLE[kind](make_panel(days=10)), Recorder(batched=True)
    issued = panel.times[24 * 5 : 24 * 9 : 24]
    issue(recorder, panel, issued)
    ((seen, asked),) = recorder.seen
    assert asked.equals(issued)
    assert seen.times[0] <= issued[0] - DAY
    # the readings end with the last issue time
    assert np.isnan(seen.consumption[seen.times >= issued[-1]]).all()


@pytest.mark.parametrize("kind", LATE)
def test_where_they_do_not_it_is_asked_one_by_one(make_panel, kind):
    panel, recorder = LATE[kind](make_panel(days=10, gaps=((5, 0),))), Recorder(batched=True)
    issued = panel.times[24 * 5 : 24 * 9 : 24]
    assert not is_cut_by_rows(panel, issued)
    issue(recorder, panel, issued)
    assert [list(asked) for _, asked in recorder.seen] == [[time] for time in issued]


def test_before_the_second_reading_it_is_asked_one_by_one(make_panel):
    panel = make_panel(days=3)
    assert is_cut_by_rows(panel, panel.times[2:4])
    assert not is_cut_by_rows(panel, panel.times[1:4])


@settings(max_examples=20)
@given(
    season=st.sampled_from([DAY, 7 * DAY]),
    horizon=st.integers(1, 30),
    first=st.integers(2, 250),
    stride=st.integers(1, 30),
    kind=st.sampled_from(sorted(SIMPLE)),
    minutes=st.sampled_from([0, 30]),
    gap=st.integers(0, 400),
)
def test_both_ways_give_the_same(season, horizon, first, stride, kind, minutes, gap):
    times = pd.date_range("2024-01-01", periods=24 * 18, freq="h", tz="UTC")
    readings = np.random.default_rng(0).normal(size=(len(times), 2))
    readings[gap : gap + 20, 1] = np.nan
    panel = SIMPLE[kind](Panel.from_wide(pd.DataFrame(readings, index=times, columns=["A", "B"])))
    issued = times[first : first + 6 * stride : stride]
    issued = (issued[:1] + minutes * HOUR / 60).append(issued[1:])  # the first may be between two readings
    assert is_cut_by_rows(panel, issued)
    once, one_by_one = (issue(make(season, horizon), panel, issued) for make in (Batched, SeasonalNaive))
    assert once.values.equals(one_by_one.values)
    assert once.values.attrs == one_by_one.values.attrs


@settings(max_examples=12)
@given(row=st.integers(30, 200), make=st.sampled_from([Batched, SeasonalNaive, Recorder]), seed=st.integers(0, 99))
def test_nothing_from_the_issue_time_on_is_seen(row, make, seed):
    random = np.random.default_rng(seed)
    times = pd.date_range("2024-01-01", periods=24 * 12, freq="h", tz="UTC")
    readings = random.normal(size=(len(times), 2))
    after = readings.copy()
    after[row:] = 1e6 * random.normal(size=after[row:].shape)
    panel, scrambled = (
        with_temperature(Panel.from_wide(pd.DataFrame(each, index=times, columns=["A", "B"]))) for each in (readings, after)
    )
    issued = times[row - 24 : row + 49 : 24]  # the second is the last that may not notice
    one, other = (issue(make(horizon=6), each, issued).values.values for each in (panel, scrambled))
    assert one[:2].tobytes() == other[:2].tobytes()
    assert not np.array_equal(one[2:], other[2:])


@pytest.mark.parametrize("reach", [HOUR, DAY, 99 * DAY])
@pytest.mark.parametrize("kind", [*SIMPLE, *LATE])
def test_the_years_before_and_after_are_cut_off_first(make_panel, kind, reach):
    panel = {**SIMPLE, **LATE}[kind](make_panel(days=10, gaps=((5, 0),)))
    for time in (*panel.times[[2, 6, 7, 8, 30, 120, -1]], panel.times[50] + HOUR / 2, panel.times[-1] + 5 * HOUR):
        assert recent_as_of(panel, time, reach).dataset.identical(panel.as_of(time).recent(reach).dataset)
    with pytest.raises(PanelError, match="nothing was known yet"):
        recent_as_of(panel, panel.times[1], reach)


def part(panel: Panel, row: int, horizon: int = 2, levels: tuple[float, ...] = (), quality: str | None = None) -> Forecast:
    values = np.full((1, len(panel.locations), horizon), float(row))
    quantiles = (levels, np.stack([values] * len(levels), axis=-1)) if levels else None
    words = None if quality is None else np.full(values.shape[:2], quality, dtype=object)
    return Forecast.of(values, panel=panel, issue_times=panel.times[[row]], quantiles=quantiles, quality=words)


def test_what_no_part_tells_is_missing(make_panel):
    panel = make_panel(days=1, places=3)
    issued = panel.times[[2, 3]]
    parts = [(part(panel, 2), ("P1",)), (part(panel, 3, levels=(0.5,), quality="short"), ("P2", "P0"))]
    whole = assembled(parts, panel=panel, issue_times=issued)
    nan = np.nan
    assert whole.values.values[..., 1].tolist() == pytest.approx(np.array([[nan, 2, nan], [3, nan, 3]]), nan_ok=True)
    assert whole.quantiles.values[..., 1, 0].tolist() == pytest.approx(np.array([[nan] * 3, [3, nan, 3]]), nan_ok=True)
    assert whole.quality.values.tolist() == [["", "", ""], ["short", "", "short"]]
    assert not whole.is_ex_post


def test_parts_that_do_not_go_together_are_refused(make_panel):
    panel = make_panel(days=1, places=3)
    issued = panel.times[[2, 3]]
    for parts, problem in (
        ((part(panel, 2), part(panel, 3, horizon=4)), "the number of steps changes"),
        ((part(panel, 2, levels=(0.1,)), part(panel, 3, levels=(0.2,))), "the levels of quantiles changes"),
        ((part(panel, 2), part(panel, 4)), "not of the places and issue times"),
        ((part(panel, 2), part(panel.only(["P2", "P0", "P1"]), 3)), "not of the places and issue times"),
    ):
        with pytest.raises(ShapeError, match=problem):
            assembled([(each, ()) for each in parts], panel=panel, issue_times=issued)
