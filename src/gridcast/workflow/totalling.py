"""The sum of all places in a backtest: from its parts, or reconciled with a forecast of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gridcast.clock import WEEK, steps_in
from gridcast.errors import TrainingError
from gridcast.evaluation import BacktestResult, issue, score_table
from gridcast.evaluation.adapting import adapted
from gridcast.evaluation.issuing import assembled
from gridcast.evaluation.totals import TOTAL, summed_actual, summed_forecast, summed_panel
from gridcast.forecast import Forecast
from gridcast.reconcile import mint
from gridcast.views.backtested import Total
from gridcast.workflow.making import hybrid_of

if TYPE_CHECKING:
    from gridcast.workflow.backtesting import Prepared

HYBRID = "hybrid"

Floats = npt.NDArray[np.float64]


def total_of(prepared: Prepared, result: BacktestResult) -> Total:
    """Return the forecasts of the sum of the scored places, what was measured, and the scores.

    The sum of the hybrid has quantiles, from what the places missed together in the weeks that were held out, corrected over
    time. Those of the others are points.
    """
    columns = [prepared.panel.locations.index(name) for name in prepared.scored]
    panel = prepared.panel.only(prepared.scored)
    actual = summed_actual(result.actual.only(prepared.scored))
    forecasts = {name: summed_forecast(forecast.only(prepared.scored)) for name, forecast in result.forecasts.items()}
    if HYBRID in forecasts and prepared.fitted:
        parts = result.forecasts[HYBRID].only(prepared.scored)
        fitted = prepared.fitted[0].fitted
        why = _no_errors(prepared, fitted)
        if why:
            prepared.listener.say(f"the sum of all places has no quantiles, and is added up from its parts: {why}")
        residuals = None if why else fitted.residuals[:, columns]
        if prepared.config.backtest.total == "mint" and residuals is not None:
            parts = _reconciled(prepared, result, parts, (fitted.judged, residuals))
        forecasts[HYBRID] = adapted(summed_forecast(parts, residuals), actual, panel)
    whole = summed_panel(panel)
    scores = score_table(forecasts, actual, panel=whole, gap=prepared.plan.gap, places=[TOTAL])
    return Total(scores, forecasts, actual)


def _no_errors(prepared: Prepared, fitted: Any) -> str:
    """Return why there are no errors that all places made together; empty where there are."""
    if fitted.placing.locations != prepared.panel.locations:
        return "no network knows all places"
    return "nothing was held out" if fitted.residuals is None else ""


def _reconciled(prepared: Prepared, result: BacktestResult, parts: Forecast, errors: tuple[Any, Any]) -> Forecast:
    """Return the forecasts of the parts, reconciled by MinT with those of a hybrid that was trained on the sum.

    Where that can't be they stay as they are, and it is said: the long work before is not lost for it.

    Args:
        prepared: The backtest.
        result: When forecasts are issued, and in which rounds.
        parts: Of the scored places.
        errors: When their validation forecasts were issued, and what they missed, shape (V, location, step).
    """
    prepared.listener.say("the sum of all places is forecast by itself too, for MinT")
    try:
        own, fitted = _own(prepared, result)
        at_parts, at_sum = _in_common(errors[0], fitted)
        bottom, _ = mint(parts.values.values.astype(np.float64), own, errors[1][at_parts], fitted.residuals[at_sum, 0])
    except Exception as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        prepared.listener.say(f"the sum of all places is added up from its parts, without MinT: {why}")
        return parts
    return Forecast(parts.values.copy(data=bottom), parts.quantiles, parts.quality)


def _own(prepared: Prepared, result: BacktestResult) -> tuple[Floats, Any]:
    """Return forecasts of the sum by itself, shape (issue_time, step), and what made the first of them.

    Issue times and rounds are those of the places, even where the sum's readings end before theirs; where the sum had no reading
    for a week there is no forecast of it, NaN.
    """
    whole, issued = summed_panel(prepared.panel.only(prepared.scored)), result.actual.issue_times
    parts: list[tuple[Forecast, tuple[str, ...]]] = []
    fitted: list[Any] = []
    for each in result.plan.rounds(prepared.panel):
        forecaster = hybrid_of(prepared.config, prepared.listener, (TOTAL,), issue_hour=prepared.issue_hour, spatial="none")
        forecaster.fit(summed_panel(each.train.only(prepared.scored)))
        parts.append((issue(forecaster, whole, each.issue_times), ()))
        fitted.append(forecaster.fitted)
    made = assembled(parts, panel=whole, issue_times=issued)
    made = adapted(made, summed_actual(result.actual.only(prepared.scored)), whole)  # as the parts are
    points = made.values.values[:, 0].astype(np.float64)
    week = steps_in(WEEK, whole.freq)
    known = [np.isfinite(whole.consumption[max(0, row - week) : row]).any() for row in whole.times.searchsorted(issued)]
    return np.where(np.array(known)[:, None], points, np.nan), fitted[0]


def _in_common(judged: Any, fitted: Any) -> tuple[Any, Any]:
    """Return where the validation forecasts that were held out for both stand among those of the parts, and of the sum.

    Raises:
        TrainingError: If there are none.
    """
    if judged is None or fitted.judged is None or fitted.residuals is None:
        raise TrainingError("nothing was held out")
    _, at_parts, at_sum = np.intersect1d(judged, fitted.judged, return_indices=True)
    if not len(at_parts):
        raise TrainingError("no issue time was held out for both")
    return at_parts, at_sum
