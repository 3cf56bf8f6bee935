"""The search space: which settings are searched, among which values; checked against what each setting allows."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridcast.config import RunConfig, make_config
from gridcast.errors import ConfigError, Problem, did_you_mean, listed

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

SEARCHED = {  # setting -> its table
    "sequence_length": "task",
    **dict.fromkeys(("size", "units", "members", "grid_size", "axes", "collisions", "dropout", "temporal", "spatial"), "model"),
    **dict.fromkeys(("epochs", "batch_size", "learning_rate", "weight_decay", "augment", "augment_strength"), "training"),
}
WHOLE = ("sequence_length", "units", "members", "grid_size", "epochs", "batch_size")  # settings that are whole numbers
LEFT_OUT = "default"  # the choice of a setting that is left out
DEFAULT: dict[str, Any] = {
    "learning_rate": {"low": 5e-4, "high": 8e-3, "log": True},
    "weight_decay": {"low": 1e-5, "high": 1e-2, "log": True},
    "dropout": {"low": 0.0, "high": 0.4, "step": 0.05},
    "epochs": [20, 30, 45],
    "batch_size": [LEFT_OUT, 8, 16, 32],
    "size": ["small", "medium"],
}
POINTS = 4  # of a range in a grid, where it has no step
MOST = 5_000  # points of a grid

Values = dict[str, Any]


@dataclass(frozen=True)
class Choices:
    """Some values, in the order given."""

    values: tuple[Any, ...]

    @property
    def labels(self) -> list[Any]:
        """What stands for each value in a study, which knows no lists."""
        return [json.dumps(value) if isinstance(value, list | tuple) else value for value in self.values]

    def distribution(self) -> BaseDistribution:
        """Return it in the words of Optuna."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.labels)

    def drawn(self, trial: Trial, name: str) -> Any:
        """Return the label that a trial is given."""
        return trial.suggest_categorical(name, self.labels)

    def points(self) -> list[Any]:
        """Return the labels, all of which a grid takes."""
        return self.labels

    def all(self) -> list[Any]:
        """Return the labels."""
        return self.labels

    @property
    def count(self) -> float:
        """How many values there are."""
        return len(self.values)


@dataclass(frozen=True)
class Range:
    """Numbers from one to another, both among them; as likely in each order of magnitude, or a step apart."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    whole: bool = False

    def distribution(self) -> BaseDistribution:
        """Return it in the words of Optuna."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log, step=int(self.step or 1))
        return FloatDistribution(float(self.low), float(self.high), log=self.log, step=self.step)

    def drawn(self, trial: Trial, name: str) -> float:
        """Return the number that a trial is given."""
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log, step=int(self.step or 1))
        return trial.suggest_float(name, float(self.low), float(self.high), log=self.log, step=self.step)

    def points(self) -> list[Any]:
        """Return what a grid takes: every step, or four numbers evenly apart.

        Example:
            >>> Range(0.001, 1, log=True).points(), Range(16, 64, step=16, whole=True).points()
            ([0.001, 0.01, 0.1, 1.0], [16, 32, 48, 64])
        """
        if self.step is not None:
            count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
            found = self.low + self.step * np.arange(count)
        else:
            found = (np.geomspace if self.log else np.linspace)(self.low, self.high, POINTS)
        numbers = [round(each) if self.whole else float(f"{each:.12g}") for each in found.tolist()]
        return list(dict.fromkeys(numbers))

    def all(self) -> list[Any]:
        """Return every number, where there is a step."""
        return [self.low + number * (self.step or 1) for number in range(int(self.count))]

    @property
    def count(self) -> float:
        """How many values there are, infinite where they lie close together."""
        step = self.step or (1 if self.whole else None)
        return math.inf if step is None else math.floor((self.high - self.low) / step + 1e-9) + 1


