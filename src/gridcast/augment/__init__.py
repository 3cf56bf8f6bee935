"""Augmentation: samples changed as the world might have changed them; only in training, and never in what is judged."""

from gridcast.augment.augmenter import KINDS, Augmenter, require_kinds

__all__ = ["KINDS", "Augmenter", "require_kinds"]
