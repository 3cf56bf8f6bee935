"""The search: one trial after the other, in this process or in several, until the budget is spent."""

from __future__ import annotations

import multiprocessing
import os
import queue
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridcast.errors import GridcastError, Problem, TrainingError
from gridcast.processors import processors
from gridcast.tuning.space import described
from gridcast.tuning.storage import answering, library
from gridcast.tuning.study import LOST, Objective, Pruned, Search, claim, joined, queue_again, state_of

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

WHOLE = 10  # tenths of a training
FRESH = 20  # trials of a process, whose place another one takes then: TensorFlow keeps something of each network
AGAIN = 64  # exit code of a process that makes room for another one
FAILURES = 10  # in a row, after which a search ends
PATIENCE = 20.0  # for processes to end after Ctrl-C [s]
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Budget:
    """When a search is over.

    Attributes:
        trials: Trials that have ended or run, all processes and earlier starts together; None for no limit.
        deadline: Moment after which no trial begins, of `time.time()`; None for no limit. [s]
    """

    trials: int | None = None
    deadline: float | None = None

    def allows(self, study: Study, search: Search) -> bool:
        """Return whether another trial may begin: there is something left to be tried, and time and trials for it."""
        states = library().trial.TrialState
        trials = study.get_trials(deepcopy=False)
        if self.deadline is not None and time.time() >= self.deadline:
            return False
        if self.trials is not None and sum(counts(each) for each in trials) >= self.trials:
            return False
        if any(each.state is states.WAITING for each in trials):
            return True
        return search.method != "grid" and len({point(each) for each in trials if counts(each)} - {()}) < search.space.count


def counts(trial: FrozenTrial) -> bool:
    """Return whether a trial has been spent: it has ended, or runs; one that was lost has not."""
    return state_of(trial) not in ("lost", "waiting")


def point(trial: FrozenTrial) -> tuple[tuple[str, Any], ...]:
    """Return the settings of a trial, by name; nothing of that as configured, and of one to which none were given yet."""
    return tuple(sorted(trial.params.items()))


def search_alone(search: Search, budget: Budget, say: Say, *, worker: int = 0, most: int | None = None) -> bool:
    """Run trials in this process; return whether the budget is spent.

    Args:
        search: What is searched; its study must have begun.
        budget: When it is over.
        say: Called with a line after each trial.
        worker: Number of this process among those that search.
        most: After how many trials to return also where it is not.

    Raises:
        TrainingError: If ten trials in a row failed.
        GridcastError: If the objective can't be made, or the storage is gone.
    """
    study, objective, failed, done = joined(search, worker=worker), search.make(), 0, 0
    while most is None or done < most:
        with answering(search.storage):
            if not (_parent_lives() and budget.allows(study, search)):
                return True
            last: list[FrozenTrial] = []
            study.optimize(
                lambda trial: _score(trial, study, search, objective),
                n_trials=1,
                callbacks=[lambda _, trial, last=last: last.append(trial)],  # type: ignore[misc]
            )
            line = sentence(last[0], study, budget)
        say(line)
        done += 1
        failed = failed + 1 if state_of(last[0]) == "failed" else 0
        if failed == FAILURES:
            raise TrainingError(
                f"{FAILURES} trials in a row failed: the search was ended",
                found=str(last[0].user_attrs.get("error", "")),
                expected="settings with which a network can be trained",
                hint="`trials.csv` has the error of each trial",
            )
    return False


def search_together(search: Search, budget: Budget, say: Say, *, jobs: int) -> None:
    """Run trials in several processes until the budget is spent; arguments and errors as in `search_alone`."""
    context = multiprocessing.get_context("spawn")
    said: Any = context.Queue()

    def started(number: int) -> BaseProcess:
        process = context.Process(target=_work, args=(search, budget, number, jobs, said))
        process.start()
        return process

    workers = [started(number) for number in range(jobs)]
    problems: list[tuple[Problem, ...]] = []
    try:
        while any(worker.is_alive() or worker.exitcode == AGAIN for worker in workers):
            _listen(said, say, problems)
            workers = [started(number) if worker.exitcode == AGAIN else worker for number, worker in enumerate(workers)]
        _listen(said, say, problems)
    finally:
        _end(workers)
    broken = [worker.exitcode for worker in workers if worker.exitcode]
    if problems and len(problems) + len(broken) == jobs:
        raise GridcastError.of(problems[0])
    if len(broken) == jobs:
        raise TrainingError("all processes of the search broke off", found=f"exit codes {broken}", expected="0", hint="`--jobs 1`")
    if broken or problems:
        say(f"{len(broken) + len(problems)} of {jobs} processes broke off; the others went on")


