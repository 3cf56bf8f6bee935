"""Metrics of summed statistics, for many groups at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Ratio(NamedTuple):
    """A metric: one summed statistic by another.

    Attributes:
        part: What is summed above the line.
        whole: What it is a share of.
        counted: The statistic that tells over how many elements.
        factor: 100 for one in %.
    """

    part: str
    whole: str
    counted: str
    factor: float = 1.0


RATIOS: dict[str, Ratio] = {
    "mae": Ratio("absolute", "n", "n"),
    "rmse": Ratio("squared", "n", "n"),  # and its root
    "mape": Ratio("relative", "n_relative", "n_relative", 100),
    "wape": Ratio("absolute", "level", "n", 100),
    "bias": Ratio("error", "n", "n"),
    "relative_bias": Ratio("error", "level", "n", 100),
    "mase": Ratio("scaled", "n_scaled", "n_scaled"),
    "peak_error": Ratio("peak", "n_peak", "n_peak", 100),
    "peak_shift": Ratio("peak_shift", "n_day", "n_day"),
    "energy_error": Ratio("energy", "n_energy", "n_energy", 100),
    "pinball": Ratio("pinball", "n_quantile", "n_quantile"),
    "crps": Ratio("crps", "n_quantile", "n_quantile"),
}


def ratios_of(sums: Mapping[str, Array]) -> dict[str, tuple[Array, Array]]:
    """Return the metrics that summed statistics give, each with the count of its elements; NaN where there are none.

    Args:
        sums: Sums of `series_statistics`, `day_statistics` and `quantile_statistics`, as far as there are any, of one shape.

    Returns:
        By the metric's name values and counts, both of that shape: those of `RATIOS`, and for each interval such as that of 80 %
        `coverage80` [%] and `width80`.

    Example:
        >>> ratios_of({"absolute": np.array([6.0]), "n": np.array([4.0])})
        {'mae': (array([1.5]), array([4.]))}
    """
    known = RATIOS | _intervals(sums)
    found = {
        name: (_ratio(sums[ratio.part], sums[ratio.whole], ratio.factor), sums[ratio.counted])
        for name, ratio in known.items()
        if {ratio.part, ratio.whole, ratio.counted} <= sums.keys()
    }
    if "rmse" in found:
        squared, n = found["rmse"]
        found["rmse"] = np.sqrt(squared), n
    return found


def _intervals(sums: Mapping[str, Array]) -> dict[str, Ratio]:
    """Return the metrics of each central interval among the statistics."""
    shares = [name.removeprefix("covered") for name in sums if name.startswith("covered")]
    return {f"coverage{share}": Ratio(f"covered{share}", "n_quantile", "n_quantile", 100) for share in shares} | {
        f"width{share}": Ratio(f"width{share}", "n_quantile", "n_quantile") for share in shares
    }


def _ratio(part: Array, whole: Array, factor: float) -> Array:
    ratio: Array = factor * np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return ratio
