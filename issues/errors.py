"""What can go wrong with issues, as a part of the one tree of ``detect.errors``.

::

    TidycityError
    └── IssueError            anything below
        ├── NotFound          no issue, photo or area goes by that id
        ├── MoveNotAllowed    the table of moves has no such move from here, or it lacks something
        ├── VersionConflict   somebody else changed the issue first (409)
        ├── CatalogueError    the table of categories can't be used as it is
        ├── RiskError         the table of risks can't be used as it is
        ├── AreaError         a file of responsibility areas can't be used at all
        ├── FeedError         a target of the tracker feed is described wrongly
        ├── QueryError        a filter, sort or cursor that means nothing
        └── StoreError        the store: locked, read_only, disk_full, not_a_store, too_new, …
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import ClassVar

from detect.errors import TidycityError


class IssueError(TidycityError):
    """The base of all errors of the package ``issues``."""

    default_code: ClassVar[str] = "issue_error"


class NotFound(IssueError):  # noqa: N818
    """No issue, photo or area goes by that id."""

    default_code: ClassVar[str] = "not_found"


class MoveNotAllowed(IssueError):  # noqa: N818
    """The table of moves has no such move from this status, or the move lacks something."""

    default_code: ClassVar[str] = "move_not_allowed"


class VersionConflict(IssueError):  # noqa: N818
    """Somebody else changed the issue since it was read."""

    default_code: ClassVar[str] = "version_conflict"


class CatalogueError(IssueError):
    """The table of categories can't be used as it is; ``str`` names the lines."""

    default_code: ClassVar[str] = "bad_catalogue"


class RiskError(IssueError):
    """The table of risks can't be used as it is; the message names the entries."""

    default_code: ClassVar[str] = "bad_risk_table"


class AreaError(IssueError):
    """A file of responsibility areas can't be used at all."""

    default_code: ClassVar[str] = "bad_areas"


class CameraError(IssueError):
    """A camera, or a zone in its picture, is described wrongly."""

    default_code: ClassVar[str] = "bad_camera"


class FeedError(IssueError):
    """A target of the tracker feed is described wrongly, or can't do what is asked."""

    default_code: ClassVar[str] = "bad_target"


class QueryError(IssueError):
    """A filter, sort or cursor that means nothing."""

    default_code: ClassVar[str] = "bad_query"


class StoreError(IssueError):
    """The store can't be opened, read or written; ``code`` says which."""

    default_code: ClassVar[str] = "store_error"


STORE_MEND = {
    "locked": "Another process is writing to it for long: wait for it to end, or stop it.",
    "read_only": "Allow the current user to write to the file and its folder.",
    "disk_full": "Free some space on that disk and run again: nothing that was stored is lost.",
    "cannot_open": "Check that the folder exists and that the current user may write to it.",
    "not_a_store": "Name another data folder or database, or restore this one from a backup.",
    "damaged": "Restore it from a backup; SQLite's command .recover may save the rest.",
    "io_error": "Check the disk, or the network share, that it lies on.",
    "unreachable": "Check that the database server runs, and its address in the URL.",
    "refused": "Check the user and password in the database URL.",
}


def folder_error(error: OSError, path: Path) -> StoreError:
    """The StoreError for a folder or file that could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        code = "disk_full"
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        code = "read_only"
    elif error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST):
        code = "cannot_open"
    else:
        code = "io_error"
    what = error.strerror or type(error).__name__
    return StoreError(f"{path} could not be written: {what}", code=code, mend=STORE_MEND[code])
