"""From the configuration to a checked panel: sources, weather, repairs, and which part is held out."""

from gridcast.loading.heldout import held_out_issue_times, in_days, in_words
from gridcast.loading.listener import Listener
from gridcast.loading.operator import read_operator
from gridcast.loading.readings import load, with_covariates
from gridcast.loading.repairs import mask_outliers, prepare, with_filled_gaps, without_wrong

__all__ = [
    "Listener",
    "held_out_issue_times",
    "in_days",
    "in_words",
    "load",
    "mask_outliers",
    "prepare",
    "read_operator",
    "with_covariates",
    "with_filled_gaps",
    "without_wrong",
]
