"""Issuing forecasts at many times, and scoring them."""

from gridcast.evaluation.everyday import METRICS as METRICS
from gridcast.evaluation.everyday import REFERENCES as REFERENCES
from gridcast.evaluation.everyday import evaluate as evaluate
from gridcast.evaluation.everyday import overall as overall
from gridcast.evaluation.issuing import issue as issue
from gridcast.evaluation.table import prediction_table as prediction_table
