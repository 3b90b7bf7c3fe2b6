"""What one check came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from detect.errors import TidycityError


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's: ``mend`` says how to put right what isn't ok."""

    name: str
    state: Literal["ok", "warn", "fail"]
    message: str
    mend: str = ""


def tried(name: str, check: Callable[[], Finding]) -> Finding:
    """What a check says; an error that it raises is a failure with its own mend."""
    try:
        return check()
    except TidycityError as error:
        return Finding(name, "fail", f"{error.message} [{error.code}]", error.mend)


def all_tried(name: str, checks: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What several checks say; the first error ends them as a failure."""
    try:
        yield from checks()
    except TidycityError as error:
        yield Finding(name, "fail", f"{error.message} [{error.code}]", error.mend)
