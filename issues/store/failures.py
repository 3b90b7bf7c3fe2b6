"""What a database says when it fails, as a StoreError that says how to mend it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from issues.errors import STORE_MEND, StoreError

_SAYS = (
    ("database is locked", "locked"),
    ("readonly database", "read_only"),
    ("read-only transaction", "read_only"),
    ("database or disk is full", "disk_full"),
    ("no space left", "disk_full"),
    ("unable to open database", "cannot_open"),
    ("not a database", "not_a_store"),
    ("malformed", "damaged"),
    ("disk i/o error", "io_error"),
    ("connection", "unreachable"),
    ("could not translate host", "unreachable"),
    ("authentication failed", "refused"),
    ("does not exist", "not_a_store"),
)


def store_error(error: DBAPIError, where: str) -> StoreError | None:
    """The StoreError for what a driver said; None when it is no matter of the store's health."""
    if not isinstance(error.orig, Exception) or error.__class__.__name__ == "IntegrityError":
        return None
    said = str(error.orig).strip()
    for part, code in _SAYS:
        if part in said.lower():
            first = said.splitlines()[0]
            return StoreError(
                f"the store {where} failed: {first}", code=code, mend=STORE_MEND[code]
            )
    return None
