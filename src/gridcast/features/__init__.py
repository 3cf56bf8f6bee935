"""Features: what is derived from times, readings and weather before a network sees them."""

FEATURES: dict[str, str] = {
    "calendar": "gridcast.features.groups.add_calendar",
    "sun": "gridcast.features.groups.add_sun",
    "heating": "gridcast.features.groups.add_weather",
    "cooling": "gridcast.features.groups.add_weather",
    "recency": "gridcast.features.groups.add_weather",
    "humidity": "gridcast.features.groups.add_weather",
    "wind_chill": "gridcast.features.groups.add_weather",
}
"""Name, as in a list of features of the settings -> function (panel, name, options) -> panel."""
