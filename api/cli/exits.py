"""How a command ends: the exit codes, and how an error is told to a person."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from api.i18n import t


class Exit(IntEnum):
    """Exit codes of every verb (docs/cli.md has the table)."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOME_UNREADABLE = 3
    NOTHING_FOUND = 4
    STORE = 5
    MODEL = 6
    GATE_MISSED = 7
    INTERRUPTED = 130


def code_of(error: Exception) -> Exit:
    """The exit code for an error of the project's tree."""
    from detect.errors import BadInput, ModelError

    if isinstance(error, BadInput):
        return Exit.USAGE
    if isinstance(error, ModelError):
        return Exit.MODEL
    if type(error).__name__ == "StoreError":
        return Exit.STORE
    return Exit.INTERNAL


def tell(message: str, mend: str = "", code: str = "") -> None:
    """Writes an error to standard error: what happened, how to mend it, its stable code."""
    tail = f" [{code}]" if code else ""
    sys.stderr.write(t("error: {message}", message=message) + tail + "\n")
    if mend:
        sys.stderr.write("  → " + mend + "\n")


@contextmanager
def telling_errors() -> Iterator[None]:
    """Turns the project's errors into a message and an exit code; others pass with their trace."""
    from pydantic import ValidationError

    from detect.errors import TidycityError

    try:
        yield
    except TidycityError as error:
        tell(error.message, error.mend, error.code)
        raise SystemExit(code_of(error)) from error
    except ValidationError as error:
        for entry in error.errors():
            where = ".".join(str(part) for part in entry["loc"])
            tell(f"{where}: {entry['msg']}" if where else str(entry["msg"]), code="bad_setting")
        raise SystemExit(Exit.USAGE) from error
    except KeyboardInterrupt:
        tell(t("stopped; run the same command again to go on where it stopped"))
        raise SystemExit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(Exit.OK) from None
