from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image as PillowImage

from detect.errors import UNREADABLE_CODES, UnreadablePhoto
from detect.hints import PlaceHints
from detect.photo import Photo, decode_photo, read_photo
from detect.sidecar import Sidecar, SidecarRow
from detect.types import Location
from tests.detect.made_photos import GREY, encoded, exif, is_upright, quarters, stored_turned

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2025, 6, 10, 12, 0, tzinfo=CHINA)
COPIED = datetime(2025, 6, 9, 9, 0, tzinfo=UTC)
SQUARE = (31.230416, 121.473701)


def read(data: bytes, hints: PlaceHints | None = None, **options) -> Photo:
    options = {"now": NOW, "modified_at": COPIED} | options
    return read_photo(data, "east/1.jpg", hints=hints, **options)


def refusal(data: bytes, **options) -> str | None:
    """The code of the reason why the photo can't be had whole; None if it can."""
    try:
        photo = read(data, **options)
        assert decode_photo(data, photo, min_side_px=None).shape[2] == 3
    except UnreadablePhoto as error:
        return error.code
    return None


def heic(picture: PillowImage.Image, **options) -> bytes:
    out = BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=95, **options)
    return out.getvalue()


def test_a_photo_with_everything():
    block = exif(
        taken="2025:06:01 08:30:00", offset="+08:00", place=SQUARE, gps={0x11: 90.0, 0x1F: 5.0}
    )
    data = encoded(block=block)
    photo = read(data)
    assert (photo.taken_at, photo.time_origin) == (
        datetime(2025, 6, 1, 8, 30, tzinfo=CHINA),
        "exif",
    )
    assert (photo.location.lat, photo.location.lon) == pytest.approx(SQUARE, abs=1e-7)
    assert (photo.location.accuracy_m, photo.heading_deg, photo.notes) == (5.0, 90.0, ())
    assert (photo.source, photo.format, photo.size_bytes) == ("east/1.jpg", "jpeg", len(data))
    assert (photo.width_px, photo.height_px, len(photo.sha256)) == (64, 48, 64)


def test_the_same_bytes_have_the_same_sha256_under_any_name():
    data = encoded()
    other = read_photo(data, "copy.jpg", hints=None, now=NOW)
    assert read(data).sha256 == other.sha256
    assert read(data + b"x").sha256 != other.sha256


def test_without_exif_the_time_of_the_file_serves_and_is_said_to():
    photo = read(encoded())
    assert (photo.taken_at, photo.time_origin, photo.location) == (COPIED, "file", None)
    assert photo.notes == ("no_time", "no_gps")


def test_without_any_time_the_present_serves():
    assert read(encoded(), modified_at=None).taken_at == NOW
    assert read(encoded(), modified_at=NOW + timedelta(days=9)).taken_at == NOW


def test_a_time_in_the_future_is_replaced_and_noted():
    photo = read(encoded(block=exif(taken="2031:01:01 00:00:00", place=SQUARE)))
    assert (photo.taken_at, photo.time_origin) == (COPIED, "file")
    assert photo.notes == ("future_time",)


def test_a_camera_a_few_hours_ahead_is_believed():
    photo = read(encoded(block=exif(taken="2025:06:10 20:00:00", offset="+08:00")))
    assert (photo.time_origin, photo.notes) == ("exif", ("no_gps",))


def test_gps_at_zero_zero_is_no_place():
    photo = read(encoded(block=exif(place=(0.0, 0.0), taken="2025:06:01 08:30:00")))
    assert (photo.location, photo.notes) == (None, ("gps_zero_zero",))


def test_broken_exif_is_a_note_and_the_photo_goes_on():
    photo = read(encoded(block=b"Exif\0\0MM\0*\xff\xff\xff\xff broken"))
    assert photo.notes == ("broken_exif", "no_time", "no_gps")


def test_the_zone_of_the_hints_is_that_of_times_without_offset():
    photo = read(encoded(block=exif(taken="2025:06:01 08:30:00")), PlaceHints(zone=CHINA))
    assert photo.taken_at == datetime(2025, 6, 1, 8, 30, tzinfo=CHINA)


