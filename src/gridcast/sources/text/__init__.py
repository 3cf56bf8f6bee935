"""Delimited text files: read as strings, recognised, checked; every problem is told with its line."""
