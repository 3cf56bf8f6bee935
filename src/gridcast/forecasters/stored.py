"""A fitted hybrid as plain values and arrays, and back: what both a saved and an exported model hold beside the network."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.calibration import Calibration
from gridcast.covariates import Covariates
from gridcast.features.plain import calendar_from_plain, calendar_to_plain
from gridcast.forecasters.fitted import Fitted
from gridcast.forecasters.placing import Placing
from gridcast.layout import Grid
from gridcast.samples.lags import Lags
from gridcast.samples.recipe import Recipe
from gridcast.scaling import Scaler

Arrays = dict[str, npt.NDArray[np.generic]]


def plain_of(fitted: Fitted) -> tuple[Arrays, dict[str, Any]]:
    """Return what a fitted hybrid consists of beside the weights of its networks: arrays, and plain values."""
    recipe, placing, grid = fitted.recipe, fitted.placing, fitted.placing.grid
    arrays: Arrays = {"scaler.centre": recipe.scaler.centre, "scaler.scale": recipe.scaler.scale}
    arrays |= {"placing.centre": placing.centre, "placing.spread": placing.spread}
    arrays |= {f"grid.{name}": getattr(grid, name) for name in ("cells", "y", "x", "y_edges", "x_edges", "homes")}
    if fitted.calibration is not None:
        arrays |= {f"calibration.{name}": value for name, value in fitted.calibration.arrays().items()}
    if fitted.residuals is not None:
        arrays["residuals"] = fitted.residuals
    if fitted.judged is not None:
        arrays["judged"] = fitted.judged.astype("datetime64[ns]").astype(np.int64)
    covariates = recipe.covariates
    about = {
        "unit": fitted.unit,
        "freq_ns": recipe.freq.value,
        "locations": list(placing.locations),
        "attributes": list(placing.names),
        "covariates": {"names": covariates.names, "centre": covariates.centre, "scale": covariates.scale},
        "calendar": None if recipe.calendar is None else calendar_to_plain(recipe.calendar),
        "lags": asdict(recipe.lags),
        "patch": recipe.patch,
        "delay": recipe.delay,
        "past": recipe.past,
        "grid": {"rows": grid.rows, "columns": grid.columns, "on_earth": grid.on_earth},
        "shape": fitted.networks[0].shape_of.as_dict(),
        "members": len(fitted.networks),
    }
    return arrays, about


def fitted_of(about: dict[str, Any], arrays: Arrays, networks: tuple[Any, ...]) -> Fitted:
    """Return the fitted hybrid of its parts."""
    locations = tuple(about["locations"])
    freq = pd.Timedelta(about["freq_ns"], unit="ns")
    scaler = Scaler(_floats(arrays["scaler.centre"]), _floats(arrays["scaler.scale"]), locations)
    covariates = Covariates(None, *(tuple(about["covariates"][name]) for name in ("names", "centre", "scale")))
    calendar = calendar_from_plain(about["calendar"]) if about["calendar"] is not None else None
    recipe = Recipe(scaler, covariates, calendar, Lags(**about["lags"]), about["patch"], about["delay"], freq, about["past"])
    parts = {name: arrays[f"grid.{name}"] for name in ("cells", "y", "x", "y_edges", "x_edges", "homes")}
    grid = Grid(**about["grid"], **parts)  # type: ignore[arg-type]
    placing = Placing(
        locations, grid, tuple(about["attributes"]), _floats(arrays["placing.centre"]), _floats(arrays["placing.spread"])
    )
    kept = {name.removeprefix("calibration."): value for name, value in arrays.items() if name.startswith("calibration.")}
    calibration = Calibration.from_arrays(kept) if kept else None
    residuals = np.asarray(arrays["residuals"], dtype=np.float32) if "residuals" in arrays else None
    judged = arrays["judged"].astype("datetime64[ns]") if "judged" in arrays else None
    return Fitted(recipe, placing, networks, about["unit"], calibration, residuals, judged)


def _floats(array: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    return np.asarray(array, dtype=np.float64)
