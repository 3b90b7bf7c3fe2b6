"""Deliveries to a slow receiver beside a quick one: how many a minute, and who waits for whom.

Real receivers on loopback, in processes of their own; a real SQLite store.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, insert, select

from api.feed.service import Feed, make_feed
from api.pictures import Pictures
from api.services import utc_now
from api.settings import Settings
from issues.catalogue import load_catalogue
from issues.feed.target import TargetKind
from issues.feed.targets import add_target
from issues.identity import new_id
from issues.store import Store, open_store
from issues.store.feed_schema import DeliveryRecord, MessageRecord


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def _serve(pipe: Connection, wait_s: float) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(wait_s)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def _receiver(wait_s: float) -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs, wait_s), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/"
    finally:
        process.kill()
        process.join()


def _messages(store: Store, target_id: int, count: int) -> None:
    """Messages about so many issues, due now."""
    now = utc_now()
    data = {"issue": {"number": "TC-2026-000001", "note": "x" * 1500}}
    ids = [f"msg_{new_id(now)}" for _ in range(count)]
    messages = [
        {"id": key, "type": "issue.changed", "subject": key, "at": now, "data": data} for key in ids
    ]
    blank = {"target_id": target_id, "type": "issue.changed", "state": "waiting", "attempts": 0}
    blank |= {"next_try_at": now, "created_at": now}
    with store.transaction() as session:
        session.execute(insert(MessageRecord), [one | {"created_at": now} for one in messages])
        session.execute(
            insert(DeliveryRecord), [{"message_id": k, "subject": k, **blank} for k in ids]
        )


def _left(store: Store, target_id: int) -> int:
    d = DeliveryRecord
    with store.reading() as session:
        query = select(func.count()).where(d.target_id == target_id, d.state != "delivered")
        return int(session.scalar(query) or 0)


def _delays(store: Store, target_id: int) -> list[float]:
    d = DeliveryRecord
    with store.reading() as session:
        query = select(d.created_at, d.delivered_at).where(d.target_id == target_id)
        rows = session.execute(query).all()
    return [(row[1] - row[0]).total_seconds() for row in rows]


def _quick_alone(store: Store, feed: Feed, quick: int, rounds: int) -> None:
    for _ in range(rounds):
        _messages(store, quick, 1)
        feed.dispatcher.wake()
        time.sleep(1.0)


def measure(count: int, wait_s: float, rounds: int) -> None:
    """Prints what the quick receiver waits alone, and beside a slow one with a full lane."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _receiver(wait_s) as slow_url,
        _receiver(0.0) as quick_url,
    ):
        settings = Settings(data_dir=Path(folder), feed_allow="127.0.0.0/8")
        store = open_store(None, settings.data_dir)
        pictures = Pictures(store.evidence, blur_faces=False, now=utc_now)
        feed = make_feed(settings, store, load_catalogue(), pictures, utc_now)
        with store.transaction() as session:
            kind = TargetKind.WEBHOOK
            slow = add_target(session, "slow", kind, slow_url, utc_now())[0].id
            quick = add_target(session, "quick", kind, quick_url, utc_now())[0].id
            before = add_target(session, "before", kind, quick_url, utc_now())[0].id
        feed.start()
        _quick_alone(store, feed, before, rounds)
        _messages(store, slow, count)
        feed.dispatcher.wake()
        began = time.monotonic()
        done_s = None
        for _ in range(10_000):
            if done_s is None and not _left(store, slow):
                done_s = time.monotonic() - began
            if len(_delays_or_none(store, quick)) < rounds:
                _messages(store, quick, 1)
                feed.dispatcher.wake()
            elif done_s is not None:
                break
            time.sleep(1.0)
        time.sleep(1.0)
        alone, beside = _delays(store, before), _delays(store, quick)
        feed.stop()
        store.close()
    done_s = done_s or float("nan")
    rate = 60 * count / done_s
    ratio = statistics.median(beside) / statistics.median(alone)
    print(f"machine: {platform.machine()}, {multiprocessing.cpu_count()} cores, SQLite")
    print(
        f"slow receiver ({wait_s:g} s an answer): {count} in {done_s:.1f} s = {rate:.0f} a minute"
    )
    print(
        f"  one at a time it could take {60 / wait_s:.0f} a minute: ratio {rate * wait_s / 60:.1f}"
    )
    for name, delays in (("alone", alone), ("beside the slow one", beside)):
        print(
            f"quick receiver {name}: median {1000 * statistics.median(delays):.0f} ms, "
            f"worst {1000 * max(delays):.0f} ms of {len(delays)}"
        )
    print(f"  ratio of the medians: {ratio:.2f}")


def _delays_or_none(store: Store, target_id: int) -> list[int]:
    with store.reading() as session:
        query = select(DeliveryRecord.id).where(DeliveryRecord.target_id == target_id)
        return list(session.scalars(query))


def main() -> None:
    """``scripts/bench_feed``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--wait-s", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    measure(given.count, given.wait_s, given.rounds)


if __name__ == "__main__":
    main()
