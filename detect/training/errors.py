"""Errors of data preparation, training and evaluation, as leaves of `detect.errors`' tree.

::

    BadInput
    ├── DatasetError         a data set's YAML, pictures or labels can't be used as they are
    └── RecipeError          a training recipe can't be used as it is
    TidycityError
    └── MissingExtraError    a library of an optional extra is needed and not installed
"""

from __future__ import annotations

from typing import ClassVar

from detect.errors import BadInput, TidycityError


class DatasetError(BadInput):
    """A data set's YAML, pictures or labels can't be used as they are."""

    default_code: ClassVar[str] = "bad_dataset"


class RecipeError(BadInput):
    """A training recipe can't be used as it is."""

    default_code: ClassVar[str] = "bad_recipe"


class MissingExtraError(TidycityError):
    """A library of an optional extra is needed and not installed."""

    default_code: ClassVar[str] = "missing_extra"

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed", mend=f"pip install 'tidycity[{extra}]'")
