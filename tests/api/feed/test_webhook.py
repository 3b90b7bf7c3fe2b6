"""Webhooks against a real receiver: signed, in order, retried, never twice under another id."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from api.feed.signing import signed_headers, verified
from issues.feed.deliveries import list_deliveries, replay, replay_dead
from issues.feed.target import TargetFilter
from issues.feed.targets import change_target, get_target, new_secret, rotate_secret
from issues.issue import Action, RejectReason, Severity
from issues.store.feed_schema import OutboxRecord
from tests.api.feed.kinds import both
from tests.api.feed.receiver import receiving


def deliveries(office, **which):
    with office.store.reading() as session:
        return list_deliveries(session, office.time(), **which).items


def test_the_library_of_the_standard_takes_ours(office, receiver) -> None:
    _, secret = office.add("webhook", receiver.url + "/hook")
    office.move(office.patrol.new, Action.CONFIRM, note='<b>核实</b> & "x"')
    office.run()
    (got,) = receiver.got
    headers = {**got.headers, "webhook-timestamp": str(int(datetime.now(UTC).timestamp()))}
    fresh = signed_headers([secret], got.headers["webhook-id"], got.body, datetime.now(UTC))
    told = Webhook(secret).verify(got.body, fresh)
    assert told["type"] == "issue.confirmed"
    assert told["data"]["event"]["note"] == '<b>核实</b> & "x"'
    assert verified(secret, got.headers, got.body, office.time())
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(got.body, headers)  # another time under the same signature
    (row,) = deliveries(office)
    assert (row.state, row.attempts, row.response_status) == ("delivered", 1, 200)
    assert row.message_id == got.headers["webhook-id"]


@both
def test_nothing_is_kept_while_nobody_listens(office) -> None:
    office.move(office.patrol.new, Action.CONFIRM)
    with office.store.reading() as session:
        assert session.scalars(select(OutboxRecord)).all() == []


@both
def test_events_of_an_issue_come_in_order(office, receiver) -> None:
    office.add("webhook", receiver.url)
    one = office.patrol.new
    office.move(one, Action.CONFIRM)
    office.move(one, Action.SUPERVISE, supervisor="李")
    office.move(one, Action.REJECT, reason=RejectReason.PERMITTED)
    office.move(one, Action.REOPEN)
    office.run()
    assert receiver.types == [
        "issue.confirmed",
        "issue.changed",
        "issue.rejected",
        "issue.reopened",
    ]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 4


@both
def test_a_failure_holds_back_what_follows_of_that_issue_only(office) -> None:
    failing = {"on": True}

    def reply(got):
        bad = failing["on"] and office.patrol.new in got.body.decode()
        return (422, {}, b"no") if bad else (200, {}, b"")

    with receiving(reply) as receiver:
        office.add("webhook", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.move(office.patrol.new, Action.SUPERVISE, supervisor="李")
        office.move(office.patrol.stays, Action.CONFIRM)
        office.run()
        assert receiver.types == ["issue.confirmed", "issue.confirmed"]
        first = receiver.got[0].headers["webhook-id"]
        failing["on"] = False
        office.time.pass_(seconds=3)
        office.run()
        assert len(receiver.got) == 2  # the wait of five seconds isn't over
        office.time.pass_(seconds=4)
        office.run()
        assert receiver.types[2:] == ["issue.confirmed", "issue.changed"]
        assert receiver.got[2].headers["webhook-id"] == first
        assert (
            receiver.got[2].body.split(b'"pictures"')[0]
            == receiver.got[0].body.split(b'"pictures"')[0]
        )


@both
def test_it_is_dead_after_ten_tries_and_can_be_replayed(office) -> None:
    with receiving(lambda _: (400, {}, b"api_key=s3cret <script>")) as receiver:
        target, _ = office.add("webhook", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.move(office.patrol.new, Action.SUPERVISE, supervisor="李")
        for _ in range(12):
            office.run()
            office.time.pass_(days=2)
        rows = deliveries(office, states=["dead"])
        assert rows[-1].attempts == 10
        assert "s3cret" not in rows[-1].last_error
        receiver.reply = lambda _: (204, {}, b"")
        with office.store.transaction() as session:
            assert replay(session, rows[-1].id, office.time()).state == "waiting"
            replay_dead(session, target.id, office.time())
        office.run()
        office.time.pass_(days=2)
        office.run()
        assert {row.state for row in deliveries(office)} == {"delivered"}
        assert receiver.got[-1].headers["webhook-id"] in {row.message_id for row in rows} | {
            row.message_id for row in deliveries(office)
        }


@both
def test_gone_switches_the_target_off(office) -> None:
    with receiving(lambda _: (410, {}, b"")) as receiver:
        target, _ = office.add("webhook", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.move(office.patrol.stays, Action.CONFIRM)
        office.run()
        with office.store.reading() as session:
            now = get_target(session, target.id)
        assert (now.enabled, "410" in (now.paused_reason or "")) == (False, True)
        before = len(receiver.got)
        office.time.pass_(days=1)
        office.run()
        assert len(receiver.got) == before
        receiver.reply = lambda _: (200, {}, b"")
        with office.store.transaction() as session:
            change_target(session, target.id, office.time(), enabled=True)
        office.run()
        assert {row.state for row in deliveries(office)} == {"delivered"}


def test_retry_after_is_honoured(office) -> None:
    with receiving(lambda _: (429, {"Retry-After": "600"}, b"")) as receiver:
        office.add("webhook", receiver.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.move(office.patrol.stays, Action.CONFIRM)
        office.run()
        assert len(receiver.got) == 1  # the other waits as well: the receiver said when
        receiver.reply = lambda _: (200, {}, b"")
        office.time.pass_(seconds=590)
        office.run()
        assert len(receiver.got) == 1
        office.time.pass_(seconds=60)
        office.run()
        assert {row.state for row in deliveries(office)} == {"delivered"}


@both
def test_after_an_outage_one_asks_before_all_come(office) -> None:
    down = {"on": True}
    with receiving(lambda _: (503, {}, b"") if down["on"] else (200, {}, b"")) as receiver:
        office.add("webhook", receiver.url)
        for number in (office.patrol.new, office.patrol.stays, office.patrol.unplaced):
            office.move(number, Action.CONFIRM)
            office.move(number, Action.SUPERVISE, supervisor="李")
        for _ in range(30):
            office.run()
            office.time.pass_(seconds=10)
        assert receiver.most_at_once == 1
        assert len(receiver.got) < 12  # 30 rounds; six deliveries were due in each
        down["on"] = False
        tried = max(row.attempts for row in deliveries(office))
        assert tried < 6
        office.time.pass_(hours=3)
        office.run()
        assert {row.state for row in deliveries(office)} == {"delivered"}


def test_no_redirect_is_followed(office, receiver) -> None:
    with receiving(lambda _: (302, {"Location": receiver.url}, b"")) as sender:
        office.add("webhook", sender.url)
        office.move(office.patrol.new, Action.CONFIRM)
        office.run()
    assert receiver.got == []
    assert deliveries(office)[0].last_error == "HTTP 302"


def test_filters(office, receiver) -> None:
    def only(name, **wanted):
        with office.store.transaction() as session:
            from issues.feed.target import TargetKind, filter_of
            from issues.feed.targets import add_target

            kind = TargetKind.WEBHOOK
            url = f"{receiver.url}/{name}"
            add_target(session, name, kind, url, office.time(), wanted=filter_of(wanted))

    only("closed", types=["issue.closed"])
    only("litter", categories=["litter"])
    only("area", areas=["none"])
    only("unit", units=["甲"])
    only("bin", categories=["bin.overflow"])
    office.move(office.patrol.new, Action.CONFIRM)
    office.run()
    assert [got.path for got in receiver.got] == ["/litter"]
    assert not TargetFilter(min_severity=Severity.MAJOR).types


def test_rotation_signs_with_both_for_a_while(office, receiver) -> None:
    target, old = office.add("webhook", receiver.url)
    with office.store.transaction() as session:
        new = rotate_secret(session, target.id, office.time())
    office.move(office.patrol.new, Action.CONFIRM)
    office.run()
    first = receiver.got[0]
    for secret in (old, new):
        assert verified(secret, first.headers, first.body, office.time())
    office.time.pass_(hours=25)
    office.move(office.patrol.stays, Action.CONFIRM)
    office.run()
    last = receiver.got[-1]
    assert verified(new, last.headers, last.body, office.time())
    assert not verified(old, last.headers, last.body, office.time())


def test_forged_and_replayed_signatures() -> None:
    secret, now = new_secret(), datetime.now(UTC)
    body = json.dumps({"type": "issue.closed"}).encode()
    headers = signed_headers([secret], "msg_1", body, now)
    assert verified(secret, headers, body, now)
    assert not verified(new_secret(), headers, body, now)
    assert not verified(secret, headers, body + b" ", now)
    assert not verified(secret, {**headers, "webhook-id": "msg_2"}, body, now)
    late = datetime.fromtimestamp(now.timestamp() + 301, UTC)
    assert not verified(secret, headers, body, late)
    for stamp in ("", "x", "-1", "9" * 30, "１２"):
        assert not verified(secret, {**headers, "webhook-timestamp": stamp}, body, now)
    none = base64.b64encode(b"0" * 32).decode()
    for signed in ("", "v1", f"v1,{none}", f"v2,{headers['webhook-signature'][3:]}", "é"):
        assert not verified(secret, {**headers, "webhook-signature": signed}, body, now)


def test_pictures_are_links_and_the_body_stays_small(office, receiver) -> None:
    office.add("webhook", receiver.url, options={"thumbnail": True})
    office.move(office.patrol.new, Action.CONFIRM, note="长" * 1900)
    office.run()
    body = receiver.got[0].body
    assert len(body) < 20_000
    picture = receiver.got[0].json["data"]["pictures"][0]
    assert picture["url"].startswith("https://tidy.example/api/v1/feed/pictures/")
    assert picture["thumbnail"].startswith("data:image/jpeg;base64,")
