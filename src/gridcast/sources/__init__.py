"""Sources: from the outside world to tables and panels."""

SOURCES: dict[str, str] = {
    "sql": "gridcast.sources.sql.reading.read_consumption_sql",
}
"""Sources of consumption by name, with the dotted path of each function."""
