import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from detect.errors import UnreadablePhoto
from detect.sources import ZipLimits, find_photos

PHOTO = bytes(range(256)) * 40


def pack(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def problems(path: Path, **limits) -> dict[str, str | None]:
    return {
        source.name: source.problem.code if source.problem else None
        for source in find_photos([path], limits=ZipLimits(**limits))
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_members_come_in_order_and_read_back_whole(tmp_path, method):
    path = pack(tmp_path / "day.zip", {"b/2.jpg": PHOTO, "b/1.jpg": PHOTO[:-1]}, method)
    first, second = find_photos([path])
    assert (first.name, first.member, first.path) == ("day.zip!b/1.jpg", "b/1.jpg", path)
    assert first.key == f"{path}!b/1.jpg"
    assert first.mtime.tzinfo is not None
    assert (first.read(), second.read()) == (PHOTO[:-1], PHOTO)


def test_an_archive_inside_a_folder_is_opened(tmp_path):
    (tmp_path / "x").mkdir()
    pack(tmp_path / "x/day.zip", {"1.jpg": PHOTO})
    assert problems(tmp_path) == {"x/day.zip!1.jpg": None}


def test_folders_hidden_members_and_other_kinds_are_left_out(tmp_path):
    members = {
        "a/": b"",
        "__MACOSX/a/._1.jpg": b"x",
        ".x/1.jpg": b"x",
        "r.txt": b"x",
        "1.png": b"x",
    }
    assert list(problems(pack(tmp_path / "a.zip", members))) == ["a.zip!1.png"]


@pytest.mark.parametrize(
    "name", ["../../etc/cron.jpg", "/etc/passwd.jpg", "a/../../b.jpg", "C:/x.jpg", "..\\up.jpg"]
)
def test_names_that_point_outside_are_refused_and_never_read(tmp_path, name):
    path = pack(tmp_path / "a.zip", {name: PHOTO, "fine.jpg": PHOTO})
    found = {source.problem.code if source.problem else None for source in find_photos([path])}
    assert found == {"unsafe_member", None}
    [refused] = [source for source in find_photos([path]) if source.problem]
    with pytest.raises(UnreadablePhoto, match="points outside the archive"):
        refused.read()


def test_backslashes_of_windows_tools_are_folders(tmp_path):
    assert list(problems(pack(tmp_path / "a.zip", {"east\\1.jpg": PHOTO}))) == ["a.zip!east/1.jpg"]


def test_a_link_inside_an_archive_is_refused(tmp_path):
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert problems(tmp_path / "a.zip") == {"a.zip!link.jpg": "unsafe_member"}


def test_a_member_that_unpacks_to_far_more_than_its_size_is_a_bomb(tmp_path):
    path = pack(tmp_path / "a.zip", {"bomb.png": bytes(20_000_000), "fine.jpg": PHOTO})
    assert problems(path) == {"a.zip!bomb.png": "zip_bomb", "a.zip!fine.jpg": None}


def test_too_much_in_all_and_too_many_members_refuse_the_archive(tmp_path):
    path = pack(tmp_path / "a.zip", {f"{i}.jpg": PHOTO for i in range(5)})
    assert problems(path, max_total_bytes=40_000) == {"a.zip": "zip_bomb"}
    assert problems(path, max_members=4) == {"a.zip": "zip_bomb"}


def test_overlapping_members_are_a_bomb(tmp_path):
    path = pack(tmp_path / "a.zip", {f"{i}.jpg": PHOTO for i in range(3)}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    entry = data.find(b"PK\x01\x02")
    while entry != -1:  # every entry of the directory now claims most of the file
        struct.pack_into("<LL", data, entry + 20, len(data) - 100, len(data) - 100)
        struct.pack_into("<L", data, entry + 42, 0)
        entry = data.find(b"PK\x01\x02", entry + 4)
    path.write_bytes(data)
    assert problems(path) == {"a.zip": "zip_bomb"}


def test_a_size_that_lies_unpacks_no_more_than_the_limit(tmp_path):
    path = pack(tmp_path / "a.zip", {"1.jpg": bytes(5_000_000)})
    data = bytearray(path.read_bytes())
    entry = data.find(b"PK\x01\x02")
    struct.pack_into("<L", data, entry + 24, 5000)
    path.write_bytes(data)
    [source] = find_photos([path])
    with pytest.raises(UnreadablePhoto) as caught:
        source.read(max_bytes=10_000)
    assert caught.value.code == "too_large"
    with pytest.raises(UnreadablePhoto) as caught:
        source.read(max_bytes=6_000_000)
    assert caught.value.code == "truncated"


def test_encrypted_nested_and_oddly_packed_members(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("odd.jpg", PHOTO, zipfile.ZIP_LZMA)
        archive.writestr("inner.zip", PHOTO)
        archive.writestr("locked.jpg", PHOTO)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    entry = data.find(b"locked.jpg", data.find(b"PK\x01\x02")) - 46
    data[entry + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert problems(tmp_path / "a.zip") == {
        "a.zip!inner.zip": "unsupported_format",
        "a.zip!locked.jpg": "encrypted",
        "a.zip!odd.jpg": None,
    }
    odd = next(source for source in find_photos([tmp_path]) if "odd" in source.name)
    with pytest.raises(UnreadablePhoto) as caught:
        odd.read()
    assert caught.value.code == "unsupported_format"


def test_damage_inside_an_archive_is_noticed_by_its_checksum(tmp_path):
    path = pack(tmp_path / "a.zip", {"1.jpg": PHOTO}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.find(PHOTO) + 100] ^= 0xFF
    path.write_bytes(data)
    [source] = find_photos([path])
    with pytest.raises(UnreadablePhoto, match="damaged") as caught:
        source.read()
    assert caught.value.code == "truncated"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not really", b"hello" * 100])
def test_what_is_no_archive_is_a_result_with_a_reason(tmp_path, data):
    (tmp_path / "a.zip").write_bytes(data)
    assert problems(tmp_path / "a.zip") == {"a.zip": "bad_zip"}


def test_half_an_archive_is_a_result_with_a_reason(tmp_path):
    path = pack(tmp_path / "a.zip", {f"{i}.jpg": PHOTO for i in range(9)})
    path.write_bytes(path.read_bytes()[:-300])
    assert problems(path) == {"a.zip": "bad_zip"}


def test_an_archive_that_vanishes_after_it_was_listed(tmp_path):
    path = pack(tmp_path / "a.zip", {"1.jpg": PHOTO})
    [source] = find_photos([path])
    path.unlink()
    with pytest.raises(UnreadablePhoto) as caught:
        source.read()
    assert caught.value.code == "vanished"


def test_an_archive_that_was_replaced_after_it_was_listed(tmp_path):
    path = pack(tmp_path / "a.zip", {"0.jpg": PHOTO, "1.jpg": PHOTO})
    second = list(find_photos([path]))[1]
    path.write_bytes(b"something else" * 1000)
    with pytest.raises(UnreadablePhoto) as caught:
        second.read()
    assert caught.value.code == "bad_zip"


def test_chinese_names_packed_on_windows_without_the_utf8_flag(tmp_path):
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("XXXXXXXX.jpg", PHOTO)
    data = plain.getvalue().replace(b"XXXXXXXX", "背街小巷".encode("gb18030"))
    (tmp_path / "a.zip").write_bytes(data)
    [source] = find_photos([tmp_path])
    assert source.name == "a.zip!背街小巷.jpg"
    assert source.read() == PHOTO
