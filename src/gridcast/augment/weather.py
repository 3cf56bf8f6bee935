"""Weather that comes otherwise: alone, as a forecast errs, or warmer or colder together with the load that answers to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.augment.slopes import Slopes
from gridcast.clock import DAY
from gridcast.covariates import FAR
from gridcast.features.comfort import cooling_degrees, heating_degrees
from gridcast.features.recency import lagged, smoothed, trailing_mean
from gridcast.features.weather import WeatherOptions
from gridcast.samples.cut import Cut
from gridcast.samples.samples import Samples

Float = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

ERROR = 0.15  # standard deviation of the error of a forecast a day ahead, as a share of the variable's spread
MEMORY = pd.Timedelta(hours=12)  # after which an error is e times smaller
SHARED = 0.7  # share of an error's variance that all places have in common
SIGMAS = 3.0  # at which an error is cut
WARMER = 0.25  # standard deviation of what it is warmer or colder, as a share of the spread
RAMP = pd.Timedelta(hours=6)  # until it is fully so
WARM_UP = 10 * DAY  # of what looks back
BASES = {"heating": heating_degrees, "cooling": cooling_degrees}
BACK = {"lag": lagged, "mean": trailing_mean, "smooth": smoothed}


@dataclass(frozen=True)
class Moved:
    """A variable that is moved, with all that is derived from it: its lags and means, degrees of heating and cooling.

    Attributes:
        column: Of the variable in the weather.
        looking_back: Columns of lags and means, each with the response of its steps to an error at each step, shape (H, H).
        degrees: Columns of degrees of heating and cooling, by their name.
        centre: Mean of each column, shape (K,).
        scale: Spread of each column, shape (K,).
    """

    column: int
    looking_back: dict[int, Float]
    degrees: dict[int, str]
    centre: Floats
    scale: Floats

    @classmethod
    def of(cls, samples: Samples, name: str) -> Moved:
        """Return a variable of the weather of samples."""
        recipe = samples.recipe
        names = recipe.covariates.names
        looking_back, degrees = {}, {}
        for column, derived in enumerate(names):
            ending = derived.removeprefix(f"{name}_")
            match = re.fullmatch(r"(lag|mean|smooth)_([\d.]+)h", ending)
            if match is not None:
                looking_back[column] = _response(match[1], pd.Timedelta(hours=float(match[2])), recipe.horizon, recipe.freq)
            elif ending in BASES and derived != ending:
                degrees[column] = ending
        centre, scale = np.array(recipe.covariates.centre), np.array(recipe.covariates.scale)
        return cls(names.index(name), looking_back, degrees, centre, scale)

    def by(self, coming: Float, error: Float) -> Float:
        """Return the weather of the steps, shape (B, H, N, K + 1), with an error where it is there, (B, H, N). [scaled]"""
        moved = coming.copy()
        error = error * coming[..., -1]
        spread, before = self.scale[self.column], coming[..., self.column]
        moved[..., self.column] += error
        for column, response in self.looking_back.items():
            answer = np.einsum("hk,bkn->bhn", response, error)
            moved[..., column] += answer * coming[..., -1] * np.float32(spread / self.scale[column])
        for column, name in self.degrees.items():
            base = getattr(WeatherOptions(), f"{name}_base")
            old, new = (BASES[name](each * spread + self.centre[self.column], base) for each in (before, before + error))
            moved[..., column] += ((new - old) / self.scale[column]).astype(np.float32)
        moved[..., :-1] = np.clip(moved[..., :-1], -FAR, FAR)
        return moved


@dataclass(frozen=True)
class Erring:
    """Weather that comes otherwise than was forecast: the network learns how sure it may be of it.

    An error remembers, is largely the same at all places, and grows with the square root of the lead time.

    Attributes:
        moved: The main variables.
        size: Standard deviation of the error at each step, shape (H,). [spreads]
        memory: Correlation of the errors of two steps that follow each other.
    """

    moved: tuple[Moved, ...]
    size: Float
    memory: float

    @classmethod
    def of(cls, samples: Samples, strength: float) -> Erring:
        """Return the errors of the weather of samples."""
        recipe = samples.recipe
        lead = np.arange(1, recipe.horizon + 1) * (recipe.freq / DAY)
        size = strength * ERROR * np.sqrt(np.minimum(lead, 4))
        moved = tuple(Moved.of(samples, name) for name in recipe.main)
        return cls(moved, size.astype(np.float32), float(np.exp(-recipe.freq / MEMORY)))

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut: the weather of the steps to forecast."""
        for variable in self.moved:
            cut.coming = variable.by(cut.coming, self.error(random, cut.targets.shape))

    def error(self, random: np.random.Generator, shape: tuple[int, ...]) -> Float:
        """Return errors, shape (B, H, N). [spreads]"""
        batch, steps, places = shape
        common, own = (random.standard_normal((batch, steps, count)) for count in (1, places))
        noise = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
        for step in range(1, steps):
            noise[:, step] = self.memory * noise[:, step - 1] + np.sqrt(1 - self.memory**2) * noise[:, step]
        return np.asarray(np.clip(noise, -SIGMAS, SIGMAS) * self.size[:, None], dtype=np.float32)


@dataclass(frozen=True)
class Warmer:
    """Hours to come that are warmer or colder, at all places, with the load moved along by its local slope.

    Attributes:
        moved: The temperature.
        slopes: What the load answers.
        size: Standard deviation of the change at each step, shape (H,). [spreads]
    """

    moved: Moved
    slopes: Slopes
    size: Float

    @classmethod
    def of(cls, samples: Samples, learned: npt.NDArray[np.bool_], strength: float) -> Warmer:
        """Return the answer of the load to the temperature, by the rows that are learned from."""
        recipe = samples.recipe
        moved = Moved.of(samples, recipe.past)
        ramp = np.minimum(1, np.arange(1, recipe.horizon + 1) * (recipe.freq / RAMP))
        return cls(moved, Slopes.of(samples, learned, moved.column), (strength * WARMER * ramp).astype(np.float32))

    def __call__(self, cut: Cut, random: np.random.Generator) -> None:
        """Change a cut: the weather of the steps to forecast, and what is to be forecast."""
        change = np.clip(random.standard_normal((len(cut.issued), 1, 1)), -SIGMAS, SIGMAS)
        error = np.asarray(change * self.size[:, None], dtype=np.float32) * cut.coming[..., -1]  # (B, H, N)
        rows = cut.issued[:, None] + np.arange(len(self.size))
        cut.targets = cut.targets + self.slopes.at(rows, cut.coming[..., self.moved.column] + np.float32(0.5) * error) * error
        cut.coming = self.moved.by(cut.coming, error)


def _response(kind: str, span: pd.Timedelta, horizon: int, freq: pd.Timedelta) -> Float:
    """Return how what looks back answers at each step to one more degree at each, shape (H, H)."""
    before = max(int(WARM_UP / freq), int(2 * span / freq))
    impulses = np.concatenate([np.zeros((before, horizon)), np.eye(horizon)])
    found = BACK[kind](impulses, span, freq)[before:]
    return np.asarray(np.nan_to_num(found), dtype=np.float32)
