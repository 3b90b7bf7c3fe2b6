"""A place in which the network finds nothing any more: gone, overlooked, or something in front."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from street_scene import (
    HEAP,
    behind_a_person,
    behind_a_truck,
    dimmed,
    frames,
    in_headlights,
    in_rain,
    looked,
    shifted,
    under_a_tree,
)

from detect.errors import BadInput
from detect.stream.place import STILL_LOOKS, Ground, Showing, edge_field
from detect.stream.remembered import packed, unpacked
from detect.stream.view import sketch

LOOKS = STILL_LOOKS + 2
WINDS = (0.0, 0.6, -0.5, 1.0, -0.9, 0.3)


@pytest.fixture(scope="module")
def street():
    return frames()


def learned(clean, heap, *, known=True):
    """A ground that has seen the pile, and (``known``) the clean street before it."""
    ground = Ground()
    for image in looked(clean) if known else ():
        ground.look(edge_field(image))
    for image in looked(heap):
        now = edge_field(image)
        ground.saw("heap", now, [HEAP])
        ground.look(now)
    return ground


@pytest.fixture(scope="module", params=["watched before", "there from the start"])
def bytes_of_ground(request, street):
    clean, heap = street
    return packed((), learned([clean] * 14, [heap] * 6, known=request.param == "watched before"))


@pytest.fixture
def ground(bytes_of_ground):
    return unpacked(bytes_of_ground).ground


def shown(ground, images):
    return [ground.showing("heap", edge_field(image)) for image in looked(images, seed=1)]


def test_a_pile_that_was_taken_away_leaves_the_place_clear(ground, street):
    told = shown(ground, [street[0]] * LOOKS)
    assert told[-1] is Showing.CLEAR
    assert Showing.AS_FOUND not in told


def test_a_pile_that_the_network_overlooks_is_as_found(ground, street):
    _, heap = street
    assert set(shown(ground, [heap, dimmed(heap), dimmed(heap, 0.7)])) == {Showing.AS_FOUND}


@pytest.mark.parametrize("under", ["heap", "clean"])
def test_a_parked_truck_covers_it_however_long_it_stands(ground, street, under):
    behind = behind_a_truck(street[under == "heap"])
    assert set(shown(ground, [behind] * LOOKS)) == {Showing.COVERED}
    off = behind_a_truck(street[under == "heap"], 0.08)
    assert set(shown(ground, [off] * LOOKS)) == {Showing.COVERED}


def test_somebody_who_stands_before_it_covers_it(ground, street):
    sways = [0, 9, -6, 12, -9, 3] * 2
    people = [behind_a_person(street[1], sway) for sway in sways]
    assert Showing.CLEAR not in shown(ground, people)


def test_headlights_that_pass_clear_nothing(ground, street):
    passing = [in_headlights(street[1], 0.2 + 0.05 * n) for n in range(LOOKS)]
    assert Showing.CLEAR not in shown(ground, passing)


@pytest.mark.parametrize("change", [in_rain, lambda image: shifted(image, 0.03)], ids=["r", "n"])
def test_rain_and_a_nudge_clear_nothing(ground, street, change):
    told = shown(ground, [change(street[1])] * LOOKS)
    assert Showing.CLEAR not in told, Counter(told)


def test_a_swaying_tree_neither_clears_a_pile_nor_keeps_one(street):
    clean, heap = ([under_a_tree(image, wind) for wind in WINDS * 3] for image in street)
    ground = learned(clean, heap)
    assert Showing.CLEAR not in shown(ground, heap[:LOOKS])
    assert shown(ground, clean[:LOOKS])[-1] is Showing.CLEAR


def test_fog_tells_nothing(ground, street):
    fog = (street[1] * 0.05 + 180).astype("uint8")
    assert set(shown(ground, [fog] * 3)) == {Showing.UNTOLD}


def test_a_place_that_nobody_knows_is_not_told_of(ground, street):
    (image,) = looked(street[:1])
    assert ground.showing("another", edge_field(image)) is None
    ground.forget("heap")
    assert ground.showing("heap", edge_field(image)) is None


def test_views_and_places_go_on_from_their_bytes(ground, street):
    (image,) = looked(street[:1])
    one = sketch(image)
    again = unpacked(packed([one], ground))
    assert abs(again.references[0].grey - one.grey).max() < 0.1
    assert again.references[0].brightness == one.brightness
    assert again.ground.looks == ground.looks
    (place,) = again.ground.places.values()
    assert place.boxes == (HEAP,)
    assert abs(place.found - ground.places["heap"].found).max() < 0.05


@pytest.mark.parametrize("spoil", [lambda b: b[:-40], lambda _: b"", lambda _: b"PK\x03\x04junk"])
def test_spoilt_bytes_are_told(ground, spoil):
    with pytest.raises(BadInput, match="can't be read"):
        unpacked(spoil(packed((), ground)))
