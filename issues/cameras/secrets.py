"""The office's secrets: names of credentials → user and password, in a file of their own.

::

    north: {user: guard, password: "…"}

The file should be readable by its owner alone; one that others can read is told in the log.
"""

from __future__ import annotations

import logging
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from issues.errors import CameraError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and password; the password is never shown."""

    user: str
    password: str = field(repr=False)


def read_secrets(path: Path | None) -> Mapping[str, Credentials]:
    """All credentials of the file; None: there are none. Raises CameraError without quoting it."""
    if path is None:
        return {}
    try:
        table = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) or {}
        open_to_all = bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError as error:
        raise CameraError(
            f"the secrets file {path} can't be read: {error.strerror}",
            code="bad_secrets",
            mend="Set TIDYCITY_CAMERA_SECRETS to it, or leave it out.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CameraError(
            f"the secrets file {path} is no YAML",  # the error would quote the line
            code="bad_secrets",
            mend='Write a line a name: north: {user: guard, password: "…"}',
        ) from error
    if open_to_all:
        _log.warning("other users can read %s: run chmod 600 on it", path)
    return {str(name): _credentials(name, row, path) for name, row in dict(table).items()}


def credentials_of(name: str | None, secrets: Mapping[str, Credentials]) -> Credentials | None:
    """The credentials of that name. Raises CameraError for a name that the file doesn't hold."""
    if name is None:
        return None
    if name not in secrets:
        raise CameraError(
            f'no credentials are called "{name}"',
            code="unknown_credentials",
            mend="Add them to the file that TIDYCITY_CAMERA_SECRETS names.",
        )
    return secrets[name]


def _credentials(name: object, row: object, path: Path) -> Credentials:
    if isinstance(row, dict) and isinstance(row.get("user"), str) and set(row) <= _FIELDS:
        return Credentials(row["user"], str(row.get("password", "")))
    raise CameraError(
        f"{path}: {name} must be {{user: …, password: …}}",
        code="bad_secrets",
        mend="Quote passwords that look like numbers or hold a colon.",
    )


_FIELDS = frozenset({"user", "password"})
