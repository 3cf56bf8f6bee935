"""Forecasters: a panel goes in, a forecast comes out. Baselines stand beside the hybrid under one protocol."""

REGISTRY: dict[str, str] = {
    "hybrid": "gridcast.forecasters.hybrid.HybridForecaster",
    "mean_profile": "gridcast.forecasters.profile.MeanProfile",
    "operator": "gridcast.forecasters.operator.FiledForecast",
    "seasonal_naive": "gridcast.forecasters.baselines.SeasonalNaive",
    "vanilla": "gridcast.forecasters.vanilla.VanillaRegression",
}
"""Forecasters by name, with the dotted path of each class."""
