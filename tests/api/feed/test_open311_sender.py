"""Issues filed at an Open311 server: once, with tokens and duplicates; its status read back."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from api.feed.read_back import ReadBack
from issues.feed.deliveries import list_deliveries
from issues.feed.links import find_link
from issues.issue import Action, RejectReason, Status
from issues.queries import get_row
from tests.api.feed.receiver import receiving


class Tracker:
    """An Open311 server of somebody else: what it was asked, and what it says."""

    def __init__(self) -> None:
        self.filed: list[dict[str, str]] = []
        self.updates: list[dict[str, str]] = []
        self.status = "open"
        self.first: tuple[int, list] | None = None
        self.token_ready = True

    def reply(self, got):
        status, said = self.answer(got)
        return status, {"Content-Type": "application/json"}, json.dumps(said).encode()

    def answer(self, got):
        if got.method == "POST":
            form = {name: value[0] for name, value in parse_qs(got.body.decode()).items()}
            if "updates" in got.path:
                self.updates.append(form)
                return 201, [{"update_id": "1"}]
            self.filed.append(form)
            return self.first or (201, [{"service_request_id": "R-1"}])
        if "/tokens/" in got.path:
            return (200, [{"service_request_id": "R-9"}]) if self.token_ready else (404, [])
        if got.path.startswith("/requests.json"):
            listed = [
                {"service_request_id": "R-7", "description": f["description"]} for f in self.filed
            ]
            return 200, listed
        return 200, [{"service_request_id": "R-1", "status": self.status}]


def states(office):
    with office.store.reading() as session:
        return [row.state for row in list_deliveries(session, office.time()).items]


def link(office, target, number):
    with office.store.reading() as session:
        row = get_row(session, office.catalogue, number)
        return find_link(session, target.id, row.id), row.status


def back(office) -> int:
    return ReadBack(office.store, office.catalogue, office.feed.fetcher, office.time).step()


def test_filed_once_told_of_again_and_read_back(office) -> None:
    tracker = Tracker()
    with receiving(tracker.reply) as receiver:
        target, _ = office.add(
            "open311",
            receiver.url + "/",
            secret="s3cret",
            options={
                "service_codes": {"litter": "LITTER"},
                "updates": True,
                "jurisdiction_id": "example.gov",
                "attributes": {"SEV": "severity"},
            },
        )
        one = office.patrol.new
        office.move(one, Action.CONFIRM)
        office.move(one, Action.ASSIGN, unit="甲", hours=8)
        office.run()
        (form,) = tracker.filed
        assert (form["service_code"], form["api_key"]) == ("LITTER", "s3cret")
        assert form["jurisdiction_id"] == "example.gov"
        assert form["attribute[SEV]"] in ("minor", "normal", "major")
        assert f"[{one}]" in form["description"]
        assert "/api/v1/feed/pictures/" in form["media_url"]
        assert [update["status"] for update in tracker.updates] == ["OPEN"]
        assert set(states(office)) == {"delivered"}
        assert back(office) == 0  # it is not time yet
        office.time.pass_(minutes=11)
        assert back(office) == 0  # open there
        tracker.status = "closed"
        office.time.pass_(minutes=11)
        assert back(office) == 1
        found, status = link(office, target, one)
        assert (found.external_id, found.external_status) == ("R-1", "closed")
        assert status is Status.REPORTED_FIXED  # reported, never verified or closed
        office.time.pass_(minutes=11)
        assert back(office) == 0


def test_what_no_person_confirmed_is_filed_nowhere(office) -> None:
    tracker = Tracker()
    with receiving(tracker.reply) as receiver:
        office.add("open311", receiver.url)
        office.move(office.patrol.new, Action.REJECT, reason=RejectReason.PERMITTED)
        office.move(office.patrol.new, Action.REOPEN)
        office.run()
        assert tracker.filed == []
        assert set(states(office)) == {"delivered"}


def test_a_duplicate_counts_as_filed(office) -> None:
    tracker = Tracker()
    said = [{"code": 400, "description": "Duplicate report", "service_request_id": "R-5"}]
    tracker.first = (400, said)
    with receiving(tracker.reply) as receiver:
        target, _ = office.add("open311", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.run()
        assert states(office) == ["delivered"]
        assert link(office, target, office.patrol.new)[0].external_id == "R-5"
        assert tracker.filed[0]["service_code"] == "litter-pile"


def test_another_400_is_final(office) -> None:
    tracker = Tracker()
    tracker.first = (400, [{"code": 400, "description": "service_code was not found"}])
    with receiving(tracker.reply) as receiver:
        office.add("open311", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.run()
        assert states(office) == ["dead"]


def test_a_token_is_asked_for_later(office) -> None:
    tracker = Tracker()
    tracker.first = (200, [{"token": "T-1"}])
    tracker.token_ready = False
    with receiving(tracker.reply) as receiver:
        target, _ = office.add("open311", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.run()
        office.time.pass_(minutes=11)
        back(office)
        assert link(office, target, office.patrol.new)[0].external_id is None
        tracker.token_ready = True
        office.time.pass_(minutes=11)
        back(office)
        assert link(office, target, office.patrol.new)[0].external_id == "R-9"


def test_what_arrived_unheard_is_not_filed_twice(office) -> None:
    tracker = Tracker()
    tracker.first = (500, [])
    with receiving(tracker.reply) as receiver:
        target, _ = office.add("open311", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.run()
        tracker.first = None
        office.time.pass_(seconds=10)
        office.run()
        assert len(tracker.filed) == 1
        assert link(office, target, office.patrol.new)[0].external_id == "R-7"
