"""The first look at readings: places that teach nothing are refused, gaps and negative readings are told."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gridcast.errors import GridcastWarning, PanelError, Problem, counted, listed
from gridcast.panel import Panel
from gridcast.quality.history import without_change


def check_panel(panel: Panel, *, refuse: bool = True) -> tuple[str, ...]:
    """Return what is worth saying about the readings; refuse places that nothing can be learned from.

    Negative readings are legal (net load) and warned of. Gaps are counted and stay gaps.

    Args:
        panel: The readings.
        refuse: Whether such places are refused; if not, they are left to `inspect`.

    Raises:
        PanelError: Naming the places without any reading and those whose reading never changes.

    Warns:
        GridcastWarning: If readings are negative.
    """
    silent, constant = without_change(panel.consumption)
    problems = [
        _useless(panel, silent, "have no reading at all", "at least one reading a place"),
        _useless(panel, constant, "have the same reading all the time", "readings that change"),
    ]
    if refuse and any(problems):
        raise PanelError.of(problem for problem in problems if problem is not None)
    _warn_of_negative(panel)
    return _gaps(panel)


def _useless(panel: Panel, wrong: npt.NDArray[np.bool_], what: str, expected: str) -> Problem | None:
    if not wrong.any():
        return None
    names = _chosen(panel.locations, wrong)
    return Problem(
        f"{int(wrong.sum())} of {counted(panel.locations, 'place')} {what}",
        found=listed(names),
        expected=expected,
        hint="leave them out: " + " ".join(f'--exclude "{name}"' if " " in name else f"--exclude {name}" for name in names),
    )


def _warn_of_negative(panel: Panel) -> None:
    negative = (panel.consumption < 0).sum(axis=0)
    if negative.any():
        names = (f"{name}: {count:,}" for name, count in zip(panel.locations, negative, strict=True) if count)
        warnings.warn(
            f"{counted(int(negative.sum()), 'reading')} below zero ({listed(names)}); that is right for net load only",
            GridcastWarning,
            stacklevel=3,
        )


def _gaps(panel: Panel) -> tuple[str, ...]:
    missing = np.isnan(panel.consumption).sum(axis=0)
    if not missing.any():
        return ()
    worst = int(missing.argmax())
    where = counted(int((missing > 0).sum()), "place")
    return (
        f"{counted(int(missing.sum()), 'reading')} of {panel.consumption.size:,} are missing at {where}, most at "
        f"{panel.locations[worst]} ({missing[worst] / len(panel.times):.1%}); gaps are not filled",
    )


def _chosen(names: Sequence[str], mask: npt.NDArray[np.bool_]) -> list[str]:
    return [name for name, chosen in zip(names, mask, strict=True) if chosen]
