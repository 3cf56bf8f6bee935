"""The configured source of a run, read again in the background when what was read is old."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from pathlib import Path

import pandas as pd

from gridcast.config import RunConfig
from gridcast.errors import GridcastError, GridcastWarning, Problem
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.service.refused import Refused
from gridcast.workflow.opening import newest_panel, settings_of_run

journal = logging.getLogger("gridcast.service")

CONFIG = "config.toml"  # without which a folder has no source


class Source:
    """Readings and weather of a run.

    Attributes:
        settings: Of the run, and when its training ended; None where there is no source.
        seconds: After which they are read again.
        number: Counts how often they were read.
    """

    def __init__(self, settings: tuple[RunConfig, pd.Timestamp] | None, seconds: float) -> None:
        self.settings, self.seconds = settings, seconds
        self.number = 0
        self.problems: tuple[Problem, ...] = ()
        self._panel: Panel | None = None
        self._when = 0.0
        self._reading = threading.Lock()

    @classmethod
    def of(cls, run: Path, seconds: float) -> Source:
        """Return the source of a run folder; none where there is no configuration.

        Raises:
            GridcastError: If the configuration is damaged.
        """
        if not (run / CONFIG).is_file():
            return cls(None, seconds)
        return cls(settings_of_run(run), seconds)

    @property
    def state(self) -> str:
        """`none`, `not read`, `failed` or `read`."""
        if self.settings is None:
            return "none"
        return "read" if self._panel is not None else "failed" if self.problems else "not read"

    def panel(self) -> Panel:
        """Return the newest readings: those at hand, while old ones are read again in the background.

        Raises:
            Refused: With 404 if there is no source, with 503 if it can't be read.
        """
        if self.settings is None:
            hint = "POST recent load and weather, or serve a run folder"
            raise Refused(404, Problem("the service has no source of readings", found="a model only", hint=hint))
        if self._panel is None:
            self.refresh()
        elif time.monotonic() - self._when > self.seconds and not self._reading.locked():
            threading.Thread(target=self.refresh, name="read-source", daemon=True).start()
        if self._panel is None:
            problem = self.problems[0] if self.problems else Problem("the source has not been read yet")
            raise Refused(503, problem, {"Retry-After": "10"})
        return self._panel

    def refresh(self) -> None:
        """Read the source, unless another thread has just done so; what was read before stays where it fails."""
        seen = self.number
        with self._reading:
            if self.settings is None or seen != self.number:
                return
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", GridcastWarning)
                    self._panel, self.problems = newest_panel(*self.settings, listener=Listener()), ()
                self.number += 1
            except GridcastError as error:
                self.problems = error.problems
                journal.error("source not read", extra={"told": {"problem": error.problems[0].problem}})
            finally:
                self._when = time.monotonic()
