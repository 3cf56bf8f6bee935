"""Samples of the engine: at an issue time, everything that is known then about every place and step; cut on demand."""
