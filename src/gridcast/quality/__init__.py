"""What is wrong with readings: reported first, masked or filled only when told."""

from gridcast.quality.check import check_panel
from gridcast.quality.filling import fill, filled
from gridcast.quality.finding import KINDS, Example, Finding
from gridcast.quality.report import QualityReport, implausible, inspect

__all__ = ["KINDS", "Example", "Finding", "QualityReport", "check_panel", "fill", "filled", "implausible", "inspect"]
