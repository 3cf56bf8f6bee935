"""The settings of a run: one TOML file <-> small frozen models; an unknown key is refused with a suggestion."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from gridcast.errors import ConfigError, Problem, did_you_mean
from gridcast.tomlfile import read_config as read_config
from gridcast.tomlfile import text_of

NEAR_ELSEWHERE = 0.75  # similarity of a setting of another table that may have been meant
GridSize = PositiveInt | tuple[PositiveInt, PositiveInt]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Level = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """A table of the TOML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataConfig(Section):
    """Where the readings come from, and how to read them."""

    temporal: str = ""
    """Readings: a file, a folder, a glob, or the URL of a database with `#table`; empty for the synthetic world."""
    spatial: str = ""
    """Places, likewise; may be left empty where nothing is known of them but their names."""
    query: str = ""
    """SELECT that gives the readings, in place of a table of the database."""
    timezone: str = "UTC"
    """Zone of stamps without an offset, and of the local clock; `local` for labels that are kept as they are."""
    timezones: dict[str, str] = Field(default_factory=dict)
    """Zones of single places, by their names, where the table of places has no column `timezone`."""
    unit: str = ""
    """Unit of the readings, where the file does not tell."""
    start: str = ""
    """Readings before this moment are not used; without an offset it is one of `timezone`."""
    end: str = ""
    """Nor are those from this moment on."""
    exclude: tuple[str, ...] = ()
    """Places to leave out."""
    common_only: bool = False
    """Go on with the places that are in both files."""
    stamps: Literal["start", "end"] = "start"
    """What stamps label of their interval, where the name of their column does not tell: its start, or its end."""
    no_reading: tuple[float, ...] = ()
    """Codes that mean that there is no reading, such as 65535."""
    flags: str = ""
    """Table of readings that others call wrong (place and time, one row each): they are treated as missing."""
    bounds: tuple[NonNegative, NonNegative] | None = None
    """Readings below the first or above the second of these multiples of the place's median are treated as missing."""
    operator: str = ""
    """Forecasts that somebody else made for the same hours, in a table like the readings: a backtest scores them too."""
    outliers: Literal["keep", "mask"] = "keep"
    """What to do with readings that can't be right: keep them, or treat them as missing."""
    fill: Literal["none", "gaps"] = "none"
    """Fill gaps: up to three hours on a line, longer ones by the same hour of earlier weeks; never in targets or scores."""
    time_column: str = ""
    location_column: str = ""
    consumption_column: str = ""
    fold_column: str = ""
    id_column: str = ""
    latitude_column: str = ""
    longitude_column: str = ""
    num_days: PositiveInt = 365
    """Length of the synthetic world."""
    num_locations: PositiveInt = 100
    """Places of the synthetic world."""
    noise_level: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.1
    """Noise of the synthetic world, as a share of the signal's standard deviation."""


class WeatherConfig(Section):
    """Weather and calendar: what is known of the hours to come."""

    source: str = ""
    """Stations in a table, or a field in NetCDF or Zarr: a file, a folder or a glob; with issue times it is a forecast."""
    stations: str = ""
    """Table of the stations' coordinates, where neither the weather nor the places' table has them."""
    method: Literal["nearest", "learned"] = "nearest"
    """The weather of a place: from its nearest stations, or from those that explain its load best before the test part."""
    variables: tuple[str, ...] = ()
    """Which of its variables to use; all that are recognised if empty."""
    timezone: str = ""
    """Zone of its stamps without an offset; that of the readings if empty."""
    stamps: Literal["start", "end"] = "start"
    """What stamps of a table of stations label, as for readings."""
    perfect_weather: bool = False
    """Let measured weather stand in for a forecast; the scores are then ex post, and say so."""
    delay_hours: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Hours from the end of an interval, or from the issue time of a forecast, until the weather has arrived."""
    features: tuple[str, ...] = ("heating", "cooling", "recency")
    """What is derived from the weather; those that its variables do not allow are left out."""
    country: str = ""
    """ISO code of the country whose public holidays count; empty for none (the synthetic world has its own)."""
    subdivision: str = ""
    """Code of the state, province or region whose own holidays count too."""
    around_holidays: Annotated[int, Field(ge=0)] = 0
    """How many days before and after a public holiday the network is told that it is near."""
    bridge_days: bool = False
    """Tell single working days between a holiday and a weekend, on which many take leave."""
    year_end: bool = False
    """Tell December 24 to January 1."""
    events: str = ""
    """The user's own calendar, CSV or ICS: school holidays, events."""


