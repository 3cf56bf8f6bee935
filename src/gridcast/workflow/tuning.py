"""The search for better settings of a configuration: trials that are kept, and the best of them ready to be trained."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.atomic import replacing
from gridcast.config import RunConfig, to_toml
from gridcast.errors import ConfigError, FileError, GridcastError, counted, require_positive
from gridcast.loading import Listener
from gridcast.sources.sql.address import is_address
from gridcast.store import require_free, write_csv, write_json
from gridcast.tuning import Budget, Search, Space, Tuned, begun, library, outcome_of, search_alone, search_together
from gridcast.views.tunedpage import write_tuning_page
from gridcast.workflow.making import settings_of
from gridcast.workflow.record import versions
from gridcast.workflow.validating import FreshValidation, Validation

if TYPE_CHECKING:
    from collections.abc import Callable

JOURNAL, SUMMARY = "trials.journal", "tuning.json"
MINUTES = 30.0  # of a search, where nothing is said


@dataclass(frozen=True)
class TuneResult:
    """What a search came to.

    Attributes:
        folder: Where it was written.
        best: The settings of the best trial.
        table: A row a trial, as in `trials.csv`.
        summary: What `tuning.json` holds.
    """

    folder: Path
    best: RunConfig
    table: pd.DataFrame
    summary: dict[str, Any]


def tune(
    config: RunConfig | str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    jobs: int = 1,
    storage: str = "",
    resume: bool = False,
    overwrite: bool = False,
    listener: Listener | None = None,
) -> TuneResult:
    """Search for settings with a lower score on the last days of the training period; the test period is not looked at.

    The folder gets `best.toml` (a whole configuration, for `gridcast train`), `trials.csv`, `tuning.html`, `tuning.json` and
    `config.toml`, and from the start on `trials.journal` with all trials, where they are not in a database. What is searched, how
    and for how long is told by the table `[tune]` of the configuration.

    Args:
        config: Settings, or the TOML file that holds them; by default the synthetic world.
        out: The folder.
        jobs: Processes that search side by side; a script that asks for several needs `if __name__ == "__main__":`.
        storage: URL of a database for the trials, in which the search has the name of the folder.
        resume: Whether to go on with an earlier search there.
        overwrite: Whether an earlier one may be replaced.
        listener: Who is told how it goes.

    Raises:
        GridcastError: Of the kind that fits.
    """
    config, listener = settings_of(config), listener or Listener()
    space, folder, started = Space.of(config), Path(out), time.time()
    require_positive(jobs=jobs)
    library()
    _require_database(storage)
    _require_free(folder, storage, resume=resume, overwrite=overwrite)
    validation = Validation(config, listener)
    fresh = FreshValidation(config)
    make: Callable[[], Any] = fresh if jobs > 1 else lambda: validation
    new = _made(folder, config, anew=overwrite and not resume)
    name = folder.absolute().name if storage else "search"
    search = Search(space, make, storage or str(folder / JOURNAL), name)
    try:
        begun(search, resume=resume, replace=overwrite and not resume)
    except BaseException:
        if new:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    budget = _budget(config, started)
    listener.say(_introduction(search, budget, validation, jobs))
    try:
        if jobs > 1:
            search_together(search, budget, listener.say, jobs=jobs)
        else:
            search_alone(search, budget, listener.say)
    except (KeyboardInterrupt, GridcastError):
        with suppress(FileError):  # of a storage that is gone
            _write(folder, outcome_of(search), validation)
        raise
    tuned = outcome_of(search)
    summary = _write(folder, tuned, validation)
    return TuneResult(folder, tuned.best_config, tuned.table, summary)


def _require_database(storage: str) -> None:
    """Refuse a storage that is no URL: it would become a file."""
    if storage and not is_address(storage):
        raise ConfigError(
            "the storage of a search is no database",
            found=f"`{storage}`",
            expected="a URL such as `postgresql://user:password@host/base`",
            hint="leave it out: the trials are then kept in the folder",
        )


def _require_free(folder: Path, storage: str, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that holds something else than what is to go on or to be replaced; in a database others may have begun."""
    require_free(folder, overwrite=True, kind="search")
    if resume and not storage and not (folder / SUMMARY).exists():
        raise FileError(
            "there is no search to go on with", found=f"nothing of one in `{folder}`", expected="the folder of an earlier search",
            hint="leave out `--resume` to begin one",
        )  # fmt: skip
    if (folder / SUMMARY).exists() and not resume and not overwrite:
        raise FileError(
            f"`{folder}` holds an earlier search",
            found=", ".join(sorted(entry.name for entry in folder.iterdir())),
            expected="a new folder",
            hint="go on with `--resume`, replace it with `--overwrite`, or choose another folder with `--out DIR`",
        )


