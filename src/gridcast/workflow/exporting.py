"""Exporting: the network of a run as one ONNX file, with all that a forecast needs, for service without TensorFlow."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.atomic import replacing
from gridcast.errors import FileError, TrainingError
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.workflow.opening import Opened, open_run

if TYPE_CHECKING:
    from gridcast.forecasters.exported import OnnxForecaster
    from gridcast.forecasters.hybrid import HybridForecaster

FILE = "model.onnx"  # in a run folder, or another one
TOLERANCE = 1e-4  # between the graph and Keras. [spreads of a place]
TRIED = 4  # issue times at which both are asked


@dataclass(frozen=True)
class ExportResult:
    """What an export came to.

    Attributes:
        path: The file.
        difference: The largest one between its quantiles and those of Keras. [spreads of a place]
        issue_times: Number of issue times at which they were compared.
    """

    path: Path
    difference: float
    issue_times: int


def export(
    run: str | os.PathLike[str],
    *,
    onnx: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    listener: Listener | None = None,
) -> ExportResult:
    """Write the network of a run as ONNX, and compare it with Keras on the newest readings before it appears.

    Args:
        run: Folder of `gridcast train` or `gridcast run`.
        onnx: File that ends in `.onnx`, or a folder, which gets `model.onnx`; by default the run folder.
        overwrite: Whether a file there may be replaced.
        listener: Who is told how it goes.

    Raises:
        ConfigError: If tf2onnx or ONNX Runtime are not installed.
        FileError: If there is no model, or a file is there already.
        TrainingError: If the graph does not say what Keras says.
    """
    listener = listener or Listener()
    target = _target(run, onnx, overwrite=overwrite)
    opened = open_run(run, listener=listener)
    from gridcast.forecasters.exported import load_onnx, packed  # slow to import; what is wrong with the run is told before
    from gridcast.forecasters.stored import plain_of
    from gridcast.networks.onnx import onnx_graph

    fitted = opened.forecaster.fitted
    model = onnx_graph(fitted.networks)
    arrays, about = plain_of(fitted)
    arrays = {name: array for name, array in arrays.items() if name not in ("residuals", "judged")}
    for key, text in packed({**about, "card": _card(Path(run), opened)}, arrays).items():
        model.metadata_props.add(key=key, value=text)
    with replacing(target) as temporary:
        temporary.write_bytes(model.SerializeToString())
        moments = _moments(opened)
        difference = largest_difference(opened.forecaster, load_onnx(temporary), opened.panel, moments)
        if not difference < TOLERANCE:
            found, expected = f"a difference of {difference:.2g} spreads", f"less than {TOLERANCE:g}"
            raise TrainingError("the exported network is another one", found=found, expected=expected)
    listener.say(f"at {len(moments)} issue times it says what Keras says, to {difference:.1g} spreads")
    return ExportResult(target, difference, len(moments))


def largest_difference(
    forecaster: HybridForecaster, exported: OnnxForecaster, panel: Panel, issue_times: pd.DatetimeIndex
) -> float:
    """Return the largest difference between the quantiles of a hybrid and of its export. [spreads of a place]"""
    found = []
    for moment in issue_times:
        known = panel.as_of(moment).recent(forecaster.reach)
        one, other = (each.predict(known, pd.DatetimeIndex([moment])).quantiles for each in (forecaster, exported))
        assert one is not None
        assert other is not None
        spread = forecaster.fitted.placed(known).samples.recipe.scaler.scale[None, :, None, None]
        found.append(float(np.nanmax(np.abs(one.values - other.values) / spread)))
    return max(found)


def places_of(panel: Panel) -> dict[str, dict[str, Any]]:
    """Return what is known of each place: its coordinates and static columns, as plain values, nothing where they are missing."""
    columns = {str(name): coord.values for name, coord in panel.dataset.coords.items() if coord.dims == ("location",)}
    del columns["location"]
    places = {name: {key: values[i] for key, values in columns.items()} for i, name in enumerate(panel.locations)}
    return {name: {key: _plain(value) for key, value in told.items() if not pd.isna(value)} for name, told in places.items()}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _card(run: Path, opened: Opened) -> dict[str, Any]:
    """Return what a model says of itself, and what its readings are read with."""
    config, panel = opened.config, opened.panel
    scores = run / "metrics.json"
    return {
        "places": places_of(panel),
        "timezone": str(panel.dataset.attrs.get("timezone", "UTC")),
        "gap": config.task.gap,
        "issue_hour": opened.forecaster.issue_hour,
        "features": list(config.weather.features),
        "variables": sorted({name for name in panel.variables if name in opened.forecaster.fitted.recipe.main}),
        "run": json.loads((run / "run.json").read_text(encoding="utf-8")),
        "scores": json.loads(scores.read_text(encoding="utf-8")) if scores.is_file() else None,
    }


def _moments(opened: Opened) -> pd.DatetimeIndex:
    """Return the newest issue times, a day apart, the end of the readings among them."""
    panel = opened.panel
    first = panel.times[0] + opened.forecaster.reach
    days = pd.date_range(end=panel.end, periods=TRIED, freq="D")
    return days[(days >= first) | (days == panel.end)]


def _target(run: str | os.PathLike[str], onnx: str | os.PathLike[str] | None, *, overwrite: bool) -> Path:
    """Return the file to write."""
    path = Path(run if onnx is None else onnx)
    path = path if path.suffix == ".onnx" else path / FILE
    if path.exists() and not overwrite:
        raise FileError(f"`{path}` would be replaced", found="a file", expected="a new name", hint="add `--overwrite`")
    return path
