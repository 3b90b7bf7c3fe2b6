"""Rankings over HTTP: each figure is as long as the list that its link opens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.auth import create_key
from issues.areas import import_areas
from issues.catalogue import load_catalogue
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.store import Store
from tests.api.patrol import HERE, NOW, Patrol
from tests.issues.test_areas import square, write_areas

LOOKS = "start: 100\nlowest: 0\nhighest: 110\nrebound_days: 30\nchronic_returns: 1\n"
TABLE = (
    LOOKS
    + """
enough: {looks: 1, cases: 1}
deductions:
  - {measure: found, each: {minor: 1, normal: 1, major: 2}, cap: 20}
manual:
  exposure: {zh: 曝光, en: exposure, first: 30, again: all}
red: {places: 1, points: 50}
black: {places: 1, points: 50}
"""
)
MAY = {"period": "2026-05", "level": "street"}


@pytest.fixture
def settings(settings, tmp_path):
    """Three looks are enough to be ranked here."""
    path = tmp_path / "points.yaml"
    path.write_text(TABLE, "utf-8")
    return settings.model_copy(update={"points": path})


@pytest.fixture
def town(store: Store, patrol: Patrol, tmp_path: Path) -> Patrol:
    """The patrol in two streets, with some decisions."""
    areas = [
        square("west", HERE, half_m=150, level="street"),
        square("east", (HERE[0] + 500 / 111_320, HERE[1]), half_m=320, level="street"),
    ]
    import_areas(store, write_areas(tmp_path / "areas.json", *areas), now=NOW)
    for number, action, more in (
        (patrol.stays, Action.CONFIRM, {}),
        (patrol.fixed, Action.CONFIRM, {}),
        (patrol.fixed, Action.CLOSE, {}),
        (patrol.new, Action.REJECT, {"reason": RejectReason.PERMITTED}),
    ):
        with store.transaction() as session:
            move(session, number, action, "li", catalogue=load_catalogue(), now=NOW, **more)
    return patrol


def pages(client: TestClient, url: str) -> tuple[list[str], int]:
    numbers: list[str] = []
    cursor = ""
    while True:
        page = client.get(f"{url}&limit=2{cursor}").json()
        numbers += [item["number"] for item in page["items"]]
        if page["next_cursor"] is None:
            return numbers, page["total"]
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("level", ["street", "unit"])
def test_each_figure_is_as_long_as_its_list(client: TestClient, level: str) -> None:
    board = client.get("/api/v1/rankings", params=MAY | {"level": level}).json()
    told = 0
    for figures in [*board["places"], board["total"]]:
        for count in figures["counts"].values():
            numbers, total = pages(client, count["url"])
            assert count["n"] == total == len(numbers) == len(set(numbers))
            told += count["n"]
    assert told >= 10


@pytest.mark.usefixtures("town")
def test_the_board(client: TestClient, town: Patrol) -> None:
    board = client.get("/api/v1/rankings", params=MAY).json()
    assert (board["first"], board["last"], board["level"]) == ("2026-05-01", "2026-05-31", "street")
    by_place = {place["place"]: place for place in board["places"]}
    assert set(by_place) == {"west", "east", ""}
    assert by_place["west"]["rank"] == 1
    assert by_place["west"]["parts"] == [
        {"points": -1.0, "measure": "found", "entry": None, "reason": None}
    ]
    assert by_place[""]["rank"] is None
    assert board["total"]["rates"]["rejected"]["of"] == 3
    numbers, _ = pages(client, by_place["west"]["counts"]["confirmed"]["url"])
    assert numbers == [town.stays]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"period": "2026-W99"}, "bad_query"),
        ({"level": "moon"}, "invalid"),
        ({"at": "2026-05-01T00:00:00"}, "invalid"),
    ],
)
def test_what_means_nothing_is_told(client: TestClient, query: dict[str, str], code: str) -> None:
    answer = client.get("/api/v1/rankings", params=query)
    assert answer.json()["code"] == code
    assert answer.json()["mend"]


def test_a_place_that_is_not_there(client: TestClient) -> None:
    query = MAY | {"measure": "found", "place": "atlantis"}
    assert client.get("/api/v1/rankings/issues", params=query).status_code == 404


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(("kind", "start"), [("html", b"<!doctype html>"), ("xlsx", b"PK")])
def test_the_bulletin_as_a_file(client: TestClient, kind: str, start: bytes) -> None:
    query = MAY | {"format": kind, "office": "东湖创卫办"}
    answer = client.get("/api/v1/rankings/bulletin", params=query)
    assert answer.status_code == 200
    assert answer.content.startswith(start)
    assert f"bulletin-2026-05-street.{kind}" in answer.headers["content-disposition"]
    if kind == "html":
        assert "东湖创卫办" in answer.text
        assert "data:image/jpeg" in answer.text


def test_without_a_browser_there_is_no_pdf(client: TestClient, monkeypatch) -> None:
    monkeypatch.setattr("issues.exports.bulletin_pdf.find_browser", lambda: None)
    answer = client.get("/api/v1/rankings/bulletin", params=MAY | {"format": "pdf"})
    assert (answer.status_code, answer.json()["code"]) == (503, "no_browser")


ENTRY = {
    "level": "street",
    "place": "west",
    "code": "exposure",
    "day": "2026-05-10",
    "reason": "shown at the meeting",
}


@pytest.mark.usefixtures("town")
def test_points_by_hand_count_until_they_are_withdrawn(client: TestClient) -> None:
    def points() -> float:
        board = client.get("/api/v1/rankings", params=MAY).json()
        return next(p["points"] for p in board["places"] if p["place"] == "west")

    before = points()
    made = client.post("/api/v1/rankings/entries", json=ENTRY)
    assert (made.status_code, made.json()["actor"]) == (201, "admin")
    assert points() == before - 30
    gone = client.delete(f"/api/v1/rankings/entries/{made.json()['id']}").json()
    assert gone["withdrawn_by"] == "admin"
    assert points() == before
    assert [e["reason"] for e in client.get("/api/v1/rankings/entries").json()] == [
        "shown at the meeting"
    ]
    assert client.delete("/api/v1/rankings/entries/999").status_code == 404


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    "wrong", [{"code": "nothing"}, {"place": "atlantis"}, {"day": "2030-01-01"}, {"reason": "  "}]
)
def test_entries_that_mean_nothing(client: TestClient, wrong: dict[str, str]) -> None:
    answer = client.post("/api/v1/rankings/entries", json=ENTRY | wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert client.get("/api/v1/rankings/entries").json() == []


def test_who_may_only_look_may_not_enter(nobody: TestClient, store: Store) -> None:
    nobody.headers["Authorization"] = f"Bearer {create_key(store, 'looker', ['read'])}"
    assert nobody.get("/api/v1/rankings").status_code == 200
    assert nobody.post("/api/v1/rankings/entries", json=ENTRY).status_code == 403


def test_the_default_is_the_last_whole_week(client: TestClient) -> None:
    assert datetime(2026, 5, 21, 1, tzinfo=UTC) == NOW
    assert client.get("/api/v1/rankings").json()["period"] == "2026-W20"