def sentence(trial: FrozenTrial, study: Study, budget: Budget) -> str:
    """Return a line about a trial that has ended, with the best so far."""
    spent = (
        (trial.datetime_complete - trial.datetime_start).total_seconds() if trial.datetime_complete and trial.datetime_start else 0
    )
    what = "as configured" if trial.user_attrs.get("configured") else described(trial.params)
    outcome = {
        "complete": f"{trial.value:.4f}" if trial.value is not None else "",
        "pruned": f"stopped at {trial.last_step}0 %",
    }.get(state_of(trial), f"failed: {str(trial.user_attrs.get('error', '')).partition(chr(10))[0]}")
    complete = [each for each in study.get_trials(deepcopy=False) if each.state.name == "COMPLETE" and each.value is not None]
    best = min(complete, key=lambda each: float(each.value or 0), default=None)
    ended = sum(each.state.is_finished() and counts(each) for each in study.get_trials(deepcopy=False))
    of = f" ({ended} of {budget.trials})" if budget.trials is not None else ""
    so_far = f"; best {best.value:.4f} (trial {best.number + 1})" if best else ""
    return f"trial {trial.number + 1}{of}: {outcome}, {spent:.0f} s, {what}{so_far}"


def _score(trial: Trial, study: Study, search: Search, objective: Objective) -> float:
    """Return the score of a trial.

    What goes wrong is written down with it. Optuna is told that it was pruned: its samplers keep away from such trials, and forget
    those that failed.
    """
    try:
        for name, value in claim().items():
            trial.set_user_attr(name, value)
        if search.method == "grid" and not trial.user_attrs.get("queued"):
            raise TrainingError(f"{LOST}: another process took the last point of the grid")
        values = {} if trial.user_attrs.get("configured") else search.space.drawn(trial)
        if (same := _same(study, trial)) is not None:
            return _again(same, study, search)
        return objective(search.space.with_values(values), _reporter(trial))
    except Pruned:
        raise library().TrialPruned from None
    except KeyboardInterrupt:
        trial.set_user_attr("error", f"{LOST}: interrupted")
        queue_again(study, study.get_trials(deepcopy=False)[trial.number])
        raise
    except Exception as error:
        trial.set_user_attr("error", _told(error))
        raise library().TrialPruned from error


def _same(study: Study, trial: Trial) -> FrozenTrial | None:
    """Return an earlier trial with the same settings, which the same seed would let end in the same way."""
    earlier = [each for each in study.get_trials(deepcopy=False) if each.number != trial.number and trial.params]
    return next((each for each in earlier if each.params == trial.params and state_of(each) in ("complete", "pruned")), None)


def _again(same: FrozenTrial, study: Study, search: Search) -> float:
    """Let a trial end as the same one before it has, and queue settings that were not tried, where there are few.

    Raises:
        Pruned: If that one was pruned.
    """
    untried = search.space.untried([each.params for each in study.get_trials(deepcopy=False)])
    if untried is not None:
        study.enqueue_trial(untried)
    if same.value is None or state_of(same) == "pruned":
        raise Pruned
    return float(same.value)


def _reporter(trial: Trial) -> Callable[[int, float], None]:
    """Return what takes the curve of a trial, and ends it where it is poor."""

    def report(tenth: int, loss: float) -> None:
        if loss != loss:
            return
        trial.report(loss, tenth)
        if tenth < WHOLE and trial.should_prune():
            raise Pruned

    return report


def _told(error: Exception) -> str:
    """Return an error in a few words."""
    if isinstance(error, GridcastError):
        return f"{error.problems[0].problem} (found: {error.problems[0].found})" if error.problems[0].found else str(error)
    return f"{type(error).__name__}: {error}"


def _parent_lives() -> bool:
    """Return whether the process that started this one is still there."""
    parent = multiprocessing.parent_process()
    return parent is None or parent.is_alive()


def _work(search: Search, budget: Budget, number: int, jobs: int, said: Any) -> None:
    """Search in a process of its own: its share of the processors, and what it says to the one that started it."""
    for name in THREADS:
        os.environ.setdefault(name, str(max(1, processors() // jobs)))
    try:
        spent = search_alone(search, budget, said.put, worker=number, most=FRESH)
    except GridcastError as error:
        said.put(error.problems)
    except KeyboardInterrupt:
        pass
    else:
        sys.exit(0 if spent else AGAIN)


def _listen(said: Any, say: Say, problems: list[tuple[Problem, ...]]) -> None:
    """Pass on what processes say, until they are silent for a moment."""
    while True:
        try:
            heard = said.get(timeout=0.2)
        except queue.Empty:
            return
        if isinstance(heard, str):
            say(heard)
        else:
            problems.append(heard)


def _end(workers: Sequence[BaseProcess]) -> None:
    """Wait for processes that were interrupted with us, and end those that do not."""
    for worker in workers:
        worker.join(PATIENCE)
        if worker.is_alive():
            worker.terminate()
            worker.join()
