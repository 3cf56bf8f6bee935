"""Who is told how a run is going."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Listener:
    """Who is told how a run is going.

    Attributes:
        say: Called with each sentence worth saying.
        progress: Called after each epoch with its number, the number of epochs, and the losses.
    """

    say: Callable[[str], None] = field(default=lambda *_: None)
    progress: Callable[[int, int, dict[str, float]], None] = field(default=lambda *_: None)
