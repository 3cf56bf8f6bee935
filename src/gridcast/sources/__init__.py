"""Sources: from the outside world to tables and panels."""

SOURCES: dict[str, str] = {  # name -> the function that reads from it
    "csv": "gridcast.sources.text.csvfile.read_consumption",
    "files": "gridcast.sources.files.read_consumption_files",
    "parquet": "gridcast.sources.parquet.read_consumption_parquet",
}
