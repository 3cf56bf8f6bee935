import numpy as np
import pytest

from gridcast.errors import FileError
from gridcast.networks.backend import keras
from gridcast.training.checkpoints import Checkpoint


def network():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.optimizer.build(model.trainable_variables)
    return model


def test_what_was_kept_comes_back(tmp_path):
    one, other = network(), network()
    checkpoint = Checkpoint(tmp_path / "deep" / "c.npz", "abc")
    assert checkpoint.resume(other, {"loss": []}) == (0, {"loss": []})
    one.optimizer.iterations.assign(7)
    checkpoint.keep(one, 3, {"loss": [1.0, 2.0]})
    assert checkpoint.resume(other, {}) == (3, {"loss": [1.0, 2.0]})
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    assert int(other.optimizer.iterations) == 7


def test_the_checkpoint_of_another_training_is_refused(tmp_path):
    Checkpoint(tmp_path / "c.npz", "abc").keep(network(), 1, {})
    with pytest.raises(FileError, match="another training"):
        Checkpoint(tmp_path / "c.npz", "abd").resume(network(), {})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x80\x04."])
def test_a_damaged_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "c.npz").write_bytes(content)
    with pytest.raises(FileError, match="damaged"):
        Checkpoint(tmp_path / "c.npz", "abc").resume(network(), {})
