"""The sum of all places: quantiles from errors that the places made together, and forecasts that add up to the sum's own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from gridcast.errors import ShapeError

Array = npt.NDArray[np.float64]

ENOUGH = 200  # errors from which a lead's quantiles or covariances are taken; neighbouring leads help out where there are fewer
MOST_LEADS = 7  # that may help out, the lead itself counted
PRESENT = 0.5  # least part of the spread of all places that must be present for a sum of errors to count


def sum_bottom_up(
    point: npt.ArrayLike,
    residuals: npt.ArrayLike,
    levels: npt.ArrayLike,
    *,
    spread: npt.ArrayLike | None = None,
    residual_spread: npt.ArrayLike | None = None,
) -> tuple[Array, Array]:
    """Return the forecast of the sum of all places and its quantiles.

    The point is the sum of the points. The errors that all places made at one issue time and lead of the validation part are
    added up, so that errors made together count together; the quantiles are those of such sums, moved so that their median
    is the point. Before adding, each error is divided by the spread of its place then and multiplied by the one now, so that a
    windy day has a wider sum: predicted spreads where given, else the mean size of the place's errors, changing with lead.
    Of V issue times with V < `ENOUGH`, the errors of neighbouring leads count too.

    Where places miss, the sum of those present is scaled up by spread of all / spread of those present, as if the errors were
    made together; where less than half of the spread is present it is left out. A place without any error is taken
    to err like the others for its size. A forecast without one of its places is no sum, so it is NaN.
    The sum can be calibrated further as one place, `gridcast.calibration.Calibration`.

    Args:
        point: Point forecasts, shape (B, N, H). [the panel's unit]
        residuals: Readings minus points of validation forecasts, NaN where missing, shape (V, N, H). [the panel's unit]
        levels: Levels of the quantiles, in (0, 1), ascending, shape (Q,). [1]
        spread: Predicted spread of the forecasts, such as the width of an interval, shape (B, N, H). [the panel's unit]
        residual_spread: The same of the validation forecasts, shape (V, N, H). [the panel's unit]

    Returns:
        Points, shape (B, H), and quantiles, shape (B, H, Q). [the panel's unit]

    Raises:
        ShapeError: If the arrays do not fit each other, or only one of the spreads is given.

    Example:
        Two places that err together by -1, 0, 1 each: the sum errs by -2, 0, 2. Of three, the first is the 25 % quantile.

        >>> errors = np.array([[-1.0], [0.0], [1.0]])[:, None] * np.ones((2, 1))
        >>> sum_bottom_up(np.full((1, 2, 1), 10.0), errors, [0.25, 0.5, 0.75])
        (array([[20.]]), array([[[18., 20., 22.]]]))
    """
    point, residuals = _matching(point, residuals)
    levels = np.asarray(levels, dtype=np.float64)
    relative, spread = _relative(residuals, point, spread, residual_spread)
    total = point.sum(axis=1)
    quantiles = np.empty((*total.shape, len(levels)))
    for lead, window in enumerate(_windows(*residuals.shape[::2])):
        errors = relative[:, :, window].swapaxes(1, 2).reshape(-1, point.shape[1])
        quantiles[:, lead] = total[:, lead, None] + _of_sums(errors, spread[:, :, lead], levels)
    return total, quantiles


def mint(
    bottom: npt.ArrayLike, total: npt.ArrayLike, bottom_residuals: npt.ArrayLike, total_residuals: npt.ArrayLike
) -> tuple[Array, Array]:
    """Return forecasts of the places that add up to the forecast of their sum, all of them moved as little as their errors say.

    MinT with a shrunk covariance W of all errors: y' = y - W c (c' W c)^-1 c' y, where c' y = total - sum of the places. The gap
    is split in proportion to how much each error goes with it. W is taken per lead, with the neighbouring leads where there are
    few issue times, and its correlations are shrunk towards none by as much as they are uncertain; a missing error counts as none.

    Args:
        bottom: Point forecasts of the places, shape (B, N, H). [the panel's unit]
        total: Point forecasts of their sum, shape (B, H); where it is NaN the places stay as they are. [the panel's unit]
        bottom_residuals: Readings minus points of validation forecasts, NaN where missing, shape (V, N, H). [the panel's unit]
        total_residuals: The same of the sum, shape (V, H). [the panel's unit]

    Returns:
        Places, shape (B, N, H), and their sum, shape (B, H). [the panel's unit]

    Raises:
        ShapeError: If the arrays do not fit each other.

    Example:
        Errors of two places and the sum that do not go together, of variance 1, 1 and 2: of a gap of 4, the sum gives half and
        each place a quarter.

        >>> places = np.array([[1, -1, 0, 0], [0, 0, 1, -1]]).T.reshape(4, 2, 1) * 2**0.5
        >>> of_sum = np.array([[1], [1], [-1], [-1]]) * 2**0.5
        >>> mint(np.full((1, 2, 1), 10.0), [[24.0]], places, of_sum)
        (array([[[11.],
                [11.]]]), array([[22.]]))

    References:
        Wickramasuriya, Athanasopoulos & Hyndman (2019), doi:10.1080/01621459.2018.1448825; Schaefer & Strimmer (2005),
        doi:10.2202/1544-6115.1175.
    """
    bottom, bottom_residuals = _matching(bottom, bottom_residuals)
    total, total_residuals = np.asarray(total, dtype=np.float64), np.asarray(total_residuals, dtype=np.float64)
    if total.shape != bottom[:, 0].shape or total_residuals.shape != bottom_residuals[:, 0].shape:
        raise ShapeError(
            "the sums do not fit the places",
            found=f"{total.shape} and {total_residuals.shape}",
            expected=f"{bottom[:, 0].shape} and {bottom_residuals[:, 0].shape}",
        )
    gap = total - bottom.sum(axis=1)  # (B, H)
    errors = np.concatenate([total_residuals[:, None], bottom_residuals], axis=1)
    shares = np.stack([_shares(errors[:, :, window]) for window in _windows(*total_residuals.shape)], axis=1)  # (N, H)
    moved = bottom + np.nan_to_num(gap)[:, None] * shares
    return moved, moved.sum(axis=1)


def _matching(now: npt.ArrayLike, then: npt.ArrayLike) -> tuple[Array, Array]:
    """Return both as arrays with the same places and steps; refuse others."""
    now, then = np.asarray(now, dtype=np.float64), np.asarray(then, dtype=np.float64)
    if now.ndim != 3 or then.ndim != 3 or now.shape[1:] != then.shape[1:] or 0 in then.shape:
        raise ShapeError(
            "forecasts and validation errors do not fit each other",
            found=f"{now.shape} and {then.shape}",
            expected="(B, N, H) and (V, N, H): issue times, places, steps",
        )
    return now, then


def _relative(
    residuals: Array, point: Array, spread: npt.ArrayLike | None, residual_spread: npt.ArrayLike | None
) -> tuple[Array, Array]:
    """Return the errors in spreads of their time, NaN where one is missing, and the spreads of now."""
    if spread is None and residual_spread is None:
        residual_spread = _typical(residuals, point)
        spread = np.broadcast_to(residual_spread, point.shape)
    now, then = np.asarray(spread, dtype=np.float64), np.asarray(residual_spread, dtype=np.float64)
    if now.shape != point.shape or then.shape not in (residuals.shape, (1, *residuals.shape[1:])):
        raise ShapeError(
            "the spreads do not fit the forecasts",
            found=f"{now.shape} of now and {then.shape} of the validation part",
            expected=f"none, or {point.shape} and {residuals.shape}",
        )
    relative = np.where(residuals == 0, 0.0, np.nan)
    np.divide(residuals, then, out=relative, where=then > 0)
    return relative, now


def _windows(issues: int, horizon: int) -> Iterator[slice]:
    """Yield for each lead the leads whose errors count: itself, and neighbours on both sides where issue times are few."""
    reach = min(-(-ENOUGH // issues), MOST_LEADS) // 2
    for lead in range(horizon):
        yield slice(max(lead - reach, 0), lead + reach + 1)


def _mean(values: Array, axis: int | tuple[int, ...]) -> Array:
    """Return the mean of what is not NaN, axes kept; NaN where all are."""
    known = ~np.isnan(values)
    count = known.sum(axis=axis, keepdims=True)
    total = np.where(known, values, 0.0).sum(axis=axis, keepdims=True)
    mean = np.full(total.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _typical(residuals: Array, point: Array) -> Array:
    """Return the mean size of each place's errors, changing with lead as those of all places do, shape (1, N, H)."""
    size = np.abs(residuals)
    of_place, volume = _mean(size, (0, 2)), _mean(np.abs(point), (0, 2))
    seen = np.isfinite(of_place) & (volume > 0)
    usual = of_place[seen].sum() / max(volume[seen].sum(), np.finfo(float).tiny)
    of_place = np.where(np.isnan(of_place), usual * volume, of_place)
    relative = np.divide(size, of_place, out=np.full(size.shape, np.nan), where=of_place > 0)
    of_lead = [_mean(relative[:, :, window], (0, 1, 2)) for window in _windows(*residuals.shape[::2])]
    return of_place * np.nan_to_num(np.concatenate(of_lead, axis=2), nan=1.0)


def _of_sums(relative: Array, spread: Array, levels: Array) -> Array:
    """Return quantiles about their median of sums of errors, relative ones (M, N) times spreads (B, N): shape (B, Q)."""
    present = np.isfinite(relative)
    weight = np.nan_to_num(_mean(spread, 0)[0])
    usable = present.any(axis=1) & (present @ weight >= PRESENT * weight.sum())
    present, relative = present[usable], relative[usable]
    if not len(relative):
        return np.full((len(spread), len(levels)), np.nan)
    part = spread @ present.T  # (B, M)
    sums = spread @ np.where(present, relative, 0.0).T * spread.sum(axis=1, keepdims=True)
    sums = np.divide(sums, part, out=np.zeros(part.shape), where=part != 0)
    at = np.quantile(sums, [0.5, *levels], axis=1, method="weibull").T
    centred: Array = at[:, 1:] - at[:, :1]
    return centred


def _shares(errors: Array) -> Array:
    """Return the part of the gap that each place gets, of errors (V, 1 + N, leads) whose first row is the sum's: shape (N,)."""
    leads = errors.shape[2]
    errors = errors.swapaxes(1, 2).reshape(-1, errors.shape[1])
    scale = np.sqrt(np.nan_to_num(_mean(errors**2, 0)[0]))
    unit = np.divide(errors, scale, out=np.zeros(errors.shape), where=scale > 0)
    correlation = _shrunk(np.nan_to_num(unit), np.isfinite(errors).astype(np.float64), leads)
    gap = np.array([1.0] + [-1.0] * (len(scale) - 1))
    for covariance in (correlation * np.outer(scale, scale), np.diag(scale**2)):
        along = covariance @ gap
        across = gap @ along
        if across > 1e-9 * (scale**2).sum():
            return np.asarray(-along[1:] / across)
    return np.zeros(len(scale) - 1)


def _shrunk(errors: Array, known: Array, leads: int) -> Array:
    """Return correlations of unit errors (M, N), 0 where not known, shrunk towards none; of M rows only M / leads are new."""
    count = np.maximum(known.T @ known, 1)
    mean = errors.T @ errors / count
    variance = (np.square(errors).T @ np.square(errors) / count - mean**2) * leads / np.maximum(count - 1, 1)
    np.fill_diagonal(variance, 0.0)
    others = mean - np.diag(np.diag(mean))
    kept = 1 - min(variance.sum() / max((others**2).sum(), np.finfo(float).tiny), 1.0)
    shrunk: Array = kept * others + np.eye(len(mean))
    return shrunk
