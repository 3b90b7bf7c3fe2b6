"""The sample patrol's own truth, recorded without a model: figures by week are what it tells."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detect.types import Coverage, Location, Observation
from issues.areas import import_areas
from issues.catalogue import load_catalogue
from issues.clock import SetClock
from issues.intake import Intake
from issues.place import distance_m
from issues.queries import IssueFilter, list_issues
from issues.scoring.board import make_board
from issues.scoring.measures import Measure
from issues.scoring.period import parse_period
from issues.scoring.points import load_points
from issues.scoring.ranking import Unranked
from tests.issues.photos import Head, Result, StreetClass, StreetModel

SAMPLES = Path(__file__).parents[3] / "samples"
TRUTH = json.loads((SAMPLES / "patrol" / "truth.json").read_text("utf-8"))
KNOWN = load_catalogue().categories
MODEL = StreetModel(classes=tuple(StreetClass(code, code) for code in KNOWN))
WEEKS = {"2026-10-26": "2026-W44", "2026-11-02": "2026-W45", "2026-11-09": "2026-W46"}
NOW = datetime(2026, 11, 10, tzinfo=UTC)


def found_in(photo):
    return [f for f in photo["findings"] if f["category"] in KNOWN]


def result_of(photo, n):
    at = TRUTH["places"][photo["place"]]
    moment = datetime.fromisoformat(f"{photo['visit']}T06:00:00+00:00") + timedelta(minutes=n)
    sha256 = hashlib.sha256(photo["file"].encode()).hexdigest()
    where = Location(at["lat"], at["lon"], 5.0, "sidecar")
    sides = (photo["width_px"], photo["height_px"]) * 2
    seen = tuple(
        Observation(
            f["category"],
            tuple(v / side for v, side in zip(f["box_px"], sides, strict=True)),
            *(0.9, MODEL.id, MODEL.version, sha256),
        )
        for f in found_in(photo)
    )
    covers = Coverage(photo["file"], photo["file"], moment, where, True, None, frozenset(KNOWN))
    head = Head(sha256, moment, where)
    return Result(
        photo["file"], Path(photo["file"]), photo=head, observations=seen, coverage=covers,
        data=photo["file"].encode(),
    )  # fmt: skip


@pytest.fixture
def patrol(sqlite_store):
    """The store after all photos of the truth."""
    import_areas(sqlite_store, SAMPLES / "areas.geojson", now=NOW)
    intake = Intake(sqlite_store, load_catalogue(), MODEL, clock=SetClock(NOW))
    for n, photo in enumerate(sorted(TRUTH["photos"], key=lambda p: p["file"])):
        intake.record(result_of(photo, n))
    return sqlite_store


def board_of(store, period, level="street"):
    with store.reading() as session:
        return make_board(
            session,
            load_catalogue(),
            load_points(),
            parse_period(period, load_catalogue().calendar.zone),
            level,
            now=NOW,
        )


def places_of(store, ids):
    """The truth's places that issues lie at."""
    with store.reading() as session:
        rows = list_issues(session, load_catalogue(), IssueFilter(numbers=tuple(ids))).items
    return {
        min(
            TRUTH["places"],
            key=lambda p: distance_m(
                row.lat, row.lon, TRUTH["places"][p]["lat"], TRUTH["places"][p]["lon"]
            ),
        )
        for row in rows
        if ids
    }


def test_what_each_week_found_is_what_the_truth_shows_first_then(patrol):
    shown = {}
    for photo in sorted(TRUTH["photos"], key=lambda p: p["visit"]):
        for finding in found_in(photo):
            shown.setdefault((photo["place"], finding["category"]), photo["visit"])
    for visit, week in WEEKS.items():
        found = board_of(patrol, week).total[Measure.FOUND]
        new = {place for (place, _), first in shown.items() if first == visit}
        assert places_of(patrol, found) == new
        assert len(new) <= len(found) <= sum(first == visit for first in shown.values())


def test_what_came_back_is_what_the_truth_calls_returned(patrol):
    back = {p for p, told in TRUTH["places"].items() if told["expected"] == "returned"}
    weeks = [board_of(patrol, week).total[Measure.RETURNED] for week in WEEKS.values()]
    assert set().union(*(places_of(patrol, ids) for ids in weeks if ids)) == back != set()


def test_every_photo_is_a_look_and_a_hasty_week_is_not_ranked(patrol):
    for visit, week in WEEKS.items():
        board = board_of(patrol, week)
        assert board.total.looks.photos == sum(p["visit"] == visit for p in TRUTH["photos"])
        assert all(line.rank.rank is None for line in board.lines)
        assert board.line("qs").rank.why_not is Unranked.NOT_ENOUGH_LOOKS
    month = board_of(patrol, "2026-11").line("qs")
    assert (month.rank.rank, month.tally.looks.photos >= 20) == (1, True)
