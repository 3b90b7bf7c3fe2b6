"""What can go wrong with issues, as a part of the one tree of ``detect.errors``.

::

    TidycityError
    └── IssueError            anything below
        ├── NotFound          no issue, photo or area goes by that id
        ├── MoveNotAllowed    the table of moves has no such move from here, or it lacks something
        ├── VersionConflict   somebody else changed the issue first (409)
        ├── CatalogueError    the table of categories can't be used as it is
        ├── AreaError         a file of responsibility areas can't be used at all
        ├── QueryError        a filter, sort or cursor that means nothing
        └── StoreError        the store: locked, read_only, disk_full, not_a_store, too_new, …
"""

from __future__ import annotations

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


class AreaError(IssueError):
    """A file of responsibility areas can't be used at all."""

    default_code: ClassVar[str] = "bad_areas"


class QueryError(IssueError):
    """A filter, sort or cursor that means nothing."""

    default_code: ClassVar[str] = "bad_query"


class StoreError(IssueError):
    """The store can't be opened, read or written; ``code`` says which."""

    default_code: ClassVar[str] = "store_error"
