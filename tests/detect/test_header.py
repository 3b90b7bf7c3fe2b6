import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from detect.errors import UnreadablePhoto
from detect.header import read_header
from tests.detect.made_photos import encoded, exif, quarters

KINDS = [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif"), ("BMP", "bmp")]


def code(data: bytes, **limits: int) -> str:
    with pytest.raises(UnreadablePhoto) as caught:
        read_header(data, "a.jpg", **limits)
    assert "a.jpg" in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(("kind", "name"), KINDS)
@pytest.mark.parametrize("size", [(1, 1), (64, 48), (301, 7)])
def test_format_and_size(kind, name, size):
    header = read_header(encoded(PillowImage.new("RGB", size, "red"), kind), "a.jpg")
    assert (header.format, header.width_px, header.height_px) == (name, *size)
    assert (header.exif, header.animated) == (b"", False)


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"lossless": False}, {"exif": exif(orientation=6)}]
)
def test_the_three_kinds_of_webp(options):
    header = read_header(encoded(kind="WEBP", **options), "a.webp")
    assert (header.width_px, header.height_px) == (64, 48)


@pytest.mark.parametrize("options", [{"progressive": True}, {"optimize": True}, {"subsampling": 2}])
def test_kinds_of_jpeg(options):
    header = read_header(encoded(kind="JPEG", **options), "a.jpg")
    assert (header.width_px, header.height_px) == (64, 48)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_exif_block_is_found(kind):
    block = exif(orientation=6, place=(31.2, 121.4))
    header = read_header(encoded(kind=kind, block=block), "a")
    assert header.exif == block.tobytes().removeprefix(b"Exif\0\0")


def test_a_jpeg_with_a_thumbnail_and_data_after_its_end():
    thumbnail = b"\xff\xd8" + b"T" * 50 + b"\xff\xd9"
    plain = encoded()
    segment = b"\xff\xe2" + struct.pack(">H", 2 + len(thumbnail)) + thumbnail
    data = plain[:2] + segment + plain[2:] + b"a phone's own trailer" * 100
    assert read_header(data, "a.jpg").width_px == 64
    assert code(plain[:2] + segment + plain[2:-40]) == "truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_file_cut_short_is_truncated(kind, share):
    data = encoded(quarters(200, 150), kind)
    assert code(data[: max(16, int(len(data) * share))]) == "truncated"


@pytest.mark.parametrize("missing", [1, 2, 20, 500])
def test_the_last_bytes_of_a_jpeg_count(missing):
    assert code(encoded(quarters(300, 200))[:-missing]) == "truncated"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_file"),
        (b"this is a report, not a photo\n" * 30, "not_an_image"),
        ("一份文字报告".encode() * 40, "not_an_image"),
        (bytes(4000), "not_an_image"),
        (b"%PDF-1.7 ...", "not_an_image"),
        (b"PK\x03\x04" + bytes(60), "not_an_image"),
        (b"<html><body>login</body></html>", "not_an_image"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(50), "not_an_image"),
        (b"\x1aE\xdf\xa3" + bytes(50), "not_an_image"),
        (b"II*\0" + bytes(50), "unsupported_format"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1" + bytes(50), "unsupported_format"),
        (b"\xff\x0a" + bytes(50), "unsupported_format"),
        (b"\xff\xd8\xff", "truncated"),
        (b"\xff\xd8\xff\xe0", "truncated"),
        (b"\x89PNG\r\n\x1a\n", "not_an_image"),
        (b"RIFF\x10\0\0\0WEBPVP9 " + bytes(40), "not_an_image"),
        (b"\xff\xd8\xff\xda\0\x02" + b"\xff\xd9", "truncated"),
    ],
)
def test_what_is_no_picture_says_what_it_is(data, expected):
    assert code(data) == expected


def png_claiming(width: int, height: int, body: bytes = b"") -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head += struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + body


@pytest.mark.parametrize("body", [b"", bytes(100), b"\0\0\0\0IEND\xaeB`\x82"])
def test_a_png_claiming_30000_by_30000_is_refused_by_its_header(body):
    assert code(png_claiming(30_000, 30_000, body)) == "too_many_pixels"


def test_every_format_is_held_to_the_limit():
    for kind, _ in KINDS:
        data = encoded(kind=kind)
        assert code(data, max_pixels=64 * 48 - 1) == "too_many_pixels"
        assert read_header(data, "a", max_pixels=64 * 48).width_px == 64


def test_a_jpeg_that_claims_65000_pixels_a_side():
    data = bytearray(encoded())
    frame = data.find(b"\xff\xc0")
    struct.pack_into(">HH", data, frame + 5, 65_000, 65_000)
    assert code(bytes(data)) == "too_many_pixels"


def test_no_pixels_at_all():
    assert code(png_claiming(0, 100)) == "not_an_image"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animations_are_known(kind):
    frames = [quarters(), PillowImage.new("RGB", (64, 48), "white")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert read_header(data, "a").animated


@given(st.binary(max_size=300), st.sampled_from([kind for kind, _ in KINDS]), st.data())
def test_any_damage_is_a_header_or_a_reason(junk, kind, data):
    whole = encoded(kind=kind)
    cut = data.draw(st.integers(0, len(whole)))
    for hostile in (junk, whole[:cut] + junk, whole[:cut] + junk + whole[cut + len(junk) :]):
        try:
            header = read_header(hostile, "a")
        except UnreadablePhoto:
            continue
        assert header.width_px >= 1
        assert header.height_px >= 1
