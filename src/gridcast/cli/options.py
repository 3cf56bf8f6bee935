"""The options that stand for settings: one table, from which each command takes the panels that it needs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridcast.errors import ConfigError

if TYPE_CHECKING:
    from gridcast.config import RunConfig

FILES, REPAIR, WEATHER = "What is in the files", "What to repair", "Weather and calendar"
TASK, TRAIN, OUTPUT = "What to forecast", "Training", "Output"


@dataclass(frozen=True)
class Setting:
    """An option whose value, where it is not given, comes from the configuration.

    Attributes:
        panel: Heading in the help under which it stands.
        key: Section and name in the configuration.
        kind: Type of its value; `bool` makes a flag.
        text: What the help says.
        metavar: What stands for its value in the help.
        flag: The option, where it has another name than the setting.
    """

    panel: str
    key: str
    kind: Any
    text: str
    metavar: str | None = None
    flag: str = ""

    @property
    def name(self) -> str:
        """Name of the parameter."""
        return self.flag.lstrip("-").replace("-", "_") or self.key.rpartition(".")[2]

    @property
    def parameter(self) -> inspect.Parameter:
        """The parameter of a command."""
        flag = self.flag or f"--{self.name.replace('_', '-')}"
        option = typer.Option(flag, help=self.text, rich_help_panel=self.panel, metavar=self.metavar)
        kind: Any = self.kind | None
        annotation = Annotated[kind, option]
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


SETTINGS = (
    Setting(FILES, "data.timezone", str, "Zone of stamps without an offset, and of the local clock.  \\[default: UTC]", "ZONE"),
    Setting(FILES, "data.stamps", str, "What stamps label of their interval.  \\[default: start]", "start|end"),
    Setting(FILES, "data.unit", str, "Unit of the readings, such as MW."),
    Setting(FILES, "data.query", str, "SELECT that gives the readings, in place of a table of a database.", "SQL"),
    Setting(FILES, "data.start", str, "Use no readings before this moment.", "TIME"),
    Setting(FILES, "data.end", str, "Use no readings from this moment on.", "TIME"),
    Setting(FILES, "data.time_column", str, "Column of the timestamps.", "NAME"),
    Setting(FILES, "data.location_column", str, "Column of the location, in a long file.", "NAME"),
    Setting(FILES, "data.consumption_column", str, "Column of the consumption, in a long file.", "NAME"),
    Setting(FILES, "data.fold_column", str, "Column that tells apart the hour that autumn shows twice.", "NAME"),
    Setting(FILES, "data.id_column", str, "Column of the places' names.", "NAME"),
    Setting(FILES, "data.latitude_column", str, "Column of the latitude.", "NAME"),
    Setting(FILES, "data.longitude_column", str, "Column of the longitude.", "NAME"),
    Setting(FILES, "data.exclude", list[str], "Leave a location out; may be given again.", "NAME"),
    Setting(FILES, "data.common_only", bool, "Go on with the locations that are in both files."),
    Setting(FILES, "data.no_reading", list[float], "Code that means that there is no reading, such as 65535; may be given again."),
    Setting(FILES, "data.operator", str, "Forecasts of somebody else, in a table like the readings, or FILE#COLUMN.", "FILE"),
    Setting(REPAIR, "data.flags", str, "Table of readings that are wrong, by place and time: taken as missing.", "FILE"),
    Setting(REPAIR, "data.bounds", str, "Readings outside these multiples of their place's median: missing, as 0.1,5.", "LOW,HIGH"),
    Setting(REPAIR, "data.outliers", str, "Readings that can't be right: keep them, or mask them as missing.", "keep|mask"),
    Setting(REPAIR, "data.fill", str, "Gaps: leave them, or fill them (never in targets or scores).", "none|gaps"),
    Setting(WEATHER, "weather.source", str, "Weather: stations in a table, or a field in NetCDF or Zarr.", "FILE", "--weather"),
    Setting(WEATHER, "weather.stations", str, "Coordinates of the stations, where no other file has them.", "FILE"),
    Setting(
        WEATHER,
        "weather.method",
        str,
        "Stations of a place: the three nearest, or those that explain its load best.  \\[default: nearest]",
        "nearest|learned",
        "--weather-method",
    ),
    Setting(WEATHER, "weather.stamps", str, "What stamps of stations label.  \\[default: start]", "start|end", "--weather-stamps"),
    Setting(WEATHER, "weather.perfect_weather", bool, "Let measured weather stand in for a forecast: scores are then ex post."),
    Setting(
        WEATHER,
        "weather.delay_hours",
        float,
        "Hours until weather has arrived.  \\[default: 0]",
        "HOURS",
        "--weather-delay",
    ),
    Setting(WEATHER, "weather.country", str, "Country whose public holidays count, such as DE or US.", "CODE"),
    Setting(WEATHER, "weather.subdivision", str, "State, province or region whose holidays count too, such as BY.", "CODE"),
    Setting(WEATHER, "weather.around_holidays", int, "Days around a holiday that tell that it is near.  \\[default: 0]", "DAYS"),
    Setting(WEATHER, "weather.bridge_days", bool, "Tell working days between a holiday and a weekend."),
    Setting(WEATHER, "weather.year_end", bool, "Tell December 24 to January 1."),
    Setting(WEATHER, "weather.events", str, "Your own calendar, CSV or ICS: school holidays, events.", "FILE"),
    Setting(TASK, "task.sequence_length", int, "Steps of history that the LSTM reads.  \\[default: 28 days]"),
    Setting(TASK, "task.horizon", int, "Steps to forecast.  \\[default: 24]"),
    Setting(TASK, "task.gap", int, "Steps between the issue time and the first step that counts.  \\[default: 0]", "STEPS"),
    Setting(TASK, "task.issue_hour", int, "Hour of the local clock at which forecasts are issued.", "H"),
    Setting(TASK, "task.test_days", int, "Days at the end that are held out.  \\[default: 28]"),
    Setting(TRAIN, "model.size", str, "How large the network is.  \\[default: medium]", "small|medium|large"),
    Setting(TRAIN, "model.members", int, "Networks with different seeds, whose forecasts are averaged.  \\[default: 1]"),
    Setting(
        TRAIN,
        "model.grid_size",
        str,
        "Rows and columns of the map, such as 16 or 12x24.  \\[default: what the places need]",
        "G|RxC",
    ),
    Setting(TRAIN, "training.epochs", int, "Passes over the training part.  \\[default: 30]"),
    Setting(
        TRAIN,
        "training.batch_size",
        int,
        "Issue times in a training step, each with all places.  \\[default: what the places need]",
    ),
    Setting(TRAIN, "training.seed", int, "The same seed gives the same result."),
    Setting(OUTPUT, "output.forecasts_to", str, "Write the forecasts into a table of a database too.", "URL#TABLE", "--to"),
)

Settings = dict[str, dict[str, Any]]

Temporal = Annotated[
    str | None,
    typer.Argument(metavar="TEMPORAL.csv", help="Readings: timestamp, location, consumption; or one column a location."),
]
Spatial = Annotated[str | None, typer.Argument(metavar="SPATIAL.csv", help="Places: id, latitude, longitude.")]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE.toml", help="Settings, such as the config.toml of a run; options override it."),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of `gridcast train` or `gridcast run`.")]
NewerLoad = Annotated[str, typer.Option("--load", metavar="FILE", help="Newer readings, beside those of the run's own sources.")]
NewerWeather = Annotated[str, typer.Option("--weather", metavar="FILE", help="Newer weather, likewise.")]
IssueTime = Annotated[
    str | None, typer.Option(metavar="TIME", help="When the forecast is issued.  \\[default: after the newest reading]")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there under that name.", rich_help_panel=OUTPUT)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on standard error but errors.", rich_help_panel=OUTPUT)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.", rich_help_panel=OUTPUT)]


@dataclass(frozen=True)
class Request:
    """What the commands that read files have in common.

    Attributes:
        temporal: Address of the readings.
        spatial: Address of the places.
        config_file: Settings, which the options override.
        settings: The options.
        quiet: Whether to keep silent but for errors.
    """

    temporal: str | None
    spatial: str | None
    config_file: Path | None
    settings: Settings
    quiet: bool

    @property
    def title(self) -> str:
        """Names of the files."""
        return " and ".join(Path(each).name for each in (self.temporal, self.spatial) if each) or "a synthetic world"

    def config(self, *, files_needed: bool = False) -> RunConfig:
        """Return the settings of the file and of the options, which win.

        Args:
            files_needed: Whether the synthetic world is no answer where no files are given.

        Raises:
            GridcastError: If the file can't be read, a setting is unknown or out of range, or files are needed and not given.
        """
        if files_needed and not self.temporal and self.config_file is None:
            raise ConfigError("which readings?", found="no file", expected="TEMPORAL.csv, or `--config FILE.toml`")
        files = {name: path for name in ("temporal", "spatial") if (path := getattr(self, name)) is not None}
        given = {**self.settings, "data": {**self.settings.get("data", {}), **files}}
        return merged_config(self.config_file, given)


COMMON = (
    inspect.Parameter("temporal", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Temporal),
    inspect.Parameter("spatial", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Spatial),
    inspect.Parameter("config_file", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ConfigFile),
    inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet),
)


def with_settings(*panels: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command files and the options of some panels, and hands it what was given as a `Request`."""
    chosen = [setting for setting in SETTINGS if setting.panel in panels]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**given: Any) -> None:
            settings: Settings = {}
            for setting in chosen:
                value = given.pop(setting.name)
                if value not in (None, []):
                    section, _, key = setting.key.partition(".")
                    settings.setdefault(section, {})[key] = value
            common = {parameter.name: given.pop(parameter.name) for parameter in COMMON}
            command(Request(settings=settings, **common), **given)

        own = [each for each in inspect.signature(command, eval_str=True).parameters.values() if each.name != "request"]
        named = [*COMMON, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own)]
        here = [p for p in named if not _is_output(p)]
        there = [p for p in named if _is_output(p)]
        wrapper.__signature__ = inspect.Signature([*here, *(s.parameter for s in chosen), *there])  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in [*here, *there]}
        return wrapper

    return decorate


