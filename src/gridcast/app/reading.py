"""What is recognised in readings, and what is wrong with them: all that the page of data shows, without the page."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridcast.clock import describe_freq, find_zone
from gridcast.config import DataConfig, RunConfig, make_config
from gridcast.errors import FileError, GridcastError, GridcastWarning, counted
from gridcast.loading import Listener, load
from gridcast.panel import Panel
from gridcast.quality import KINDS, QualityReport, inspect
from gridcast.sources.sets import DataSet
from gridcast.sources.text.blocks import TextBlocks
from gridcast.sources.text.unpacked import is_parquet

ONE_AT_A_TIME = threading.Lock()  # warnings are caught for the whole process
OF_READINGS = ("time_column", "location_column", "consumption_column")
OF_PLACES = ("id_column", "latitude_column", "longitude_column")


@dataclass(frozen=True)
class Recognised:
    """Readings, and what is known of them.

    Attributes:
        panel: The readings.
        report: What is wrong with them.
        said: What was recognised, in sentences.
        warnings: What is doubtful.
    """

    panel: Panel
    report: QualityReport
    said: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def facts(self) -> dict[str, str]:
        """What one wants to see first: places, span, step, unit, what is missing."""
        panel, zone = self.panel, find_zone(str(self.panel.dataset.attrs.get("timezone", "UTC")))
        first, last = (moment.tz_convert(zone) for moment in (panel.times[0], panel.end))
        missing = float(np.isnan(panel.measured[: panel.rows]).mean())
        return {
            "Places": f"{len(panel.locations):,}",
            "From": f"{first:%Y-%m-%d}",
            "Until": f"{last:%Y-%m-%d}",
            "A reading every": describe_freq(panel.freq),
            "Unit": panel.unit or "not known",
            "Missing": "none" if missing == 0 else f"{missing:.1%}" if missing >= 0.001 else "< 0.1%",
        }

    @property
    def means(self) -> pd.DataFrame:
        """Each place with its mean reading, the largest first; the share that is missing, and how many findings there are. [%]"""
        values = self.panel.measured[: self.panel.rows].astype(np.float64)
        there = np.isfinite(values).sum(axis=0)
        mean = np.where(there > 0, np.nansum(values, axis=0) / np.maximum(there, 1), np.nan)
        found = [sum(f.location == name for f in self.report.findings) for name in self.panel.locations]
        columns = {
            "place": self.panel.locations,
            "mean": mean,
            "missing": 100 * (1 - there / max(len(values), 1)),
            "findings": found,
        }
        return pd.DataFrame(columns).sort_values("mean", ascending=False, ignore_index=True)

    @property
    def daily(self) -> pd.Series[Any]:
        """Mean of all places' readings by day, of the sum where all have one: what the whole looks like over the years."""
        panel = self.panel
        mean = np.nanmean(np.where(np.isfinite(panel.measured[: panel.rows]), panel.measured[: panel.rows], np.nan), axis=1)
        return pd.Series(mean * len(panel.locations), index=panel.times[: panel.rows]).resample("D").mean()

    @property
    def findings(self) -> pd.DataFrame:
        """What was found by kind, errors first."""
        rows = [row[:4] for row in self.report.summary()]
        return pd.DataFrame(rows, columns=["what", "places", "readings", "most"])


def recognise(config: RunConfig) -> Recognised:
    """Read the readings of a configuration, and look what is wrong with them.

    Raises:
        GridcastError: If they can't be read.
    """
    said: list[str] = []
    with ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", GridcastWarning)
        panel = load(config, Listener(said.append), refuse=False).panel
        report = inspect(panel, timezones=panel.timezones)
    doubts = tuple(str(each.message) for each in caught if isinstance(each.message, GridcastWarning))
    return Recognised(panel, report, tuple(said), doubts)


def stamps_of(config: RunConfig) -> tuple[int, ...]:
    """Return when the files of a configuration were changed: what a cache is renewed by. [ns]"""
    paths = [Path(each) for each in (config.data.temporal, config.data.spatial) if each and "://" not in each]
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)


def columns_of(address: str) -> tuple[str, ...]:
    """Return the names of a file's columns; none where it can't be read as a table."""
    path = Path(address)
    if not address or not path.is_file():
        return ()
    try:
        if is_parquet(path):
            import pyarrow.parquet as pq

            return tuple(pq.read_schema(path).names)
        return tuple(str(name) for name in TextBlocks(path).sample.header)
    except (GridcastError, OSError):
        return ()


def corrected(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Return settings in which some of those of `[data]` are others; an empty one is again what the file tells.

    Raises:
        ConfigError: If one is out of range.

    Example:
        >>> corrected(RunConfig(), {"timezone": "Europe/Kyiv", "unit": None}).data.timezone
        'Europe/Kyiv'
    """
    standard = DataConfig()
    data = {**config.data.model_dump(), **{name: getattr(standard, name) if v is None else v for name, v in changes.items()}}
    return make_config({**config.model_dump(), "data": data}, source="what was chosen")


def of_files(temporal: str, spatial: str = "") -> RunConfig:
    """Return the settings for readings at some place of this machine.

    Raises:
        FileError: If no readings are named.
    """
    if not temporal.strip():
        raise FileError(
            "which readings?",
            found="no file",
            expected="a table of readings: timestamp, location, consumption; or one column a place",
        )
    return RunConfig(data=DataConfig(temporal=temporal.strip(), spatial=spatial.strip()))


def of_set(data_set: DataSet, folder: Path) -> RunConfig:
    """Return the settings for the files of a public set."""
    known = {"gefcom2012": {"unit": "kW"}}
    data = {"temporal": str(folder / "load.csv"), "spatial": str(folder / "places.csv"), **known.get(data_set.name, {})}
    return make_config({"data": data}, source=data_set.name)


def in_a_sentence(report: QualityReport) -> str:
    """Return the verdict as a sentence."""
    return f"{report.verdict[0].upper()}{report.verdict[1:]}."


def title_of(config: RunConfig) -> str:
    """Return what readings are called: the names of their files, or what world they are of.

    Example:
        >>> title_of(RunConfig(data=DataConfig(temporal="/a/load.csv", spatial="b/places.csv")))
        'load.csv and places.csv'
        >>> title_of(RunConfig(data=DataConfig(num_locations=12, num_days=90)))
        'a synthetic world of 12 places and 90 days'
    """
    data = config.data
    if config.is_synthetic:
        return f"a synthetic world of {counted(data.num_locations, 'place')} and {counted(data.num_days, 'day')}"
    return " and ".join(Path(each).name for each in (data.temporal, data.spatial) if each)


def kind_title(kind: str) -> str:
    """Return what a kind of fault is called."""
    return KINDS[kind].title
