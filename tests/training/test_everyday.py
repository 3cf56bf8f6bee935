import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError, ShapeError, TrainingError
from gridcast.networks import backend
from gridcast.networks.backend import keras
from gridcast.networks.hybrid import create_hybrid_model
from gridcast.raster import preprocess_spatial_data
from gridcast.training import Feed, frame_feed, predict, train_model
from gridcast.windows import preprocess_temporal_data

QUIET = {"verbose": 0}


@pytest.fixture
def parts(make_panel):
    panel = make_panel(days=20, places=3)
    sequences = preprocess_temporal_data(panel, 24, horizon=4, stride=6)
    return sequences, preprocess_spatial_data(panel, 4, scaler=sequences.scaler)


def small(sequences, frames, **how):
    backend.seed_everything(0)
    return create_hybrid_model(sequences.X.shape[1:], frames.frame_shape, horizon=4, units=8, **how)


def test_it_learns_and_reports_a_history(parts):
    sequences, frames = parts
    history = train_model(small(sequences, frames), sequences.X, frames, sequences.y, 6, 32, **QUIET)
    assert len(history.history["loss"]) == len(history.history["val_loss"]) == 6
    assert history.history["val_loss"][-1] < history.history["val_loss"][0]


@pytest.mark.slow
def test_defaults_are_adam_at_a_thousandth_and_mse(parts):
    sequences, frames = parts
    model = small(sequences, frames)
    train_model(model, sequences.X, frames, sequences.y, 1, **QUIET)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert model.loss == "mse"


def test_a_compiled_model_keeps_its_loss(parts):
    sequences, frames = parts
    model = small(sequences, frames)
    model.compile(optimizer="sgd", loss="mae")
    train_model(model, sequences.X, frames, sequences.y, 1, **QUIET)
    assert model.loss == "mae"


def fed(monkeypatch, run) -> dict[bool, set[int]]:
    """Return the samples that were fed for training (True) and for validation (False)."""
    seen: dict[bool, set[int]] = {True: set(), False: set()}
    original = Feed.__getitem__

    def spy(self, batch):
        shuffled = self._random is not None
        seen[shuffled] |= set(self._order[batch * self._batch_size : (batch + 1) * self._batch_size].tolist())
        return original(self, batch)

    monkeypatch.setattr(Feed, "__getitem__", spy)
    run()
    return seen


@pytest.mark.slow
def test_validation_is_the_last_fifth_in_time_and_training_ends_before_it(parts, monkeypatch):
    sequences, frames = parts
    seen = fed(monkeypatch, lambda: train_model(small(sequences, frames), sequences.X, frames, sequences.y, 1, **QUIET))
    times = sequences.times
    issued = times.unique()
    first = issued[len(issued) - round(0.2 * len(issued))]
    assert times[sorted(seen[False])].min() == first
    assert seen[False] == set(np.flatnonzero(times >= first).tolist())
    # a target of four hours issued before `first` must end by then
    assert times[sorted(seen[True])].max() + pd.Timedelta(hours=4) <= first
    assert seen[True] == set(np.flatnonzero(times + pd.Timedelta(hours=4) <= first).tolist())


def test_plain_arrays_are_split_by_their_order(monkeypatch):
    X, y = np.zeros((50, 6, 1), "float32"), np.zeros((50, 1), "float32")
    model = create_hybrid_model((6, 1), (3, 3, 1), units=4)
    seen = fed(monkeypatch, lambda: train_model(model, X, np.zeros((3, 3, 1)), y, 1, **QUIET))
    assert seen == {True: set(range(40)), False: set(range(40, 50))}


def test_each_sample_gets_the_frame_of_its_issue_time(parts):
    sequences, frames = parts
    chosen = np.array([5, 0, 77])
    drawn = frame_feed(sequences.X, frames)(chosen)
    for frame, time in zip(drawn, sequences.times[chosen], strict=True):
        assert np.array_equal(frame, frames[int(np.flatnonzero(frames.times == time)[0])])