def merged_config(config_file: Path | None, given: Settings) -> RunConfig:
    """Return the settings of a file and those given, which win.

    Raises:
        GridcastError: If the file can't be read, or a setting is unknown or out of range.
    """
    from gridcast.config import make_config, read_config

    merged = read_config(config_file) if config_file else {}
    for table, values in given.items():
        merged[table] = {**merged.get(table, {}), **{name: _meant(name, value) for name, value in values.items()}}
    return make_config(merged, source=f"`{config_file}` and the options" if config_file else "the options")


def _is_output(parameter: inspect.Parameter) -> bool:
    """Return whether an option stands under the last heading."""
    return any(getattr(each, "rich_help_panel", None) == OUTPUT for each in getattr(parameter.annotation, "__metadata__", ()))


def _meant(name: str, value: Any) -> Any:
    """Return what an option's text means where it stands for several numbers."""
    read = {"grid_size": _grid_size, "bounds": _bounds}.get(name)
    return read(value) if read and isinstance(value, str) else value


def _bounds(text: str) -> list[float]:
    """Return the bounds of `0.1,5` or `0.1:5`."""
    try:
        low, high = map(float, text.replace(":", ",").split(","))
    except ValueError as error:
        raise ConfigError("`--bounds` are two numbers", found=text, expected="such as `0.1,5` (times the median)") from error
    return [low, high]


def _grid_size(text: str) -> int | list[int]:
    """Return the grid size of `16` or `12x24`."""
    try:
        sides = [int(side) for side in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise ConfigError("`--grid-size` is one number or two", found=text, expected="such as `16` or `12x24` (rows x columns)")
    return sides[0] if len(sides) == 1 else sides
