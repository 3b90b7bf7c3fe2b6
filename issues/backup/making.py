"""Making a backup: into a ``.partial`` folder first, so that what has the name is whole.

First the database, then the evidence that this copy of it knows: evidence is written before the row
that names it, and never changed, so that the two fit whatever is written meanwhile. A run that was
killed is taken up again: evidence that is there already is kept, the database is copied anew.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import make_url

from issues.backup.database import copy_sqlite, dump_postgres, evidence_of, schema_of
from issues.backup.errors import BackupError
from issues.backup.manifest import (
    FORMAT,
    MANIFEST,
    POSTGRES,
    SQLITE,
    Manifest,
    check_backup,
    sha256_of,
    write_manifest,
)
from issues.errors import folder_error
from issues.evidence import EvidenceStore
from issues.store.migration import HEAD

OTHERS = ("session.secret", "uploads")
"""What else of the data folder no one can make again: sessions stay signed, uploads waiting."""

Kept = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Sources:
    """What is backed up. ``url``: a PostgreSQL store; None is SQLite in the data folder."""

    data_dir: Path
    url: str | None
    version: str

    @property
    def sqlite(self) -> Path | None:
        """The file of a SQLite store."""
        if self.url is None:
            return self.data_dir / SQLITE
        parsed = make_url(self.url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        return Path(parsed.database or "") if is_sqlite else None


def back_up(
    sources: Sources, out: Path, *, now: datetime, link: bool = True, verify: bool = False
) -> Manifest:
    """Makes a backup at ``out``: a folder, or one file where the name ends in ``.tar``.

    ``link``: evidence is hard-linked where it lies on the same disk; ``verify``: every file is read
    again before the backup gets its name. Raises BackupError, StoreError.
    """
    if out.exists():
        raise BackupError(
            f"{out} is there already",
            code="exists",
            mend="Name another folder or file: a backup never replaces one.",
        )
    partial = out.with_name(f".{out.name}.partial")
    try:
        partial.mkdir(parents=True, exist_ok=True)
        partial.chmod(0o700)
        with _alone(partial):
            manifest = _fill(sources, partial, now, link=link)
            if verify:
                check_backup(partial)
            _settle(partial, out)
    except OSError as error:
        raise folder_error(error, partial) from error
    return manifest


def _fill(sources: Sources, folder: Path, now: datetime, *, link: bool) -> Manifest:
    (folder / MANIFEST).unlink(missing_ok=True)
    sqlite = sources.sqlite
    if sqlite is not None:
        database, schema = folder / SQLITE, ""
        copy_sqlite(sqlite, database)
        schema, kept = schema_of(database), evidence_of(database)
    else:
        database, schema = folder / POSTGRES, HEAD
        dump_postgres(str(sources.url), database)
        kept = list(_evidence_in_postgres(sources))
    sums = [(sha256_of(database), database.name)]
    size_bytes, missing = database.stat().st_size, []
    evidence = EvidenceStore(sources.data_dir / "evidence")
    for sha256, _, size in kept:
        if not evidence.has(sha256):
            missing.append(sha256)
            continue
        path = evidence.path(sha256)
        name = path.relative_to(sources.data_dir)
        _keep(path, folder / name, link=link)
        sums.append((sha256, name.as_posix()))
        size_bytes += size
    for name, path in _others(sources.data_dir):
        _keep(path, folder / name, link=False)
        sums.append((sha256_of(folder / name), name.as_posix()))
        size_bytes += path.stat().st_size
    manifest = Manifest(
        format=FORMAT,
        tidycity=sources.version,
        schema=schema,
        made_at=now.isoformat(),
        database=database.name,
        files=len(sums),
        size_bytes=size_bytes,
        missing=tuple(missing),
    )
    write_manifest(folder, manifest, sums)
    return manifest


def _evidence_in_postgres(sources: Sources) -> Iterator[Kept]:
    """Read after the dump: what came later is more than the dump needs, never less."""
    from issues.store import open_store
    from issues.store.schema import EvidenceRecord as Record

    store = open_store(sources.url, sources.data_dir)
    try:
        with store.reading() as session:
            columns = (Record.sha256, Record.extension, Record.size_bytes)
            yield from ((row[0], row[1], row[2]) for row in session.execute(select(*columns)))
    finally:
        store.close()


def _others(data_dir: Path) -> Iterator[tuple[Path, Path]]:
    """Files that no table knows, by their place in the data folder; half-written ones not."""
    for name in OTHERS:
        top = data_dir / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            relative = path.relative_to(data_dir)
            if path.is_file() and not any(part.startswith(".") for part in relative.parts):
                yield relative, path


def _keep(source: Path, target: Path, *, link: bool) -> None:
    """Links or copies a file; one that is there with the same size was kept by a run before."""
    if link and target.exists() and target.stat().st_size == source.stat().st_size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if link:
        try:
            os.link(source, target)
        except OSError:
            pass  # another disk, or a share without links
        else:
            return
    draft = target.with_name(f".{target.name}.tmp")
    shutil.copy2(source, draft)
    draft.replace(target)


def _settle(partial: Path, out: Path) -> None:
    (partial / ".lock").unlink(missing_ok=True)
    for leftover in partial.rglob(".*.tmp"):
        leftover.unlink()
    if out.suffix != ".tar":
        partial.rename(out)
        return
    draft = out.with_name(f".{out.name}.tmp")
    with draft.open("wb") as file:
        draft.chmod(0o600)
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.add(partial, arcname=".")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(out)
    shutil.rmtree(partial)


class _alone:  # noqa: N801 (reads as a word: with _alone(folder))
    """Holds a lock on a folder; a second backup into the same place is refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        import fcntl

        self._file = (self._folder / ".lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise BackupError(
                f"another backup is writing to {self._folder}",
                code="in_use",
                mend="Wait for it to end, or name another place.",
            ) from error

    def __exit__(self, *_: object) -> None:
        self._file.close()
