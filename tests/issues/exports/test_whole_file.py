"""Files are whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from issues.exports.errors import ExportError
from issues.exports.whole_file import whole_file


def test_a_finished_file_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "new" / "list.csv"
    with whole_file(path) as draft:
        draft.write_text("done")
    assert path.read_text() == "done"
    assert [p.name for p in path.parent.iterdir()] == ["list.csv"]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("old")

    def fail() -> None:
        with whole_file(path) as draft:
            draft.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EDQUOT, "disk_full"), (errno.EROFS, "cannot_write")],
)
def test_errors_of_the_system_say_how_to_mend(tmp_path: Path, number: int, code: str) -> None:
    path = tmp_path / "list.csv"
    with pytest.raises(ExportError) as caught, whole_file(path):
        raise OSError(number, "as the system says")
    assert caught.value.code == code
    assert str(path) in str(caught.value)
    assert caught.value.mend
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ExportError) as caught, whole_file(tmp_path / "taken" / "list.csv"):
        pass
    assert caught.value.code == "cannot_write"


def test_a_full_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with pytest.raises(ExportError) as caught, whole_file(tmp_path / "list.csv"):
        Path("/dev/full").write_text("x")
    assert caught.value.code == "disk_full"
