"""The verdict of a backtest in words: who is best, by how much, whether that is chance, and whether the map was worth it."""

from __future__ import annotations

import numpy as np

from gridcast.errors import counted
from gridcast.views import style
from gridcast.views.backtested import Backtested

RIVALS = 4  # that the sentence names; the table has all
SIGNIFICANT = 0.05
CHANCE, UNTESTED = ", may be chance)", " (not tested)"
NAMES = {"nmae": "nMAE", "pinball": "pinball loss"}  # that are not in capitals all over
IN_UNIT = ("mae", "rmse", "crps", "pinball")  # of the readings
MAP = ("cnn", "spatial", "map")  # words in the name of a variant without it, the most telling one first


def verdict(backtested: Backtested) -> str:
    """Return the best model with its error, and how it stands against its rivals, each sentence in a measure of its own."""
    best, metric = backtested.best, backtested.metric
    value = float(backtested.overall(metric).get(best, np.nan))
    if not np.isfinite(value):
        return "No model could be scored: no step has both a reading and a forecast"
    places, named = counted(len(backtested.actual.locations), "place"), name_of(metric)
    if len(backtested.models) == 1:
        return f"{best} is off by {_error(backtested, metric, value)} ({named}, {places}); no other model stands beside it"
    tested = _tested(backtested)
    head = f"{best} is the best of {counted(backtested.models, 'model')}, off by {_error(backtested, metric, value)}"
    said = _rivals(backtested, tested)
    if tested == metric or not said:
        return f"{head} ({named}, {places})" + (f": {said}" if said else "")
    second = backtested.models[1]
    following = f"; {second}, the second, by {_error(backtested, metric, float(backtested.overall(metric)[second]))}"
    own = float(backtested.overall(tested).get(best, np.nan))
    measured = f" it is off by {_error(backtested, tested, own)}" if np.isfinite(own) else " its error is"
    return f"{head} ({named}, {places}){following}. In {name_of(tested)}{measured}: {said}"


def name_of(metric: str) -> str:
    """Return what a measure is called."""
    return NAMES.get(metric, metric.upper())


def _error(backtested: Backtested, metric: str, value: float) -> str:
    """Return an error with its unit."""
    unit = f" {backtested.panel.unit}".rstrip() if metric in IN_UNIT else " % of mean load" if metric == "nmae" else " %"
    return f"{style.number(value)}{unit}"


def _tested(backtested: Backtested) -> str:
    """Return the measure in which the best model is compared: MAE where that was tested, else what was, else the leading one."""
    rows = backtested.skill_table
    metrics = list(
        rows.loc[rows["model"] == backtested.best, "metric"].sort_values(key=lambda names: names != "mae", kind="stable")
    )
    return str(metrics[0]) if metrics else backtested.metric


def _rivals(backtested: Backtested, metric: str) -> str:
    """Return how the best model stands against its rivals, the nearest first; empty where nothing is known of them."""
    said = [text for rival in backtested.models[1:] if (text := _against(backtested, rival, metric))]
    if not said:
        return ""
    more = f"; {counted(len(said) - RIVALS, 'more rival')} in the table" if len(said) > RIVALS else ""
    chance = "" if any(part.endswith((CHANCE, UNTESTED)) for part in said) else ", all beyond chance"
    note = "" if all(part.endswith(UNTESTED) for part in said) else f" (in brackets the intervals{chance})"
    return f"{'; '.join(said[:RIVALS])}{more}{note}"


def _against(backtested: Backtested, rival: str, metric: str) -> str:
    """Return how the best model stands against a rival, with interval and significance where these are known."""
    row = _skill(backtested, rival, metric)
    share = 100 * row["skill"] if row else _share(backtested, rival, metric)
    if not np.isfinite(share):
        return ""
    text = f"{abs(share):.1f} % {'less' if share >= 0 else 'more'} than {rival}"
    if not row or not np.isfinite(row["low"]):
        return text + UNTESTED
    interval = f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %".replace("-", "−")
    return f"{text} ({interval}" + (")" if is_sure(row["low"], row["high"], row["p_value"]) else CHANCE)


def _skill(backtested: Backtested, rival: str, metric: str) -> dict[str, float]:
    """Return the skill of the best model against a rival; empty where it was not told."""
    rows = backtested.skill_table
    rows = rows[(rows["model"] == backtested.best) & (rows["reference"] == rival) & (rows["metric"] == metric)]
    return {} if rows.empty else {name: float(rows[name].iloc[0]) for name in ("skill", "low", "high", "p_value")}


def _share(backtested: Backtested, rival: str, metric: str) -> float:
    """Return by how much the best model's error is smaller. [%]"""
    values = backtested.overall(metric)
    own, other = (float(values.get(name, np.nan)) for name in (backtested.best, rival))
    return 100 * (1 - own / other) if other > 0 else np.nan


def is_sure(low: float, high: float, p: float) -> bool:
    """Return whether a difference is beyond chance: nought is outside of its interval, and the test agrees if there is one."""
    return (low > 0 or high < 0) and not p >= SIGNIFICANT


def pays(difference: float, low: float, high: float, p: float) -> str:
    """Return whether a part pays, from how much larger the error is without it.

    Example:
        >>> pays(1.3, 0.5, 2.3, 0.01), pays(0.5, -0.8, 1.9, 0.4), pays(-2.0, -3.0, -1.0, 0.01), pays(0.5, *[np.nan] * 3)
        ('yes', 'may be chance', 'no, it harms', 'not tested')
    """
    if not np.isfinite(low):
        return "not tested"
    return ("yes" if difference > 0 else "no, it harms") if is_sure(low, high, p) else "may be chance"


def map_verdict(backtested: Backtested) -> str:
    """Return whether the map earned its keep; empty where nobody tried without it."""
    known = backtested.parts.dropna(subset="difference_percent").to_dict("records")
    rows = [row for word in MAP for row in known if word in str(row["variant"]).lower()]
    if not rows:
        return ""
    row = rows[0]
    low, high, share = (float(row[name]) for name in ("low", "high", "difference_percent"))
    worth = share > 0 and is_sure(low, high, float(row["p_value"]))
    word = "earned its keep" if worth else "did not earn its keep"
    interval = f" ({low:.1f} to {high:.1f} %)".replace("-", "−") if np.isfinite(low) else ""
    chance = "" if worth or share <= 0 else ", which may be chance" if np.isfinite(low) else UNTESTED
    compared = f"{abs(share):.1f} % {'larger' if share > 0 else 'smaller'}"
    return f"The map {word}: the error of the variant “{row['variant']}” is {compared}{interval}{chance}"
