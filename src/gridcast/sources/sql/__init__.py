"""Databases: readings and places from a table or a query, forecasts back into a table."""