def _made(folder: Path, config: RunConfig, *, anew: bool) -> bool:
    """Make the folder, and say in it what it is for; return whether it is a new one."""
    if anew:
        shutil.rmtree(folder, ignore_errors=True)
    if (folder / SUMMARY).exists():
        return False
    with replacing(folder / "config.toml") as temporary:
        temporary.write_text(to_toml(config), encoding="utf-8")
    write_json({"state": "searching"}, folder / SUMMARY)
    return True


def _budget(config: RunConfig, started: float) -> Budget:
    """Return when the search is over; a grid ends by itself."""
    tune = config.tune
    minutes = tune.minutes
    if minutes is None and tune.trials is None and tune.method != "grid":
        minutes = MINUTES
    return Budget(tune.trials, None if minutes is None else started + 60 * minutes)


def _introduction(search: Search, budget: Budget, validation: Validation, jobs: int) -> str:
    """Return a sentence about what is searched."""
    issued, tune = validation.issue_times, search.space.config.tune
    limits = [counted(budget.trials, "trial")] if budget.trials is not None else []
    if budget.deadline is not None:
        limits.append(f"{(budget.deadline - time.time()) / 60:.3g} minutes")
    where = "one process" if jobs == 1 else f"{jobs} processes"
    return (
        f"searching {', '.join(search.space.dimensions)} by `{tune.method}` in {where}: {' or '.join(limits) or 'the whole grid'}; "
        f"scored by {tune.score} on {len(issued):,} issue times from {issued[0]:%Y-%m-%d} to {issued[-1]:%Y-%m-%d}, before the test"
    )


def _write(folder: Path, tuned: Tuned, validation: Validation) -> dict[str, Any]:
    """Write the table, the page, the summary and the best settings; return the summary."""
    summary = _summary(tuned, validation)
    write_csv(tuned.table, folder / "trials.csv")
    write_tuning_page(tuned, summary, folder / "tuning.html", title=f"Search: {folder.absolute().name}")
    if tuned.best is not None:
        scored = counted(len(tuned.complete), "trial")
        head = (
            f"# The best of {scored} with a score: {summary['score']} {summary['best_score']:.4f} % of the mean reading\n"
            f"# on {summary['validation_days']} days before the test, in place of {tuned.configured:.4f} % as configured.\n"
        )
        with replacing(folder / "best.toml") as temporary:
            temporary.write_text(f"{head}\n{to_toml(tuned.best_config)}", encoding="utf-8")
    write_json(summary, folder / SUMMARY)
    return summary


def _summary(tuned: Tuned, validation: Validation) -> dict[str, Any]:
    """Return what is to be known of a search."""
    config, best, issued = tuned.space.config, tuned.best, validation.issue_times
    score = float("nan") if best is None else float(best["score"])
    return {
        "state": "done" if best is not None else "without a score",
        "score": config.tune.score,
        "best_score": score,
        "configured_score": tuned.configured,
        "gain_percent": 100 * (1 - score / tuned.configured) if np.isfinite(tuned.configured) else float("nan"),
        "best_trial": None if best is None else int(best["trial"]),
        "best_settings": {} if best is None else {name: _plain(best[name]) for name in tuned.settings},
        "trials": {str(state): int(count) for state, count in tuned.table["state"].value_counts().items()},
        "seconds": float(tuned.table["seconds"].sum()),
        "method": config.tune.method,
        "importance": dict(tuned.importance),
        "weather": validation.weather,
        "validation_days": config.tune.validation_days,
        "validation_issue_times": len(issued),
        "validation_first": issued[0].isoformat(),
        "validation_last": issued[-1].isoformat(),
        "test_from": validation.before.isoformat(),
        **versions(),
    }


def _plain(value: Any) -> Any:
    """Return a value of a table as JSON has it."""
    return value.item() if isinstance(value, np.generic) else value
