"""The sum of all places in a backtest: from its parts, or reconciled with a forecast of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridcast.evaluation import BacktestResult, backtest, score_table
from gridcast.evaluation.totals import TOTAL, adapted, summed_actual, summed_forecast, summed_panel
from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.reconcile import mint
from gridcast.views.backtested import Total
from gridcast.workflow.making import hybrid_of

if TYPE_CHECKING:
    from gridcast.workflow.backtesting import Prepared

HYBRID = "hybrid"


def total_of(prepared: Prepared, result: BacktestResult) -> Total:
    """Return the forecasts of the sum of the scored places, what was measured, and the scores.

    The sum of the hybrid has quantiles, from what the places missed together in the weeks that were held out, corrected over
    time. Those of the others are points.
    """
    columns = [prepared.panel.locations.index(name) for name in prepared.scored]
    panel = prepared.panel.only(prepared.scored)
    actual = summed_actual(result.actual.only(prepared.scored))
    forecasts = {name: summed_forecast(forecast.only(prepared.scored)) for name, forecast in result.forecasts.items()}
    fitted = prepared.fitted[0].fitted if prepared.fitted else None
    if HYBRID in forecasts and fitted is not None and fitted.residuals is not None:
        residuals = fitted.residuals[:, columns] if len(fitted.placing.locations) == len(prepared.panel.locations) else None
        parts = result.forecasts[HYBRID].only(prepared.scored)
        if prepared.config.backtest.total == "mint" and residuals is not None:
            parts = _reconciled(prepared, panel, parts, residuals, fitted.judged)
        forecasts[HYBRID] = adapted(summed_forecast(parts, residuals), actual, panel)
    whole = summed_panel(panel)
    scores = score_table(forecasts, actual, panel=whole, gap=prepared.plan.gap, places=[TOTAL])
    return Total(scores, forecasts, actual)


def _reconciled(prepared: Prepared, panel: Panel, parts: Forecast, residuals: Any, judged: Any) -> Forecast:
    """Return the forecasts of the parts, reconciled by MinT with those of a hybrid that was trained on the sum."""
    kept: list[Any] = []

    def make() -> Any:
        kept.append(hybrid_of(prepared.config, prepared.listener, (TOTAL,), issue_hour=prepared.issue_hour, spatial=False))
        return kept[-1]

    prepared.listener.say("the sum of all places is forecast by itself too, for MinT")
    own = backtest(summed_panel(panel), {TOTAL: make}, prepared.plan).forecasts[TOTAL]
    errors = kept[0].fitted
    _, at_parts, at_sum = np.intersect1d(judged, errors.judged, return_indices=True)  # what was held out for both
    bottom, _ = mint(
        parts.values.values.astype(np.float64),
        own.values.values[:, 0].astype(np.float64),
        residuals[at_parts],
        errors.residuals[at_sum, 0],
    )
    return Forecast(parts.values.copy(data=bottom), parts.quantiles, parts.quality)