class TaskConfig(Section):
    """What to forecast."""

    sequence_length: PositiveInt | None = None
    """Steps of history that the LSTM reads; left out, 28 days, or 112 steps where a step is a day."""
    horizon: PositiveInt = 24
    """Steps to forecast."""
    gap: Annotated[int, Field(ge=0)] = 0
    """Steps from the issue time to the first step that is wanted; they are forecast too, and not scored."""
    issue_hour: Annotated[int, Field(ge=0, le=23)] | None = None
    """Hour of the local clock at which forecasts are issued; left out, midnight; `gridcast train` then trains for any hour."""
    test_days: PositiveInt = 28
    """Days at the end that are held out."""
    quantiles: tuple[Level, ...] = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
    """Levels of the quantiles, ascending, with the median."""


class ModelConfig(Section):
    """The network."""

    size: Literal["small", "medium", "large"] = "medium"
    """How large the network is."""
    members: PositiveInt = 1
    """Networks with different seeds, whose forecasts are averaged."""
    grid_size: GridSize | None = None
    """Rows and columns of the map that the CNN reads, or [rows, columns]; left out, as fine as the places need."""
    axes: Literal["equal", "quantile"] = "equal"
    """Cells of equal area, or rows and columns that hold as many places each."""
    collisions: Literal["spread", "share"] = "spread"
    """Places in one cell: move some to free cells nearby, or let them share it."""
    units: PositiveInt | None = None
    """Width of the network, where `size` is not meant."""
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Share of what the network hears that is dropped in training; left out, 0.2."""
    temporal: Literal["lstm", "lstm_attention", "transformer", "transformer_causal", "tcn", "none"] = "lstm"
    """What reads the history of each place."""
    spatial: Literal["cnn", "attention", "cnn_attention", "convlstm", "none"] = "cnn"
    """What reads the map; `attention` lets places read each other."""


class TrainingConfig(Section):
    """How to train it."""

    epochs: PositiveInt = 30
    """Passes over the training part, each with one issue time a day."""
    batch_size: PositiveInt | None = None
    """Issue times in a training step; each brings all places. Left out, as many as make a good step."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """The same seed gives the same result on the same machine."""
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Learning rate at the beginning, from which it falls to zero; left out, 0.002."""
    weight_decay: NonNegative | None = None
    """How strongly weights are drawn to zero; left out, 0.0001."""
    augment: tuple[str, ...] = ()
    """Changes of what is learned from, such as `jitter`, `weather` or `swap`; none if empty."""
    augment_strength: Annotated[float, Field(gt=0, le=3)] = 1.0
    """How strong these changes are; 1 for what is usual."""


class BacktestConfig(Section):
    """Which forecasts a backtest makes, and who makes them."""

    first: str = ""
    """First issue time by the local clock; left out, that of the held-out days."""
    last: str = ""
    """Last issue time; left out, the last one with a reading at every step."""
    stride_hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 24.0
    """Hours between two issue times."""
    refit_days: Annotated[int, Field(ge=0)] = 0
    """Days after which the forecasters learn anew from what is known by then; 0 for never."""
    window_days: Annotated[int, Field(ge=0)] = 0
    """Days of history that they learn from, sliding; 0 for all that there is, expanding."""
    folds: Annotated[int, Field(ge=0)] = 0
    """Cross-validation in place of a rolling origin: so many blocks of time, each forecast by what learned from the others."""
    embargo_days: Annotated[int, Field(ge=0)] = 7
    """Days on either side of a block that nobody learns from."""
    leave_out: Literal["none", "locations", "regions"] = "none"
    """Forecast places that the forecasters did not learn from: single places in `folds` groups, or groups that lie together."""
    baselines: tuple[str, ...] = ("seasonal_naive_24h", "seasonal_naive_168h", "mean_profile_7d", "ridge")
    """Forecasters beside the hybrid; `--with-baselines` takes all."""
    not_scored: tuple[str, ...] = ()
    """Places that are forecast, and left out of the scores and of the sum."""
    not_compared: tuple[str, ...] = ()
    """Places at which nobody is compared with the operator, as its forecasts are not credible there."""
    total: Literal["none", "bottom_up", "mint"] = "bottom_up"
    """Forecast the sum of all places too: from its parts, or reconciled with a forecast of its own by MinT."""


