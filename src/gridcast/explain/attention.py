"""What a network with attention reads: how much of each stretch of the history, and how much of each place on the map.

Letters: B issue times, N locations, P patches of the history.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridcast.explain.question import Floats, Question

DAYS = 8  # earlier days that tell what is usual
HISTORY, PLACES = "history", "places"
COLUMNS = ["of", "start", "end", "location", "share", "usual"]


def attention(question: Question) -> pd.DataFrame:
    """Return what the network reads for the forecast, and what it reads on average at the same hour of earlier days.

    It says where the network looks, not what that does to the forecast: much that is read may change little.

    Returns:
        A row a stretch of the history and a row a place, each where its branch has attention, else none. Columns `of`, `history` or
        `places`; `start` and `end` of the stretch, UTC; `location`; `share` of what is read [1], which adds up to 1 over the rows
        of each; `usual`, the mean share on the earlier days [1]. For the sum of all places it is the mean over them; of several
        members the mean too.

    References:
        Abnar & Zuidema (2020), doi:10.18653/v1/2020.acl-main.385.
    """
    days = question.earlier[np.unique(np.linspace(0, len(question.earlier) - 1, DAYS).round().astype(np.intp))]
    own = _shares(question, question.row)
    before = [_shares(question, int(row)) for row in days]
    tables = [_laid(question, name, shares, np.mean([each[name] for each in before], axis=0)) for name, shares in own.items()]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _shares(question: Question, row: int) -> dict[str, Floats]:
    """Return what is read at an issue time: `history` (P,) and `places` (N,), each where there is attention."""
    inputs = question.placed.inputs(np.array([row], dtype=np.int64))
    told: dict[str, list[Floats]] = {}
    for network in question.fitted.networks:
        for name, shares in network.attention(inputs).items():
            values = np.asarray(shares)[0, list(question.places)]
            told.setdefault({"patches": HISTORY, "places": PLACES}[name], []).append(values.mean(axis=0, dtype=np.float64))
    return {name: np.mean(each, axis=0) for name, each in told.items()}


def _laid(question: Question, of: str, share: Floats, usual: Floats) -> pd.DataFrame:
    """Return the rows of one branch."""
    table = pd.DataFrame({"of": of, "share": share, "usual": usual}).reindex(columns=COLUMNS)
    if of == PLACES:
        never = pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns, UTC]")
        return table.assign(location=list(question.samples.panel.locations), start=never, end=never)
    recipe, count = question.samples.recipe, len(share)
    end = question.issue_time - np.arange(count)[::-1] * recipe.patch * recipe.freq
    return table.assign(start=end - recipe.patch * recipe.freq, end=end)
