"""A fitted hybrid on disk: one JSON of settings, one file of plain arrays; nothing in them is ever executed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from gridcast.atomic import replacing, replacing_folder
from gridcast.errors import FileError
from gridcast.features.plain import calendar_from_plain
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.forecasters.stored import Arrays, fitted_of, plain_of
from gridcast.networks import backend
from gridcast.networks.engine import Shape, make_engine

FORMAT = 3  # of the files; another one is refused
ABOUT, ARRAYS = "model.json", "model.npz"
NOT_SETTINGS = ("progress", "checkpoint", "calendar")


def save_hybrid(forecaster: HybridForecaster, folder: str | os.PathLike[str]) -> None:
    """Write a fitted hybrid into a new folder, which appears whole or not at all.

    Raises:
        TrainingError: If it is not fitted.
        FileError: If it can't be written.
    """
    with replacing_folder(folder) as staged:
        write_hybrid(forecaster, staged)


def write_hybrid(forecaster: HybridForecaster, folder: Path) -> None:
    """Write a fitted hybrid into a folder that is there."""
    fitted = forecaster._require_fit()
    arrays, about = plain_of(fitted)
    for member, network in enumerate(fitted.networks):
        arrays |= {f"network.{member}.{i:03}": weight for i, weight in enumerate(network.get_weights())}
    with replacing(folder / ARRAYS) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    settings = {each.name: getattr(forecaster, each.name) for each in fields(forecaster) if each.name not in NOT_SETTINGS}
    content = {
        "format": FORMAT,
        "gridcast": version("gridcast"),
        "backend": backend.version(),
        "sha256": hashlib.sha256((folder / ARRAYS).read_bytes()).hexdigest(),
        "settings": settings,
        **about,
    }
    with replacing(folder / ABOUT) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_hybrid(folder: str | os.PathLike[str]) -> HybridForecaster:
    """Return the fitted hybrid that was written into a folder.

    Raises:
        FileError: If the folder holds none, or one of another version, or a damaged one.
    """
    path = Path(folder)
    about = _read_about(path / ABOUT)
    arrays = _read_arrays(path / ARRAYS, str(about.get("sha256", "")))
    try:
        settings: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in about["settings"].items()
        }
        calendar = calendar_from_plain(about["calendar"]) if about["calendar"] is not None else None
        forecaster = HybridForecaster(**settings, calendar=calendar)
        shape = Shape.of(about["shape"])
        networks = tuple(_network(shape, member, arrays) for member in range(about["members"]))
        forecaster.fitted = fitted_of(about, arrays, networks)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _damaged(path / ABOUT, repr(error)) from error
    return forecaster


def _network(shape: Shape, member: int, arrays: Arrays) -> Any:
    """Return a network with its weights."""
    network = make_engine(shape)
    network.set_weights([arrays[name] for name in sorted(arrays) if name.startswith(f"network.{member}.")])
    return network


def _read_about(path: Path) -> dict[str, Any]:
    """Return the settings of a saved hybrid.

    Raises:
        FileError: If there are none, or they are of another version.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = content["format"]
    except FileNotFoundError as error:
        raise FileError(
            f"`{path.parent}` holds no model",
            found=f"no `{path.name}`",
            expected="a folder that `gridcast train` or `gridcast run` wrote",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, str(error)) from error
    if found != FORMAT:
        raise FileError(
            f"`{path}` is of another version",
            found=f"format {found}, written by gridcast {content.get('gridcast', 'unknown')}",
            expected=f"format {FORMAT}, as gridcast {version('gridcast')} writes it",
            hint="train the model again with this version",
        )
    return content


def _read_arrays(path: Path, checksum: str) -> Arrays:
    """Return the arrays of a saved hybrid.

    Raises:
        FileError: If the file is missing, or not what was written.
    """
    try:
        written = path.read_bytes()
        if hashlib.sha256(written).hexdigest() != checksum:
            raise _damaged(path, "other bytes than were written")
        with np.load(io.BytesIO(written), allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, found: str) -> FileError:
    return FileError(f"`{path}` is damaged", found=found, expected="what was written", hint="take a copy, or train again")
