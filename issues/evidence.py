"""The evidence folder: original photos, stored once, named by the sha256 of their bytes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from issues.errors import NotFound, folder_error


class EvidenceStore:
    """Photos under ``root/ab/cd/<sha256>.<ext>``; written whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes, extension: str, *, sha256: str | None = None) -> str:
        """Stores the bytes, on disk before it returns, and gives their sha256.

        ``sha256`` spares hashing them where it is known. Raises StoreError (disk_full, read_only,
        …) and then leaves nothing behind.
        """
        sha256 = sha256 or hashlib.sha256(data).hexdigest()
        path = self._folder(sha256) / f"{sha256}.{extension.lower().lstrip('.')}"
        try:
            if not path.exists() or path.stat().st_size != len(data):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_whole(path, data)
        except OSError as error:
            raise folder_error(error, path) from error
        return sha256

    def path(self, sha256: str) -> Path:
        """The file that holds them. Raises NotFound."""
        found = self._find(sha256)
        if found is None:
            raise NotFound(
                f"the evidence folder holds no photo {sha256[:12]}…",
                mend="Restore the evidence folder from a backup, or analyse the photo again.",
            )
        return found

    def read(self, sha256: str) -> bytes:
        """The original bytes. Raises NotFound."""
        return self.path(sha256).read_bytes()

    def has(self, sha256: str) -> bool:
        """Whether they are here."""
        return self._find(sha256) is not None

    def _folder(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4]

    def _find(self, sha256: str) -> Path | None:
        if len(sha256) != 64 or not sha256.isalnum():
            return None
        return next(self._folder(sha256).glob(f"{sha256}.*"), None)


def _write_whole(path: Path, data: bytes) -> None:
    """Temporary file, fsync, rename, fsync of the folder: a kill leaves the whole or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
