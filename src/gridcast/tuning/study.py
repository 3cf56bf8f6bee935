"""The study of a search: made or taken up again, with what is queued in it, and what was lost put back."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gridcast.config import RunConfig
from gridcast.errors import ConfigError, FileError
from gridcast.tuning.space import Space
from gridcast.tuning.storage import answering, library, opened

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial

STARTUP = 8  # trials at random before the others learn from them
BUDGET = ("trials", "minutes")  # settings of a search that may change when it goes on
LOST = "lost"  # how the error of a trial begins that is no fault of its settings
HANDOVER = 5.0  # from the beginning of a trial until it is known at the latest who runs it [s]

Report = Callable[[int, float], None]


class Pruned(Exception):  # noqa: N818  it is no error
    """A trial is stopped, as it is worse than those before it at the same share of its training."""


class Objective(Protocol):
    """What is searched for: settings with a low score."""

    def __call__(self, config: RunConfig, report: Report) -> float:
        """Return the score of settings; `report` takes the share of the training [tenths] and the loss, and may raise `Pruned`."""
        ...


@dataclass(frozen=True)
class Search:
    """A search, as each of its processes needs to know it.

    Attributes:
        space: What is searched.
        make: Makes the objective, once a process; can be pickled where there are several.
        storage: Path of the journal, or URL of the database.
        name: Of the study there.
    """

    space: Space
    make: Callable[[], Objective]
    storage: str
    name: str = "search"

    @property
    def method(self) -> str:
        """How the next trial is chosen."""
        return self.space.config.tune.method

    def sampler(self, seed: int) -> BaseSampler:
        """Return what chooses the next trial."""
        samplers = library().samplers
        if self.method == "bayes":
            tpe: BaseSampler = samplers.TPESampler(seed=seed, n_startup_trials=STARTUP, multivariate=True)
            return tpe
        if self.method == "gp":
            from gridcast.tuning.gaussian import GaussianProcessSampler

            return GaussianProcessSampler(self.space.distributions(), seed)
        at_random: BaseSampler = samplers.RandomSampler(seed)
        return at_random


def begun(search: Search, *, resume: bool, replace: bool = False) -> Study:
    """Return the study of a search: a new one, or one that is taken up again.

    Args:
        search: What is searched.
        resume: Whether an earlier one of the same settings may be taken up again.
        replace: Whether an earlier one is forgotten.

    Raises:
        FileError: If there is an earlier one that may not be taken up, or the storage does not answer.
        ConfigError: If the earlier one has other settings.
    """
    optuna, storage = library(), opened(search.storage)
    asked = _asked(search.space.config)
    queued = search.space.grid() if search.method == "grid" else []
    with answering(search.storage):
        if search.name in optuna.study.get_all_study_names(storage):
            earlier: Study = optuna.load_study(study_name=search.name, storage=storage)
            if not replace and "asked" in earlier.user_attrs:
                _require_same(earlier, search, asked, resume=resume)
                put_back_lost(earlier, storage)
                return earlier
            optuna.delete_study(study_name=search.name, storage=storage)
        study: Study = optuna.create_study(study_name=search.name, storage=storage, direction="minimize")
        study.enqueue_trial({}, user_attrs={"configured": True, "queued": True})
        for place in np.random.default_rng(search.space.config.training.seed).permutation(len(queued)):
            study.enqueue_trial(queued[place], user_attrs={"queued": True})
        study.set_user_attr("asked", asked)  # at the end: what is killed before begins anew
        return study


def joined(search: Search, *, worker: int = 0) -> Study:
    """Return the study for a process that works on it, with a sampler of its own.

    Args:
        search: What is searched.
        worker: Number of the process.
    """
    optuna, tune = library(), search.space.config.tune
    with answering(search.storage):
        study: Study = optuna.load_study(
            study_name=search.name,
            storage=opened(search.storage),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3) if tune.prune else optuna.pruners.NopPruner(),
        )
        seed = search.space.config.training.seed + 7919 * worker + len(study.get_trials(deepcopy=False))
        study.sampler = search.sampler(seed % 2**32)
        return study


def put_back_lost(study: Study, storage: BaseStorage) -> None:
    """Call those running trials lost whose process is gone, or has never said that it runs them, and queue them again."""
    states = library().trial.TrialState
    running = study.get_trials(deepcopy=False, states=(states.RUNNING,))
    if any("host" not in trial.user_attrs for trial in running):
        time.sleep(HANDOVER)
    for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        known = any(trial.number == each.number for each in running)
        if known and _is_lost(trial):
            storage.set_trial_user_attr(trial._trial_id, "error", f"{LOST}: its process was gone")
            study.tell(trial.number, state=states.FAIL)
            queue_again(study, trial)


def queue_again(study: Study, trial: FrozenTrial) -> None:
    """Queue the settings of a trial that was lost, or interrupted."""
    kept = {name: trial.user_attrs[name] for name in ("configured",) if name in trial.user_attrs}
    study.enqueue_trial(dict(trial.params), user_attrs={**kept, "queued": True})


def state_of(trial: FrozenTrial) -> str:
    """Return what became of a trial: `complete`, `pruned`, `failed`, `lost`, `running` or `waiting`."""
    error = str(trial.user_attrs.get("error", ""))
    if error.startswith(LOST):
        return LOST
    failed = trial.state.name == "FAIL" or (error and trial.state.is_finished())
    return "failed" if failed else trial.state.name.lower()


def claim() -> dict[str, Any]:
    """Return who runs a trial."""
    return {"host": platform.node(), "process": os.getpid()}


def _is_lost(trial: FrozenTrial) -> bool:
    """Return whether nobody runs a trial any more; of those on other machines nobody here can tell."""
    host = trial.user_attrs.get("host")
    return host is None or (host == platform.node() and not _is_alive(int(trial.user_attrs.get("process", 0))))


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return False  # it is we who begin: a number that is used again
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{process}/stat")  # one that has ended and is not yet buried
    return not (status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")


def _asked(config: RunConfig) -> dict[str, Any]:
    """Return the settings on which the scores of a search depend, by their full names."""
    tables = config.model_dump(mode="json", exclude={"output": True, "tune": set(BUDGET)})
    return {f"{table}.{name}": value for table, values in tables.items() for name, value in values.items()}


def _require_same(study: Study, search: Search, asked: Mapping[str, Any], *, resume: bool) -> None:
    """Refuse to go on with an earlier search that is not to be taken up, or had other settings."""
    if not resume:
        ended = sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))
        raise FileError(
            "there is an earlier search of that name",
            found=f"`{search.name}` with {ended} trials that have ended",
            expected="a new one",
            hint="go on with `--resume`, begin anew with `--overwrite`, or choose another folder with `--out DIR`",
        )
    before = study.user_attrs.get("asked", {})
    other = [name for name in asked if name in before and before[name] != asked[name]]
    if other:
        raise ConfigError(
            f"the earlier search had another `{other[0]}`",
            found=f"{asked[other[0]]!r}" + (f", and {len(other) - 1} more settings that differ" if len(other) > 1 else ""),
            expected=f"{before[other[0]]!r}: scores of other settings can't be compared",
            hint="choose another folder with `--out DIR`, or begin anew with `--overwrite`",
        )
