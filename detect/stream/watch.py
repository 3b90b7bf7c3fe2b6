"""Looks through many cameras with few cores: one schedule, one engine, a thread a core.

Each camera's reader keeps its newest picture. A worker takes the look that is due, decodes that one
picture at the size of the network, judges it, runs the network and hands the ``Look`` on. A camera
is in one worker's hands at a time, and its looks come in order.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from detect.cores import usable_cores
from detect.engines.several import look as look_at
from detect.errors import UnreadablePhoto
from detect.observe import context, observations
from detect.quality import assess
from detect.stream.address import FeedAddress
from detect.stream.backoff import BackOff
from detect.stream.decoding import Decoded, decode
from detect.stream.figures import WatchFigures
from detect.stream.health import (
    PICTURE_OF,
    Health,
    HealthRules,
    Picture,
    after_look,
    after_silence,
)
from detect.stream.look import Look
from detect.stream.packet import CodedPicture
from detect.stream.reader import FeedReader
from detect.stream.schedule import Due, LookSchedule
from detect.stream.timeouts import Timeouts
from detect.stream.view import Cells, Sketch, ViewWatch, cells_of, sketch, unchanged
from detect.types import Detections, Engine, Image

_log = logging.getLogger(__name__)

CONNECT_AT_ONCE = 4
_TEND_S = 1.0
_IDLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Feed:
    """A camera to watch: its id, where its pictures come from, how often to look, in seconds.

    ``reuse``: for how many looks in a row a picture in which nothing changed since the network saw
    it is taken to show the same; 0 runs the network at every look. ``zones``: polygons (corners
    0..1) that matter; what changes elsewhere, such as traffic, doesn't make the network run. None:
    all of the picture matters.
    """

    id: str
    address: FeedAddress
    every_s: float = 5.0
    look_at_motion: bool = True
    reuse: int = 5
    zones: tuple[tuple[tuple[float, float], ...], ...] = ()


@dataclass(slots=True, eq=False)
class _Post:
    """What is kept of one camera."""

    feed: Feed
    reader: FeedReader
    health: Health
    view: ViewWatch = field(default_factory=ViewWatch)
    figures: WatchFigures = field(default_factory=WatchFigures)
    seen: int = -1
    found: Detections | None = None
    found_in: Sketch | None = None
    reused: int = 0
    busy: threading.Lock = field(default_factory=threading.Lock)
    where: Cells | None = None


class Watch:
    """Watches cameras until it is closed. Cameras may be added and removed at any time.

    ``on_look`` gets every look, ``on_state`` each change of a camera's state; both are called by
    worker threads, one at a time for one camera. What they raise is logged and ends nothing.
    """

    def __init__(
        self,
        engine: Engine,
        on_look: Callable[[Look], None],
        *,
        on_state: Callable[[str, Health, Health], None] | None = None,
        rules: HealthRules | None = None,
        timeouts: Timeouts | None = None,
        back_off: BackOff | None = None,
        workers: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._on_look = on_look
        self._on_state = on_state
        self._rules = rules or HealthRules()
        self._timeouts = timeouts or Timeouts()
        self._back_off = back_off or BackOff()
        self._monotonic = monotonic
        self._gate = threading.Semaphore(CONNECT_AT_ONCE)
        self._posts: dict[str, _Post] = {}
        self._schedule = LookSchedule()
        self._changed = threading.Condition()
        self._closing = False
        count = workers or usable_cores()
        self._threads = [
            threading.Thread(target=self._work, name=f"look-{i}", daemon=True) for i in range(count)
        ]
        self._threads.append(threading.Thread(target=self._tend, name="tend", daemon=True))

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, feed: Feed, references: Iterable[Sketch] = ()) -> None:
        """Begins to watch a camera; one of the same id is replaced.

        ``references``: the views that it is known to have, from when it was watched before.
        """
        self.remove(feed.id)
        reader = FeedReader(
            feed.address,
            timeouts=self._timeouts,
            back_off=self._back_off,
            gate=self._gate,
            snapshot_every_s=feed.every_s,
            monotonic=self._monotonic,
        )
        now_s = self._monotonic()
        with self._changed:
            view = ViewWatch(list(references))
            post = _Post(feed, reader, Health.new(now_s), view, where=cells_of(feed.zones))
            self._posts[feed.id] = post
            self._schedule.add(feed.id, feed.every_s, now_s)
            self._changed.notify()
        reader.start()

    def remove(self, camera: str) -> None:
        """Watches a camera no more; one that isn't there is no error."""
        with self._changed:
            post = self._posts.pop(camera, None)
            self._schedule.remove(camera)
        if post is not None:
            post.reader.stop()

    def close(self, timeout_s: float = 10.0) -> None:
        """Ends all looks and readers; waits for them up to ``timeout_s``."""
        with self._changed:
            self._closing = True
            posts = list(self._posts.values())
            self._changed.notify_all()
        for post in posts:
            post.reader.stop()
        until_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        for post in posts:
            post.reader.join(max(0.0, until_s - time.monotonic()))

    @property
    def cameras(self) -> tuple[str, ...]:
        """Ids of the cameras being watched."""
        with self._changed:
            return tuple(self._posts)

    def health(self, camera: str) -> Health:
        """How a camera fares. Raises KeyError."""
        return self._posts[camera].health

    def reader(self, camera: str) -> FeedReader:
        """A camera's reader, for what is known of its connection. Raises KeyError."""
        return self._posts[camera].reader

    def accept_view(self, camera: str) -> None:
        """A person says that the camera looks where it should. Raises KeyError."""
        post = self._posts[camera]
        with post.busy:
            post.view.accept()

    def figures(self) -> Mapping[str, WatchFigures]:
        """Counts since the start, by camera."""
        with self._changed:
            return {camera: post.figures for camera, post in self._posts.items()}

    def _work(self) -> None:
        while (due := self._next()) is not None:
            post = self._posts.get(due.camera)
            if post is None or not post.busy.acquire(blocking=False):
                continue
            try:
                self._look(post, due)
            except Exception:  # noqa: BLE001 - one camera's fault must not end the others' looks
                _log.exception("a look through %s failed", due.camera)
            finally:
                post.busy.release()

    def _next(self) -> Due | None:
        """Waits for the next look that is due; None when closing."""
        with self._changed:
            while not self._closing:
                now_s = self._monotonic()
                due = self._schedule.take(now_s)
                if due is not None:
                    return due
                next_s = self._schedule.next_s()
                wait_s = _IDLE_S if next_s is None else max(0.001, next_s - now_s)
                self._changed.wait(min(wait_s, _IDLE_S))
        return None

    def _look(self, post: _Post, due: Due) -> None:
        figures = post.figures
        figures.skipped += due.skipped
        coded = post.reader.newest.take(after=post.seen)
        if coded is None:
            figures.nothing_new += 1
            return
        post.seen = coded.number
        look = self._made(post, coded, due)
        figures.looks += 1
        figures.late += not due.on_time
        figures.late_s += due.late_s
        figures.age_s += look.age_s
        figures.decode_s += look.decode_s
        figures.network_s += look.network_s
        self._on_look(look)

    def _made(self, post: _Post, coded: CodedPicture, due: Due) -> Look:
        began_s = self._monotonic()
        try:
            decoded = decode(coded, longer_side_px=self._engine.model.input_px)
        except UnreadablePhoto as error:
            post.figures.undecodable += 1
            _log.info("camera %s: %s", post.feed.id, error)
            self._turn(post, after_look(post.health, Picture.UNDECODABLE, began_s, self._rules))
            return Look(
                post.feed.id, coded.arrived_at, coded.arrived_s, Picture.UNDECODABLE,
                post.health.state, (), (), coded, None, late_s=due.late_s,
                age_s=began_s - coded.arrived_s,
            )  # fmt: skip
        decoded_s = self._monotonic()
        drawn = sketch(decoded.image)
        picture = self._judged(post, decoded.image, drawn)
        self._turn(post, after_look(post.health, picture, decoded_s, self._rules))
        found = self._found(post, decoded.image, drawn) if _worth_it(picture) else None
        network_s = self._monotonic() - decoded_s
        return self._told(
            post, coded, decoded, drawn, picture, found, due, (began_s, decoded_s, network_s)
        )

    def _found(self, post: _Post, image: Image, drawn: Sketch) -> Detections:
        """What the network finds, or found in the same picture a few looks ago."""
        if post.found is not None and _shows_the_same(post, drawn):
            post.reused += 1
            post.figures.reused += 1
            return post.found
        size_px = (image.shape[1], image.shape[0])
        post.found, post.found_in = look_at(self._engine, image, size_px, "off"), drawn
        post.reused = 0
        return post.found

    def _told(
        self,
        post: _Post,
        coded: CodedPicture,
        decoded: Decoded,
        drawn: Sketch,
        picture: Picture,
        found: Detections | None,
        due: Due,
        times: tuple[float, float, float],
    ) -> Look:
        began_s, decoded_s, network_s = times
        shape, model = decoded.image.shape, self._engine.model
        return Look(
            camera=post.feed.id,
            at=coded.arrived_at,
            at_s=coded.arrived_s,
            picture=picture,
            state=post.health.state,
            observations=() if found is None else observations(found, shape, model, coded.sha256),
            context=() if found is None else context(found, shape, model),
            coded=coded,
            image=decoded.image,
            full_width_px=decoded.full_width_px,
            full_height_px=decoded.full_height_px,
            sketch=drawn,
            references=tuple(post.view.references),
            late_s=due.late_s,
            age_s=began_s - coded.arrived_s,
            decode_s=decoded_s - began_s,
            network_s=network_s,
        )

    def _judged(self, post: _Post, image: Image, drawn: Sketch) -> Picture:
        """What the picture is worth by itself and beside the ones before it."""
        unusable = assess(image)
        frozen, moved = post.view.look(drawn, good=unusable is None)
        if unusable is not None:
            return PICTURE_OF[unusable]
        if frozen:
            return Picture.FROZEN
        return Picture.MOVED if moved else Picture.GOOD

    def _turn(self, post: _Post, health: Health) -> None:
        before, post.health = post.health, health
        if health.state is not before.state and self._on_state is not None:
            self._on_state(post.feed.id, before, health)

    def _tend(self) -> None:
        """Once a second: who has fallen silent, where something moves."""
        while not self._closing:
            with self._changed:
                posts = list(self._posts.values())
            for post in posts:
                self._tend_one(post)
            time.sleep(_TEND_S)

    def _tend_one(self, post: _Post) -> None:
        if not post.busy.acquire(blocking=False):
            return
        try:
            now_s = self._monotonic()
            heard_s = post.reader.facts.last_packet_s
            self._turn(post, after_silence(post.health, now_s, self._rules, heard_s=heard_s))
            if post.feed.look_at_motion and post.reader.motion.moving:
                with self._changed:
                    self._pull(post, now_s)
        except Exception:  # noqa: BLE001 - as in _work
            _log.exception("tending camera %s failed", post.feed.id)
        finally:
            post.busy.release()

    def _pull(self, post: _Post, now_s: float) -> None:
        """Looks now, if a newer picture is there and the last look is half an interval old."""
        last_s = post.health.last_picture_s
        newer = post.reader.newest.number > post.seen
        if newer and (last_s is None or now_s - last_s >= post.feed.every_s / 2):
            self._schedule.pull(post.feed.id, now_s)
            post.figures.pulled += 1
            self._changed.notify()


def watch(engine: Engine, feeds: Iterable[Feed], on_look: Callable[[Look], None]) -> Watch:
    """A ``Watch`` over these feeds, begun; close it, or use it in a ``with``."""
    made = Watch(engine, on_look).__enter__()
    for feed in feeds:
        made.add(feed)
    return made


def _worth_it(picture: Picture) -> bool:
    """Whether the network may find something; dark and blurred pictures can show a heap."""
    return picture not in (Picture.BLOCKED, Picture.FROZEN)


def _shows_the_same(post: _Post, drawn: Sketch) -> bool:
    """Whether nothing that matters changed since the network saw it, a few looks ago at most."""
    before = post.found_in
    if before is None or post.reused >= post.feed.reuse:
        return False
    return unchanged(before, drawn, post.where)
