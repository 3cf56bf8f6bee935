"""What a run leaves for later: the network, and what one needs to know of it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.forecast import Forecast
from gridcast.panel import Panel

if TYPE_CHECKING:
    from gridcast.forecasters.hybrid import HybridForecaster

MODEL = "model"  # the folder of the network in that of a run


def save_hybrid(forecaster: HybridForecaster, folder: str | os.PathLike[str]) -> None:
    """Write a fitted hybrid."""
    from gridcast.forecasters.saved import save_hybrid as save  # slow to import

    save(forecaster, folder)


def load_hybrid(folder: str | os.PathLike[str]) -> HybridForecaster:
    """Return the hybrid that was written into a folder.

    Raises:
        FileError: If the folder holds none, or one of another version, or a damaged one.
    """
    from gridcast.forecasters.saved import load_hybrid as load  # slow to import

    return load(folder)


def weather_used(forecaster: HybridForecaster, forecast: Forecast) -> str:
    """Return what weather of the predicted hours a forecast used: `none`, `ex post` or `ex ante`."""
    if not forecaster.fitted.recipe.covariates.names:
        return "none"
    return "ex post" if forecast.is_ex_post else "ex ante"


def record_of(forecaster: HybridForecaster, panel: Panel, *, trained_until: pd.Timestamp, seconds: float) -> dict[str, Any]:
    """Return versions, counts and times."""
    from gridcast.networks import backend

    return {
        **versions(),
        "keras": version("keras"),
        "backend": backend.version(),
        "places": len(panel.locations),
        "readings": int(np.isfinite(panel.measured).sum()),
        "filled": int(panel.filled.sum()),
        "unit": panel.unit,
        "covariates": list(forecaster.fitted.recipe.covariates.names),
        "freq_minutes": panel.freq / pd.Timedelta(minutes=1),
        "first_reading": panel.times[0].isoformat(),
        "trained_until": trained_until.isoformat(),
        "parameters": int(forecaster.fitted.networks[0].count_params()),
        "members": len(forecaster.fitted.networks),
        "epochs_trained": len(forecaster.history["loss"]),
        "seconds": round(seconds, 1),
    }


def versions() -> dict[str, str]:
    """Return what the result was made with."""
    return {"gridcast": version("gridcast"), "python": platform.python_version()}
