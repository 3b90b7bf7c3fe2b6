"""Rankings asked of the database are those that plain Python counts from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from issues.cells import coarser
from issues.coverage import cover
from issues.errors import QueryError
from issues.hot_spots import hot_spots
from issues.issue import OPEN, RejectReason, Status
from issues.place import cell_of
from issues.queries import EVERYTHING, IssueFilter, list_issues
from issues.recurrence import list_chronic
from issues.risk import load_risk, reasons
from issues.store.cell_looks import last_looks, last_looks_by_index
from issues.store.past_schema import PastRecord
from issues.store.schema import CoverageRecord, IssueRecord
from tests.issues.photos import MONDAY, STREET, moved
from tests.issues.store.test_search import issue

DAY = timedelta(days=1)
NO_PROBLEM = {"rejected", "duplicate"}
CELLS = [cell_of(*moved(STREET, 400 * n)) for n in range(4)]
EACH = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def one(draw, n: int) -> dict:
    """An issue of any standing."""
    group = draw(st.sampled_from(["litter", "stall"]))
    placed = draw(st.booleans())
    status = draw(st.sampled_from(list(Status))).value
    first = MONDAY - draw(st.integers(0, 300)) * DAY
    maybe = st.none() | st.integers(-20, 20).map(lambda days: MONDAY + days * DAY)
    return issue(
        n,
        category=f"{group}.pile" if group == "litter" else "stall.mobile",
        category_group=group,
        status=status,
        severity=draw(st.sampled_from(["minor", "normal", "major"])),
        cell=draw(st.sampled_from(CELLS)) if placed else None,
        lat=STREET[0] if placed else None,
        lon=STREET[1] if placed else None,
        first_seen=first,
        last_seen=first + draw(st.integers(0, 3)) * DAY,
        last_look=first + draw(st.integers(0, 40)) * DAY,
        recurrences=draw(st.integers(0, 4)),
        paper_fixes=draw(st.integers(0, 2)),
        deadline=draw(maybe),
        confirmed_at=draw(maybe),
        reported_at=draw(maybe),
        supervised_at=draw(maybe),
        on_hold_until=draw(maybe) if status == "on_hold" else None,
        held_from="assigned" if status == "on_hold" else None,
        reject_reason=draw(st.sampled_from(list(RejectReason))).value
        if status == "rejected"
        else None,
    )


@st.composite
def towns(draw):
    """Issues and links from some to earlier ones."""
    rows = [one(draw, n) for n in range(1, draw(st.integers(1, 14)) + 1)]
    keys = [row["id"] for row in rows]
    pairs = draw(st.sets(st.tuples(st.sampled_from(keys), st.sampled_from(keys)), max_size=5))
    return rows, sorted(pair for pair in pairs if pair[0] > pair[1])


def put(store, town) -> None:
    rows, links = town
    with store.transaction() as session:
        session.execute(delete(PastRecord))
        session.execute(delete(IssueRecord))
        session.execute(insert(IssueRecord), rows)
        for key, earlier in links:
            values = {"issue_id": key, "earlier_id": earlier, "how": "closed", "away_m": 1.0}
            session.execute(insert(PastRecord), values | {"noted_at": MONDAY})


@EACH
@given(
    town=towns(),
    days=st.none() | st.sampled_from([20, 100, 200]),
    resolution=st.sampled_from([10, 9, 7]),
    limit=st.integers(1, 5),
)
def test_hot_spots_are_those_counted_one_by_one(store, town, days, resolution, limit):
    put(store, town)
    since = None if days is None else MONDAY - days * DAY
    counted: dict[int, list[dict]] = defaultdict(list)
    for row in town[0]:
        began = since is None or row["first_seen"] >= since
        if row["cell"] is not None and began and row["status"] not in NO_PROBLEM:
            counted[coarser(row["cell"], resolution)].append(row)
    plain = [
        (
            cell,
            len(rows),
            sum(row["recurrences"] > 0 for row in rows),
            sum(row["status"] in OPEN for row in rows),
            Counter(row["category"] for row in rows),
        )
        for cell, rows in counted.items()
    ]
    plain.sort(key=lambda spot: (-spot[1], -spot[2], spot[0]))
    with store.reading() as session:
        found = hot_spots(session, EVERYTHING, since=since, resolution=resolution, limit=limit)
    told = [(s.cell, s.issues, s.returned, s.open, Counter(s.by_category)) for s in found]
    assert told == plain[:limit]


@EACH
@given(town=towns(), times=st.integers(2, 4), limit=st.integers(1, 6), litter=st.booleans())
def test_the_chronic_list_is_that_counted_one_by_one(store, catalogue, town, times, limit, litter):
    put(store, town)
    rows, links = {row["id"]: row for row in town[0]}, town[1]
    which = IssueFilter(group=("litter",)) if litter else EVERYTHING
    plain = []
    for key, row in rows.items():
        before = [rows[earlier] for later, earlier in links if later == key]
        n = 1 + row["recurrences"]
        for past in before:
            handled = past["reject_reason"] == RejectReason.ALREADY_HANDLED
            if past["status"] != "rejected" or handled:
                n += past["recurrences"] + 1
        out = row["status"] in NO_PROBLEM or any(earlier == key for _, earlier in links)
        if n >= times and not out and (not litter or row["category_group"] == "litter"):
            plain.append((key, n, row["last_seen"]))
    plain.sort(key=lambda line: (-line[1], -line[2].timestamp(), line[0]))
    with store.reading() as session:
        found = list_chronic(session, catalogue, which, times=times, limit=limit)
    assert [(one.row.id, one.times) for one in found] == [line[:2] for line in plain[:limit]]


@EACH
@given(town=towns(), limit=st.integers(1, 5), later=st.integers(0, 3))
def test_by_risk_the_points_fall_and_pages_hold_each_issue_once(
    store, catalogue, town, limit, later
):
    put(store, town)
    table, looks = load_risk(), {row["id"]: row["last_look"] for row in town[0]}
    found, cursor = [], None
    with store.reading() as session:
        while True:
            now = MONDAY + (later * DAY if cursor else 0 * DAY)  # the day may turn between pages
            page = list_issues(
                session, catalogue, sort="risk", cursor=cursor, limit=limit, now=now, risk=table
            )
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    assert sorted(row.id for row in found) == sorted(looks)
    with store.reading() as session:
        as_recorded = {row.id: row for row in list_issues(session, catalogue, limit=100).items}
    points = [
        sum(reason.points for reason in reasons(as_recorded[row.id], looks[row.id], table, MONDAY))
        if as_recorded[row.id].status in OPEN
        else -1
        for row in found
    ]
    assert points == sorted(points, reverse=True)


def test_a_cursor_of_another_order_is_refused(store, catalogue):
    put(store, ([issue(n) for n in range(1, 4)], []))
    with store.reading() as session:
        recent = list_issues(session, catalogue, limit=1).next_cursor
        risk = list_issues(session, catalogue, sort="risk", limit=1, now=MONDAY).next_cursor
        for sort, cursor in (("risk", recent), ("recent", risk), ("risk", "bm9uZQ")):
            with pytest.raises(QueryError):
                list_issues(session, catalogue, sort=sort, cursor=cursor, now=MONDAY)


# ---------------------------------------------------------------------------- looks

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["new", "gone", "cell", "usable", "time"]),
        st.integers(0, 5),
        st.sampled_from([*CELLS, None]),
        st.booleans(),
        st.integers(0, 50),
    ),
    max_size=14,
)


@EACH
@given(changes=CHANGES)
def test_the_last_look_at_a_cell_is_kept_whatever_changes(store, changes):
    with store.transaction() as session:
        session.execute(delete(CoverageRecord))
        for n, (what, key, cell, usable, days) in enumerate(changes):
            at, c = MONDAY - days * DAY, CoverageRecord
            if what == "new":
                values = {"frame_sha256": f"{n:064x}", "source": "a.jpg", "categories": ","}
                session.execute(
                    insert(c), values | {"taken_at": at, "cell": cell, "usable": usable}
                )
                continue
            keys = list(session.scalars(select(c.id).order_by(c.id)))
            if not keys:
                continue
            this = c.id == keys[key % len(keys)]
            if what == "gone":
                session.execute(delete(c).where(this))
            else:
                new = {"cell": cell, "usable": usable, "time": at}[what]
                name = "taken_at" if what == "time" else what
                session.execute(update(c).where(this).values({name: new}))
    with store.reading() as session:
        plain = {}
        for look in session.scalars(select(CoverageRecord)):
            if look.usable and look.cell is not None:
                plain[look.cell] = max(look.taken_at, plain.get(look.cell, look.taken_at))
        assert last_looks(session) == plain
        assert last_looks_by_index(session) == plain


def test_a_look_that_is_taken_back_leaves_the_cell_not_observed(store, intake, camera):
    intake.record(camera.shoot(at=STREET))
    with store.reading() as session:
        (cell,) = cover(session, MONDAY - DAY, MONDAY + DAY).cells
        assert cell.last_at == MONDAY
    with store.transaction() as session:
        session.execute(delete(CoverageRecord))
    with store.reading() as session:
        assert cover(session, MONDAY - DAY, MONDAY + DAY).cells == ()
