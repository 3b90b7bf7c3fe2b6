"""What can go wrong while writing an export: one error, with a stable code and a way to mend it.

::

    detect.errors.TidycityError
    └── ExportError          cannot_write, disk_full, too_many_rows
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import ClassVar, Literal

from detect.errors import TidycityError

ExportCode = Literal["cannot_write", "disk_full", "too_many_rows"]

_MEND: dict[ExportCode, str] = {
    "cannot_write": "Close the file if a program has it open, or choose a folder you may write to.",
    "disk_full": "Make room on the disk, or write to another one.",
    "too_many_rows": "Narrow the list by area, unit, category or time, or write CSV.",
}

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ExportError(TidycityError):
    """An export could not be written; what stood at its path before is still there."""

    default_code: ClassVar[str] = "cannot_write"

    def __init__(self, code: ExportCode, message: str) -> None:
        super().__init__(message, code=code, mend=_MEND[code])

    @classmethod
    def of(cls, error: OSError, path: Path) -> ExportError:
        """The ExportError that an error of the operating system amounts to.

        >>> ExportError.of(OSError(errno.ENOSPC, "No space left on device"), Path("list.xlsx")).code
        'disk_full'
        """
        code: ExportCode = "disk_full" if error.errno in _FULL else "cannot_write"
        return cls(code, f"could not write {path}: {error.strerror or error}")
