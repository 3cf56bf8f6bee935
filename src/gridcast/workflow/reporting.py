"""The report of a folder: of a backtest, a run, or a training with its forecasts, as one page that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridcast.atomic import replacing
from gridcast.clock import utc
from gridcast.config import RunConfig, make_config, read_config
from gridcast.errors import ConfigError, FileError, counted, listed
from gridcast.evaluation.longtable import Read
from gridcast.forecast import Forecast, actual_values
from gridcast.loading import Listener
from gridcast.store import ABLATION_MARKS, BACKTEST_MARKS, EXPLANATION_MARKS, MARKS, MODEL_MARKS, SEARCH_MARKS
from gridcast.views.background import Background
from gridcast.views.backtestpage import backtest_page
from gridcast.views.trainedpage import Trained, trained_page
from gridcast.workflow.stored import (
    HYBRID,
    forecast_tables_of,
    read_forecasts,
    read_json,
    reading,
    scored,
    stored_backtest,
    stored_predictions,
)
from gridcast.workflow.surroundings import Sources, ablation_beside, asked_of, background_of, left_out, read_again

KINDS = {"backtest": BACKTEST_MARKS, "run": (*MARKS, "run.json"), "training": MODEL_MARKS}  # the first whose files are there
OTHERS = {"ablation": ABLATION_MARKS, "search": SEARCH_MARKS, "explanation": EXPLANATION_MARKS}
TABLES = (".csv", ".csv.gz", ".parquet")
OWN = ("history.csv", "predictions.csv", "scores.csv")  # tables of a run that are no forecasts of `gridcast forecast`
CLOSE = 1e-3  # as a share: readings that differ by less are the same
DEFAULT = "report.html"


def report(
    run: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    forecasts: Sequence[str | os.PathLike[str]] = (),
    ablation: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    listener: Listener | None = None,
) -> Path:
    """Write the report of a folder: one HTML file that needs nothing else, and return where it is.

    The data are read again from the sources of the folder's configuration. Where these are gone, the report is made without what
    needs them, and says so.

    Args:
        run: Folder of `gridcast backtest`, `gridcast run` or `gridcast train`.
        out: The file; by default `report.html` in the folder.
        forecasts: Tables of `gridcast forecast`, for a training; by default those that stand in its folder.
        ablation: Folder of `gridcast ablate`; by default one of the same data and task in the folder or beside it.
        overwrite: Whether a file there may be replaced.
        listener: Who is told how it goes.

    Raises:
        GridcastError: If the folder is none of these, a file of it is missing or damaged, or the report can't be written; nothing
            half-written is left.
    """
    listener, folder = listener or Listener(), Path(run)
    kind = kind_of(folder)
    target = _target(folder, out, overwrite=overwrite)
    if forecasts and kind != "training":
        raise ConfigError(
            f"the forecasts of a {kind} are in its folder", found=listed(map(str, forecasts)), expected="none beside it"
        )
    config = make_config(read_config(folder / "config.toml"), source=f"`{folder / 'config.toml'}`")
    if kind == "backtest":
        page = _of_backtest(folder, config, ablation, listener)
    else:
        page = _of_run(folder, config, [Path(each) for each in forecasts], ablation, listener)
    with replacing(target) as temporary:
        Path(temporary).write_text(page, encoding="utf-8")
    listener.say(f"`{target}` has {target.stat().st_size / 2**20:.1f} MiB")
    return target


def kind_of(folder: Path) -> str:
    """Return what a folder is: `backtest`, `run` or `training`.

    Raises:
        FileError: If it is none of these.
    """
    expected = "a folder that `gridcast backtest`, `gridcast run` or `gridcast train` wrote"
    if not folder.is_dir():
        raise FileError(f"there is no folder `{folder}`", found="a file" if folder.exists() else "nothing", expected=expected)
    for kind, marks in KINDS.items():
        if all((folder / mark).is_file() for mark in marks):
            return kind
    other = next((name for name, marks in OTHERS.items() if all((folder / mark).is_file() for mark in marks)), "")
    hint = "an ablation and a search have a `report.html` of their own" if other in ("ablation", "search") else ""
    found = f"{other}: " if other else ""
    names = sorted(path.name for path in folder.iterdir())
    raise FileError(
        f"`{folder}` is no run folder", found=f"{found}{listed(names) or 'nothing in it'}", expected=expected, hint=hint
    )


def _target(folder: Path, out: str | os.PathLike[str] | None, *, overwrite: bool) -> Path:
    """Return where the report goes.

    Raises:
        FileError: If a file is there that may not be replaced.
        ConfigError: If the name is not that of a page.
    """
    path = folder / DEFAULT if out is None else Path(out)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ConfigError("a report is a page of HTML", found=f"`{path.name}`", expected="a name that ends in `.html`")
    if path.is_dir() or (path.exists() and not overwrite):
        hint = "choose another name with `--out FILE.html`" + ("" if path.is_dir() else ", or add `--overwrite`")
        found = "a folder" if path.is_dir() else "a file"
        raise FileError(f"`{path}` would be replaced", found=found, expected="a new name", hint=hint)
    return path


def _of_backtest(folder: Path, config: RunConfig, ablation: str | os.PathLike[str] | None, listener: Listener) -> str:
    """Return the report of a backtest."""
    read = read_forecasts(folder / "forecasts.parquet")
    sources = read_again(config, read.actual.issue_times[0], listener)
    found = stored_backtest(folder, config, read, sources)
    kept = found.facts.get("data")
    parts, told = ablation_beside(folder, config, ablation)
    background = background_of(
        config,
        sources,
        kept if isinstance(kept, Mapping) else {},
        asked=asked_of(config, freq=found.actual.freq, places=len(found.actual.locations), unit=found.panel.unit),
        left_out=left_out(config, found.scores, found.actual),
        compared=same_readings(read.actual, sources),
        ablation=told,
    )
    return backtest_page(replace(found, ablation=parts, background=background), title=f"Backtest: {folder.resolve().name}")


def _of_run(
    folder: Path, config: RunConfig, tables: list[Path], ablation: str | os.PathLike[str] | None, listener: Listener
) -> str:
    """Return the report of a run, or of a training with its forecasts."""
    record = read_json(folder / "run.json")
    with reading(folder / "run.json"):
        until = utc(record["trained_until"])
        kept = dict(record.pop("data", None) or {})
        freq = pd.Timedelta(minutes=float(record["freq_minutes"]))
    tested = kind_of(folder) == "run"
    sources = read_again(config, until, listener)
    read = stored_predictions(folder, record) if tested else _made(tables or _tables_in(folder), record, sources)
    facts = {**record, "seed": config.training.seed, "size": config.model.size, "horizon": config.task.horizon}
    parts, told = ablation_beside(folder, config, ablation)
    around: dict[str, Any] = {"history": _history(folder), "ablation": told, "asked": _asked(config, record, freq, tested=tested)}
    title = f"{'Run' if tested else 'Training'}: {folder.resolve().name}"
    if read is None or not np.isfinite(read.actual.values.values).any():
        background = background_of(config, sources, kept, left_out=left_out(config), **around)
        return trained_page(_trained(folder, facts, background, read, sources), title=title)
    everyday = folder / "scores.csv" if tested else None
    found = scored(read, config, sources, facts, everyday)
    around |= {"left_out": left_out(config, found.scores, found.actual)}
    around |= {"compared": same_readings(read.actual, sources)} if tested else {}
    background = background_of(config, sources, kept, **around)
    return backtest_page(replace(found, ablation=parts, background=background), title=title)


def _asked(config: RunConfig, record: Mapping[str, Any], freq: pd.Timedelta, *, tested: bool) -> str:
    """Return what was asked of a run or a training."""
    held = f"the last {counted(config.task.test_days, 'day')} were held out, and the hybrid learned from what came before"
    learned = (
        held if tested else f"the hybrid learned from all readings until {str(record['trained_until'])[:16].replace('T', ' ')} UTC"
    )
    return asked_of(config, freq=freq, places=int(record.get("places", 0)), unit=str(record.get("unit", "")), learned=learned)


def _trained(folder: Path, facts: Mapping[str, Any], background: Background, read: Read | None, sources: Sources) -> Trained:
    """Return a training of which nothing can be scored."""
    made = None if read is None else read.forecasts[HYBRID]
    later = "" if made is None else " Made again when readings of these hours are there, this report has their scores."
    typed = f"`gridcast backtest {folder / 'config.toml'} --out {folder}-backtest`"
    step = f"{typed} tells how well such forecasts are.{later}"
    return Trained(facts, background, made, sources.panel, step)


def _tables_in(folder: Path) -> list[Path]:
    """Return the tables of forecasts in a folder, by their names."""
    tables = sorted(path for path in folder.iterdir() if path.name.endswith(TABLES) and path.name not in OWN)
    return [path for path in tables if path.is_file()]


def _made(tables: list[Path], record: Mapping[str, Any], sources: Sources) -> Read | None:
    """Return the forecasts of tables beside what has been measured since; None without any."""
    return forecast_tables_of(tables, record, sources.panel) if tables else None


def _history(folder: Path) -> pd.DataFrame | None:
    """Return the loss by epoch that a run kept, if it did."""
    path = folder / "history.csv"
    if not path.exists():
        return None
    with reading(path):
        table = pd.read_csv(path)
        return table.astype({"loss": np.float64})


def same_readings(actual: Forecast, sources: Sources) -> str:
    """Return in a sentence whether the readings of the scored steps are still those of the run; empty where that is not known."""
    panel = sources.panel
    if panel is None:
        return ""
    gone = [name for name in actual.locations if name not in panel.locations]
    if gone:
        return f"The sources have changed since: they have no {listed(gone)} any more."
    then = actual.values.values
    now = actual_values(panel.only(actual.locations), actual.issue_times, actual.horizon).values.values
    known = np.isfinite(then)
    other = int((~np.isclose(now[known], then[known], rtol=CLOSE, equal_nan=False)).sum())
    if not other:
        return "The readings of all scored steps are still those with which the forecasts were scored."
    return f"The sources have changed since: {other:,} of {int(known.sum()):,} readings of scored steps are others now, or missing."
