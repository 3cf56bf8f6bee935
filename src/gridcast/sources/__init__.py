"""Sources: from the outside world to tables and panels."""

SOURCES: dict[str, str] = {
    "entsoe": "gridcast.sources.entsoe.read_consumption_entsoe",
    "gridstatus": "gridcast.sources.northamerica.read_consumption_gridstatus",
    "sql": "gridcast.sources.sql.reading.read_consumption_sql",
}
"""Sources of consumption by name, with the dotted path of each function."""

WEATHER_SOURCES: dict[str, str] = {
    "openmeteo": "gridcast.sources.openmeteo.read_weather_openmeteo",
}
"""Sources of weather by name, with the dotted path of each function."""