@dataclass(frozen=True)
class Space:
    """What is searched.

    Attributes:
        config: The settings that stay as they are.
        dimensions: By the name of each setting that is searched, its values.
    """

    config: RunConfig
    dimensions: Mapping[str, Choices | Range]

    @classmethod
    def of(cls, config: RunConfig) -> Space:
        """Return the space of a configuration, or the default one.

        Raises:
            ConfigError: Naming all that is unknown, empty, out of range or contradictory.
        """
        asked = _default(config) if config.tune.space is None else config.tune.space
        if not asked:
            hint = "leave out `tune.space` for the default one"
            raise ConfigError(
                "the search space is empty", found="no setting in `[tune.space]`", expected=listed(SEARCHED, 20), hint=hint
            )
        problems = [problem for name, values in asked.items() if (problem := _problem(name, values, config))]
        problems += _contradictions(asked, config)
        if problems:
            raise ConfigError.of(problems)
        return cls(config, {name: _dimension(name, values) for name, values in asked.items()})

    def distributions(self) -> dict[str, BaseDistribution]:
        """Return it in the words of Optuna."""
        return {name: dimension.distribution() for name, dimension in self.dimensions.items()}

    def drawn(self, trial: Trial) -> Values:
        """Return what a trial is given."""
        return {name: dimension.drawn(trial, name) for name, dimension in self.dimensions.items()}

    @property
    def count(self) -> float:
        """How many settings there are to be tried, beside those as configured."""
        return math.prod(each.count for each in self.dimensions.values())

    def untried(self, tried: Collection[Values]) -> Values | None:
        """Return settings that are not among some, where there are few; None where there are many, or none is left."""
        if self.count > MOST:
            return None
        points = itertools.product(*(each.all() for each in self.dimensions.values()))
        return next((each for point in points if (each := dict(zip(self.dimensions, point, strict=True))) not in tried), None)

    def grid(self) -> list[Values]:
        """Return all points of a grid.

        Raises:
            ConfigError: If there are too many.
        """
        points = [each.points() for each in self.dimensions.values()]
        count = math.prod(len(each) for each in points)
        if count > MOST:
            raise ConfigError(
                "the grid has too many points",
                found=f"{count:,}: "
                + " x ".join(f"{len(each)} of `{name}`" for name, each in zip(self.dimensions, points, strict=True)),
                expected=f"at most {MOST:,}",
                hint="give a `step` or fewer choices, or take `--method random`",
            )
        return [dict(zip(self.dimensions, point, strict=True)) for point in itertools.product(*points)]

    def with_values(self, values: Mapping[str, Any]) -> RunConfig:
        """Return the configuration with what a trial was given.

        Raises:
            ConfigError: If the values do not go together.
        """
        return _changed(self.config, {name: self._meant(name, value) for name, value in values.items()})

    def _meant(self, name: str, value: Any) -> Any:
        """Return what a label stands for."""
        dimension = self.dimensions[name]
        if isinstance(dimension, Choices):
            value = dimension.values[dimension.labels.index(value)]
        return None if value == LEFT_OUT else value


def _default(config: RunConfig) -> Values:
    """Return the default space; the width is not searched where it was given in units."""
    return {name: values for name, values in DEFAULT.items() if not (name == "size" and config.model.units)}


def _dimension(name: str, values: Any) -> Choices | Range:
    return Choices(tuple(values)) if isinstance(values, list | tuple) else Range(**values, whole=name in WHOLE)


def _problem(name: str, values: Any, config: RunConfig) -> Problem | None:
    """Return what is wrong with a setting that is searched."""
    where = f"`{name}` in `[tune.space]`"
    if name not in SEARCHED:
        hint = did_you_mean(name, SEARCHED)
        return Problem(f"{where} can't be searched", found=name, expected=listed(SEARCHED, 20), hint=hint)
    if isinstance(values, list | tuple):
        return _problem_of_choices(where, name, tuple(values), config)
    if isinstance(values, Mapping):
        return _problem_of_range(where, name, values, config)
    hint = f"`{name} = [{json.dumps(values, default=str)}]`, or leave it out of the space"
    return Problem(
        f"{where} is one value", found=repr(values), expected="a list of choices, or a table with `low` and `high`", hint=hint
    )


def _problem_of_choices(where: str, name: str, values: tuple[Any, ...], config: RunConfig) -> Problem | None:
    if not values:
        return Problem(f"{where} has no choices", found="[]", expected="at least one value", hint="leave it out of the space")
    twice = [value for place, value in enumerate(values) if value in values[:place]]
    if twice:
        return Problem(f"{where} has a choice twice", found=listed(twice), expected="different values", hint="name each value once")
    return next((each for value in values if (each := _refused(where, name, value, config))), None)


