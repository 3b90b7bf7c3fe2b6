"""The evidence folder."""

from __future__ import annotations

import hashlib
import os
import stat

import pytest

from issues.errors import NotFound, StoreError
from issues.evidence import EvidenceStore

DATA = b"\xff\xd8 a photo"
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def evidence(tmp_path):
    return EvidenceStore(tmp_path / "evidence")


def test_bytes_are_stored_once_by_their_hash(evidence):
    assert evidence.put(DATA, "jpg") == NAME
    before = evidence.path(NAME).stat().st_mtime_ns
    assert evidence.put(DATA, ".JPG") == NAME
    assert evidence.path(NAME).stat().st_mtime_ns == before
    assert evidence.path(NAME) == evidence.root / NAME[:2] / NAME[2:4] / f"{NAME}.jpg"
    assert evidence.read(NAME) == DATA
    assert evidence.has(NAME)
    assert len([p for p in evidence.root.rglob("*") if p.is_file()]) == 1


def test_what_a_crash_cut_short_is_written_again(evidence):
    evidence.put(DATA, "jpg")
    evidence.path(NAME).write_bytes(DATA[:3])
    evidence.put(DATA, "jpg")
    assert evidence.read(NAME) == DATA


@pytest.mark.parametrize("name", ["0" * 64, "", "../../etc/passwd", "*" * 64, "a" * 63])
def test_what_is_not_there(evidence, name):
    assert not evidence.has(name)
    with pytest.raises(NotFound):
        evidence.read(name)


@pytest.mark.parametrize(
    ("number", "code"), [(28, "disk_full"), (122, "disk_full"), (30, "read_only"), (5, "io_error")]
)
def test_a_disk_that_fails(evidence, monkeypatch, number, code):
    def fail(_handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError) as caught:
        evidence.put(DATA, "jpg")
    assert caught.value.code == code
    assert caught.value.mend
    assert not [p for p in evidence.root.rglob("*") if p.is_file()]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(evidence):
    evidence.root.mkdir()
    evidence.root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(StoreError) as caught:
        evidence.put(DATA, "jpg")
    assert caught.value.code == "read_only"


def test_a_file_in_the_way(evidence):
    evidence.root.write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        evidence.put(DATA, "jpg")
    assert caught.value.code == "cannot_open"
