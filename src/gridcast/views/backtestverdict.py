"""The verdict of a backtest in words: who is best, by how much, whether that is chance, and whether the map was worth it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridcast.errors import counted
from gridcast.views import style
from gridcast.views.backtested import Backtested

RIVALS = 4  # that the sentence names; the table has all
SIGNIFICANT = 0.05
CHANCE, UNTESTED = ", may be chance)", " (not tested)"
NAMES = {"nmae": "nMAE"}  # that are not in capitals all over
MAP = ("cnn", "spatial", "map")  # words in the name of a variant without it, the most telling one first


def verdict(backtested: Backtested) -> str:
    """Return one sentence: the best model, its error, and how it stands against each of its rivals."""
    best, value = backtested.best, backtested.overall(backtested.metric).get(backtested.best, np.nan)
    if not np.isfinite(value):
        return "No model could be scored: no step has both a reading and a forecast"
    places = counted(len(backtested.actual.locations), "place")
    unit = (
        f" {backtested.panel.unit}".rstrip()
        if backtested.metric == "mae"
        else " % of mean load"
        if backtested.metric == "nmae"
        else " %"
    )
    error = f"{style.number(float(value))}{unit} ({NAMES.get(backtested.metric, backtested.metric.upper())}, {places})"
    if len(backtested.models) == 1:
        return f"{best} is off by {error}; no other model stands beside it"
    said = [_against(backtested, rival) for rival in backtested.models[1:] if np.isfinite(_share(backtested, rival))]
    more = f"; {counted(len(said) - RIVALS, 'more rival')} in the table" if len(said) > RIVALS else ""
    chance = "" if any(part.endswith((CHANCE, UNTESTED)) for part in said) else ", all beyond chance"
    head = f"{best} is the best of {counted(backtested.models, 'model')}, off by {error}"
    note = "" if all(part.endswith(UNTESTED) for part in said) else f" (in brackets the intervals{chance})"
    return f"{head}: {'; '.join(said[:RIVALS])}{more}{note}" if said else head


def _against(backtested: Backtested, rival: str) -> str:
    """Return how the best model stands against a rival, with interval and significance where these are known."""
    row = _skill(backtested, rival)
    share = 100 * float(row["skill"]) if row else _share(backtested, rival)
    error = str(row["metric"]) if row else backtested.metric
    text = f"{abs(share):.1f} % {'smaller' if share >= 0 else 'larger'} {NAMES.get(error, error.upper())} than {rival}"
    if not row or not np.isfinite(row["low"]):
        return text + UNTESTED
    interval = f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %".replace("-", "−")
    return f"{text} ({interval}" + (")" if _sure(row["low"], row["high"], row["p_value"]) else CHANCE)


def _skill(backtested: Backtested, rival: str) -> dict[str, Any] | None:
    """Return the skill of the best model against a rival, in MAE if that is there."""
    rows = backtested.skill_table
    rows = rows[(rows["model"] == backtested.best) & (rows["reference"] == rival)]
    rows = rows.sort_values("metric", key=lambda names: names != "mae", kind="stable")
    if rows.empty:
        return None
    return {"metric": rows["metric"].iloc[0], **{name: float(rows[name].iloc[0]) for name in ("skill", "low", "high", "p_value")}}


def _share(backtested: Backtested, rival: str) -> float:
    """Return by how much the best model's error is smaller. [%]"""
    values = backtested.overall(backtested.metric)
    other = float(values.get(rival, np.nan))
    return 100 * (1 - float(values[backtested.best]) / other) if other > 0 else np.nan


def _sure(low: float, high: float, p: float) -> bool:
    """Return whether a difference is beyond chance: nought is outside of its interval, and the test agrees if there is one."""
    return (low > 0 or high < 0) and not p >= SIGNIFICANT


def map_verdict(backtested: Backtested) -> str:
    """Return whether the map earned its keep; empty where nobody tried without it."""
    known = backtested.parts.dropna(subset="difference_percent").to_dict("records")
    rows = [row for word in MAP for row in known if word in str(row["variant"]).lower()]
    if not rows:
        return ""
    row = rows[0]
    low, high, share = (float(row[name]) for name in ("low", "high", "difference_percent"))
    worth = share > 0 and _sure(low, high, float(row["p_value"]))
    word = "earned its keep" if worth else "did not earn its keep"
    interval = f" ({low:.1f} to {high:.1f} %)".replace("-", "−") if np.isfinite(low) else ""
    chance = "" if worth or share <= 0 else ", which may be chance" if np.isfinite(low) else UNTESTED
    compared = f"{abs(share):.1f} % {'larger' if share > 0 else 'smaller'}"
    return f"The map {word}: the error of the variant “{row['variant']}” is {compared}{interval}{chance}"
