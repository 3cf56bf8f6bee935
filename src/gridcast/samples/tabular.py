"""Samples as a table, one row a place and step: what the hybrid is told, for methods that read tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.samples.localclock import HOURS, WEEKDAYS
from gridcast.samples.samples import Float, Rows, Samples


@dataclass(frozen=True)
class Table:
    """What is known of each step at issue rows; consumption is relative to the recent level. [scaled]

    Attributes:
        values: Shape (B, H, N, F).
        names: Of the columns.
        start: The weekly lag, shape (B, H, N).
        level: The recent level, shape (B, N).
    """

    values: Float
    names: tuple[str, ...]
    start: Float
    level: Float

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the columns that are codes, not amounts."""
        return tuple(name for name in ("place", "hour", "weekday") if name in self.names)


def table_of(samples: Samples, issued: Rows, *, one_hot: bool = False) -> Table:
    """Return the table of samples at issue rows.

    Args:
        samples: Of a panel with N places.
        issued: Issue rows, shape (B,).
        one_hot: Whether hour, weekday and place are one column for each value, as linear methods want, or a code each.
    """
    batch = samples.batch(issued)
    count, horizon, places, _ = batch["steps"].shape
    shape = (count, horizon, places)
    calendar = np.broadcast_to(batch["calendar"], (*shape, batch["calendar"].shape[-1]))
    clock, known = calendar[..., : HOURS + WEEKDAYS], calendar[..., HOURS + WEEKDAYS :]
    lead = np.broadcast_to(np.arange(1, horizon + 1, dtype=np.float32)[:, None, None], (count, horizon, places, 1))
    recent = np.broadcast_to(batch["recent"][:, None], (count, horizon, places, batch["recent"].shape[-1]))
    if one_hot:
        parts, names = [clock], list(samples.calendar.names[: HOURS + WEEKDAYS])
        parts.append(np.broadcast_to(np.eye(places, dtype=np.float32), (count, horizon, places, places)))
        names += [f"place_{name}" for name in samples.panel.locations]
    else:
        codes = (clock[..., :HOURS].argmax(-1), clock[..., HOURS:].argmax(-1), np.broadcast_to(np.arange(places), shape))
        parts, names = [np.stack(codes, axis=-1)], ["hour", "weekday", "place"]
    names += samples.step_names
    names += [*samples.calendar.names[HOURS + WEEKDAYS :], "lead"]
    names += ["level", "last_day", "half_day", "last_hours", "day_known", "context_known"]
    values = np.concatenate([*parts, batch["steps"], known, lead, recent], axis=-1, dtype=np.float32)
    return Table(values, tuple(names), batch["start"], batch["level"])


def targets_of(samples: Samples, issued: Rows, table: Table) -> npt.NDArray[np.float32]:
    """Return the readings relative to the level, shape (B, H, N), NaN where there is none. [scaled]"""
    return samples.targets(issued) - table.level[:, None]
