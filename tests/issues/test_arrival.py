"""The order in which photos arrive never changes the outcome, through the store."""

from __future__ import annotations

import shutil
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues.intake import Intake
from issues.queries import list_issues
from issues.store import open_store
from tests.issues.photos import CATEGORIES, MONDAY, STREET, Camera, StreetModel, moved

APART_M = 150.0
NOISE_M = 10.0

shots = st.lists(
    st.tuples(
        st.integers(0, 2),  # which place
        st.integers(0, 40),  # quarter days after Monday
        st.floats(-NOISE_M, NOISE_M),
        st.floats(-NOISE_M, NOISE_M),
        st.sets(st.sampled_from(CATEGORIES[:3]), max_size=2),
        st.sampled_from([None, 3.0, 12.0, 80.0]),  # accuracy
        st.sampled_from([None, 10.0, 120.0, 200.0]),  # heading
    ),
    min_size=1,
    max_size=12,
)


def photos(rows):
    camera = Camera()
    return [
        camera.shoot(
            *sorted(found),
            at=moved(moved(STREET, APART_M * place), north, east),
            accuracy_m=accuracy,
            heading_deg=heading,
            moment=MONDAY + timedelta(hours=6 * quarter, seconds=n),
        )
        for n, (place, quarter, north, east, found, accuracy, heading) in enumerate(rows)
    ]


def outcome(results, template, folder, catalogue, clock):
    """What an office sees in the end, without numbers, ids and times of recording."""
    shutil.copytree(template, folder)
    store = open_store(None, folder)
    intake = Intake(store, catalogue, StreetModel(), clock=clock)
    for result in results:
        intake.record(result)
    with store.reading() as session:
        rows = list_issues(session, catalogue, limit=1000).items
    store.close()
    return sorted(
        (
            row.category,
            row.lat,
            row.lon,
            row.accuracy_m,
            row.status,
            row.proposal,
            row.severity,
            row.first_seen,
            row.last_seen,
            row.cleared_at,
            row.observations,
            row.photos,
            row.recurrences,
            row.best.sha256,
            row.after.sha256 if row.after else None,
        )
        for row in rows
    )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=shots, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(
    rows, shuffled, sqlite_template, tmp_path_factory, catalogue, clock
):
    taken = photos(rows)
    other = list(taken)
    shuffled.shuffle(other)
    folder = tmp_path_factory.mktemp("arrival")
    one = outcome(taken, sqlite_template, folder / "one", catalogue, clock)
    two = outcome(other, sqlite_template, folder / "two", catalogue, clock)
    assert repr(one) == repr(two)
