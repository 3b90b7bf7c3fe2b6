"""One camera's desk: takes its looks, keeps what is remembered, and says what is to be recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from api.watching.bystanders import Bystanders
from detect.errors import UnreadablePhoto
from detect.stream.look import Look, evidence_jpeg
from detect.stream.packet import CodedPicture
from detect.stream.place import Field, Ground, Showing, edge_field
from detect.types import Observation
from issues.cameras.camera import Camera
from issues.cameras.confirmation import Glimpse, Memory, Outlook, Rule, Seen, step
from issues.cameras.intake import CameraFrame, Said
from issues.cameras.zone import Zone
from issues.catalogue import Catalogue
from issues.category import Category

Key = tuple[str, str]
"""Zone and category."""


@dataclass(slots=True)
class HourCounts:
    """Looks since they were last written down."""

    looks: int = 0
    usable: int = 0
    by_picture: Counter[str] = field(default_factory=Counter)
    last_usable: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Best:
    """The picture that shows a finding best so far."""

    score: float
    coded: CodedPicture
    size_px: tuple[int, int]
    experimental: bool


class Desk:
    """Not for several threads at once: looks of one camera come one after another."""

    def __init__(
        self,
        camera: Camera,
        catalogue: Catalogue,
        finds: Collection[str],
        memories: Mapping[Key, Memory],
        ground: Ground | None = None,
        bystanders: Bystanders | None = None,
    ) -> None:
        self.camera = camera
        self.memories: dict[Key, Memory] = dict(memories)
        self.counts = HourCounts()
        self.changed: set[Key] = set()
        self._catalogue = catalogue
        self._watched = list(_watched(camera, catalogue, finds))
        self._best: dict[Key, _Best] = {}
        self._accepted = False
        self.ground = ground or Ground()
        self._bystanders = bystanders

    def view_accepted(self) -> None:
        """The view is another one from now on; what is known of places is of the old one."""
        self._accepted = True

    def take(self, look: Look) -> list[Said]:
        """What this look leads to saying; usually nothing."""
        self._count(look)
        if self._accepted:
            self.ground, self._accepted = Ground(), False
        now = edge_field(look.image) if look.usable and look.image is not None else None
        said: list[Said] = []
        for zone, category in self._watched:
            if not _in_hours(category, look.at, self._catalogue):
                continue
            found = self._take_one(look, zone, category, now)
            if found is not None:
                said.append(found)
        if now is not None:
            self.ground.look(now)
        return said

    def _take_one(
        self, look: Look, zone: Zone, category: Category, now: Field | None
    ) -> Said | None:
        key = (zone.name, category.code)
        memory = self.memories.get(key, Memory())
        inside = [
            o for o in look.observations if o.category == category.code and zone.holds(o.xyxy)
        ]
        best = max(inside, key=lambda o: o.score, default=None)
        glimpse = Glimpse(
            look.at,
            look.usable,
            best.xyxy if best else None,
            best.score if best else 0.0,
            look.coded.sha256 if best else "",
            None if best or now is None else self._outlook(key, look, now),
        )
        if best is not None and now is not None:
            self.ground.saw(_place(key), now, [o.xyxy for o in inside])
        if best is not None:
            self._keep_best(key, look, best, memory)
        after, statements = step(memory, glimpse, rule_of(category, self._catalogue))
        if after != memory:
            self.memories[key] = after
            self.changed.add(key)
        if after.since is None:
            self.ground.forget(_place(key))
        if not statements:
            return None
        (statement,) = statements
        shown = self._best.pop(key, None) if isinstance(statement, Seen) else None
        frame = _frame(look, shown)
        if frame is None:
            self.memories[key] = memory  # nothing to show for it: it is said at the next look
            return None
        experimental = shown.experimental if shown else False
        return Said(self.camera, zone.name, category.code, statement, frame, after, experimental)

    def _outlook(self, key: Key, look: Look, now: Field) -> Outlook | None:
        showing = self.ground.showing(_place(key), now)
        if showing is Showing.CLEAR and self._somebody_hides(key, look):
            return Outlook.COVERED
        return None if showing is None else Outlook(showing.value)

    def _somebody_hides(self, key: Key, look: Look) -> bool:
        if self._bystanders is None or look.image is None:
            return False
        return self._bystanders.hide(look.image, self.ground.places[_place(key)].boxes)

    def _keep_best(self, key: Key, look: Look, best: Observation, memory: Memory) -> None:
        kept = self._best.get(key)
        if kept is None or best.score >= kept.score or memory.since is None:
            size_px = look.full_width_px, look.full_height_px
            self._best[key] = _Best(best.score, look.coded, size_px, best.experimental)

    def _count(self, look: Look) -> None:
        self.counts.looks += 1
        self.counts.usable += look.usable
        self.counts.by_picture[look.picture.value] += 1
        if look.usable:
            self.counts.last_usable = look.at

    def counted(self) -> HourCounts:
        """The counts since the last call."""
        counts, self.counts = self.counts, HourCounts()
        return counts


def rule_of(category: Category, catalogue: Catalogue) -> Rule:
    """How a category is confirmed and cleared on cameras."""
    rules, confirm = catalogue.rules, category.confirm
    return Rule(
        looks=confirm.looks if confirm else 1,
        of=confirm.of if confirm else 1,
        minutes=confirm.minutes if confirm else 30,
        dwell_min=category.dwell_min,
        clear_looks=rules.camera_clear_looks,
        clear_min=rules.camera_clear_min,
        repeat_h=rules.camera_repeat_h,
    )


def _watched(
    camera: Camera, catalogue: Catalogue, finds: Collection[str]
) -> Iterator[tuple[Zone, Category]]:
    """The zones and categories that a camera's looks are read for."""
    for code in sorted(finds):
        category = catalogue.category(code)
        for zone in camera.drawn_zones():
            right_kind = not category.zones or zone.kind in category.zones
            if camera.looks_for(code) and zone.looks_for(code) and right_kind:
                yield zone, category


def _place(key: Key) -> str:
    """What the ground calls a category in a zone."""
    return "\n".join(key)


def _in_hours(category: Category, at: datetime, catalogue: Catalogue) -> bool:
    if not category.hours:
        return True
    local = at.astimezone(catalogue.calendar.zone)
    minute = local.hour * 60 + local.minute
    return any(span.start_minute <= minute < span.end_minute for span in category.hours)


def _frame(look: Look, best: _Best | None) -> CameraFrame | None:
    """The picture as evidence; None if neither the best nor this one can be decoded."""
    tried = [] if best is None else [(best.coded, best.size_px)]
    tried.append((look.coded, (look.full_width_px, look.full_height_px)))
    for coded, (width_px, height_px) in tried:
        try:
            jpeg = evidence_jpeg(coded)
        except (UnreadablePhoto, ValueError):
            continue
        return CameraFrame(jpeg, width_px, height_px, coded.arrived_at)
    return None
