"""Putting a backup back: evidence first, the database last, nothing thrown away.

What stood there is moved aside, not deleted. Killed at any moment, the store is the old one or the
new one, and the same command goes on.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from issues.backup.database import load_postgres, refuse_in_use
from issues.backup.errors import BackupError
from issues.backup.making import Sources
from issues.backup.manifest import (
    POSTGRES,
    SQLITE,
    Manifest,
    check_backup,
    check_file,
    read_manifest,
    read_sums,
    sha256_of,
)
from issues.errors import folder_error
from issues.store.migration import HEAD


def verify(backup: Path) -> Manifest:
    """Reads a whole backup and touches nothing. Raises BackupError."""
    with _unpacked(backup, None) as folder:
        return check_backup(folder)


def restore(backup: Path, target: Sources, *, now: datetime, replace: bool = False) -> Manifest:
    """Puts a backup into a data folder (and database) that is empty, or with ``replace`` isn't.

    Raises BackupError (not_a_backup, damaged, not_empty, in_use, wrong_database, too_new, …).
    """
    try:
        target.data_dir.mkdir(parents=True, exist_ok=True)
        with _unpacked(backup, target.data_dir) as folder:
            manifest = read_manifest(folder)
            _refuse(manifest, target, replace=replace)
            _put_back(folder, manifest, target, now, replace=replace)
    except OSError as error:
        raise folder_error(error, target.data_dir) from error
    return manifest


def _refuse(manifest: Manifest, target: Sources, *, replace: bool) -> None:
    if manifest.schema > HEAD:
        raise BackupError(
            f"the backup's store is at schema {manifest.schema}, this tidycity knows up to {HEAD}",
            code="too_new",
            mend=f"Install tidycity {manifest.tidycity} or newer first.",
        )
    wanted = SQLITE if target.sqlite is not None else POSTGRES
    if manifest.database != wanted:
        raise BackupError(
            f"the backup holds {manifest.database}, the settings ask for {wanted}",
            code="wrong_database",
            mend="Set TIDYCITY_DATABASE_URL for a PostgreSQL backup, and leave it out for SQLite.",
        )
    if target.sqlite is not None:
        refuse_in_use(target.sqlite)
    if not replace and _has_store(target):
        raise BackupError(
            "there is a store already where the backup should go",
            code="not_empty",
            mend="Name an empty data folder or database, or add --replace.",
        )


def _has_store(target: Sources) -> bool:
    if target.sqlite is not None:
        return target.sqlite.exists()
    engine = create_engine(make_url(str(target.url)).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            return inspect(connection).has_table("alembic_version")
    finally:
        engine.dispose()


def _put_back(
    folder: Path, manifest: Manifest, target: Sources, now: datetime, *, replace: bool
) -> None:
    database = ""
    for sha256, name in read_sums(folder):
        if name.name == manifest.database and len(name.parts) == 1:
            database = sha256
            continue
        _place(folder / name, target.data_dir / name, sha256)
    if not database:
        raise BackupError("the backup lists no database", code="damaged", mend="Use another one.")
    check_file(folder / manifest.database, database)
    sqlite = target.sqlite
    if sqlite is None:
        load_postgres(str(target.url), folder / manifest.database, replace=replace)
        return
    draft = sqlite.with_name(f".{sqlite.name}.restoring.tmp")
    _copy(folder / manifest.database, draft)
    if sqlite.exists():
        refuse_in_use(sqlite)
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        sqlite.rename(sqlite.with_name(f"{sqlite.name}.before-{stamp}"))
    for rest in ("-wal", "-shm"):
        sqlite.with_name(sqlite.name + rest).unlink(missing_ok=True)
    draft.rename(sqlite)
    _sync_folder(sqlite.parent)


def _place(source: Path, target: Path, sha256: str) -> None:
    """Copies one file, checked on its way; one that is there and the same stays."""
    if target.is_file() and sha256_of(target) == sha256:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.tmp")
    _copy(source, draft)
    try:
        check_file(draft, sha256)
    except BackupError:
        draft.unlink()
        raise
    draft.replace(target)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copy2(source, target)
    except FileNotFoundError as error:
        raise BackupError(
            f"the backup is damaged: {source} is gone",
            code="damaged",
            mend="Use another backup; `tidycity restore --verify` tells whether one is whole.",
        ) from error
    handle = os.open(target, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _unpacked(backup: Path, near: Path | None) -> Iterator[Path]:
    """The folder of a backup; a .tar is unpacked beside the target and removed afterwards."""
    if backup.is_dir():
        yield backup
        return
    with tempfile.TemporaryDirectory(prefix=".tidycity-restore-", dir=near) as folder:
        try:
            with tarfile.open(backup) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BackupError(
                f"{backup} can't be unpacked: {error}",
                code="not_a_backup",
                mend="Name what `tidycity backup` made, and see that the disk has room.",
            ) from error
        yield Path(folder)
