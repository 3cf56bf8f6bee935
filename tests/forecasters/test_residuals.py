import numpy as np
import pytest

from gridcast.errors import ConfigError
from gridcast.forecasters.residuals import FEW, LEVELS, Residuals, require_levels


def test_each_group_has_its_own_quantiles():
    # 0 .. 100 and ten times as much, in mixed order: the 10 % quantile of 0 .. 100 is 10
    group = np.tile([1, 0], 101)
    residuals = np.repeat(np.arange(101.0), 2) * np.where(group == 1, 10, 1)
    found = Residuals.fit(residuals, group, (0.1, 0.9), 2)
    assert found.offsets.tolist() == [[10, 90], [100, 900]]
    assert found.medians.tolist() == [50, 500]


def test_a_group_of_few_takes_the_quantiles_of_all():
    residuals = np.concatenate([np.zeros(100), np.full(FEW - 1, 7.0)])
    found = Residuals.fit(residuals, np.repeat([0, 2], [100, FEW - 1]), (0.9,), 4)
    # 19 of 119 are 7, more than a tenth: so is the 90 % quantile of all; none is in group 0, 1 and 3 have no residual
    assert found.offsets.ravel().tolist() == [0, 7, 7, 7]
    assert found.medians.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("levels", [(0.0, 0.5), (0.5, 1.0), (0.5, 0.5), (0.9, 0.1)])
def test_levels_are_in_zero_and_one_and_ascend(levels):
    with pytest.raises(ConfigError, match="levels of quantiles"):
        require_levels(levels)


def test_the_usual_levels_and_none_are_fine():
    require_levels(LEVELS)
    require_levels(())
