"""The database of a backup: SQLite page by page while others write, PostgreSQL by pg_dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from issues.backup.errors import BackupError

LONGEST_S = 6 * 3600


def copy_sqlite(source: Path, target: Path) -> None:
    """One state of a SQLite store, whatever writes meanwhile; checked, in one file without WAL.

    Raises BackupError (no_store, damaged_store, cannot_copy).
    """
    if not source.is_file():
        raise BackupError(
            f"there is no store at {source}",
            code="no_store",
            mend="Name the data folder with --data, before the verb.",
        )
    target.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(source, timeout=60)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            (answer,) = copy.execute("PRAGMA quick_check(3)").fetchone()
    except sqlite3.Error as error:
        raise BackupError(
            f"the store {source} could not be copied: {error}",
            code="cannot_copy",
            mend="Free some space, or mend the store (tidycity doctor), and run it again.",
        ) from error
    if answer != "ok":
        raise BackupError(
            f"the store {source} is damaged: {answer}",
            code="damaged_store",
            mend="Restore an earlier backup; SQLite's command .recover may save the rest.",
        )
    _sync(target)


def evidence_of(copy: Path) -> list[tuple[str, str, int]]:
    """sha256, extension and size of all evidence that a copied SQLite store knows."""
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
        return list(
            connection.execute("SELECT sha256, extension, size_bytes FROM evidence ORDER BY sha256")
        )


def schema_of(copy: Path) -> str:
    """The schema's revision of a copied SQLite store."""
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def refuse_in_use(path: Path) -> None:
    """Raises BackupError (in_use) while any other process has this SQLite store open."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            return  # a store too damaged to be opened may be replaced
        raise BackupError(
            f"a running tidycity has {path} open",
            code="in_use",
            mend="Stop the server and the camera worker, restore, and start them again.",
        ) from error
    except sqlite3.DatabaseError:
        return


def dump_postgres(url: str, target: Path) -> None:
    """One state of a PostgreSQL store, in pg_dump's custom format. Raises BackupError."""
    parsed = make_url(url)
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    _call("pg_dump", [*arguments, _bare(parsed)], _secret(parsed))
    _sync(target)


def load_postgres(url: str, dump: Path, *, replace: bool) -> None:
    """Puts a dump back, all or nothing. Raises BackupError."""
    parsed = make_url(url)
    arguments = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    if replace:
        arguments += ["--clean", "--if-exists"]
    _call("pg_restore", [*arguments, f"--dbname={_bare(parsed)}", str(dump)], _secret(parsed))


def _bare(url: URL) -> str:
    """The URL as libpq takes it, without the password: other users can read command lines."""
    bare = URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=url.query,
    )
    return bare.render_as_string(hide_password=False)


def _secret(url: URL) -> dict[str, str]:
    return {"PGPASSWORD": str(url.password)} if url.password else {}


def _call(program: str, arguments: list[str], secret: Mapping[str, str]) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is not installed here",
            code="no_pg_tools",
            mend="Install PostgreSQL's client of the server's version (postgresql-client).",
        )
    done = subprocess.run(
        [found, *arguments],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-500:]
        raise BackupError(
            f"{program} failed: {said}",
            code="pg_tool_failed",
            mend="See what it says; the client must not be older than the server.",
        )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