def test_the_table_gives_a_photo_without_exif_time_and_place():
    place, taken = Location(30, 120, 5, "sidecar"), datetime(2025, 6, 2, tzinfo=UTC)
    row = SidecarRow("1.jpg", 2, place, taken)
    photo = read(encoded(), PlaceHints(sidecar=Sidecar(Path("t.csv"), {"1.jpg": row})))
    assert (photo.location, photo.taken_at, photo.time_origin) == (place, taken, "sidecar")
    assert photo.notes == ()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_ends_upright(orientation, kind):
    stored = stored_turned(quarters(), orientation)
    data = encoded(stored, kind, exif(orientation=orientation))
    photo = read(data)
    image = decode_photo(data, photo, min_side_px=None)
    assert (photo.width_px, photo.height_px) == (64, 48)
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert is_upright(image)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright_at_a_reduced_scale(orientation):
    data = encoded(
        stored_turned(quarters(640, 480), orientation), "JPEG", exif(orientation=orientation)
    )
    image = decode_photo(data, read(data), min_side_px=80)
    assert image.shape == (60, 80, 3)
    assert is_upright(image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("min_side_px", "side"),
    [(None, 800), (801, 800), (800, 800), (401, 800), (400, 400), (200, 200), (101, 200), (1, 100)],
)
def test_the_scale_is_the_smallest_that_suffices(kind, min_side_px, side):
    data = encoded(quarters(800, 600), kind)
    image = decode_photo(data, read(data), min_side_px=min_side_px)
    assert image.shape == (side * 3 // 4, side, 3)
    assert is_upright(image)


def test_sizes_that_do_not_divide_are_the_same_in_every_format():
    shapes = set()
    for kind in ("JPEG", "PNG"):
        data = encoded(quarters(803, 605), kind)
        shapes.add(decode_photo(data, read(data), min_side_px=100).shape)
    assert shapes == {(76, 101, 3)}


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_see_through_is_white(kind):
    picture = quarters().convert("RGBA")
    picture.paste((10, 10, 10, 0), (0, 0, 32, 24))
    picture.paste((0, 0, 0, 128), (32, 0, 64, 24))
    data = encoded(picture, kind, lossless=True) if kind == "WEBP" else encoded(picture, kind)
    image = decode_photo(data, read(data), min_side_px=None)
    assert image[10, 10].tolist() == [255, 255, 255]
    assert abs(int(image[10, 50, 0]) - 127) <= 1
    assert image[40, 50].tolist() == list(GREY)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_kind_of_png_becomes_three_channels(mode):
    if mode == "I;16":
        picture = PillowImage.fromarray(np.full((20, 30), 0x8080, np.uint16))
    else:
        picture = quarters(30, 20).convert(mode)
    data = encoded(picture, "PNG")
    image = decode_photo(data, read(data), min_side_px=None)
    assert (image.shape, image.dtype) == ((20, 30, 3), np.uint8)
    if mode == "I;16":
        assert image[5, 5].tolist() == [128, 128, 128]


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_printers_jpegs(mode):
    data = encoded(PillowImage.new("RGB", (40, 30), GREY).convert(mode), "JPEG")
    image = decode_photo(data, read(data), min_side_px=None)
    assert np.abs(image.astype(int) - 128).max() <= 4


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame_with_a_note(kind):
    frames = [quarters(), PillowImage.new("RGB", (64, 48), "white")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    photo = read(data)
    assert "animated_first_frame" in photo.notes
    assert is_upright(decode_photo(data, photo, min_side_px=None))


def test_a_still_gif_and_a_bmp():
    for kind in ("GIF", "BMP"):
        data = encoded(kind=kind)
        photo = read(data)
        assert "animated_first_frame" not in photo.notes
        assert is_upright(decode_photo(data, photo, min_side_px=None))


def test_a_phones_heic_with_place_and_time():
    block = exif(taken="2025:06:01 08:30:00", offset="+08:00", place=SQUARE)
    data = heic(quarters(320, 240), exif=block.tobytes())
    photo = read(data)
    assert (photo.format, photo.width_px, photo.height_px) == ("heic", 320, 240)
    assert photo.location.lat == pytest.approx(SQUARE[0], abs=1e-7)
    assert photo.time_origin == "exif"
    image = decode_photo(data, photo, min_side_px=160)
    assert image.shape == (120, 160, 3)
    assert is_upright(image)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_heic_is_turned_once(orientation):
    stored = stored_turned(quarters(320, 240), orientation)
    data = heic(stored, exif=exif(orientation=orientation).tobytes())
    photo = read(data)
    image = decode_photo(data, photo, min_side_px=None)
    assert image.shape == (photo.height_px, photo.width_px, 3) == (240, 320, 3)
    assert is_upright(image)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_heic_is_truncated(share):
    whole = heic(quarters(320, 240))
    assert refusal(whole[: int(len(whole) * share)]) == "truncated"


def test_a_gif_whose_frame_is_larger_than_its_screen_is_refused():
    data = bytearray(encoded(kind="GIF"))
    frame = data.rfind(b"\x2c\0\0\0\0")
    data[frame + 5 : frame + 9] = b"\x60\xea\x60\xea"
    assert refusal(bytes(data)) == "too_many_pixels"


def test_one_pixel_is_a_photo():
    data = encoded(PillowImage.new("RGB", (1, 1), GREY), "PNG")
    assert decode_photo(data, read(data), min_side_px=640).shape == (1, 1, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_damaged_pixels_are_a_result_or_a_reason_never_another_error(kind, capfd):
    whole = encoded(quarters(200, 150), kind)
    noise = np.random.default_rng(3)
    for _ in range(30):
        data = bytearray(whole)
        start = int(noise.integers(2, len(data)))
        data[start : start + 40] = noise.integers(0, 256, len(data[start : start + 40])).tolist()
        assert refusal(bytes(data), max_pixels=10**6) in (None, *UNREADABLE_CODES)


def test_pixels_that_end_behind_a_whole_header_are_truncated():
    whole = encoded(quarters(200, 150), "PNG")
    photo = read(whole)
    with pytest.raises(UnreadablePhoto) as caught:
        decode_photo(whole[:60], photo, min_side_px=None)
    assert caught.value.code == "truncated"
