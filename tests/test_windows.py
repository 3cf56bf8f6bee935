import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.covariates import Covariates
from gridcast.errors import ConfigError, PanelError
from gridcast.features.calendar import Calendar
from gridcast.panel import Panel
from gridcast.windows import contexts_at, first_validation_time, issue_rows, preprocess_temporal_data


def ramp(hours: int, places: int = 2) -> Panel:
    """A panel in which place p reads hour + 1000 p, so that every value tells where it is from."""
    times = pd.date_range("2024-01-01", periods=hours, freq="h", tz="UTC")
    values = np.arange(hours)[:, None] + 1000.0 * np.arange(places)
    return Panel.from_wide(pd.DataFrame(values, index=times, columns=[f"P{i}" for i in range(places)]))


def test_a_sample_reads_the_hours_before_its_issue_time_and_aims_at_those_after():
    sequences = preprocess_temporal_data(ramp(100), 6, horizon=3)
    X, y, times, locations, scaler = sequences
    sample = 20
    hour = (times[sample] - pd.Timestamp("2024-01-01", tz="UTC")) // pd.Timedelta(hours=1)
    offset = 1000 * int(locations[sample][1:])
    context = scaler.inverse_transform(X[sample][None, :, 0], [locations[sample]])[0] - offset
    target = y.unscaled(np.asarray(y))[sample] - offset
    # issued at hour h: the context is h-6 .. h-1, the targets are h, h+1, h+2
    assert context == pytest.approx(np.arange(hour - 6, hour), abs=1e-2)
    assert target == pytest.approx(np.arange(hour, hour + 3), abs=1e-2)


def test_shapes_of_both_layouts():
    panel = ramp(100, places=3)
    # 100 hours, 6 of context, 3 ahead, every 5th hour back from 97: 97, 92, ..., 7 are 19 issue times
    flat = preprocess_temporal_data(panel, 6, horizon=3, stride=5)
    joint = preprocess_temporal_data(panel, 6, horizon=3, stride=5, joint=True)
    assert (flat.X.shape, flat.y.shape) == ((57, 6, 1), (57, 3))
    assert (joint.X.shape, joint.y.shape) == ((19, 3, 6, 1), (19, 3, 3))
    assert np.asarray(flat.X).shape == flat.X.shape
    assert np.asarray(joint.y).shape == joint.y.shape
    assert len(flat.locations) == 57
    assert joint.locations == ("P0", "P1", "P2")


def test_both_layouts_hold_the_same_numbers():
    panel = ramp(100, places=3)
    calendar = Calendar()
    flat = preprocess_temporal_data(panel, 6, horizon=3, stride=5, calendar=calendar)
    joint = preprocess_temporal_data(panel, 6, horizon=3, stride=5, calendar=calendar, joint=True)
    assert np.array_equal(np.asarray(flat.X), np.asarray(joint.X).reshape(flat.X.shape))
    assert np.array_equal(np.asarray(flat.y), np.asarray(joint.y).reshape(flat.y.shape))


def test_samples_are_in_order_of_time():
    assert preprocess_temporal_data(ramp(100), 6).times.is_monotonic_increasing


@pytest.mark.parametrize("gap", [30, 50, 99])
def test_windows_that_touch_a_gap_are_left_out_and_counted(make_panel, gap):
    panel = make_panel(days=5, places=2, gaps=((gap, 1),))
    sequences = preprocess_temporal_data(panel, 10, horizon=4)
    # a window is 14 readings long: a single missing reading spoils 14 issue times, less those beyond the ends
    # issue rows run from 10 to 116; those with gap-3 <= row <= gap+10 touch the gap
    spoilt = len(set(range(gap - 3, gap + 11)) & set(range(10, 117)))
    assert sequences.skipped == spoilt
    assert len(sequences) == 2 * 107 - spoilt
    assert np.isfinite(np.asarray(sequences.X)).all()
    assert np.isfinite(np.asarray(sequences.y)).all()


def test_together_a_gap_is_marked_and_not_filled(make_panel):
    panel = make_panel(days=5, places=2, gaps=((50, 1),))
    sequences = preprocess_temporal_data(panel, 10, horizon=4, joint=True)
    spoilt = np.isnan(np.asarray(sequences.y)).all(axis=-1)
    assert spoilt.sum() == sequences.skipped == 14
    assert not spoilt[:, 0].any()


def test_the_scaler_sees_the_training_part_only(make_panel):
    panel = make_panel(days=20)
    sequences = preprocess_temporal_data(panel, 24, horizon=24, stride=24)
    boundary = first_validation_time(sequences.times, 0.2)
    wild = panel.masked(np.zeros(panel.consumption.shape, dtype=bool))
    wild.dataset["consumption"].values[panel.times >= boundary] += 1e6
    again = preprocess_temporal_data(wild, 24, horizon=24, stride=24)
    assert np.array_equal(again.scaler.centre, sequences.scaler.centre)
    assert np.array_equal(again.scaler.scale, sequences.scaler.scale)


def test_covariates_are_those_of_the_hours_to_come():
    panel = ramp(100)
    sequences = preprocess_temporal_data(panel, 24, horizon=24, calendar=Calendar())
    sample = 0
    # the last 24 context steps carry the calendar of the 24 target hours
    expected = Calendar().at(pd.date_range(sequences.times[sample], periods=24, freq="h"))
    assert np.array_equal(sequences.X[sample][:, 1:], expected)


