"""Each check of the doctor's: what it says of something sound, and of something broken."""

from __future__ import annotations

import random
import socket
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.fitness import keeping, outside
from api.fitness.finding import Finding
from api.fitness.installation import extras, packages
from api.fitness.tables import own_tables
from api.settings import Settings
from issues.store.schema import EvidenceRecord

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def states(found: list[Finding]) -> set[str]:
    for one in found:
        assert one.state == "ok" or one.mend, one
    return {one.state for one in found}


def keep(store, data: bytes) -> str:
    sha256 = store.evidence.put(data, "jpg")
    with store.transaction() as session:
        session.add(
            EvidenceRecord(sha256=sha256, extension="jpg", size_bytes=len(data), stored_at=NOW)
        )
    return sha256


def test_a_sound_store(store):
    assert states(list(keeping.store_state(store))) == {"ok"}
    keep(store, b"photo")
    assert states(list(keeping.evidence_state(store))) == {"ok"}


def test_rows_that_lead_nowhere(store):
    with store.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.execute(
            text(
                "INSERT INTO observations (photo_id, category, x1, y1, x2, y2, score, experimental)"
                " VALUES (987654, 'litter', 0, 0, 1, 1, 0.5, 0)"
            )
        )
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    assert states(list(keeping.store_state(store))) == {"ok", "fail"}


def test_tables_and_columns_that_are_gone(store):
    with store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE feed_links")
        connection.exec_driver_sql("ALTER TABLE areas DROP COLUMN phone")
        connection.commit()
    found = {one.name: one for one in keeping.store_state(store)}
    assert found["tables"].state == "fail"
    assert "feed: feed_links" in found["tables"].message
    assert "areas.phone" in found["tables"].message
    assert "backup" in found["tables"].mend


def test_evidence_that_is_gone_changed_or_unknown(store):
    gone, changed = keep(store, b"gone"), keep(store, b"changed")
    store.evidence.path(gone).unlink()
    (first,) = keeping.evidence_state(store, random.Random(1))
    assert first.state == "fail"
    assert gone[:12] in first.message
    store.evidence.put(b"gone", "jpg")
    store.evidence.path(changed).write_bytes(b"CHANGED")
    store.evidence.put(b"unknown", "jpg")
    found = list(keeping.evidence_state(store, random.Random(1)))
    assert [one.state for one in found] == ["fail", "warn"]
    assert changed[:12] in found[0].message


@pytest.mark.parametrize(
    ("now", "state"),
    [(NOW, "ok"), (NOW.replace(year=2000), "fail"), (NOW - timedelta(hours=1), "fail")],
)
def test_a_clock_that_stands_before_the_store(store, now, state):
    with store.transaction() as session:
        session.execute(text("DELETE FROM events"))
        session.execute(
            text(
                "INSERT INTO photos (source, status, size_bytes, notes, context, model_id,"
                " model_version, recorded_at) VALUES ('x', 'ok', 1, '[]', '[]', 'm', '1', :at)"
            ),
            {"at": NOW.replace(tzinfo=None).isoformat(" ") + ".000000"},
        )
        session.execute(
            text("UPDATE photos SET recorded_at = :at"),
            {"at": NOW.replace(tzinfo=None).isoformat(" ") + ".000000"},
        )
    assert keeping.clock_state(store, now).state == state


def test_secrets_that_others_may_read(tmp_path):
    path = tmp_path / "session.secret"
    path.write_text("s")
    path.chmod(0o644)
    settings = Settings(data_dir=tmp_path)
    assert states(list(keeping.secret_files(settings))) == {"warn"}
    path.chmod(0o600)
    assert states(list(keeping.secret_files(settings))) == {"ok"}


def test_tables_of_the_office(tmp_path):
    wrong = tmp_path / "table.yaml"
    wrong.write_text("nonsense: [1")
    assert states(list(own_tables(Settings(data_dir=tmp_path)))) == {"ok"}
    for name in ("risk", "points", "checklist", "pest_standards"):
        found = list(own_tables(Settings(data_dir=tmp_path, **{name: wrong})))
        assert sorted(one.state for one in found) == ["fail", "ok", "ok", "ok"], name


def test_packages_are_as_pyproject_asks(tmp_path):
    assert packages().state == "ok"
    assert list(extras(Settings(data_dir=tmp_path))) == []


def test_addresses_are_knocked_at_and_nothing_else():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert outside._reached("x", f"rtsp://127.0.0.1:{port}/a", "mend").state == "ok"
    assert outside._reached("x", f"rtsp://127.0.0.1:{port}/a", "mend").state == "warn"
    assert outside._reached("x", "file:///srv/drop", "mend").state == "ok"


def test_cameras_and_targets_of_an_empty_store(store):
    assert list(outside.cameras(store)) == []
    assert list(outside.targets(store)) == []
