"""What is wrong with readings: reported first, masked or filled only when told."""

from gridcast.quality.finding import KINDS, Example, Finding
from gridcast.quality.plausible import check_panel, implausible
from gridcast.quality.report import QualityReport, inspect

__all__ = ["KINDS", "Example", "Finding", "QualityReport", "check_panel", "implausible", "inspect"]