class TuneConfig(Section):
    """How `gridcast tune` searches for better settings."""

    method: Literal["grid", "random", "bayes", "gp"] = "bayes"
    """How the next trial is chosen: `grid`, `random`, `bayes` (TPE) or `gp` (Gaussian process)."""
    trials: PositiveInt | None = None
    """Trials of the whole search."""
    minutes: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Time from each start of the search; left out like `trials`, 30, or as long as a grid takes."""
    score: Literal["pinball", "nmae"] = "pinball"
    """What shall be small on the validation days: the pinball loss or the MAE of a place by its mean reading, mean over places."""
    validation_days: PositiveInt = 56
    """Days before the first issue time of the backtest that trials are scored on; they learn from those before."""
    refit_days: Annotated[int, Field(ge=0)] = 0
    """Days after which a trial learns anew within them; 0 for never."""
    prune: bool = True
    """Stop a trial whose validation loss is worse than the median of the trials before it, at the same share of its epochs."""
    space: dict[str, Any] | None = None
    """Settings to search, each with its choices or a table of `low`, `high`, `log` and `step`; left out, those that matter most."""


class OutputConfig(Section):
    """Where forecasts go beside the run folder."""

    forecasts_to: str = ""
    """URL of a database with `#table`; those of the same run and issue times are replaced there."""


class RunConfig(Section):
    """All settings of a run."""

    data: DataConfig = DataConfig()
    weather: WeatherConfig = WeatherConfig()
    task: TaskConfig = TaskConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    backtest: BacktestConfig = BacktestConfig()
    tune: TuneConfig = TuneConfig()
    output: OutputConfig = OutputConfig()

    @property
    def is_synthetic(self) -> bool:
        """Whether the run is on the synthetic world."""
        return not self.data.temporal and not self.data.spatial


def make_config(settings: dict[str, Any], *, source: str = "the settings") -> RunConfig:
    """Return the checked settings of a run.

    Args:
        settings: A table of tables, as in the TOML file.
        source: Where they come from, for the error message.

    Raises:
        ConfigError: Naming every setting that is unknown or out of range.
    """
    try:
        return RunConfig.model_validate(settings)
    except ValidationError as error:
        raise ConfigError.of(_problems(error, source)) from error


def to_toml(config: RunConfig) -> str:
    """Return the settings as TOML; reading it gives the same settings.

    Example:
        >>> print(to_toml(RunConfig()).split("[model]")[1].split("[training]")[0].strip())
        size = "medium"
        members = 1
        # grid_size =
        axes = "equal"
        collisions = "spread"
        # units =
        # dropout =
        temporal = "lstm"
        spatial = "cnn"
    """
    return text_of(config.model_dump(mode="json"))


def _problems(error: ValidationError, source: str) -> list[Problem]:
    """Return one problem a setting, also where it may be one of several kinds and is none of them."""
    problems: dict[str, Problem] = {}
    for each in error.errors():
        new = _problem(dict(each), source)
        old = problems.get(new.problem)
        problems[new.problem] = replace(old, expected=f"{old.expected}, or {new.expected}") if old else new
    return list(problems.values())


def _problem(error: dict[str, Any], source: str) -> Problem:
    """Return pydantic's finding in our words."""
    path = [str(part) for part in error["loc"] if not str(part).startswith(("constrained-", "tuple["))]
    name = ".".join(path[:2])
    if error["type"] == "extra_forbidden":
        known = _known(path[:-1])
        hint = _setting_meant(path[-1], known)
        return Problem(f"unknown setting `{name}` in {source}", found=name, expected=", ".join(known), hint=hint)
    choices = re.findall(r"'([^']+)'", str(error["ctx"]["expected"])) if error["type"] == "literal_error" else []
    hint = did_you_mean(str(error["input"]), choices)
    return Problem(f"`{name}` is out of range in {source}", found=repr(error["input"]), expected=str(error["msg"]), hint=hint)


def _setting_meant(name: str, known: list[str]) -> str:
    """Return a hint with the table in which a setting belongs, or else with the nearest name; empty if none is near."""
    tables = {key: table for table in RunConfig.model_fields for key in _known([table]) if key not in known}
    homes = [table for table in RunConfig.model_fields if name in _known([table])]
    if homes and name not in known:
        return f"`{name}` belongs in {' or '.join(f'`[{table}]`' for table in homes)}"
    near = did_you_mean(name, known)
    elsewhere = did_you_mean(name, tables, cutoff=NEAR_ELSEWHERE) if not near else ""
    if not elsewhere:
        return near
    meant = elsewhere.split("`")[1]
    return f"did you mean `{meant}` in `[{tables[meant]}]`?"


def _known(path: list[str]) -> list[str]:
    if not path:
        return list(RunConfig.model_fields)
    section = RunConfig.model_fields[path[0]].annotation
    return list(section.model_fields) if isinstance(section, type) and issubclass(section, BaseModel) else []
