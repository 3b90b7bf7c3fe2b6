"""Taking deliveries from the store, handing them to senders, writing down what became of them.

One thread talks to the store; each target has a lane of threads of its own that talk to receivers.
Any number of processes may do this on one store: a delivery belongs to whoever claimed it until
its lease runs out. A process that is killed loses nothing: what it had in hand is sent again, under
the same id.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from api.feed.lane import MOST_THREADS, Lane
from api.feed.sender import Outcome, Parcel, Sender
from detect.errors import TidycityError
from issues.catalogue import Catalogue
from issues.feed.deliveries import Arrived, record_arrived, record_outcome
from issues.feed.posting import Describe, fan_out
from issues.feed.target import Target, TargetKind
from issues.feed.targets import target_of
from issues.store import Session, Store
from issues.store.feed_schema import DeliveryRecord, MessageRecord
from issues.store.feed_table import anything_to_do, claim, due_ids, give_back, open_targets

log = logging.getLogger("tidycity.feed")

LEASE = timedelta(seconds=90)
"""Longer than any request may take (``api.feed.fetching.TIMEOUT_S``)."""

POLL_S = 1.0
GATHER_S = 0.02
ALL_THREADS = 128


@dataclass(frozen=True, slots=True)
class Result:
    """Parcels that were sent, or not."""

    target: Target
    parcels: tuple[Parcel, ...]
    outcome: Outcome
    at: datetime
    """When the receiver answered: what is written down later arrived then."""


class Dispatcher:
    """Sends what is due: ``start()`` and ``stop()``, or ``step()`` by step."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        senders: Mapping[TargetKind, Sender],
        describe: Describe,
        now: Callable[[], datetime],
        *,
        lease: timedelta = LEASE,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.worker = f"{socket.gethostname()[:24]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._store = store
        self._catalogue = catalogue
        self._senders = senders
        self._describe = describe
        self._now = now
        self._lease = lease
        self._chance = chance
        self._lanes: dict[int, Lane] = {}
        self._results: SimpleQueue[Result] = SimpleQueue()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins in a thread of its own."""
        self._thread = threading.Thread(target=self._loop, name="tidycity-feed", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Looks at once whether there is something to do."""
        self._wake.set()

    def stop(self, timeout_s: float = 25.0) -> None:
        """Ends after what is under way; its results are written down."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None
        for lane in self._lanes.values():
            lane.close(wait=False)

    @property
    def busy(self) -> int:
        """How many sendings are under way, or not written down yet."""
        under_way = sum(lane.busy for lane in self._lanes.values())
        return under_way + self._results.qsize()

    def step(self) -> int:
        """Writes down results, takes up new events, claims and sends; gives how many it did.

        One transaction. Raises StoreError.
        """
        results = self._drained()
        with self._store.reading() as session:
            if not results and not anything_to_do(session, self._now()):
                return 0
        try:
            with self._store.transaction() as session:
                self._record(session, results)
                told = fan_out(session, self._catalogue, self._describe, self._now())
                taken = [] if self._stopping.is_set() else self._claimed(session)
        except BaseException:
            for result in results:  # so that the next step writes them down
                self._results.put(result)
            raise
        for target, parcels in taken:
            self._send(target, parcels)
        return len(results) + told + len(taken)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            done = self._try_step()
            if not done:
                self._wake.wait(POLL_S)
            self._stopping.wait(GATHER_S)
        for lane in self._lanes.values():
            lane.close(wait=True)
        self._try_step()

    def _try_step(self) -> int:
        try:
            return self.step()
        except TidycityError as error:
            log.warning("the feed waits: %s", error)
        except Exception:
            log.exception("a step of the feed failed")
        self._stopping.wait(POLL_S)
        return 0

    def _drained(self) -> list[Result]:
        found: list[Result] = []
        while True:
            try:
                found.append(self._results.get_nowait())
            except Empty:
                return found

    def _claimed(self, session: Session) -> list[tuple[Target, tuple[Parcel, ...]]]:
        now = self._now()
        records = open_targets(session, now)
        most = max(2, min(MOST_THREADS, ALL_THREADS // max(1, len(records))))
        taken: list[tuple[Target, tuple[Parcel, ...]]] = []
        for record in records:
            target = target_of(record, now)
            sender = self._senders.get(target.kind)
            room = self._lane(target).room(1 if target.failures else most)
            if sender is None or not room:
                continue
            ids = due_ids(session, target.id, now, room * sender.batch)
            found = claim(session, ids, self.worker, now, self._lease)
            parcels = [_parcel(delivery, message) for delivery, message in found]
            size = sender.batch
            taken += [
                (target, tuple(parcels[at : at + size])) for at in range(0, len(parcels), size)
            ]
        return taken

    def _lane(self, target: Target) -> Lane:
        return self._lanes.setdefault(target.id, Lane(str(target.id)))

    def _send(self, target: Target, parcels: tuple[Parcel, ...]) -> None:
        sender = self._senders[target.kind]

        def work() -> None:
            outcome = _outcome(sender, target, parcels)
            self._results.put(Result(target, parcels, outcome, self._now()))
            self._wake.set()

        try:
            self._lane(target).run(work)
        except RuntimeError:  # the lane was closed meanwhile
            with self._store.transaction() as session:
                give_back(session, [one.delivery_id for one in parcels], self.worker)

    def _record(self, session: Session, results: Sequence[Result]) -> None:
        """In the order in which they came; what arrived since the last trouble is written at once.

        A slow receiver with a full lane gives dozens a step: one by one they would delay all.
        """
        arrived: dict[int, list[Arrived]] = {}
        for result in results:
            lane, outcome, key = self._lane(result.target), result.outcome, result.target.id
            if outcome.error is None:
                lane.succeeded()
                ids = tuple(one.delivery_id for one in result.parcels)
                arrived.setdefault(key, []).append(
                    Arrived(ids, result.at, outcome.status, outcome.reference)
                )
                continue
            if outcome.strained:
                lane.strained()
            record_arrived(session, key, arrived.pop(key, []), self.worker)
            self._record_trouble(session, result)
        for key, of_target in arrived.items():
            record_arrived(session, key, of_target, self.worker)

    def _record_trouble(self, session: Session, result: Result) -> None:
        outcome = result.outcome
        record_outcome(
            session,
            result.target.id,
            [(one.delivery_id, one.attempts) for one in result.parcels],
            self.worker,
            self._now(),
            self._chance,
            error=outcome.error,
            status=outcome.status,
            reference=outcome.reference,
            retry_after_s=outcome.retry_after_s,
            permanent=outcome.permanent,
            gone=outcome.gone,
            strained=outcome.strained,
        )


def _outcome(sender: Sender, target: Target, parcels: Sequence[Parcel]) -> Outcome:
    try:
        return sender.send(target, parcels)
    except Exception as error:
        log.exception("sending to %s failed", target.name)
        return Outcome(error=f"internal: {type(error).__name__}")


def _parcel(delivery: DeliveryRecord, message: MessageRecord) -> Parcel:
    return Parcel(
        delivery_id=delivery.id,
        message_id=message.id,
        type=message.type,
        at=message.at,
        issue_id=message.issue_id,
        data=dict(message.data),
        attempts=delivery.attempts,
    )
