"""Features: what is derived from times, readings and weather before a network sees them."""
