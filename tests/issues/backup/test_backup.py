"""Backups of a store that is written to, killed half-way, damaged; and the way back."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from issues.backup.errors import BackupError
from issues.backup.making import Sources, back_up
from issues.backup.manifest import SQLITE, SUMS, check_backup, read_manifest
from issues.backup.restoring import restore, verify
from issues.store import Store, open_store
from issues.store.ledger import counter, next_serial
from issues.store.schema import EvidenceRecord
from tests.issues.photos import MONDAY


def keep(store: Store, data: bytes) -> str:
    """Evidence as intake keeps it: the file first, then its row; a counter goes with it."""
    sha256 = store.evidence.put(data, "jpg")
    with store.transaction() as session:
        session.add(
            EvidenceRecord(sha256=sha256, extension="jpg", size_bytes=len(data), stored_at=MONDAY)
        )
        next_serial(session, "kept")
    return sha256


def known(data_dir: Path) -> tuple[int, set[str]]:
    """The counter, and the evidence that a store knows; each is there and is what it says."""
    store = open_store(None, data_dir)
    try:
        with store.reading() as session:
            hashes = {row.sha256 for row in session.query(EvidenceRecord)}
            count = counter(session, "kept")
        for sha256 in hashes:
            assert hashlib.sha256(store.evidence.read(sha256)).hexdigest() == sha256
    finally:
        store.close()
    return count, hashes


@pytest.fixture
def sources(sqlite_store, tmp_path) -> Sources:
    for n in range(5):
        keep(sqlite_store, b"photo %d" % n * 1000)
    (tmp_path / "data" / "session.secret").write_text("s3cret")
    return Sources(tmp_path / "data", None, "0.1.0")


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
@pytest.mark.parametrize("link", [True, False])
def test_there_and_back(sources, tmp_path, name, link):
    made = back_up(sources, tmp_path / name, now=MONDAY, link=link, verify=True)
    assert (made.files, made.missing) == (7, ())
    back = Sources(tmp_path / "new", None, "0.1.0")
    assert restore(tmp_path / name, back, now=MONDAY) == made
    assert known(back.data_dir) == known(sources.data_dir)
    assert (back.data_dir / "session.secret").read_text() == "s3cret"
    assert not list(tmp_path.rglob(".*.tmp"))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["data", "new", name])


def test_the_sums_are_those_of_sha256sum(sources, tmp_path):
    back_up(sources, tmp_path / "b", now=MONDAY)
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum isn't installed")
    done = subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=tmp_path / "b", check=True)
    assert done.returncode == 0


def test_nobody_else_reads_it(sources, tmp_path):
    back_up(sources, tmp_path / "b", now=MONDAY)
    back_up(sources, tmp_path / "b.tar", now=MONDAY)
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0


def test_while_others_write_it_is_one_state(sources, sqlite_store, tmp_path):
    stop = threading.Event()

    def write():
        n = 100
        while not stop.is_set():
            keep(sqlite_store, b"%d" % n)
            n += 1

    writers = [threading.Thread(target=write)]
    for thread in writers:
        thread.start()
    try:
        made = [
            back_up(sources, tmp_path / f"b{n}", now=MONDAY + timedelta(n), verify=True)
            for n in range(3)
        ]
    finally:
        stop.set()
        for thread in writers:
            thread.join()
    for n, manifest in enumerate(made):
        assert manifest.missing == ()
        back = Sources(tmp_path / f"new{n}", None, "0.1.0")
        restore(tmp_path / f"b{n}", back, now=MONDAY)
        count, hashes = known(back.data_dir)
        assert count == len(hashes) >= 5


BACKUP = """
import sys, datetime, pathlib
from issues.backup.making import Sources, back_up
here = pathlib.Path(sys.argv[1])
print("ready", flush=True)
back_up(Sources(here / "data", None, "0.1.0"), here / sys.argv[2],
        now=datetime.datetime.now(datetime.UTC), link=False)
