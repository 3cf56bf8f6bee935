"""Issuing forecasts at many times, and scoring them."""

from gridcast.evaluation.everyday import METRICS as METRICS
from gridcast.evaluation.everyday import REFERENCES as REFERENCES
from gridcast.evaluation.everyday import evaluate as evaluate
from gridcast.evaluation.everyday import overall as overall
from gridcast.evaluation.hours import scored_hours as scored_hours
from gridcast.evaluation.issuing import issue as issue
from gridcast.evaluation.scores import score_table as score_table
from gridcast.evaluation.skills import PlacesWon as PlacesWon
from gridcast.evaluation.skills import places_won as places_won
from gridcast.evaluation.skills import skills as skills
from gridcast.evaluation.table import prediction_table as prediction_table
