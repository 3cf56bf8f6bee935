"""Forecasts of the service: of what one sends, and of the configured source, which are remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import TypeVar

import pandas as pd

from gridcast.clock import utc
from gridcast.errors import PanelError
from gridcast.forecasters.exported import OnnxForecaster
from gridcast.panel import Panel
from gridcast.service.answers import Kind, Made, written
from gridcast.service.asked import FIRST, LAST, chosen, chosen_levels
from gridcast.service.measures import Measures
from gridcast.service.model import Shelf
from gridcast.service.sent import answer_of_sent
from gridcast.service.source import Source
from gridcast.service.workers import Workers

REMEMBERED = 64  # forecasts, and answers

Kept = TypeVar("Kept")


class Forecasts:
    """Makes forecasts, and remembers those of the source.

    Attributes:
        shelf: Where the model stands.
        source: Of readings.
        measures: Where they are counted.
        workers: Who make those of what is sent; None for this process.
    """

    def __init__(self, shelf: Shelf, source: Source, measures: Measures, workers: Workers | None = None) -> None:
        self.shelf, self.source, self.measures, self.workers = shelf, source, measures, workers
        self.made: OrderedDict[object, Made] = OrderedDict()
        self.told: OrderedDict[object, bytes] = OrderedDict()
        self.lock = threading.Lock()
        self.turn = threading.Lock()  # threads that take turns are twice as fast as those that share an interpreter

    def of_sent(self, body: bytes, kind: Kind) -> bytes:
        """Return the forecast of what one sends.

        Raises:
            GridcastError: If it can't be read, or does not fit the model.
        """
        if self.workers is None:
            with self.turn:
                answer, places = answer_of_sent(self.shelf.model, body, kind)
        else:
            answer, places = self.workers.answer(body, kind)
        self.measures.add("gridcast_forecasts_total", places)
        return answer

    def of_source(
        self, kind: Kind, issue_time: datetime | None, locations: list[str] | None, quantiles: list[float] | None
    ) -> bytes:
        """Return the forecast of the configured source, by default the newest one.

        Raises:
            GridcastError: If there is none at that time or of that place.
            Refused: If there is no source, or it can't be read.
        """
        model, panel = self.shelf.model, self.source.panel()
        moment = _moment(panel, issue_time)
        places, levels = chosen(locations, panel.locations), chosen_levels(quantiles, model.levels)
        which = (model.version, self.source.number, moment)
        key = (*which, kind, tuple(places), tuple(levels))
        answer = self.told.get(key)
        if answer is None:
            made = self.made.get(which)
            if made is None:
                made = self._issued(model, panel, moment)
                self._keep(self.made, which, made)
            answer = written(made, kind, model=model.version, locations=places, levels=levels)
            self._keep(self.told, key, answer)
        return answer

    def _issued(self, model: OnnxForecaster, panel: Panel, moment: pd.Timestamp) -> Made:
        """Return the forecast of the source at an issue time, corrected as that of `gridcast forecast` is."""
        from gridcast.workflow.forecasting import issued_now  # slow to import, and not needed to start

        assert self.source.settings is not None
        until = utc(model.card["run"]["trained_until"])  # of the model that is served, which may be newer than the run
        made = Made.of(issued_now(model, panel, moment, config=self.source.settings[0], until=until), model.gap)
        self.measures.add("gridcast_forecasts_total", len(panel.locations))
        return made

    def _keep(self, where: OrderedDict[object, Kept], key: object, value: Kept) -> None:
        with self.lock:
            where[key] = value
            while len(where) > REMEMBERED:
                where.popitem(last=False)


def _moment(panel: Panel, issue_time: datetime | None) -> pd.Timestamp:
    """Return an issue time of a panel, by default the end of its readings."""
    if issue_time is None:
        return panel.end
    first = panel.times[0] + 2 * panel.freq
    if FIRST.year <= issue_time.year <= LAST.year:
        moment = pd.Timestamp(issue_time).tz_convert("UTC")
        if first <= moment <= panel.end and (moment - panel.times[0]) % panel.freq == pd.Timedelta(0):
            return moment
    expected = f"one of the clock of the readings, from {first} to {panel.end}"
    raise PanelError("there is no forecast at this issue time", found=issue_time.isoformat(), expected=expected)
