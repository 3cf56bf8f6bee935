"""Sources: from the outside world to tables and panels."""

SOURCES: dict[str, str] = {
    "entsoe": "gridcast.sources.entsoe.read_consumption_entsoe",
    "gefcom2012": "gridcast.sources.sets.get_set",
    "gridstatus": "gridcast.sources.northamerica.read_consumption_gridstatus",
    "openmeteo": "gridcast.sources.openmeteo.read_weather_openmeteo",
}
"""Sources by name, with the dotted path of each function."""
