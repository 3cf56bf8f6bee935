"""An exported hybrid: one ONNX file that holds all that a forecast needs, and is asked without a deep-learning framework."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import ConfigError, FileError
from gridcast.forecast import Forecast
from gridcast.forecasters.fitted import Fitted, Told, forecast_of, told_of
from gridcast.forecasters.stored import Arrays, fitted_of
from gridcast.panel import Panel
from gridcast.samples.placed import Placed
from gridcast.samples.samples import Rows

FORMAT = 1  # of what goes with the graph; another one is refused
ABOUT, ARRAYS = "gridcast", "gridcast.npz"  # keys of the graph's metadata
DIGITS = 12  # of the checksum by which a file is told from others
ASKED = 1024  # places times issue times that are asked at once

Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class OnnxForecaster:
    """A hybrid that was exported.

    Attributes:
        fitted: Its recipe, places and calibration; no networks.
        levels: Of the quantiles, ascending, with the median.
        session: What runs the graph.
        card: What was said at the export: `places` by name, `run` and more, see `gridcast.workflow.exporting`.
        version: First digits of the SHA-256 of its file, which tell it from others.
    """

    fitted: Fitted
    levels: tuple[float, ...]
    session: Any
    card: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    name = "hybrid"
    batched = True  # a forecast uses nothing from its issue row on

    @property
    def horizon(self) -> int:
        """Steps to forecast."""
        return self.fitted.recipe.horizon

    @property
    def gap(self) -> int:
        """Steps after the issue time that are not wanted."""
        return int(self.card.get("gap", 0))

    @property
    def reach(self) -> pd.Timedelta:
        """What samples look back, and a day for what lags behind it."""
        return self.fitted.reach

    def predict(self, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
        """Return the forecasts of all the panel's places, as the hybrid that was exported would.

        Raises:
            PanelError: If the panel has another step or unit, or lacks what the network was trained with.
        """
        return forecast_of(self.fitted, panel, issue_times, levels=self.levels, ask=self.ask)

    def tell(self, panel: Panel) -> Told:
        """Return what `predict` does at the issue time of a panel that was cut there, as plain arrays.

        Raises:
            PanelError: As `predict`.
        """
        assert panel.issue_time is not None
        issued = pd.DatetimeIndex([panel.issue_time])
        self.fitted.require_fit(panel, issued)
        return told_of(self.fitted, panel, issued, ask=self.ask)

    def ask(self, placed: Placed, issued: Rows) -> Float:
        """Return the quantiles at issue rows, shape (B, H, N, Q). [scaled]"""
        size = max(1, ASKED // len(placed.number))
        parts = [self._answer(placed, issued[start : start + size]) for start in range(0, len(issued), size)]
        return np.concatenate(parts)

    def _answer(self, placed: Placed, issued: Rows) -> Float:
        inputs = placed.inputs(issued)
        wanted = {each.name: inputs[each.name] for each in self.session.get_inputs()}
        answer: Float = self.session.run(None, wanted)[0]
        return answer + np.asarray(inputs["level"], dtype=np.float32)[:, None, :, None]


def packed(about: Mapping[str, Any], arrays: Arrays) -> dict[str, str]:
    """Return what goes with a graph as texts, for its metadata."""
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **arrays)
    content = {"format": FORMAT, "gridcast": version("gridcast"), **about}
    return {ABOUT: json.dumps(content, ensure_ascii=False), ARRAYS: base64.b64encode(written.getvalue()).decode("ascii")}


def load_onnx(path: str | os.PathLike[str], *, threads: int = 1) -> OnnxForecaster:
    """Return the hybrid that `gridcast export` wrote into a file; nothing in it is ever executed but the graph.

    Args:
        path: The file.
        threads: That work on one forecast.

    Raises:
        ConfigError: If ONNX Runtime is not installed.
        FileError: If there is no such file, or it is damaged, or of another version.
    """
    try:
        graph = Path(path).read_bytes()
    except OSError as error:
        hint = "gridcast export RUN"
        raise FileError(f"there is no exported model `{path}`", found=error.strerror or "", hint=hint) from error
    session = _session(graph, Path(path), threads)
    try:
        told = session.get_modelmeta().custom_metadata_map
        about = json.loads(told[ABOUT])
        _require_format(about, Path(path))
        with np.load(io.BytesIO(base64.b64decode(told[ARRAYS])), allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        fitted = fitted_of(about, arrays, ())
        return OnnxForecaster(
            fitted, tuple(about["shape"]["levels"]), session, about["card"], hashlib.sha256(graph).hexdigest()[:12]
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, binascii.Error, zipfile.BadZipFile) as error:
        raise _damaged(Path(path), repr(error)) from error


def _session(graph: bytes, path: Path, threads: int) -> Any:
    """Return what runs a graph."""
    try:
        import onnxruntime
    except ImportError as error:
        hint = "pip install 'gridcast[serve]'"
        raise ConfigError("ONNX Runtime is not installed", found=str(error), expected="the extra `serve`", hint=hint) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a class of its own for each reason, and no common one
        raise _damaged(path, str(error).splitlines()[0][:200]) from error


def _require_format(about: Mapping[str, Any], path: Path) -> None:
    if about["format"] != FORMAT:
        raise FileError(
            f"`{path}` is of another version",
            found=f"format {about['format']}, written by gridcast {about.get('gridcast', 'unknown')}",
            expected=f"format {FORMAT}, as gridcast {version('gridcast')} writes it",
            hint="export the model again with this version",
        )


def _damaged(path: Path, found: str) -> FileError:
    hint = "gridcast export RUN"
    return FileError(f"`{path}` is no exported model, or damaged", found=found, expected="what was written", hint=hint)
