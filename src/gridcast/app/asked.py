"""What one asks for on the page of training: the settings of a run from a few controls."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gridcast.config import RunConfig, make_config


@dataclass(frozen=True)
class Asked:
    """The controls of the page of training.

    Attributes:
        sequence_length: Steps of history that the LSTM reads; None for 28 days.
        horizon: Steps to forecast.
        grid_size: Rows and columns of the map; None for what the places need.
        size: How large the network is.
        epochs: Passes over the training part.
        test_days: Days at the end that are held out.
        seed: The same seed gives the same result.
        weather: Address of the weather; empty for none.
        perfect_weather: Whether measured weather stands in for a forecast.
        country: Whose public holidays count; empty for none.
    """

    sequence_length: int | None = None
    horizon: int = 24
    grid_size: int | None = None
    size: str = "medium"
    epochs: int = 30
    test_days: int = 28
    seed: int = 0
    weather: str = ""
    perfect_weather: bool = False
    country: str = ""

    def config(self, source: RunConfig) -> RunConfig:
        """Return the settings of a run on readings.

        Args:
            source: Settings with the readings, and how they are read.

        Raises:
            ConfigError: Naming every setting that is out of range.

        Example:
            >>> asked = Asked(horizon=48, size="small", country=" de ").config(RunConfig())
            >>> asked.task.horizon, asked.model.size, asked.weather.country
            (48, 'small', 'DE')
        """
        weather = {
            "source": self.weather,
            "perfect_weather": self.perfect_weather and bool(self.weather),
            "country": self.country.strip().upper(),
        }
        return make_config(
            {
                "data": source.data.model_dump(),
                "weather": {**source.weather.model_dump(), **weather},
                "task": {"sequence_length": self.sequence_length, "horizon": self.horizon, "test_days": self.test_days},
                "model": {"size": self.size, "grid_size": self.grid_size},
                "training": {"epochs": self.epochs, "seed": self.seed},
            },
            source="what was chosen",
        )


def usual_test_days(span: pd.Timedelta) -> int:
    """Return how many days to hold out of so long a history: a fifth, and at most four weeks.

    Example:
        >>> usual_test_days(pd.Timedelta(days=365)), usual_test_days(pd.Timedelta(days=90))
        (28, 18)
    """
    return min(max(int(span / pd.Timedelta(days=5)), 1), 28)