def test_a_static_frame_is_shared_and_not_copied():
    static = np.random.default_rng(0).normal(size=(3, 3, 2)).astype("float32")
    drawn = frame_feed(np.zeros((100, 6, 1)), static)(np.arange(32))
    assert drawn.shape == (32, 3, 3, 2)
    assert drawn.strides[0] == 0


def test_static_frames_arrays_and_lazy_windows_give_the_same_forecast(parts):
    sequences, frames = parts
    model = small(sequences, frames)
    lazy = predict(model, sequences.X, frames)
    plain = predict(model, np.asarray(sequences.X), frames[frames.positions(sequences.times)], batch_size=7)
    assert lazy == pytest.approx(plain, abs=1e-5)


@pytest.mark.slow
def test_a_missing_target_does_not_count(make_panel):
    panel = make_panel(days=20, places=3, gaps=((300, 1), (150, 0)))
    sequences = preprocess_temporal_data(panel, 24, horizon=4, stride=6, joint=True)
    frames = preprocess_spatial_data(panel, 4, scaler=sequences.scaler)
    feed = Feed(sequences.X, frame_feed(sequences.X, frames), sequences.y, np.arange(len(sequences)), 1000)
    inputs, targets, counts = feed[0]
    assert (counts == 0).sum() == sequences.skipped > 0
    assert np.isfinite(targets).all()
    assert np.isfinite(inputs["sequence"]).all()
    history = train_model(small(sequences, frames, cells=frames.grid.cells), sequences.X, frames, sequences.y, 2, 8, **QUIET)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.slow
def test_early_stopping_keeps_the_best_weights(parts):
    sequences, frames = parts
    model = small(sequences, frames)
    history = train_model(model, sequences.X, frames, sequences.y, 60, 8, patience=2, learning_rate=0.05, **QUIET)
    losses = history.history["val_loss"]
    assert len(losses) == int(np.argmin(losses)) + 3 < 60
    validation = np.flatnonzero(sequences.times >= sequences.times.unique()[-round(0.2 * len(sequences.times.unique()))])
    errors = predict(model, sequences.X, frames)[validation] - np.asarray(sequences.y)[validation]
    assert np.mean(errors**2) == pytest.approx(min(losses), rel=1e-3)


@pytest.mark.slow
def test_the_best_weights_come_back_without_an_early_stop(parts):
    sequences, frames = parts
    model = small(sequences, frames)
    history = train_model(model, sequences.X, frames, sequences.y, 5, 8, patience=0, learning_rate=0.05, **QUIET)
    losses = history.history["val_loss"]
    validation = np.flatnonzero(sequences.times >= sequences.times.unique()[-round(0.2 * len(sequences.times.unique()))])
    errors = predict(model, sequences.X, frames)[validation] - np.asarray(sequences.y)[validation]
    assert len(losses) == 5
    assert np.mean(errors**2) == pytest.approx(min(losses), rel=1e-3)


@pytest.mark.slow
def test_no_validation_uses_all_samples(parts):
    sequences, frames = parts
    history = train_model(small(sequences, frames), sequences.X, frames, sequences.y, 2, validation_split=0, **QUIET)
    assert list(history.history) == ["loss"]


@pytest.mark.slow
def test_a_seed_gives_the_same_network(parts):
    sequences, frames = parts
    forecasts = []
    for _ in range(2):
        model = small(sequences, frames)
        train_model(model, sequences.X, frames, sequences.y, 3, seed=5, **QUIET)
        forecasts.append(predict(model, sequences.X, frames).tobytes())
    assert forecasts[0] == forecasts[1]


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": -1}, {"validation_split": 1.0}, {"learning_rate": 0.0}])
def test_settings_out_of_range_are_refused(parts, wrong):
    sequences, frames = parts
    with pytest.raises(ConfigError):
        train_model(small(sequences, frames), sequences.X, frames, sequences.y, **{**QUIET, **wrong})


