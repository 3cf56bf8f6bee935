"""The LSTM that meets all patches at once is Keras's LSTM."""

import numpy as np
import pytest

from gridcast.networks.backend import keras
from gridcast.networks.temporal import PatchLSTM


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("unroll", [False, True])
def test_it_says_what_that_of_keras_says(every, unroll):
    patches = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    ours = PatchLSTM(6, unroll=unroll, return_sequences=every)
    theirs = keras.layers.LSTM(6, return_sequences=every)
    for layer in (ours, theirs):
        layer.build((None, 5, 4))
    theirs.set_weights([np.random.default_rng(i).normal(size=each.shape) for i, each in enumerate(theirs.get_weights())])
    ours.set_weights(theirs.get_weights())
    found, expected = (keras.ops.convert_to_numpy(layer(patches)) for layer in (ours, theirs))
    assert found.shape == ((3, 5, 6) if every else (3, 6))
    assert found == pytest.approx(expected, abs=1e-6)
