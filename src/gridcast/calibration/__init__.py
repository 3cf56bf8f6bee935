"""Forecasts that are put right by how earlier ones turned out: their quantiles, and what they keep missing."""

from gridcast.calibration.conformal import Calibration as Calibration
from gridcast.calibration.drift import corrected as corrected
