"""Errors of data preparation, training and evaluation.

    TrainingError            anything below; its text says what happened, what was got, how to mend it
    ├── DatasetError         a data set's YAML, images or labels can't be used as they are
    ├── RecipeError          a training recipe can't be used as it is
    └── MissingExtraError    torch, openvino or pycocotools is not installed
"""

from __future__ import annotations


class TrainingError(Exception):
    """Anything that stops data preparation, training or evaluation."""


class DatasetError(TrainingError):
    """A data set's YAML, images or labels can't be used as they are."""


class RecipeError(TrainingError):
    """A training recipe can't be used as it is."""


class MissingExtraError(TrainingError):
    """A library of an optional extra is needed and not installed."""
