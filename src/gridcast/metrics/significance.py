"""Whether one forecaster is better than another by more than chance: Diebold-Mariano test and block bootstrap of the skill."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from gridcast.errors import ConfigError, ShapeError, require_positive
from gridcast.metrics.points import skill

Array = npt.NDArray[np.float64]
ArrayLike = npt.ArrayLike

FEWEST = 3  # losses from which on anything can be said


class Comparison(NamedTuple):
    """What a Diebold-Mariano test found.

    Attributes:
        difference: Mean of the first loss less the second: below zero the first is better.
        statistic: The corrected statistic, of Student's t with n - 1 degrees of freedom.
        p_value: How probable a difference at least as large is if both are equally good, two-sided. [1]
        n: Number of losses that both have.
    """

    difference: float
    statistic: float
    p_value: float
    n: int


class SkillInterval(NamedTuple):
    """A skill and the interval in which it lies at the level asked for. [1]"""

    skill: float
    low: float
    high: float


def diebold_mariano(loss_a: ArrayLike, loss_b: ArrayLike, *, horizon: int = 1, lags: int | None = None) -> Comparison:
    """Return whether two series of losses differ by more than chance, by Diebold & Mariano with the small-sample correction.

    The variance of the mean difference counts the autocovariances of the first `horizon - 1` lags, each in full; where that
    gives none above zero, with weights that fall to zero (Bartlett's). That is right where only the overlap of forecasts makes
    neighbours alike. Losses of days that follow each other are alike without overlap, as weather and faults of a model go on for
    days; then say up to how many `lags`, which all are weighted (Newey & West), and the correction is the one of so many lags.
    How often differences without meaning came out with p < 5 %, of 4000 series whose neighbours correlate by r:

        n = 330, r = 0, 0.3, 0.5, 0.7: 5, 16, 25, 41 % without lags; 5, 6, 7, 8 % with 13
        n = 60, r = 0, 0.3, 0.5, 0.7: 6, 6, 7, 11 % with 13

    Args:
        loss_a: Loss at each issue time, in order of time, such as the mean over places and steps, shape (issue_time,).
        loss_b: The other's loss at the same issue times. Where either is NaN both are left out.
        horizon: How many issue times a forecast reaches ahead: 1 where the forecasts of two issue times do not overlap.
        lags: Number of lags that are counted with Bartlett's weights, at least those of the overlap and at most a third of the
            losses; None counts those of the overlap alone, in full.

    Returns:
        The comparison; statistic and p-value are NaN if there are fewer than three losses or no more than the horizon, and
        0 and 1 if the losses are the same.

    Raises:
        ShapeError: If the series are not of one length.
        ConfigError: If the horizon or the number of lags is not at least 1.

    Example:
        >>> found = diebold_mariano([1.0, 2.0, 1.0, 2.0], [2.0, 2.0, 2.0, 3.0])
        >>> found.difference, round(found.statistic, 3), round(found.p_value, 3)
        (-0.75, -3.0, 0.058)

    References:
        Diebold & Mariano (1995), doi:10.1080/07350015.1995.10524599; Harvey, Leybourne & Newbold (1997),
        doi:10.1016/S0169-2070(96)00719-4; Newey & West (1987), doi:10.2307/1913610.
    """
    require_positive(horizon=horizon, **({} if lags is None else {"lags": lags}))
    loss_a, loss_b = _paired(loss_a, loss_b)
    known = np.isfinite(loss_a) & np.isfinite(loss_b)
    difference, n = np.where(known, loss_a - loss_b, 0.0), int(known.sum())
    mean = float(difference.sum() / n) if n else float("nan")
    if n < FEWEST or n <= horizon:
        return Comparison(mean, float("nan"), float("nan"), n)
    centred = np.where(known, difference - mean, 0.0)
    if lags is not None:
        horizon = max(horizon, min(lags, n // 3) + 1)
    variance = _variance(centred, horizon, n, weighted=lags is not None)
    if variance <= 0:  # the same difference at each issue time
        statistic = float(np.sign(mean)) * np.inf if mean else 0.0
    else:
        correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
        statistic = mean / float(np.sqrt(variance / n)) * float(np.sqrt(correction))
    return Comparison(mean, statistic, float(2 * stdtr(n - 1, -abs(statistic))), n)


def block_bootstrap_skill(
    loss: ArrayLike,
    reference_loss: ArrayLike,
    *,
    block: int = 7,
    samples: int = 2000,
    seed: int = 0,
    level: float = 0.9,
) -> SkillInterval:
    """Return the skill of one series of losses against another, with an interval from resampled blocks of issue times.

    Whole blocks of neighbouring issue times are drawn, the first following on the last, so that what goes on for days, such as
    a spell of heat, stays together. Both series are drawn alike. The interval is that of the percentiles.

    Args:
        loss: Loss at each issue time, in order of time, shape (issue_time,); sums where the counts differ.
        reference_loss: That of the reference at the same issue times. Where either is NaN both are left out.
        block: Issue times in a block.
        samples: How many times to draw.
        seed: Of the draws.
        level: How probable the interval is. [1]

    Returns:
        1 - mean loss / mean reference loss and its interval, NaN where it can't be told, as with fewer than three losses.

    Raises:
        ShapeError: If the series are not of one length.
        ConfigError: If a setting is out of its range.

    Example:
        >>> block_bootstrap_skill([3.0, 3.0, 3.0], [4.0, 4.0, 4.0])
        SkillInterval(skill=0.25, low=0.25, high=0.25)

    References:
        Politis & Romano (1992), A circular block-resampling procedure for stationary data; Künsch (1989),
        doi:10.1214/aos/1176347265.
    """
    require_positive(block=block, samples=samples)
    if not 0 < level < 1:
        raise ConfigError("the level of an interval is in (0, 1)", found=f"level = {level}", expected="such as 0.9")
    loss, reference_loss = _paired(loss, reference_loss)
    known = np.isfinite(loss) & np.isfinite(reference_loss)
    pairs = np.stack([loss[known], reference_loss[known]], axis=1)
    total, reference_total = pairs.sum(axis=0)
    whole = skill(float(total), float(reference_total))
    if len(pairs) < FEWEST or not np.isfinite(whole):
        return SkillInterval(whole, float("nan"), float("nan"))
    drawn = _drawn_sums(pairs, min(block, len(pairs)), samples, np.random.default_rng(seed))
    drawn = drawn[drawn[:, 1] > 0]
    low, high = np.quantile(1 - drawn[:, 0] / drawn[:, 1], [(1 - level) / 2, (1 + level) / 2])
    return SkillInterval(whole, float(low), float(high))


def _drawn_sums(pairs: Array, block: int, samples: int, random: np.random.Generator) -> Array:
    """Return the sums of both losses over each draw of blocks as long as the series together, shape (sample, 2)."""
    n = len(pairs)
    blocks = -(-n // block)
    starts = random.integers(n, size=(samples, blocks))
    last = n - (blocks - 1) * block  # the last block is cut to the length of the series
    sums: Array = _sums_from(pairs, block)[starts[:, :-1]].sum(axis=1) + _sums_from(pairs, last)[starts[:, -1]]
    return sums


def _sums_from(pairs: Array, length: int) -> Array:
    """Return the sums over the block that begins at each position, the first following on the last, shape (n, 2)."""
    around = np.concatenate([np.zeros((1, 2)), np.cumsum(np.concatenate([pairs, pairs[: length - 1]]), axis=0)])
    sums: Array = around[length:] - around[:-length]
    return sums


def _variance(centred: Array, horizon: int, n: int, *, weighted: bool) -> float:
    """Return the long-run variance of differences less their mean; those missing are zero and add nothing."""
    lagged = np.array([centred[lag:] @ centred[: len(centred) - lag] / n for lag in range(horizon)])
    full = lagged[0] + 2 * lagged[1:].sum()
    if full > 0 and not weighted:
        return float(full)
    weights = 1 - np.arange(1, horizon) / horizon
    return float(lagged[0] + 2 * (weights * lagged[1:]).sum())


def _paired(one: ArrayLike, other: ArrayLike) -> tuple[Array, Array]:
    one, other = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ShapeError(
            "two series of losses are of the same issue times", found=f"{one.shape} and {other.shape}", expected="one shape (n,)"
        )
    return one, other
