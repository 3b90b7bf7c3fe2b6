import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detect.errors import BadInput, UnreadablePhoto
from detect.sources import PHOTO_SUFFIXES, find_photos


def write(path: Path, data: bytes = b"some bytes") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(*paths: Path) -> list[str]:
    return [source.name for source in find_photos(paths)]


def test_a_folder_gives_its_photos_below_it_in_order_without_hidden_files_and_other_kinds(tmp_path):
    for name in ("b/2.JPG", "b/1.png", "a.webp", "c/d/e.heic", "z.gif"):
        write(tmp_path / name)
    for name in (".hidden.jpg", ".cache/x.jpg", "notes.txt", "b/Thumbs.db", "clip.mp4"):
        write(tmp_path / name)
    assert names(tmp_path) == ["a.webp", "b/1.png", "b/2.JPG", "c/d/e.heic", "z.gif"]


def test_pictures_that_cannot_be_decoded_are_listed_so_that_nobody_misses_them(tmp_path):
    write(tmp_path / "scan.TIFF")
    assert ".tiff" in PHOTO_SUFFIXES
    assert names(tmp_path) == ["scan.TIFF"]


def test_a_file_named_itself_is_taken_whatever_its_name(tmp_path):
    assert names(write(tmp_path / "photo without suffix")) == ["photo without suffix"]


def test_several_folders_keep_their_photos_apart_by_name(tmp_path):
    write(tmp_path / "monday/1.jpg")
    write(tmp_path / "friday/1.jpg")
    assert names(tmp_path / "monday", tmp_path / "friday") == ["monday/1.jpg", "friday/1.jpg"]


def test_a_photo_reached_twice_comes_once(tmp_path):
    photo = write(tmp_path / "a/1.jpg")
    assert len(names(tmp_path, tmp_path / "a", photo, tmp_path)) == 1


def test_a_loop_of_linked_folders_ends(tmp_path):
    write(tmp_path / "a/1.jpg")
    (tmp_path / "a/again").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == ["a/1.jpg"]


def test_size_time_and_key_are_those_of_the_file(tmp_path):
    photo = write(tmp_path / "1.jpg", b"12345")
    moment = datetime(2025, 6, 1, 8, 30, tzinfo=UTC)
    os.utime(photo, (moment.timestamp(), moment.timestamp()))
    [source] = find_photos([photo])
    assert (source.size_bytes, source.mtime, source.key) == (5, moment, str(photo))
    assert (source.read(), source.member, source.problem) == (b"12345", None, None)


def test_a_path_that_is_not_there_is_refused_before_the_first_photo(tmp_path):
    with pytest.raises(BadInput, match="no file or folder") as caught:
        find_photos([tmp_path, tmp_path / "nowhere"])
    assert caught.value.code == "no_such_path"


def test_a_dangling_link_and_a_pipe_are_results_with_a_reason(tmp_path):
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    problems = {source.name: source.problem.code for source in find_photos([tmp_path])}
    assert problems == {"gone.jpg": "vanished", "pipe.jpg": "io_error"}


def test_a_file_that_vanishes_after_it_was_listed(tmp_path):
    photo = write(tmp_path / "1.jpg")
    [source] = find_photos([tmp_path])
    photo.unlink()
    with pytest.raises(UnreadablePhoto, match=r"1\.jpg is no longer there") as caught:
        source.read()
    assert caught.value.code == "vanished"


def test_zero_bytes_and_too_many_bytes(tmp_path):
    write(tmp_path / "empty.jpg", b"")
    write(tmp_path / "large.jpg", b"x" * 1001)
    empty, large = find_photos([tmp_path])
    with pytest.raises(UnreadablePhoto) as caught:
        empty.read()
    assert caught.value.code == "empty_file"
    with pytest.raises(UnreadablePhoto) as caught:
        large.read(max_bytes=1000)
    assert caught.value.code == "too_large"
    assert len(large.read(max_bytes=1001)) == 1001


def test_a_file_that_grew_after_it_was_listed_is_still_held_to_the_limit(tmp_path):
    photo = write(tmp_path / "1.jpg", b"x")
    [source] = find_photos([tmp_path])
    photo.write_bytes(b"x" * 5000)
    with pytest.raises(UnreadablePhoto) as caught:
        source.read(max_bytes=1000)
    assert caught.value.code == "too_large"


@pytest.fixture
def ordinary_user():
    """Root may read everything, so a test that runs as root puts on another user's rights."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_photo_and_a_folder_without_permission(tmp_path, ordinary_user):
    # As root the other user may not even enter tmp_path, which the system reports the same way.
    secret = tmp_path / "secret"
    if os.geteuid() != 65534:
        write(secret / "1.jpg")
        (photo,) = find_photos([secret])
        (secret / "1.jpg").chmod(0)
        with pytest.raises(UnreadablePhoto) as caught:
            photo.read()
        assert caught.value.code == "permission"
        secret.chmod(0)
        (folder,) = find_photos([secret])
        secret.chmod(0o700)
        assert folder.problem.code == "permission"
    else:
        from detect.sources.source import EPOCH, PhotoSource

        with pytest.raises(UnreadablePhoto) as caught:
            PhotoSource(tmp_path / "1.jpg", "1.jpg", 10, EPOCH).read()
        assert caught.value.code == "permission"


def test_a_name_that_is_not_utf8_can_be_printed(tmp_path):
    raw = os.fsencode(str(tmp_path)) + b"/" + "巡查照片.jpg".encode("gb18030")
    try:
        Path(os.fsdecode(raw)).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    [source] = find_photos([tmp_path])
    assert source.name == "巡查照片.jpg"
    assert source.read() == b"x"
