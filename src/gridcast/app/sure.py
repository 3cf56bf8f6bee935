"""A backtest with its forecasts at hand, of those models whose quantiles are looked at."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gridcast.app.periods import FORECASTS
from gridcast.app.scored import Scored
from gridcast.evaluation.longtable import forecasts_of
from gridcast.views.backtested import Backtested

MODELS = 3  # the best ones, whose quantiles are compared


def forecasts_at_hand(scored: Scored) -> Backtested:
    """Return the backtest with the forecasts of its best models, as far as the folder holds them."""
    import pyarrow.parquet as pq

    models = list(scored.backtested.models[:MODELS])
    file = pq.ParquetFile(scored.path / FORECASTS)
    column = file.schema_arrow.get_field_index("model")
    told = [file.metadata.row_group(group).column(column).statistics for group in range(file.metadata.num_row_groups)]
    groups = [group for group, each in enumerate(told) if each is None or any(each.min <= name <= each.max for name in models)]
    table = file.read_row_groups(groups).to_pandas()
    table = table[table["model"].isin(models) & table["location"].isin(scored.names)]
    freq = pd.Timedelta(minutes=float(scored.facts.get("freq_minutes", 0))) or None
    read = forecasts_of(table, freq=freq)
    panel = scored.backtested.panel.only(read.actual.locations)
    return replace(scored.backtested, forecasts=read.forecasts, actual=read.actual, panel=panel)
