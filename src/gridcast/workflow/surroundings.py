"""What stands around the scores of a report: the task in a sentence, the data read again, who is left out, the ablation."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast.clock import describe_freq
from gridcast.config import RunConfig, make_config, read_config, to_toml
from gridcast.errors import FileError, GridcastError, counted, listed
from gridcast.forecast import Forecast
from gridcast.loading import Listener, load, prepare, with_covariates
from gridcast.panel import Panel
from gridcast.quality import inspect
from gridcast.sources.sql.address import is_address
from gridcast.store import ABLATION_MARKS
from gridcast.views.background import Background
from gridcast.workflow.fingerprints import compared, fingerprints, shown_address

NAMED = 20  # places that a sentence names
HYBRID = "hybrid"


@dataclass(frozen=True)
class Sources:
    """The data of a run, read again.

    Attributes:
        raw: The readings as they are in the files; None where they can't be read.
        panel: Masked and filled as was asked for, with their weather.
        said: What was recognised, and warnings.
        absent: Why they can't be read.
        prints: Their fingerprints, see `gridcast.workflow.fingerprints`.
    """

    raw: Panel | None = None
    panel: Panel | None = None
    said: tuple[str, ...] = ()
    absent: str = ""
    prints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@contextmanager
def noted(listener: Listener) -> Iterator[tuple[Listener, list[str]]]:
    """Give a listener that writes down what it hears, and warnings too; each of them is passed on, the warnings at the end."""
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        listener.say(sentence)

    with warnings.catch_warnings(record=True) as caught:
        yield Listener(say, listener.progress), said
    once = {str(warning.message): warning for warning in caught}
    said += [f"warning: {message}" for message in once]
    for warning in once.values():
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def read_again(config: RunConfig, until: pd.Timestamp, listener: Listener) -> Sources:
    """Return the data of a configuration as they are now; where they can't be read, why.

    Args:
        config: Settings of the run.
        until: The end of its training part.
        listener: Who is told what was recognised.
    """
    raw = panel = None
    absent = ""
    with noted(listener) as (own, said):
        try:
            loaded = load(config, own, refuse=False)
            raw = loaded.panel
            panel = prepare(with_covariates(loaded, config, until, own), config, until, own)
        except GridcastError as error:
            absent = f"The data can't be read again, and the report does without what needs them: {error.problems[0].problem}."
            own.say(absent)
    return Sources(raw, panel, tuple(said), absent, fingerprints(config, raw))


def background_of(config: RunConfig, sources: Sources, then: Mapping[str, Any] | None = None, **further: Any) -> Background:
    """Return what stands around the scores.

    Args:
        config: Settings of the run.
        sources: Its data.
        then: Fingerprints that the run kept; None where the run is this one.
        **further: Further attributes of `Background`.
    """
    raw = sources.raw
    return Background(
        described="" if raw is None else raw.describe(),
        absent=sources.absent,
        quality=None if raw is None else inspect(raw, timezones=raw.timezones),
        said=tuple(dict.fromkeys(sources.said)),
        prints=compared(then, sources.prints),
        config=without_passwords(config),
        **further,
    )


def without_passwords(config: RunConfig) -> str:
    """Return the settings as TOML, in which no address of a database has a password."""
    tables = {
        table: {name: shown_address(value) if is_address(value) else value for name, value in values.items()}
        for table, values in config.model_dump(mode="json").items()
    }
    return to_toml(config.model_validate(tables))


def asked_of(config: RunConfig, *, freq: pd.Timedelta, places: int, unit: str, learned: str = "") -> str:
    """Return what was asked for, in a sentence.

    Args:
        config: Settings of the run.
        freq: Time between two steps.
        places: Number of places that are forecast.
        unit: Unit of the readings.
        learned: How the hybrid learned, where that is not by the plan of a backtest.
    """
    task, plan = config.task, config.backtest
    after = f", beginning {task.gap * freq / pd.Timedelta(hours=1):g} h after the issue time" if task.gap else ""
    each = f" [{unit}]" if unit else ""
    when = learned or f"a forecast every {plan.stride_hours:g} h, by forecasters that {_learning(config)}"
    levels = f"{100 * min(task.quantiles):g} to {100 * max(task.quantiles):g} %"
    return (
        f"Asked for: the consumption{each} of {counted(places, 'place')} over {counted(task.horizon, 'step')} of "
        f"{describe_freq(freq)}{after}, with quantiles of {levels}; {when}."
    )


def _learning(config: RunConfig) -> str:
    """Return who learned from what in a backtest."""
    plan = config.backtest
    if plan.leave_out != "none":
        return f"did not learn from the {plan.leave_out} that they forecast"
    if plan.folds:
        return f"learned in {plan.folds} folds, from all but the days that they forecast and {plan.embargo_days} days around them"
    window = f" the {plan.window_days} days" if plan.window_days else " all"
    if plan.refit_days:
        return f"learned anew every {plan.refit_days} days from{window} before"
    return f"learned once, from{window} before the first issue time"


def left_out(config: RunConfig, scores: pd.DataFrame | None = None, actual: Forecast | None = None) -> tuple[str, ...]:
    """Return which places are left out of what, a sentence each.

    Args:
        config: Settings of the run.
        scores: LONG table of scores.
        actual: What was measured at the places that should be scored.
    """
    plan, found = config.backtest, []
    if config.data.exclude:
        found.append(f"Not read: {listed(config.data.exclude, NAMED)} (`data.exclude`).")
    if plan.not_scored:
        found.append(
            f"Forecast, and left out of the scores and of the sum: {listed(plan.not_scored, NAMED)} (`backtest.not_scored`)."
        )
    if plan.not_compared and config.data.operator:
        found.append(f"Scored, and not compared with the operator: {listed(plan.not_compared, NAMED)} (`backtest.not_compared`).")
    if scores is not None and actual is not None:
        rows = scores[(scores["split"] == "location") & (scores["metric"] == "mae") & scores["value"].notna()]
        silent = [name for name in actual.locations if name not in set(rows["location"])]
        if silent:
            found.append(f"Without a single step that could be scored: {listed(silent, NAMED)}.")
    return tuple(found)


def ablation_beside(
    folder: Path, config: RunConfig, ablation: str | os.PathLike[str] | None = None
) -> tuple[pd.DataFrame | None, str]:
    """Return the ablation of a run, and where it is from; or None and how to make one.

    Args:
        folder: That of the run; ablations of the same data and task in it or beside it are its own.
        config: Settings of the run.
        ablation: The folder of the ablation, in place of looking for it.

    Raises:
        FileError: If that folder holds none.
    """
    if ablation is not None:
        chosen = Path(ablation)
        if not (chosen / "ablation.csv").is_file():
            expected = "a folder that `gridcast ablate` wrote"
            raise FileError(f"`{chosen}` holds no ablation", found="no `ablation.csv`", expected=expected)
        found = [chosen]
    else:
        near = [folder, *sorted(folder.glob("*/")), *sorted(folder.absolute().parent.glob("*/"))]
        found = [each for each in near if all(os.path.isfile(each / mark) for mark in ABLATION_MARKS) and _alike(each, config)]
    if not found:
        typed = f"`gridcast ablate {folder / 'config.toml'} --out {folder}-parts`"
        return (
            None,
            f"That was not tried for this run. {typed} trains it without one part at a time; the next report then has the outcome.",
        )
    tables = [_read_ablation(each) for each in found]
    whole = pd.concat(tables, ignore_index=True).drop_duplicates("variant")
    base = whole.loc[whole["variant"] == HYBRID, "nmae"]
    against = f", where the whole hybrid has an nMAE of {float(base.iloc[0]):.2f} %" if len(base) else ""
    return whole[whole["variant"] != HYBRID], f"From {listed(each.as_posix() for each in found)}{against}."


def _alike(folder: Path, config: RunConfig) -> bool:
    """Return whether an ablation is of the same data, task and period as a run."""
    try:
        other = make_config(read_config(folder / "config.toml"))
    except GridcastError:
        return False
    data = other.data.model_copy(update={"start": config.data.start})  # an ablation may keep less history
    period = [(each.first, each.last, each.stride_hours) for each in (other.backtest, config.backtest)]
    return (data, other.task, other.weather, period[0]) == (config.data, config.task, config.weather, period[1])


def _read_ablation(folder: Path) -> pd.DataFrame:
    """Return the table of an ablation.

    Raises:
        FileError: If it is damaged.
    """
    path, needed = folder / "ablation.csv", ("variant", "nmae", "difference_percent")
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise FileError(f"`{path}` is damaged", found=str(error), expected="what `gridcast ablate` wrote") from error
    missing: Sequence[str] = [name for name in needed if name not in table]
    if missing:
        raise FileError(f"`{path}` is damaged", found=f"no {listed(missing)}", expected=listed(needed))
    return table
