"""A backtest with its forecasts at hand, of those models whose quantiles are looked at."""

from __future__ import annotations

from dataclasses import replace

from gridcast.app.periods import FORECASTS, freq_of, groups_of
from gridcast.app.scored import Scored
from gridcast.evaluation.longtable import forecasts_of
from gridcast.views.backtested import Backtested

MODELS = 3  # the best ones, whose quantiles are compared


def forecasts_at_hand(scored: Scored) -> Backtested:
    """Return the backtest with the forecasts of its best models, as far as the folder holds them."""
    import pyarrow.parquet as pq

    models = list(scored.backtested.models[:MODELS])
    file = pq.ParquetFile(scored.path / FORECASTS)
    table = file.read_row_groups(groups_of(file, models)).to_pandas()
    table = table[table["model"].isin(models) & table["location"].isin(scored.names)]
    read = forecasts_of(table, freq=freq_of(scored))
    panel = scored.backtested.panel.only(read.actual.locations)
    return replace(scored.backtested, forecasts=read.forecasts, actual=read.actual, panel=panel)