def _problem_of_range(where: str, name: str, values: Mapping[str, Any], config: RunConfig) -> Problem | None:
    """Return what is wrong with a range."""
    found, keys = json.dumps(dict(values), default=str), ("low", "high", "log", "step")
    strange = [key for key in values if key not in keys]
    if strange:
        hint = did_you_mean(strange[0], keys)
        return Problem(f"{where} has an unknown key", found=listed(strange), expected=listed(keys), hint=hint)
    numbers = {key: values[key] for key in ("low", "high", "step") if key in values}
    wrong = [
        key
        for key, each in numbers.items()
        if isinstance(each, bool) or not isinstance(each, int | float) or not math.isfinite(each)
    ]
    if wrong or not {"low", "high"} <= set(numbers) or not isinstance(values.get("log", False), bool):
        expected, hint = "such as `{ low = 0.001, high = 0.01, log = true }`", "`low` and `high` are numbers, `log` a truth value"
        return Problem(f"{where} is no range", found=found, expected=expected, hint=hint)
    if name in WHOLE and any(each != round(each) for each in numbers.values()):
        expected, hint = "whole numbers for `low`, `high` and `step`", "round them"
        return Problem(f"{where} is a whole number", found=found, expected=expected, hint=hint)
    refused = [problem for key in ("low", "high") if (problem := _refused(where, name, numbers[key], config))]
    return next(iter(refused), None) or _contradiction(where, found, values)


def _contradiction(where: str, found: str, values: Mapping[str, Any]) -> Problem | None:
    """Return why there is no number in a range."""
    low, high, log, step = values["low"], values["high"], values.get("log", False), values.get("step")
    reasons = (
        (low >= high, "`low` below `high`", "exchange them, or give a list of one choice"),
        (log and low <= 0, "`low` above zero, where `log = true`", "leave out `log`, or start a little above zero"),
        (log and step is not None, "`log` or `step`, not both", "leave out one of them"),
        (
            step is not None and not 0 < step <= high - low,
            "a `step` above zero that fits between `low` and `high`",
            "a smaller `step`, or a list of choices",
        ),
    )
    told = next(((expected, hint) for wrong, expected, hint in reasons if wrong), None)
    return Problem(f"{where} contradicts itself", found, *told) if told else None


def _refused(where: str, name: str, value: Any, config: RunConfig) -> Problem | None:
    """Return why a setting does not allow a value."""
    if value == LEFT_OUT and _may_be_left_out(name):
        return None
    try:
        _changed(config, {name: value})
    except ConfigError as error:
        first = error.problems[0]
        hint = first.hint or "the search may only try what the setting itself allows"
        return Problem(f"{where} is out of range", found=first.found, expected=first.expected, hint=hint)
    return None


def _may_be_left_out(name: str) -> bool:
    table = RunConfig.model_fields[SEARCHED[name]].annotation
    return getattr(table, "model_fields")[name].default is None  # noqa: B009  mypy does not know that it is a model


def _contradictions(asked: Mapping[str, Any], config: RunConfig) -> Iterator[Problem]:
    """Yield what settings say against each other."""
    if "size" in asked and ("units" in asked or config.model.units):
        where = "`[tune.space]`" if "units" in asked else f"`model.units = {config.model.units}`"
        yield Problem("`size` and `units` are both the width of the network", found=f"`size` in `[tune.space]`, `units` in {where}",
                      expected="one of them", hint="leave out `size`")  # fmt: skip


def _changed(config: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """Return a configuration with other settings, checked."""
    tables = config.model_dump()
    for name, value in values.items():
        tables[SEARCHED[name]][name] = value
    return make_config(tables, source="a trial")


def described(values: Mapping[str, Any]) -> str:
    """Return the values of a trial in a line.

    Example:
        >>> described({"epochs": 20, "learning_rate": 0.00123456})
        'epochs 20, learning_rate 0.001235'
    """
    return ", ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in values.items())
