"""Scores: statistics per element that add up, and metrics made of their sums."""

from gridcast.metrics.points import mae as mae
from gridcast.metrics.points import mape as mape
from gridcast.metrics.points import metrics_of as metrics_of
from gridcast.metrics.points import nmae as nmae
from gridcast.metrics.points import rmse as rmse
from gridcast.metrics.points import scores as scores
from gridcast.metrics.points import skill as skill
from gridcast.metrics.points import statistics as statistics
