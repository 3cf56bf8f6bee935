"""Views: forecasts and scores as something to look at."""
