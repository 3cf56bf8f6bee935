"""Training for operation: a hybrid that has learned from all readings there are, and what it needs to forecast later."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast.config import RunConfig, to_toml
from gridcast.errors import FileError, listed
from gridcast.loading import Listener, load, prepare, with_covariates
from gridcast.store import require_free, run_folder, write_csv, write_json
from gridcast.workflow.fingerprints import fingerprints
from gridcast.workflow.making import hour_asked, hybrid_of, settings_of
from gridcast.workflow.record import MODEL, record_of, save_hybrid


@dataclass(frozen=True)
class TrainResult:
    """What a training came to.

    Attributes:
        folder: The run folder, from which forecasts are made.
        record: Versions, counts and times, as in `run.json`.
        history: Loss and loss on what was held out, one row an epoch.
    """

    folder: Path
    record: dict[str, Any]
    history: pd.DataFrame


def train(
    config: RunConfig | str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    overwrite: bool = False,
    resume: bool = False,
    listener: Listener | None = None,
) -> TrainResult:
    """Train on all readings of a configuration, and write what a forecast needs.

    The folder gets `model/` (the network), `history.csv`, `config.toml` and `run.json`. While training goes on, a checkpoint stands
    beside it, from which an interrupted training can go on.

    Args:
        config: Settings, or the TOML file that holds them; by default the synthetic world.
        out: The run folder.
        overwrite: Whether an earlier one there may be replaced, and the checkpoint of an interrupted training.
        resume: Whether to go on from that checkpoint.
        listener: Who is told how it goes.

    Raises:
        GridcastError: Of the kind that fits; no folder is left behind.
    """
    config, listener = settings_of(config), listener or Listener()
    require_free(out, overwrite=overwrite, kind="model")
    started, checkpoint = time.monotonic(), _checkpoint(out)
    if not (resume or overwrite):
        _require_no(checkpoint)
    loaded = load(config, listener)
    until, prints = loaded.panel.end, fingerprints(config, loaded.panel)
    panel = prepare(with_covariates(loaded, config, until, listener), config, until, listener)
    forecaster = hybrid_of(config, listener, panel.locations, issue_hour=hour_asked(config, panel), checkpoint=checkpoint)
    known = panel.as_of(until)
    listener.say(f"training on {known.describe()}; an interrupted training goes on with `--resume`")
    if not resume:
        remove_checkpoint(checkpoint)
    forecaster.fit(known)
    record = {**record_of(forecaster, panel, trained_until=until, seconds=time.monotonic() - started), "data": prints}
    history = pd.DataFrame(forecaster.history)
    history = history.assign(epoch=history.index + 1)
    with run_folder(out, overwrite=overwrite, kind="model") as folder:
        save_hybrid(forecaster, folder / MODEL)
        write_csv(history, folder / "history.csv")
        write_json(record, folder / "run.json")
        (folder / "config.toml").write_text(to_toml(config), encoding="utf-8")
    remove_checkpoint(checkpoint)
    return TrainResult(Path(out), record, history)


def _checkpoint(out: str | os.PathLike[str]) -> Path:
    """Return where the checkpoint stands: beside the run folder."""
    path = Path(out).absolute()
    return path.with_name(f"{path.name}.checkpoint.npz")


def _require_no(checkpoint: Path) -> None:
    """Refuse to begin anew where an interrupted training could go on.

    Raises:
        FileError: If there is a checkpoint.
    """
    kept = _kept(checkpoint)
    if kept:
        raise FileError(
            "an interrupted training left a checkpoint",
            found=listed(path.name for path in kept),
            expected="none beside the folder of a new training",
            hint="go on from it with `--resume`, or begin anew with `--overwrite`",
        )


def remove_checkpoint(checkpoint: Path) -> None:
    """Remove the checkpoints of all members."""
    for path in _kept(checkpoint):
        path.unlink(missing_ok=True)


def _kept(checkpoint: Path) -> list[Path]:
    """Return the checkpoints that there are, of as many members as there once were: the first has no number."""
    own = re.compile(rf"{re.escape(checkpoint.stem)}(-\d+)?{re.escape(checkpoint.suffix)}")
    there = checkpoint.parent.iterdir() if checkpoint.parent.is_dir() else ()
    return sorted(path for path in there if own.fullmatch(path.name))
