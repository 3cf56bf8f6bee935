"""Issuing forecasts at many times, backtests, and scoring them."""

from gridcast.evaluation.backtest import BacktestResult as BacktestResult
from gridcast.evaluation.backtest import Seconds as Seconds
from gridcast.evaluation.backtest import backtest as backtest
from gridcast.evaluation.everyday import METRICS as METRICS
from gridcast.evaluation.everyday import REFERENCES as REFERENCES
from gridcast.evaluation.everyday import evaluate as evaluate
from gridcast.evaluation.everyday import overall as overall
from gridcast.evaluation.hours import scored_hours as scored_hours
from gridcast.evaluation.issuing import issue as issue
from gridcast.evaluation.longtable import forecast_table as forecast_table
from gridcast.evaluation.longtable import forecast_tables as forecast_tables
from gridcast.evaluation.longtable import forecasts_of as forecasts_of
from gridcast.evaluation.plan import BacktestPlan as BacktestPlan
from gridcast.evaluation.plan import plan_of as plan_of
from gridcast.evaluation.rounds import Round as Round
from gridcast.evaluation.rounds import cross_validation as cross_validation
from gridcast.evaluation.rounds import leave_locations_out as leave_locations_out
from gridcast.evaluation.rounds import rolling_origin as rolling_origin
from gridcast.evaluation.scores import score_table as score_table
from gridcast.evaluation.skills import PlacesWon as PlacesWon
from gridcast.evaluation.skills import places_won as places_won
from gridcast.evaluation.skills import skills as skills
from gridcast.evaluation.table import prediction_table as prediction_table
