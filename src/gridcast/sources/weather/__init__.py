"""Weather from outside: stations in tables, fields in NetCDF and Zarr, both in one set of names and units."""
