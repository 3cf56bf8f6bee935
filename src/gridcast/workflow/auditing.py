"""The audit: whether a forecaster of a run, and all that happens before it, uses what had not arrived."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from gridcast.audit import AuditReport, Pipeline, audit, pipeline_of
from gridcast.clock import DAY, WEEK
from gridcast.config import RunConfig
from gridcast.errors import GridcastWarning, counted
from gridcast.forecast import Forecast, Forecaster
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener, held_out_issue_times, load, prepare, with_covariates, without_wrong
from gridcast.panel import Panel
from gridcast.workflow.making import hybrid_of, usual_hour


def audit_run(
    config: RunConfig, *, issue_times: int = 2, days: int = 120, listener: Listener | None = None
) -> dict[str, AuditReport]:
    """Return for each forecaster of a run whether anything between the loaded panel and the forecast uses what had not arrived.

    The hybrid is trained for one epoch, as a leak does not wait for the second.

    Args:
        config: Settings of the run.
        issue_times: How many of the held-out issue times to audit, spread over the test part; one inside a gap is added.
        days: How many days of history before the test part to use.
        listener: Who is told how it goes.

    Raises:
        GridcastError: As in `run`.
    """
    listener, silent = listener or Listener(), Listener()
    loaded = load(config, listener)
    issued = held_out_issue_times(loaded.panel, config)
    told = without_wrong(loaded.panel, config, issued[0], listener)
    config = config.model_copy(update={"data": config.data.model_copy(update={"flags": "", "bounds": None})})  # done once
    short = replace(loaded, panel=told.between(issued[0] - pd.Timedelta(days=days), None))
    panel = with_covariates(short, config, issued[0], listener)
    chosen = issued[np.unique(np.linspace(0, len(issued) - 1, issue_times).round().astype(int))]
    chosen = chosen.union(_inside_a_gap(panel, issued[0], config.task.gap + config.task.horizon))
    quick = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 1})})
    horizon = config.task.gap + config.task.horizon
    learned = config.weather.method == "learned" or not panel.has_coordinates
    makers: list[Callable[[], Forecaster]] = [
        lambda: SeasonalNaive(DAY, horizon),
        lambda: SeasonalNaive(WEEK, horizon),
        lambda: hybrid_of(quick, silent, panel.locations, issue_hour=usual_hour(panel, issued)),
    ]
    reports = {}
    for make in makers:
        name = make().name
        listener.say(f"audit of {name}: {counted(chosen, 'issue time')}, scrambling what had not arrived by then")

        cut = pipeline_of(make, issued[0])

        def pipeline(whole: Panel, time: pd.Timestamp, told: Pipeline = cut) -> Forecast:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", GridcastWarning)
                if learned and all(whole.dataset[name].identical(panel.dataset[name]) for name in panel.variables):
                    whole = with_covariates(replace(short, panel=whole), config, issued[0], silent)
                return told(prepare(whole, config, issued[0], silent), time)

        reports[name] = audit(pipeline, panel, list(chosen))
    return reports


def _inside_a_gap(panel: Panel, first: pd.Timestamp, horizon: int) -> pd.DatetimeIndex:
    """Return an issue time at which a place has just lost its readings and soon has them again, if there is one."""
    known = ~np.isnan(panel.consumption[: panel.rows - horizon])
    gap_ends = ~known[:-1] & known[1:]
    rows = np.flatnonzero(gap_ends.any(axis=1)) + 1
    times = panel.times[rows]
    return pd.DatetimeIndex(times[times > first][:1])
