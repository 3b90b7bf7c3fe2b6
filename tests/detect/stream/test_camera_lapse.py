from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

import av

from detect.stream.lapse import EACH, TIERS, LastLooks, Small, small, time_lapse

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def look(n, shape=(288, 512, 3)):
    return small(np.full(shape, n % 256, np.uint8), START + timedelta(seconds=5 * n))


def unchanged(image):
    return image


def frames(mp4):
    with av.open(io.BytesIO(mp4)) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name == "h264"
        return [frame.to_ndarray(format="bgr24") for frame in file.decode(video=0)]


def test_the_newest_looks_are_all_kept_older_ones_are_thinned():
    looks = LastLooks()
    for n in range(1000):
        looks.add(look(n))
    kept = looks.pictures()
    assert len(kept) == len(looks) == EACH * TIERS
    ages = [(kept[-1].at - one.at).total_seconds() / 5 for one in kept]
    assert ages == sorted(ages, reverse=True)
    assert ages[-EACH:] == list(range(EACH - 1, -1, -1))
    assert 400 < ages[0] < 1000
    assert looks.size_bytes == sum(len(one.jpeg) for one in kept)


def test_for_want_of_memory_the_oldest_go_first():
    looks = LastLooks()
    for n in range(1000):
        looks.add(look(n))
    newest = looks.pictures()[-EACH:]
    looks.thin()
    assert len(looks) == 2 * EACH
    looks.thin()
    assert looks.pictures() == newest
    looks.thin()
    looks.thin()
    assert (len(looks), looks.size_bytes) == (0, 0)


def test_pictures_are_small():
    with_more = look(1, (1080, 1920, 3))
    (shown,) = frames(time_lapse([with_more], unchanged))
    assert shown.shape == (270, 480, 3)


def test_a_film_shows_each_picture_once_redacted():
    def redact(image):
        covered = image.copy()
        covered[:, : image.shape[1] // 2] = 255
        return covered

    shown = frames(time_lapse([look(n) for n in (10, 60, 110, 160)], redact))
    assert len(shown) == 4
    for image, grey in zip(shown, (10, 60, 110, 160), strict=True):
        assert image[:, :200].mean() > 240
        assert abs(image[:, 260:].mean() - grey) < 8


def test_pictures_of_another_size_and_unreadable_ones_end_nothing():
    pictures = [look(40, (200, 200, 3)), Small(START, b"no jpeg"), look(80)]
    shown = frames(time_lapse(pictures, unchanged))
    assert [image.shape for image in shown] == [(270, 480, 3)] * 2
    with pytest.raises(ValueError, match="no picture"):
        time_lapse([Small(START, b"no jpeg")], unchanged)


def test_what_cannot_be_redacted_is_no_film():
    def broken(_image):
        raise OSError("the weights are gone")

    with pytest.raises(OSError, match="weights"):
        time_lapse([look(1)], broken)
