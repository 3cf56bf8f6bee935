"""gridcast: forecasts energy consumption for many places at once.

The names below are imported when they are first used, so that `import gridcast` is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridcast.audit import audit as audit
    from gridcast.config import RunConfig as RunConfig
    from gridcast.config import make_config as make_config
    from gridcast.errors import GridcastError as GridcastError
    from gridcast.errors import GridcastWarning as GridcastWarning
    from gridcast.evaluation import BacktestPlan as BacktestPlan
    from gridcast.features.calendar import Calendar as Calendar
    from gridcast.features.groups import add_features as add_features
    from gridcast.features.places import weather_at_places as weather_at_places
    from gridcast.features.stationweights import learned_weights as learned_weights
    from gridcast.forecast import Forecast as Forecast
    from gridcast.forecasters.baselines import SeasonalNaive as SeasonalNaive
    from gridcast.forecasters.hybrid import HybridForecaster as HybridForecaster
    from gridcast.mapping import draw_map as draw_map
    from gridcast.metrics import mae as mae
    from gridcast.metrics import mape as mape
    from gridcast.metrics import nmae as nmae
    from gridcast.metrics import rmse as rmse
    from gridcast.metrics import skill as skill
    from gridcast.networks.hybrid import create_hybrid_model as create_hybrid_model
    from gridcast.panel import Panel as Panel
    from gridcast.quality import inspect as inspect
    from gridcast.raster import panel_grid as panel_grid
    from gridcast.raster import preprocess_spatial_data as preprocess_spatial_data
    from gridcast.scaling import Scaler as Scaler
    from gridcast.sources.pair import load_data as load_data
    from gridcast.sources.pair import read_panel as read_panel
    from gridcast.sources.sql.writing import write_forecasts as write_forecasts
    from gridcast.sources.synthetic.world import generate_synthetic_spatial_data as generate_synthetic_spatial_data
    from gridcast.sources.synthetic.world import generate_synthetic_temporal_data as generate_synthetic_temporal_data
    from gridcast.sources.weather.reading import read_weather as read_weather
    from gridcast.store import save_predictions as save_predictions
    from gridcast.training import predict as predict
    from gridcast.training import train_model as train_model
    from gridcast.views.figures import plot_results as plot_results
    from gridcast.views.maps import plot_map as plot_map
    from gridcast.windows import preprocess_temporal_data as preprocess_temporal_data
    from gridcast.workflow.ablating import ablate as ablate
    from gridcast.workflow.auditing import audit_run as audit_run
    from gridcast.workflow.backtesting import run_backtest as backtest  # noqa: F401  no redundant alias, and still exported
    from gridcast.workflow.checking import check_readings as check_readings
    from gridcast.workflow.explaining import explain as explain
    from gridcast.workflow.forecasting import forecast as forecast
    from gridcast.workflow.reporting import report as report
    from gridcast.workflow.run import run as run
    from gridcast.workflow.training import train as train
    from gridcast.workflow.tuning import tune as tune

_HOME = {
    "audit": "audit",
    "RunConfig": "config",
    "make_config": "config",
    "GridcastError": "errors",
    "GridcastWarning": "errors",
    "BacktestPlan": "evaluation",
    "Calendar": "features.calendar",
    "add_features": "features.groups",
    "weather_at_places": "features.places",
    "learned_weights": "features.stationweights",
    "Forecast": "forecast",
    "SeasonalNaive": "forecasters.baselines",
    "HybridForecaster": "forecasters.hybrid",
    "draw_map": "mapping",
    "mae": "metrics",
    "mape": "metrics",
    "nmae": "metrics",
    "rmse": "metrics",
    "skill": "metrics",
    "create_hybrid_model": "networks.hybrid",
    "Panel": "panel",
    "inspect": "quality",
    "panel_grid": "raster",
    "preprocess_spatial_data": "raster",
    "Scaler": "scaling",
    "load_data": "sources.pair",
    "read_panel": "sources.pair",
    "write_forecasts": "sources.sql.writing",
    "generate_synthetic_spatial_data": "sources.synthetic.world",
    "generate_synthetic_temporal_data": "sources.synthetic.world",
    "read_weather": "sources.weather.reading",
    "save_predictions": "store",
    "predict": "training",
    "train_model": "training",
    "plot_results": "views.figures",
    "plot_map": "views.maps",
    "preprocess_temporal_data": "windows",
    "ablate": "workflow.ablating",
    "audit_run": "workflow.auditing",
    "backtest": "workflow.backtesting",
    "check_readings": "workflow.checking",
    "explain": "workflow.explaining",
    "forecast": "workflow.forecasting",
    "report": "workflow.reporting",
    "run": "workflow.run",
    "train": "workflow.training",
    "tune": "workflow.tuning",
}

_NAME_THERE = {"backtest": "run_backtest"}  # where a name is another one at home

__all__ = sorted(_HOME)


class _Package(ModuleType):
    """A package in which `gridcast.forecast` stays the function when the module of that name is imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module `gridcast` has no attribute `{name}`")
    return getattr(import_module(f"gridcast.{_HOME[name]}"), _NAME_THERE.get(name, name))


def __dir__() -> list[str]:
    return __all__
