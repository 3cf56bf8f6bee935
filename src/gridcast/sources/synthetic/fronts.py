"""A world with a known answer: what a place will consume is what its western neighbours consume now."""

from __future__ import annotations

import numpy as np
import pandas as pd

HOURS_A_COLUMN = 3  # how long a front takes from one column to the next
FRESH = 0.3  # share of a signal that is new each hour: its memory is short
LEVEL = 20.0  # of the consumption [MW]


def generate_fronts(rows: int, columns: int, days: int, *, cycle: float = 0.0, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return hourly readings and places of a world where only the map knows what comes.

    In each row a random signal enters at the western edge and moves one column east in three hours. A place's own history says
    little about the next half day, and the map all of it (but for the western columns).

    Args:
        rows: Of places, from north to south.
        columns: Of places, from west to east.
        days: Of readings.
        cycle: Amplitude of a daily cycle that all places share. [MW]
        seed: Of the signals.

    Returns:
        Readings, one column a place, shape (time, location) [MW]; and a table of the places: `id`, `latitude`, `longitude`.

    Example:
        >>> readings, places = generate_fronts(1, 2, 2)
        >>> bool((readings["R0C1"].to_numpy()[3:] == readings["R0C0"].to_numpy()[:-3]).all())
        True
    """
    hours, lead = 24 * days, HOURS_A_COLUMN * columns
    shocks = np.random.default_rng(seed).normal(size=(hours + lead, rows))
    signal = pd.DataFrame(shocks).ewm(alpha=FRESH).mean().to_numpy()
    signal = signal / signal.std()
    times = pd.date_range("2024-01-01", periods=hours, freq="h", tz="UTC")
    daily = LEVEL + cycle * np.sin(2 * np.pi * times.hour.to_numpy() / 24)
    readings, places = {}, []
    for row, column in np.ndindex(rows, columns):
        name, start = f"R{row}C{column}", lead - HOURS_A_COLUMN * column
        places.append({"id": name, "latitude": 50.0 - row, "longitude": float(column)})
        readings[name] = daily + signal[start : start + hours, row]
    return pd.DataFrame(readings, index=times), pd.DataFrame(places)
