"""Several runs side by side: their scores in one table, and whether they can be compared at all."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from gridcast.app.scored import HYBRID, Scored, heading
from gridcast.errors import listed
from gridcast.views.backtested import WEATHER

METRICS = ("rmse", "mae", "nmae", "mape", "crps", "coverage80")


def comparison(runs: Sequence[Scored]) -> pd.DataFrame:
    """Return a row a run: what was forecast, and the scores of its network, or of its best model where it has none."""
    return pd.DataFrame([_row(each) for each in runs]).set_index("run")


def differences(runs: Sequence[Scored]) -> str:
    """Return in words in what the runs differ that makes their scores hard to compare; empty where in nothing."""
    told: dict[str, list[Hashable]] = {
        "places": [frozenset(each.names) for each in runs],
        "periods": [_period(each) for each in runs],
        "horizons": [each.facts.get("horizon") for each in runs],
        "units": [each.unit for each in runs],
        "weather known at the issue time": [each.backtested.mark for each in runs],
    }
    different = [name for name, values in told.items() if len(set(values)) > 1]
    return "" if not different else f"These runs differ in {listed(different).replace('`', '')}: compare their scores with care."


def _row(scored: Scored) -> dict[str, object]:
    backtested = scored.backtested
    model = HYBRID if HYBRID in backtested.models else backtested.best
    scores = {heading(name, scored.unit): float(backtested.overall(name).get(model, np.nan)) for name in METRICS}
    return {
        "run": scored.path.name,
        "model": model,
        "places": len(scored.names),
        "horizon": str(scored.facts.get("horizon", "")),
        **scores,
        "best model": backtested.best,
        "period": _period(scored),
        "weather": WEATHER[backtested.weather].partition(":")[0] if backtested.weather != "none" else "none",
    }


def _period(scored: Scored) -> str:
    first, last = (str(scored.facts.get(f"{end}_issue_time") or "")[:10] for end in ("first", "last"))
    return " to ".join(filter(None, (first, last or str(scored.facts.get("test_until") or "")[:10])))