def test_indexing_is_like_an_array(make_panel):
    X = preprocess_temporal_data(make_panel(), 12).X
    whole = np.asarray(X)
    assert np.array_equal(X[3], whole[3])
    assert np.array_equal(X[-1], whole[-1])
    assert np.array_equal(X[5:9], whole[5:9])
    assert np.array_equal(X[[7, 2, 2]], whole[[7, 2, 2]])
    mask = np.arange(len(X)) % 7 == 0
    assert np.array_equal(X[mask], whole[mask])
    assert np.array_equal(np.asarray(X.select(mask)), whole[mask])
    with pytest.raises(IndexError):
        X[len(X)]


def test_nothing_is_copied_until_a_batch_is_cut(make_panel):
    sequences = preprocess_temporal_data(make_panel(days=100, places=5), 168)
    assert sequences.X.values is sequences.y.values
    assert sequences.X.values.nbytes * 100 < np.prod(sequences.X.shape) * 4


def test_split_keeps_targets_of_the_first_part_before_the_second(make_panel):
    sequences = preprocess_temporal_data(make_panel(), 24, horizon=24)
    before, after = sequences.split("2024-01-15")
    assert before.times.max() + pd.Timedelta(hours=24) <= pd.Timestamp("2024-01-15", tz="UTC") <= after.times.min()
    # the 23 issue times in between, of 4 places, are in neither part
    assert len(sequences) - len(before) - len(after) == 23 * 4


@given(context=st.integers(1, 40), horizon=st.integers(1, 30), stride=st.integers(1, 30))
def test_every_window_fits_into_the_panel(context, horizon, stride):
    panel = ramp(120)
    rows = issue_rows(panel, context, horizon, stride)
    assert rows.min() >= context
    assert rows.max() == 120 - horizon
    assert (np.diff(rows) == stride).all()


@given(row=st.integers(24, 96), seed=st.integers(0, 100))
def test_a_context_is_blind_to_what_comes_after_its_issue_time(row, seed):
    panel = ramp(97)
    scaler = preprocess_temporal_data(panel, 24).scaler
    wild = panel.consumption.copy()
    wild[row:] = np.random.default_rng(seed).normal(size=wild[row:].shape) * 1e9
    scrambled = Panel.from_wide(pd.DataFrame(wild, index=panel.times, columns=list(panel.locations)))
    issue_times = panel.times[[row]]
    cuts = []
    for each in (panel, scrambled):
        covariates = Covariates(Calendar()).at(each, 24)
        windows, whole = contexts_at(each, issue_times, scaler=scaler, length=24, covariates=covariates)
        cuts.append((np.asarray(windows).tobytes(), whole.tobytes()))
    assert cuts[0] == cuts[1]


def test_a_context_can_be_cut_at_the_very_end_of_the_panel():
    panel = ramp(48)
    scaler = preprocess_temporal_data(panel, 24).scaler
    windows, whole = contexts_at(
        panel, pd.DatetimeIndex([panel.end]), scaler=scaler, length=24, covariates=Covariates().at(panel, 1)
    )
    assert whole.all()
    assert windows.unscaled(np.asarray(windows)[..., 0])[0, 0] == pytest.approx(np.arange(24, 48), abs=1e-2)


@pytest.mark.parametrize(
    "wrong", [{"sequence_length": 0}, {"sequence_length": 5, "horizon": -1}, {"sequence_length": 5, "stride": 0}]
)
def test_lengths_are_above_zero(wrong):
    with pytest.raises(ConfigError, match="must be above zero"):
        preprocess_temporal_data(ramp(50), **wrong)


def test_too_short_a_history_says_how_much_is_needed():
    with pytest.raises(PanelError, match=r"at least 73: sequence length 48 \+ horizon 24 \+ stride 1"):
        preprocess_temporal_data(ramp(72), 48, horizon=24)


def test_nothing_but_gaps_is_an_error(make_panel):
    panel = make_panel(days=4, places=1, gaps=tuple((row, 0) for row in range(0, 96, 5)))
    with pytest.raises(PanelError, match="every window touches a gap"):
        preprocess_temporal_data(panel, 10)


def test_a_table_will_do(make_panel):
    table = pd.DataFrame(
        {
            "timestamp": pd.date_range("2024-01-01", periods=50, freq="h").repeat(2),
            "location": ["A", "B"] * 50,
            "consumption": np.random.default_rng(0).normal(size=100),
        }
    )
    assert preprocess_temporal_data(table.sample(frac=1, random_state=1), 10).X.shape == (80, 10, 1)


def test_covariates_may_differ_by_place_in_both_layouts(make_panel):
    panel = make_panel(days=10, places=3)
    temperature = np.arange(240)[:, None] + 1000.0 * np.arange(3)
    panel = panel.with_variable("temperature", temperature, availability="perfect")
    covariates = Covariates(None, ("temperature",), (0.0,), (1000.0,))
    joint = preprocess_temporal_data(panel, 24, horizon=6, stride=6, joint=True, calendar=covariates)
    single = preprocess_temporal_data(panel, 24, horizon=6, stride=6, calendar=covariates)
    # a context that ends at row r carries in its last step the temperature of row r + 5, the last hour to be forecast
    last = panel.times.get_indexer([joint.times[-1]])[0] + 5
    there = [last / 1000, last / 1000 + 1, last / 1000 + 2]
    assert joint.X[-1][:, -1, 1] == pytest.approx(there)
    assert single.X[-3:][:, -1, 1] == pytest.approx(there)


def test_a_filled_reading_is_context_and_never_a_target(make_panel):
    panel = make_panel(days=10, places=2, gaps=((100, 0),))
    values, reach = panel.consumption.copy(), np.full((240, 2), -1)
    values[100, 0], reach[100, 0] = 7, 101
    filled = panel.with_filled(values, reach)
    before, after = (preprocess_temporal_data(each, 24, horizon=1) for each in (panel, filled))
    # the reading is the target of one window and in the context of 24 others
    assert (before.skipped, after.skipped) == (25, 1)
