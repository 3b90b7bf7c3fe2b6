"""What can go wrong with backups."""

from __future__ import annotations

from typing import ClassVar

from issues.errors import IssueError


class BackupError(IssueError):
    """A backup can't be made, read or put back; ``code`` says why."""

    default_code: ClassVar[str] = "backup_error"
