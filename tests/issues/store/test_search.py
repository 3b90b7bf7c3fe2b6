"""Search and counts: what the database keeps in step says what the tables say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update

from issues.issue import OPEN, Status
from issues.queries import IssueFilter, count_issues, list_issues, list_photos
from issues.store import search
from issues.store.count_select import _counted, _kept
from issues.store.schema import AreaRecord, IssueRecord, ObservationRecord, PhotoRecord
from tests.issues.photos import MONDAY

NAMES = ["IMG_0001.jpg", "巡查/东街 垃圾堆.jpg", 'a "quoted" 100%.jpg', "IMGx0001.JPG", "ab.png"]


def photo(key: int, source: str) -> dict:
    blank = dict.fromkeys(c.key for c in PhotoRecord.__table__.columns)
    return blank | {
        **{"id": key, "source": source, "status": "ok", "size_bytes": 1, "notes": []},
        **{"context": [], "model_id": "m", "model_version": "1", "recorded_at": MONDAY},
    }


def issue(n: int, **values: object) -> dict:
    blank = dict.fromkeys(c.key for c in IssueRecord.__table__.columns)
    times = dict.fromkeys(
        ("first_seen", "last_seen", "last_look", "created_at", "updated_at"), MONDAY
    )
    counts = dict.fromkeys(
        ("observations", "photos", "recurrences", "reworks", "paper_fixes", "extensions"), 0
    )
    plain = {
        **{"id": f"{n:026d}", "number": f"TC-2026-{n:06d}", "category": "litter.pile"},
        **{"category_group": "litter", "status": "confirmed", "severity": "normal"},
        **{"best_score": 0.5, "experimental": False, "version": 1},
    }
    return blank | times | counts | plain | values


@pytest.fixture
def filled(store):
    with store.transaction() as session:
        session.execute(
            insert(AreaRecord),
            {
                **{"id": 1, "code": "east", "level": "grid", "name_zh": "东街", "name_en": "East"},
                **{"unit_zh": "环卫所", "unit_en": "Cleaning", "leader": "", "phone": ""},
                **{"geometry": "{}", "in_force": True, "imported_at": MONDAY},
            },
        )
        session.execute(insert(PhotoRecord), [photo(n, s) for n, s in enumerate(NAMES, 1)])
        session.execute(
            insert(IssueRecord),
            [
                issue(1),
                issue(2, unit_zh="环卫一队", unit_en="Crew One", area_id=None),
                issue(3, area_id=1, status="closed"),
                issue(4, unit_zh="园林所", unit_en="Parks", lat=31.0, lon=121.0),
                issue(5, category="pest.rodent.hole", category_group="pest", proposal="fixed"),
            ],
        )
        findings = [
            {
                **{"photo_id": n, "issue_id": f"{n:026d}", "category": "litter.pile"},
                **{"x1": 0, "y1": 0, "x2": 1, "y2": 1, "score": 0.5, "experimental": False},
            }
            for n in range(1, 6)
        ]
        session.execute(insert(ObservationRecord), findings)
    return store


def found(store, catalogue, said: str) -> set[int]:
    with store.reading() as session:
        page = list_issues(session, catalogue, IssueFilter(q=said), with_total=True)
    assert page.total == len(page.items)
    return {int(row.number[-6:]) for row in page.items}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("tc-2026-000003", {3}),
        ("00004", {4}),
        ("000", {1, 2, 3, 4, 5}),
        ("东街", {2, 3}),  # an area's name, and a photo's, shorter than three characters
        ("东街 垃", {2}),
        ("环卫", {2, 3}),
        ("crew", {2}),
        ("img_0001", {1}),  # _ is a character, no wildcard
        ('"quoted"', {3}),
        ("100%", {3}),
        ("%", {3}),
        ("quot OR crew", set()),
        ("NEAR(img)", set()),
        ("it's none", set()),
    ],
)
def test_what_is_said_is_found_wherever_it_stands(filled, catalogue, said, expected):
    assert found(filled, catalogue, said) == expected


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=st.text(min_size=1, max_size=8) | st.sampled_from(NAMES).map(lambda n: n[2:7]))
def test_any_text_finds_the_photos_that_hold_it(filled, said):
    with filled.reading() as session:
        rows = list_photos(session, q=said.replace("\0", "") or "x").items
    bare = (said.replace("\0", "") or "x").strip().lower()
    expected = {name for name in NAMES if bare in name.lower()}
    if bare.isascii() or not bare:
        assert {row.source for row in rows} == (expected if bare else set(NAMES))
    else:
        assert {row.source for row in rows} >= expected


def test_names_that_change_are_found_anew(filled, catalogue):
    with filled.transaction() as session:
        session.execute(
            update(PhotoRecord).where(PhotoRecord.id == 1).values(source="DSC_0099.jpg")
        )
        session.execute(delete(ObservationRecord).where(ObservationRecord.photo_id == 4))
        session.execute(delete(PhotoRecord).where(PhotoRecord.id == 4))
    assert found(filled, catalogue, "dsc_0099") == {1}
    assert found(filled, catalogue, "0001.jpg") == set()


def test_a_transaction_that_fails_leaves_search_and_counts_as_they_were(filled, catalogue):
    def fail_halfway():
        with filled.transaction() as session:
            session.execute(insert(PhotoRecord), photo(9, "never.jpg"))
            session.execute(insert(IssueRecord), issue(9))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert found(filled, catalogue, "never.jpg") == set()
    with filled.reading() as session:
        assert count_issues(session, now=MONDAY).total == 5


FILTERS = [
    IssueFilter(),
    IssueFilter(status=tuple(OPEN)),
    IssueFilter(status=(Status.CLOSED,)),
    IssueFilter(category=("pest",)),
    IssueFilter(group=("litter",), area=("",)),
    IssueFilter(area=("east",)),
]
CHANGES = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.sampled_from(["confirmed", "closed", "candidate", "on_hold"]),
        st.sampled_from([None, 1]),
        st.sampled_from([None, "fixed"]),
        st.sampled_from([None, 31.5]),
        st.booleans(),
    ),
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=CHANGES)
def test_counts_that_are_kept_are_those_that_are_counted(sqlite_store, changes):
    with sqlite_store.transaction() as session:
        session.execute(delete(IssueRecord))
        session.execute(delete(AreaRecord))
        session.execute(
            insert(AreaRecord),
            dict.fromkeys((c.key for c in AreaRecord.__table__.columns), "")
            | {"id": 1, "code": "east", "in_force": True, "imported_at": MONDAY},
        )
        for n, status, area, proposal, lat, gone in changes:
            there = session.get(IssueRecord, f"{n:026d}") is not None
            values = {"status": status, "area_id": area, "proposal": proposal, "lat": lat}
            which = IssueRecord.id == f"{n:026d}"
            if not there:
                session.execute(insert(IssueRecord), issue(n, **values))
            elif gone:
                session.execute(delete(IssueRecord).where(which))
            else:
                session.execute(update(IssueRecord).where(which).values(**values))
            session.expire_all()
    with sqlite_store.reading() as session:
        for which in FILTERS:
            kept = count_issues(session, which, now=MONDAY)
            assert _kept(session, which, MONDAY) is not None
            counted = _counted(session, which, MONDAY)
            by_status: dict[str, int] = {}
            for kind in counted.standing:
                by_status[kind.status] = by_status.get(kind.status, 0) + kind.n
            told = {status.value: n for status, n in kept.by_status.items()}
            assert told == by_status, (which, changes)
            assert kept.by_category == counted.by_category
            assert kept.by_group == counted.by_group
            assert kept.by_area == {
                {1: "east"}.get(key, ""): n for key, n in counted.by_area.items()
            }
            assert kept.overdue == 0
            assert kept.total == sum(by_status.values())
            rows = session.execute(select(IssueRecord.lat)).all()
            if which == IssueFilter():
                assert kept.unplaced == sum(lat is None for (lat,) in rows)


def test_an_older_store_is_filled_when_it_is_opened(filled, catalogue):
    with filled.engine.begin() as connection:
        search.drop(connection)
        search.make(connection)
    assert found(filled, catalogue, "quoted") == {3}
    with filled.reading() as session:
        assert count_issues(session, now=MONDAY).by_group == {"litter": 4, "pest": 1}


def test_partly_open_filters_are_counted_not_kept(filled):
    with filled.reading() as session:
        which = IssueFilter(status=(Status.CONFIRMED,))
        assert _kept(session, which, MONDAY) is None
        assert _kept(session, replace(which, q="x"), None) is None
        assert count_issues(session, which, now=MONDAY).total == 4


def test_postgres_has_its_trigram_index(filled):
    if filled.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has photo_words")
    with filled.reading() as session:
        names = session.execute(text("SELECT indexname FROM pg_indexes")).scalars()
        assert search.TRGM_INDEX in set(names)
