"""Reading: filters, order, paging, counts, photos."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issues.areas import import_areas
from issues.errors import NotFound, QueryError
from issues.issue import Action, Proposal, RejectReason, Status
from issues.moves import move
from issues.queries import (
    IssueFilter,
    count_issues,
    count_photos,
    get_issue,
    get_photo,
    get_row,
    list_issues,
    list_observations,
    list_photos,
)
from tests.issues.photos import MONDAY, STREET, moved
from tests.issues.test_areas import square, write_areas

DAY = timedelta(days=1)
ONE, TWO, THREE, FOUR, FIVE = (f"TC-2026-{n:06d}" for n in range(1, 6))
FAR = moved(STREET, 3000)


@pytest.fixture
def town(store, intake, catalogue, camera, tmp_path):
    """Five issues: confirmed and seen clear, rejected, seen clear far away, unplaced, returned."""
    areas = [square("east", unit_en="Cleaning 1"), square("north", FAR, level="street")]
    import_areas(store, write_areas(tmp_path / "areas.json", *areas), now=MONDAY)
    intake.record(camera.shoot("litter.pile", name="patrol/a.jpg"))
    intake.record(camera.shoot("bin.overflow", days=1, score=0.95))
    intake.record(camera.shoot("litter.scattered", days=2, at=FAR))
    intake.record(camera.shoot(days=9, at=FAR))
    intake.record(camera.shoot("stall.mobile", days=3, at=None))
    away = moved(STREET, 9000)
    for days, found in ((4, ["litter.pile"]), (5, []), (6, ["litter.pile"])):
        intake.record(camera.shoot(*found, days=days, at=away, experimental=True))
    intake.record(camera.fail())
    with store.transaction() as session:
        move(session, ONE, Action.CONFIRM, "li", catalogue=catalogue, now=MONDAY)
        why = RejectReason.PERMITTED
        move(session, TWO, Action.REJECT, "li", catalogue=catalogue, now=MONDAY, reason=why)


@pytest.fixture
def numbers(store, catalogue, town):
    """The last digit of the numbers that a filter finds, by number."""

    def find(**which):
        with store.reading() as session:
            rows = list_issues(session, catalogue, IssueFilter(**which), sort="number").items
        return [int(row.number[-1]) for row in rows]

    return find


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"status": (Status.CONFIRMED,)}, [1]),
        ({"status": (Status.CANDIDATE, Status.REOPENED)}, [3, 4, 5]),
        ({"proposal": Proposal.FIXED}, [1, 3]),
        ({"category": ("litter.pile",)}, [1, 5]),
        ({"category": ("litter",)}, [1, 3, 5]),
        ({"category": ("litter.p",)}, []),
        ({"category": ("litter.pile", "stall")}, [1, 4, 5]),
        ({"group": ("bin", "stall")}, [2, 4]),
        ({"area": ("east",)}, [1, 2]),
        ({"area": ("north", "")}, [3, 4, 5]),
        ({"unit": ("Cleaning 1",)}, [1, 2]),
        ({"unit": ("north环卫所",)}, [3]),
        ({"has_place": False}, [4]),
        ({"has_place": True}, [1, 2, 3, 5]),
        ({"confirmed": True}, [1]),
        ({"confirmed": False}, [2, 3, 4, 5]),
        ({"since": MONDAY + 2 * DAY}, [3, 4, 5]),
        ({"since": MONDAY + DAY, "until": MONDAY + 3 * DAY}, [2, 3]),
        ({"bbox": (121.47, 31.22, 121.48, 31.24)}, [1, 2]),
        ({"bbox": (170.0, 31.0, -170.0, 32.0)}, []),
        ({"overdue_at": MONDAY + DAY}, [1]),
        ({"overdue_at": MONDAY}, []),
        ({"q": "patrol/A"}, [1]),
        ({"q": "000003"}, [3]),
        ({"q": "cleaning"}, [1, 2]),
        ({"q": "north片"}, [3]),
        ({"q": "100%"}, []),
        ({"q": "  "}, [1, 2, 3, 4, 5]),
        ({"numbers": (TWO, FIVE)}, [2, 5]),
        ({"category": ("litter",), "area": ("east",)}, [1]),
    ],
)
def test_filters(numbers, which, found):
    assert numbers(**which) == found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("number", [1, 2, 3, 4, 5]),
        ("recent", [5, 4, 3, 2, 1]),
        ("oldest", [1, 2, 3, 4, 5]),
        ("newest", [5, 4, 3, 2, 1]),
        ("deadline", [1]),
        ("score", [2]),
        ("recurrences", [5]),
    ],
)
@pytest.mark.usefixtures("town")
def test_every_order_pages_through_everything_once(store, catalogue, sort, order):
    found, cursor = [], None
    with store.reading() as session:
        while True:
            page = list_issues(session, catalogue, sort=sort, cursor=cursor, limit=2)
            found += [int(row.number[-1]) for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
            assert len(page.items) == 2
    assert sorted(found) == [1, 2, 3, 4, 5]
    assert found[: len(order)] == order


@pytest.mark.usefixtures("town")
def test_a_page_does_not_shift_while_others_write(store, catalogue, intake, camera):
    with store.reading() as session:
        first = list_issues(session, catalogue, sort="newest", limit=2, with_total=True)
    intake.record(camera.shoot("litter.pile", days=30, at=moved(STREET, 400)))
    with store.reading() as session:
        second = list_issues(session, catalogue, sort="newest", cursor=first.next_cursor, limit=2)
    assert first.total == 5
    assert [row.number for row in second.items] == [THREE, TWO]


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0},
        {"limit": 10_001},
        {"sort": "colour"},
        {"cursor": "nonsense"},
        {"cursor": "WyJudW1iZXIiLCAxLCAyXQ"},
        {"which": IssueFilter(bbox=(0.0, 50.0, 10.0, 40.0))},
        {"which": IssueFilter(bbox=(31.2, 121.4, 31.3, 121.5))},
    ],
)
def test_what_means_nothing_is_refused(sqlite_store, catalogue, asked):
    which = asked.pop("which", IssueFilter())
    with sqlite_store.reading() as session, pytest.raises(QueryError) as caught:
        list_issues(session, catalogue, which, **asked)
    assert caught.value.mend


@pytest.mark.usefixtures("town")
def test_counts(store):
    with store.reading() as session:
        counts = count_issues(session, now=MONDAY + 2 * DAY)
        litter = count_issues(session, IssueFilter(group=("litter",)), now=MONDAY)
    assert (counts.total, counts.open, counts.to_review) == (5, 4, 4)
    assert (counts.proposed_fixed, counts.unplaced, counts.no_area, counts.overdue) == (2, 1, 1, 1)
    assert counts.by_status == {
        Status.CANDIDATE: 2,
        Status.CONFIRMED: 1,
        Status.REJECTED: 1,
        Status.REOPENED: 1,
    }
    assert counts.by_group == {"litter": 3, "bin": 1, "stall": 1}
    assert counts.by_category["litter.pile"] == 2
    assert counts.by_area == {"east": 2, "north": 1, "": 2}
    assert (litter.total, litter.overdue) == (3, 0)


@pytest.mark.usefixtures("town")
def test_a_row_says_all_that_lists_show(store, catalogue):
    with store.reading() as session:
        row = get_row(session, catalogue, ONE)
        stall = get_row(session, catalogue, FOUR)
        back = get_row(session, catalogue, FIVE)
    assert (row.area.id, row.area.unit_en, row.suspected, row.experimental) == (
        "east",
        "Cleaning 1",
        False,
        False,
    )
    assert (stall.suspected, stall.lat, stall.area) == (True, None, None)
    assert (back.experimental, back.recurrences, back.status) == (True, 1, Status.REOPENED)


@pytest.mark.usefixtures("town")
def test_findings_and_photos_in_pages(store):
    with store.reading() as session:
        first = list_observations(session, limit=4)
        rest = list_observations(session, limit=4, cursor=first.next_cursor)
        assert len(first.items + rest.items) == 6
        assert rest.next_cursor is None
        (one,) = list_observations(session, issue=ONE).items
        assert (one.issue_number, one.source, one.stored) == (ONE, "patrol/a.jpg", True)
        assert list_observations(session, photo_id=one.photo_id).items == (one,)
        assert len(list_observations(session, category=("litter.pile",)).items) == 3
        assert (
            len(list_observations(session, since=MONDAY + DAY, until=MONDAY + 3 * DAY).items) == 2
        )
        photos = list_photos(session, limit=5)
        more = list_photos(session, limit=5, cursor=photos.next_cursor)
        assert len(photos.items + more.items) == count_photos(session).total == 9
        (found,) = list_photos(session, q="patrol").items
        assert found == get_photo(session, found.id) == get_photo(session, found.sha256)
        assert (found.observations, found.issue_numbers) == (1, (ONE,))
        with pytest.raises(QueryError):
            list_photos(session, cursor="WyJhIl0")
        for unknown in (999, "0" * 64):
            with pytest.raises(NotFound):
                get_photo(session, unknown)
        with pytest.raises(NotFound):
            get_issue(session, None, "TC-1999-000001")
        with pytest.raises(NotFound):
            list_observations(session, issue="nothing")


def test_the_end_of_a_number_finds_its_issue(store, catalogue, town):
    with store.reading() as session:
        for said, numbers in (("000002", [TWO]), ("999999", []), ("00002", [TWO])):
            found = list_issues(session, catalogue, IssueFilter(q=said))
            assert [row.number for row in found.items] == numbers
