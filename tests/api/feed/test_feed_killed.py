"""Killed again and again while it sends: nothing is lost, nothing changes its id or its order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from api.settings import Settings
from issues.feed.deliveries import list_deliveries
from issues.issue import Action
from tests.api.feed.kinds import both
from tests.api.feed.receiver import receiving

ROOT = Path(__file__).parents[3]


def begin(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.api.feed.feed_process", str(settings.data_dir)]
    url = settings.database_url
    return subprocess.Popen(command + ([url] if url else []), cwd=ROOT)


@pytest.mark.slow
@both
def test_nothing_is_lost_when_it_is_killed(office, feed_settings) -> None:
    chance = random.Random(7)

    def slow(_):
        time.sleep(0.05)
        return 200, {}, b""

    with receiving(slow) as receiver:
        office.add("webhook", receiver.url)
        numbers = (office.patrol.new, office.patrol.stays, office.patrol.unplaced)
        for number in numbers:
            office.move(number, Action.CONFIRM)
            for turn in range(6):
                action = Action.UNSUPERVISE if turn % 2 else Action.SUPERVISE
                office.move(number, action, **({} if turn % 2 else {"supervisor": f"李{turn}"}))
        total = 3 * 7
        for _ in range(3):
            before = len(receiver.got)
            process = begin(feed_settings)
            receiver.wait_for(min(before + 1, total), 60)
            time.sleep(chance.uniform(0, 0.2))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        last = begin(feed_settings)
        try:
            until = time.monotonic() + 60
            while True:
                with office.store.reading() as session:
                    rows = list_deliveries(session, office.time(), limit=500).items
                if len(rows) == total and {row.state for row in rows} == {"delivered"}:
                    break
                assert time.monotonic() < until, [row.state for row in rows]
                time.sleep(0.2)
        finally:
            last.kill()
            last.wait()
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert set(ids) == {row.message_id for row in rows}
    first: dict[str, list[int]] = defaultdict(list)
    seen: set[str] = set()
    for got in receiver.got:
        if got.headers["webhook-id"] not in seen:
            seen.add(got.headers["webhook-id"])
            data = got.json["data"]
            first[data["issue"]["number"]].append(data["event"]["id"])
    assert len(first) == 3
    assert all(events == sorted(events) and len(events) == 7 for events in first.values())
