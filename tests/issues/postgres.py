"""A PostgreSQL of the test run's own: a cluster in a temporary folder, on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl: Debian keeps them off the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


def _account() -> pwd.struct_passwd | None:
    """Whom to run as: PostgreSQL refuses root. None: as we are."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("PostgreSQL refuses to run as root, and there is no other account")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def make_database(server: str, name: str, template: str) -> str:
    """A new database in place of one of this name; its URL."""
    from sqlalchemy import create_engine, text

    engine = create_engine(
        server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return f"{server.rsplit('/', 1)[0]}/{name}"


@contextmanager
def running() -> Iterator[str]:
    """The URL of a running server, gone afterwards. Skips where PostgreSQL isn't installed."""
    pytest.importorskip("psycopg", reason="the extra `postgres` isn't installed")
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL isn't installed: no initdb on the PATH or in /usr/lib/postgresql")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="tidycity-pg-"))
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    port = _free_port()

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(found / program), *arguments],
            check=True,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            timeout=120,
            **who,
        )

    data, log = str(folder / "data"), str(folder / "log")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    try:
        call("initdb", "-D", data, "-U", "tidy", "-A", "trust", "-E", "UTF8", "--no-sync")
        call("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield f"postgresql://tidy@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