"""


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_killed_at_any_moment_and_run_again(sources, sqlite_store, tmp_path, name):
    for n in range(60):
        keep(sqlite_store, os.urandom(20_000) + b"%d" % n)
    out = tmp_path / name
    for delay in (0.0, 0.02, 0.05):
        run = subprocess.Popen(
            [sys.executable, "-c", BACKUP, str(tmp_path), name], stdout=subprocess.PIPE
        )
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(delay)
        run.kill()
        run.wait()
        run.stdout.close()
        if out.exists():  # quick enough to end before it was killed: then it is whole
            verify(out)
            out.unlink() if out.is_file() else shutil.rmtree(out)
    made = back_up(sources, out, now=MONDAY, link=False, verify=True)
    assert made.files == 67
    assert verify(out) == made
    assert not (tmp_path / f".{name}.partial").exists()


def refused(what, *arguments, **options) -> str:
    with pytest.raises(BackupError) as caught:
        what(*arguments, **options)
    assert caught.value.mend
    return caught.value.code


def test_nothing_is_overwritten_unasked(sources, sqlite_store, tmp_path):
    back_up(sources, tmp_path / "b", now=MONDAY)
    assert refused(back_up, sources, tmp_path / "b", now=MONDAY) == "exists"
    keep(sqlite_store, b"later")
    assert refused(restore, tmp_path / "b", sources, now=MONDAY) == "in_use"
    sqlite_store.close()
    assert refused(restore, tmp_path / "b", sources, now=MONDAY) == "not_empty"
    restore(tmp_path / "b", sources, now=MONDAY, replace=True)
    assert known(sources.data_dir)[0] == 5
    (aside,) = sources.data_dir.glob("tidycity.sqlite.before-*")
    with sqlite3.connect(aside) as old:
        assert old.execute("SELECT count(*) FROM evidence").fetchone() == (6,)


def test_a_damaged_backup_is_refused_and_the_store_stays(sources, sqlite_store, tmp_path):
    back_up(sources, tmp_path / "b", now=MONDAY, link=False)
    sqlite_store.close()
    path = next((tmp_path / "b" / "evidence").rglob("*.jpg"))
    path.write_bytes(b"other")
    assert refused(verify, tmp_path / "b") == "damaged"
    assert refused(restore, tmp_path / "b", Sources(tmp_path / "n", None, "1"), now=MONDAY) == (
        "damaged"
    )
    assert not (tmp_path / "n" / SQLITE).exists()
    path.unlink()
    assert refused(check_backup, tmp_path / "b") == "damaged"


@pytest.mark.parametrize("line", ["0" * 64 + "  ../../etc/x", "0" * 64 + "  /etc/x", "nonsense"])
def test_a_list_that_leads_out_of_the_folder_is_refused(sources, tmp_path, line):
    back_up(sources, tmp_path / "b", now=MONDAY)
    with (tmp_path / "b" / SUMS).open("a") as file:
        file.write(line + "\n")
    assert refused(verify, tmp_path / "b") == "damaged"


def test_what_is_no_backup(sources, sqlite_store, tmp_path):
    sqlite_store.close()
    (tmp_path / "notes.tar").write_bytes(b"these are notes")
    assert refused(verify, tmp_path / "notes.tar") == "not_a_backup"
    (tmp_path / "empty").mkdir()
    assert refused(verify, tmp_path / "empty") == "not_a_backup"
    nowhere = Sources(tmp_path / "nowhere", None, "1")
    assert refused(back_up, nowhere, tmp_path / "x", now=MONDAY) == "no_store"


def test_photos_that_are_gone_are_told(sources, tmp_path):
    gone = next((sources.data_dir / "evidence").rglob("*.jpg"))
    gone.unlink()
    back_up(sources, tmp_path / "b", now=MONDAY)
    assert read_manifest(tmp_path / "b").missing == (gone.stem,)


def test_a_backup_from_the_future(sources, tmp_path):
    back_up(sources, tmp_path / "b", now=MONDAY)
    manifest = tmp_path / "b" / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"format": 1', '"format": 9'))
    assert refused(verify, tmp_path / "b") == "too_new"
    schema = read_text_schema(text)
    manifest.write_text(text.replace(f'"schema": "{schema}"', '"schema": "9999"'))
    assert refused(restore, tmp_path / "b", Sources(tmp_path / "n", None, "1"), now=MONDAY) == (
        "too_new"
    )


def read_text_schema(text: str) -> str:
    import json

    return json.loads(text)["schema"]


@pytest.mark.postgres
def test_postgres_there_and_back(postgres_server, tmp_path):
    if not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("pg_dump isn't installed")
    from tests.issues.postgres import make_database

    url = make_database(postgres_server, "tidy_backed_up", "template0")
    sources = Sources(tmp_path / "data", url, "0.1.0")
    store = open_store(url, sources.data_dir)
    sha256 = keep(store, b"photo")
    back_up(sources, tmp_path / "b", now=MONDAY, verify=True)
    keep(store, b"later")
    store.close()
    assert refused(restore, tmp_path / "b", sources, now=MONDAY) == "not_empty"
    other = Sources(
        tmp_path / "new", make_database(postgres_server, "tidy_restored", "template0"), "0.1.0"
    )
    for target in (other, sources):
        restore(tmp_path / "b", target, now=MONDAY, replace=target is sources)
        again = open_store(target.url, target.data_dir)
        with again.reading() as session:
            assert [row.sha256 for row in session.query(EvidenceRecord)] == [sha256]
        assert again.evidence.read(sha256) == b"photo"
        again.close()
    assert (
        refused(restore, tmp_path / "b", Sources(tmp_path / "q", None, "1"), now=MONDAY)
        == "wrong_database"
    )
