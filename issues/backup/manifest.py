"""What a backup says of itself: ``manifest.json``, and ``SHA256SUMS`` for ``sha256sum -c``."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from issues.backup.errors import BackupError

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
FORMAT = 1
SQLITE, POSTGRES = "tidycity.sqlite", "tidycity.pgdump"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup. ``database`` is its file's name; ``missing``: evidence that wasn't there."""

    format: int
    tidycity: str
    schema: str
    made_at: str
    database: str
    files: int
    size_bytes: int
    missing: tuple[str, ...]

    @property
    def made(self) -> datetime:
        """When it was begun."""
        return datetime.fromisoformat(self.made_at)


def write_manifest(folder: Path, manifest: Manifest, sums: Iterable[tuple[str, str]]) -> None:
    """Writes both files, on disk before it returns; ``sums`` are sha256 and relative path."""
    _write(folder / SUMS, "".join(f"{sha256}  {path}\n" for sha256, path in sums))
    _write(folder / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BackupError (not_a_backup, too_new)."""
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        if found["format"] > FORMAT:
            raise BackupError(
                f"the backup has format {found['format']}, known is up to {FORMAT}",
                code="too_new",
                mend="Restore it with the newer tidycity that made it.",
            )
        return Manifest(**{**found, "missing": tuple(found["missing"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(
            f"{folder} is no whole backup: {MANIFEST} can't be read ({error})",
            code="not_a_backup",
            mend="Name the folder or .tar that `tidycity backup` ended with, not a .partial one.",
        ) from error


def read_sums(folder: Path) -> Iterator[tuple[str, Path]]:
    """sha256 and relative path of each file. Raises BackupError (damaged) for a foreign path."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(f"{SUMS} can't be read ({error})") from error
    for line in lines:
        sha256, _, name = line.partition("  ")
        path = PurePosixPath(name)
        if len(sha256) != 64 or not name or path.is_absolute() or ".." in path.parts:
            raise _damaged(f"{SUMS} has the line {line[:120]!r}")
        yield sha256, Path(*path.parts)


def check_backup(folder: Path) -> Manifest:
    """Reads every file and compares it with its sum. Raises BackupError (damaged)."""
    manifest = read_manifest(folder)
    found = 0
    for sha256, path in read_sums(folder):
        check_file(folder / path, sha256)
        found += 1
    if found != manifest.files:
        raise _damaged(f"{SUMS} lists {found} files, the manifest {manifest.files}")
    return manifest


def check_file(path: Path, sha256: str) -> None:
    """Raises BackupError (damaged) when a file is gone or is not what was backed up."""
    try:
        got = sha256_of(path)
    except OSError as error:
        raise _damaged(f"{path} can't be read ({error.strerror})") from error
    if got != sha256:
        raise _damaged(f"{path} has sha256 {got[:12]}…, the backup says {sha256[:12]}…")


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(what: str) -> BackupError:
    return BackupError(
        f"the backup is damaged: {what}",
        code="damaged",
        mend="Use another backup; `tidycity restore --verify` tells whether one is whole.",
    )


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
