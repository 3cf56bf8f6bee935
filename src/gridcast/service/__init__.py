"""The service: forecasts over HTTP from an exported network, without TensorFlow."""
