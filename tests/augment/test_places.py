import numpy as np
import pandas as pd

from gridcast.augment.places import MOST, Mixup, Shift
from gridcast.layout import Grid

ISSUED = np.array([500, 700, 900])


def test_a_place_is_mixed_with_one_that_is_alike_and_never_more_than_half(make_samples, learned):
    samples = make_samples(places=4)
    readings = pd.DataFrame(samples.panel.consumption.copy(), index=samples.panel.times, columns=list("ABCD"))
    readings["D"] = 50 + np.random.default_rng(1).normal(size=len(readings))  # like nobody
    samples = make_samples(places=4, readings=readings)
    mixup = Mixup.of(samples, learned(samples), 4.0)  # a rate of 1
    assert (mixup.partners[3] == 3).all()
    assert not (mixup.partners[:3] == 3).any()
    before, after = samples.cut(ISSUED), samples.cut(ISSUED)
    mixup(after, np.random.default_rng(0))
    assert np.array_equal(after.contexts[..., 3], before.contexts[..., 3])
    for sample in range(3):
        for place in range(3):
            others = [other for other in range(3) if other != place]
            weights = []
            for other in others:  # the weight by which it is so much of the other one, the same at all steps
                far = before.contexts[sample, :, other] - before.contexts[sample, :, place]
                moved = after.contexts[sample, :, place] - before.contexts[sample, :, place]
                weight = (far @ moved) / (far @ far)
                if np.allclose(moved, weight * far, atol=1e-4):
                    weights.append(weight)
                    ahead = before.targets[sample, :, other] - before.targets[sample, :, place]
                    assert np.allclose(
                        after.targets[sample, :, place] - before.targets[sample, :, place], weight * ahead, atol=1e-4
                    )
                    warmth = before.coming[sample, :, other] - before.coming[sample, :, place]
                    assert np.allclose(after.coming[sample, :, place] - before.coming[sample, :, place], weight * warmth, atol=1e-4)
            assert weights
            assert 0 <= weights[0] <= MOST


def test_what_one_of_them_misses_is_missing(make_samples, learned):
    readings = pd.DataFrame(make_samples().panel.consumption.copy(), index=make_samples().panel.times, columns=list("ABC"))
    readings.iloc[650:660, 1] = np.nan
    samples = make_samples(readings=readings)
    mixup = Mixup(np.array([[1], [1], [2]]), 1.0)
    cut = samples.cut(np.array([700]))
    mixup(cut, np.random.default_rng(0))
    assert np.isnan(cut.contexts[0, 336 - 50 : 336 - 40, 0]).all()
    assert np.isnan(cut.contexts[0, :, 0]).sum() == 10
    assert np.isfinite(cut.contexts[0, :, 2]).all()


def test_places_near_an_edge_come_into_the_next_cell_and_no_farther():
    # rows 0..3 of a 4 x 4 layout; the second place is in the middle of its cell, the third next to an edge
    grid = Grid.of_layout([0.0, 1.5, 2.05, 4.0], [0.0, 1.5, 2.05, 4.0], 4, collisions="share")
    assert grid.cells.tolist() == [[3, 0], [2, 1], [1, 2], [0, 3]]
    cells = Shift.of(grid, 1.0).drawn(np.random.default_rng(0), 200)
    assert cells.dtype == np.int32
    rows, columns = cells // 4, cells % 4
    assert np.abs(rows - grid.cells[:, 0]).max() == 1
    assert np.abs(columns - grid.cells[:, 1]).max() == 1
    assert (rows.min(), rows.max()) == (0, 3)
    # a shift of at most 0.4 cells never moves a place that is 0.5 cells from all edges
    small = Shift.of(grid, 0.8).drawn(np.random.default_rng(0), 200)
    assert (small[:, 1] == 2 * 4 + 1).all()
    assert len(set(small[:, 2].tolist())) > 1
