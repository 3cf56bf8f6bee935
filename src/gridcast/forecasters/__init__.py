"""Forecasters: a panel goes in, a forecast comes out. Baselines stand beside the hybrid under one protocol."""

REGISTRY: dict[str, str] = {
    "hybrid": "gridcast.forecasters.hybrid.HybridForecaster",
    "lightgbm": "gridcast.forecasters.boosting.LightGBMForecaster",
    "mean_profile": "gridcast.forecasters.profile.MeanProfile",
    "operator": "gridcast.forecasters.operator.FiledForecast",
    "ridge": "gridcast.forecasters.linear.RidgeForecaster",
    "seasonal_naive": "gridcast.forecasters.baselines.SeasonalNaive",
    "vanilla": "gridcast.forecasters.vanilla.VanillaRegression",
}
"""Forecasters by name, with the dotted path of each class."""
