"""Sources: from the outside world to tables and panels."""

SOURCES: dict[str, str] = {
    "csv": "gridcast.sources.text.csvfile.read_consumption",
    "entsoe": "gridcast.sources.entsoe.read_consumption_entsoe",
    "files": "gridcast.sources.files.read_consumption_files",
    "gridstatus": "gridcast.sources.northamerica.read_consumption_gridstatus",
    "parquet": "gridcast.sources.parquet.read_consumption_parquet",
    "sql": "gridcast.sources.sql.reading.read_consumption_sql",
}
"""Sources of consumption by name, with the dotted path of each function."""

WEATHER_SOURCES: dict[str, str] = {
    "gridded": "gridcast.sources.weather.gridded.read_gridded_weather",
    "openmeteo": "gridcast.sources.openmeteo.read_weather_openmeteo",
    "stations": "gridcast.sources.weather.stations.read_station_weather",
}
"""Sources of weather by name, with the dotted path of each function."""
