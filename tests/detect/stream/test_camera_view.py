from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.stream.view import (
    FROZEN_LOOKS,
    LEARN_LOOKS,
    SAME_VIEW,
    ViewWatch,
    agreement,
    cells_of,
    sketch,
    unchanged,
)

PHOTOS = sorted((Path(__file__).parents[3] / "samples/patrol/2026-11-02").glob("*.jpg"))[:4]


@pytest.fixture(scope="module", params=PHOTOS, ids=lambda path: path.stem)
def street(request):
    photo = cv2.imread(str(request.param))
    return cv2.resize(photo[photo.shape[0] // 8 :], (640, 360), interpolation=cv2.INTER_AREA)


def noisy(image, sigma=4.0):
    noise = cv2.randn(np.empty(image.shape, np.int16), 0, sigma)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def in_shadow(image):
    half = image.astype(np.float32)
    half[:, : image.shape[1] // 2] *= 0.5
    return half.astype(np.uint8)


def at_night(image):
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return (cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR) * 0.55).astype(np.uint8)


def behind_a_lorry(image):
    hidden = image.copy()
    hidden[60:320, 133:373] = (60, 90, 160)
    return hidden


def panned(image, share):
    shift = np.float32([[1, 0, share * image.shape[1]], [0, 1, 0]])
    return cv2.warpAffine(image, shift, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("change", [noisy, in_shadow, at_night, behind_a_lorry])
def test_light_and_lorries_leave_the_view_the_same(street, change):
    assert agreement(sketch(street), sketch(noisy(change(street)))) >= SAME_VIEW


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_panned_camera_shows_another_view(street, share):
    assert agreement(sketch(street), sketch(noisy(panned(street, share)))) < SAME_VIEW


def test_other_places_are_other_views():
    sketches = [sketch(cv2.imread(str(path))) for path in PHOTOS]
    for i, one in enumerate(sketches):
        for other in sketches[i + 1 :]:
            assert agreement(one, other) < SAME_VIEW


def test_bare_ground_says_nothing_about_the_view():
    bare = np.full((360, 640, 3), 110, np.uint8)
    assert agreement(sketch(noisy(bare)), sketch(noisy(bare))) == 1.0


def test_noise_and_light_are_no_change_a_thing_put_down_is(street):
    before = sketch(noisy(street))
    assert unchanged(before, sketch(noisy(street)))
    dimmer = np.clip(street.astype(np.int16) - 4, 0, 255).astype(np.uint8)
    assert unchanged(before, sketch(noisy(dimmer)))
    bag = street.copy()
    bag[220:270, 300:350] = 255 if bag[220:270, 300:350].mean() < 128 else 0
    assert not unchanged(before, sketch(noisy(bag)))


def test_only_what_changes_where_it_matters_counts(street):
    kerb = cells_of([((0.4, 0.6), (0.6, 0.6), (0.6, 0.8), (0.4, 0.8))])
    before = sketch(noisy(street))

    def with_a_bag_at(x, y):
        seen = street.copy()
        seen[y : y + 40, x : x + 40] = 255 if seen[y : y + 40, x : x + 40].mean() < 128 else 0
        return sketch(noisy(seen))

    assert not unchanged(before, with_a_bag_at(300, 240), kerb)
    assert not unchanged(before, with_a_bag_at(300, 160), kerb), "it rises above where it stands"
    assert unchanged(before, with_a_bag_at(40, 240), kerb)
    assert not unchanged(before, with_a_bag_at(40, 240), cells_of([]))


def test_the_cells_of_a_zone_are_it_what_is_beside_it_and_above():
    cells = cells_of([((0.5, 0.5), (0.75, 0.5), (0.75, 1), (0.5, 1))])
    rows, columns = np.nonzero(cells)
    assert (rows.min(), rows.max()) == (9 - 1 - 3, 17)
    assert (columns.min(), columns.max()) == (15, 25)


def test_a_repeated_picture_is_frozen_and_a_live_one_never(street):
    watch = ViewWatch()
    one = sketch(street)
    told = [watch.look(one, good=True)[0] for _ in range(FROZEN_LOOKS + 2)]
    assert told == [False] * FROZEN_LOOKS + [True, True]
    live = ViewWatch()
    assert not any(live.look(sketch(noisy(street, 2)), good=True)[0] for _ in range(30))


def test_a_moved_camera_is_told_until_it_is_put_back_or_accepted(street):
    watch = ViewWatch()
    assert watch.look(sketch(street), good=True) == (False, False)
    away = [watch.look(sketch(noisy(panned(street, 0.3))), good=True)[1] for _ in range(40)]
    assert all(away)
    assert watch.look(sketch(noisy(street)), good=True)[1] is False
    assert watch.look(sketch(noisy(panned(street, 0.3))), good=True)[1] is True
    watch.accept()
    assert watch.look(sketch(noisy(panned(street, 0.3))), good=True)[1] is False


def test_night_under_another_light_is_learned_after_a_while():
    day, night = (
        cv2.resize(cv2.imread(str(p)), (640, 360)) for p in PHOTOS[:2]
    )  # nothing in common
    night = (at_night(night) * 0.7).astype(np.uint8)
    watch = ViewWatch()
    watch.look(sketch(day), good=True)
    told = [watch.look(sketch(noisy(night)), good=True)[1] for _ in range(LEARN_LOOKS + 3)]
    assert told[0] is True
    assert told[-1] is False
    assert watch.look(sketch(noisy(day)), good=True)[1] is False