def test_arrays_that_do_not_belong_together_are_refused(parts):
    sequences, frames = parts
    model = small(sequences, frames)
    with pytest.raises(ShapeError, match="do not belong together"):
        train_model(model, sequences.X, frames, np.zeros((3, 4)), **QUIET)
    with pytest.raises(ShapeError, match="one frame \\(G, G, C\\), or as many frames as samples"):
        train_model(model, np.asarray(sequences.X), np.zeros((5, *frames.frame_shape)), sequences.y, **QUIET)
    with pytest.raises(ShapeError, match="which frame belongs to which sample"):
        train_model(model, np.asarray(sequences.X), frames, sequences.y, **QUIET)


def test_targets_that_are_no_numbers_are_refused():
    X, y = np.zeros((20, 6, 1), "float32"), np.full((20, 1), np.nan, "float32")
    with pytest.raises(TrainingError, match="no target is a number"):
        train_model(create_hybrid_model((6, 1), (3, 3, 1), units=4), X, np.zeros((3, 3, 1)), y, **QUIET)


@pytest.mark.slow
def test_a_loss_that_explodes_is_an_error():
    X = np.full((20, 6, 1), 1e38, "float32")
    y = np.full((20, 1), 1e38, "float32")
    with pytest.raises(TrainingError, match="no longer a number"):
        train_model(create_hybrid_model((6, 1), (3, 3, 1), units=4), X, np.zeros((3, 3, 1)), y, 3, **QUIET)


def test_one_sample_can_only_be_trained_on_without_validation():
    X, y = np.zeros((1, 6, 1), "float32"), np.zeros((1, 1), "float32")
    with pytest.raises(TrainingError, match="too few samples"):
        train_model(create_hybrid_model((6, 1), (3, 3, 1), units=4), X, np.zeros((3, 3, 1)), y, 1, **QUIET)


@pytest.mark.slow
def test_targets_of_one_step_may_be_flat():
    model = create_hybrid_model((6, 1), (4, 4, 1), units=4)
    X, frame, y = np.zeros((20, 6, 1)), np.zeros((4, 4, 1)), np.arange(20.0)
    history = train_model(model, X.tolist(), frame.tolist(), y.tolist(), epochs=1, verbose=0)
    assert len(history.history["loss"]) == 1
    assert predict(model, X, frame).shape == (20, 1)


@pytest.mark.parametrize(
    ("X", "frame", "y"),
    [
        ((20, 7, 1), (4, 4, 1), (20, 1)),
        ((20, 6), (4, 4, 1), (20, 1)),
        ((20, 6, 1), (4, 5, 1), (20, 1)),
        ((20, 6, 1), (4, 4, 1), (20, 2)),
    ],
)
def test_arrays_that_do_not_fit_the_network_are_refused(X, frame, y):
    model = create_hybrid_model((6, 1), (4, 4, 1), units=4)
    with pytest.raises(ShapeError, match="do not fit the network") as caught:
        train_model(model, np.zeros(X), np.zeros(frame), np.zeros(y), epochs=1, verbose=0)
    assert "sequences (B, 6, 1), frames (4, 4, 1), targets (B, 1)" in caught.value.problems[0].expected


def test_an_unknown_setting_is_refused_with_the_known_ones():
    model = create_hybrid_model((6, 1), (4, 4, 1), units=4)
    with pytest.raises(ConfigError, match="no setting `early_stopping`") as caught:
        train_model(model, np.zeros((20, 6, 1)), np.zeros((4, 4, 1)), np.zeros((20, 1)), early_stopping=False)
    assert "patience=0" in caught.value.problems[0].hint


def test_a_network_of_ones_own_with_any_length_of_context_can_be_trained():
    frame, sequence = keras.Input((4, 4, 1), name="frame"), keras.Input((None, 1), name="sequence")
    merged = keras.layers.Concatenate()([keras.layers.Flatten()(frame), keras.layers.LSTM(2)(sequence)])
    model = keras.Model([sequence, frame], keras.layers.Dense(1)(merged))
    history = train_model(model, np.zeros((20, 6, 1)), np.zeros((4, 4, 1)), np.zeros(20), epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
