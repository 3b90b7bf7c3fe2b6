"""The evidence folder: original photos, stored once, named by the sha256 of their bytes."""

from __future__ import annotations

from pathlib import Path


class EvidenceStore:
    """Photos under ``root/ab/cd/<sha256>.<ext>``; written whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes, extension: str) -> str:
        """Stores the bytes, on disk before it returns, and gives their sha256.

        Raises StoreError (disk_full, read_only).
        """
        raise NotImplementedError

    def path(self, sha256: str) -> Path:
        """The file that holds them. Raises NotFound."""
        raise NotImplementedError

    def read(self, sha256: str) -> bytes:
        """The original bytes. Raises NotFound."""
        raise NotImplementedError

    def has(self, sha256: str) -> bool:
        """Whether they are here."""
        raise NotImplementedError
