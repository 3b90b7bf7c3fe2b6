"""Opening, migrating, and what goes wrong with a database."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from issues.errors import StoreError
from issues.store import open_store
from issues.store import store as module
from issues.store.ledger import next_serial
from issues.store.migration import FOLDER, HEAD, revision, upgrade
from issues.store.search import is_kept
from issues.store.tables import Base

OPTIONS = {"compare_type": False, "include_name": lambda name, *_: not is_kept(name or "")}


@pytest.fixture
def opened(empty_url, tmp_path):
    store = open_store(empty_url, tmp_path / "data")
    yield store
    store.close()


def test_a_new_store_has_all_tables_as_the_code_knows_them(opened):
    with opened.engine.connect() as connection:
        assert revision(connection) == HEAD
        context = MigrationContext.configure(connection, opts=OPTIONS)
        assert compare_metadata(context, Base.metadata) == []


def test_the_head_in_the_code_is_alembics():
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_down_and_up_again(opened):
    with opened.engine.begin() as connection:
        upgrade(connection, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    with opened.engine.begin() as connection:
        upgrade(connection)
        tables = {name for name in inspect(connection).get_table_names() if not is_kept(name)}
        assert tables == {*Base.metadata.tables, "alembic_version"}


def test_opening_again_keeps_what_is_there(empty_url, tmp_path, opened):
    with opened.transaction() as session:
        assert next_serial(session, "x") == 1
    again = open_store(empty_url, tmp_path / "data")
    with again.transaction() as session:
        assert next_serial(session, "x") == 2
    again.close()
    again.close()


def test_a_failed_transaction_leaves_nothing(store):
    def fail_halfway():
        with store.transaction() as session:
            next_serial(session, "x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    with store.transaction() as session:
        assert next_serial(session, "x") == 1


def test_numbers_are_given_out_once_to_threads(store):
    given: list[int] = []

    def take():
        for _ in range(10):
            with store.transaction() as session:
                given.append(next_serial(session, "x"))

    with store.transaction() as session:
        next_serial(session, "x")
    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(2, 42))


def test_first_opened_by_several_at_once(empty_url, tmp_path):
    failures: list[Exception] = []

    def first():
        try:
            open_store(empty_url, tmp_path / "data").close()
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=first) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_readers_do_not_wait_for_a_writer(sqlite_store):
    with sqlite_store.transaction() as writing:
        next_serial(writing, "x")
        with sqlite_store.reading() as session:
            assert session.execute(text("SELECT count(*) FROM counters")).scalar() == 0


def test_a_store_that_is_locked_for_long(sqlite_template, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.1)
    store = open_store(None, tmp_path)
    other = sqlite3.connect(tmp_path / module.SQLITE_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught, store.transaction() as session:
        next_serial(session, "x")
    assert caught.value.code == "locked"
    assert caught.value.mend
    other.close()
    store.close()


def test_a_read_only_store_can_be_read(sqlite_store):
    sqlite_store.engine.dispose()
    from sqlalchemy import event

    @event.listens_for(sqlite_store.engine, "connect")
    def _query_only(connection, _record):
        connection.execute("PRAGMA query_only = ON")

    sqlite_store.check()
    with pytest.raises(StoreError) as caught, sqlite_store.transaction() as session:
        next_serial(session, "x")
    assert caught.value.code == "read_only"


def test_a_full_disk(sqlite_store):
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
        "INSERT INTO counters SELECT 'name ' || i, i FROM n"
    )

    def write():
        with sqlite_store.transaction() as session:
            session.execute(text("PRAGMA max_page_count = 1"))
            session.execute(text(many))

    with pytest.raises(StoreError) as caught:
        write()
    assert caught.value.code == "disk_full"
    with sqlite_store.reading() as session:
        assert session.execute(text("SELECT count(*) FROM counters")).scalar() == 0


def test_a_file_that_is_no_store(tmp_path):
    (tmp_path / module.SQLITE_FILE).write_bytes(b"these are notes, no database" * 100)
    with pytest.raises(StoreError) as caught:
        open_store(None, tmp_path)
    assert caught.value.code == "not_a_store"


def test_a_store_from_the_future(opened, empty_url, tmp_path):
    with opened.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as caught:
        open_store(empty_url, tmp_path / "data")
    assert caught.value.code == "too_new"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", "bad_url"),
        ("oracle2://host/x", "bad_url"),
        ("postgresql://nobody@127.0.0.1:1/none", "unreachable"),
    ],
)
def test_a_url_that_leads_nowhere(tmp_path, url, code):
    if url.startswith("postgresql"):
        pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        open_store(url, tmp_path)
    assert caught.value.code == code


def test_a_password_is_never_told(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://me:s3cret@127.0.0.1:1/none", tmp_path)
    assert "s3cret" not in str(caught.value) + caught.value.mend


def test_a_data_folder_that_is_a_file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        open_store(None, path)
    assert caught.value.code == "cannot_open"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_data_folder_that_may_not_be_written(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError) as caught:
        open_store(None, tmp_path / "data")
    assert caught.value.code == "read_only"


def test_the_databases_are_safe_by_default(sqlite_store):
    with sqlite_store.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
