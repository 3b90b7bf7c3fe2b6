"""Files that are whole or not there: written beside their place, then moved into it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from issues.exports.errors import ExportError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; it takes the place of ``path`` when the block ends without an error.

    The folder is made if it is missing. On an error nothing of the attempt stays behind and what
    stood at ``path`` is untouched. Raises ExportError where the operating system refuses.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        _settle(draft)
        draft.replace(path)
    except OSError as error:
        raise ExportError.of(error, path) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
