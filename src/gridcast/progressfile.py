"""How a command is going, as lines of JSON that other programs read while it works."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

from gridcast.errors import GridcastError

VARIABLE = "GRIDCAST_PROGRESS"


class ProgressFile:
    """A file to which lines are added, each one a JSON object with the time `at` and one of `said`, `epoch`, `warning`, `problem`.

    Without a path nothing is written: who wants no such file gives none.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self.path = None if path is None else Path(path)

    @classmethod
    def asked(cls) -> ProgressFile:
        """Return the file that the environment variable `GRIDCAST_PROGRESS` names, if it is set."""
        return cls(os.environ.get(VARIABLE) or None)

    def said(self, sentence: str) -> None:
        """Write a sentence that is worth saying."""
        self.add(said=sentence)

    def epoch(self, epoch: int, epochs: int, losses: dict[str, float]) -> None:
        """Write what came of an epoch."""
        self.add(epoch=epoch, epochs=epochs, **losses)

    def warned(self, warning: Warning | str) -> None:
        """Write a warning."""
        self.add(warning=str(warning))

    def failed(self, error: GridcastError) -> None:
        """Write the problems for which a command gave up."""
        for each in error.problems:
            self.add(problem=each.problem, found=each.found, expected=each.expected, hint=each.hint)

    def add(self, **fields: Any) -> None:
        """Add a line; in a single piece, so that a reader sees all of it or nothing."""
        if self.path is None:
            return
        plain = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in fields.items()}
        line = json.dumps({"at": round(time.time(), 3), **plain}, ensure_ascii=False) + "\n"
        with self.path.open("ab", buffering=0) as file:
            file.write(line.encode())


def read_progress(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the lines of a progress file; none where there is no file yet, and without a last line that is not whole."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    lines = []
    for line in text.splitlines():
        try:
            content = json.loads(line)
        except ValueError:
            continue
        if isinstance(content, dict):
            lines.append(content)
    return lines
