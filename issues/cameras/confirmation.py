"""From looks to statements: a pure fold that says when a finding is there, and when it is gone.

A camera sees the same place thousands of times a day; what it says must be said once. For each
zone and category:

- "2 of 3 looks in 30 minutes" is meant for looks that are minutes apart. Looks every few seconds
  say the same thing over and over, so they are gathered: the window is cut into ``of`` spells, a
  spell saw it if at least half of its usable looks did, and ``looks`` of the last ``of`` spells
  must have seen it. It must have stayed for the category's dwell, too. Then it is ``Seen`` —
  once, however often light or a lorry comes between.
- It is ``Gone`` after k usable looks in a row, over a while, in which its place is in view and
  doesn't show it. A look in which somebody or something stands in front, or the camera isn't
  live, says nothing at all: neither for it nor against it. A look in which the place is as it was
  with the finding, which the network merely overlooked, begins the row anew.
- While it stays, it is ``Seen`` again every so often, so that the issue's history shows it.

>>> from datetime import UTC, datetime
>>> at = datetime(2026, 11, 2, 9, tzinfo=UTC)
>>> rule = Rule(looks=2, of=3, minutes=30)
>>> memory, said = step(Memory(), Glimpse(at, True, (0.1, 0.1, 0.2, 0.2), 0.8, "a"), rule)
>>> said
()
>>> again = Glimpse(at + timedelta(minutes=10), True, (0.1, 0.1, 0.2, 0.2), 0.9, "b")
>>> [type(s).__name__ for s in step(memory, again, rule)[1]]
['Seen']
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

Box = tuple[float, float, float, float]


class Outlook(StrEnum):
    """What a look in which nothing is found shows of the place where something was."""

    CLEAR = "clear"
    AS_FOUND = "as_found"
    """It looks as it did with the finding, which was merely overlooked."""
    COVERED = "covered"
    """Somebody or something stands in front."""
    UNTOLD = "untold"
    """The picture is too different for anything to be told."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a category is confirmed and cleared on cameras: from the catalogue.

    ``looks`` of the last ``of`` within ``minutes``; ``dwell_min`` from the first of them;
    ``clear_looks`` in a row over at least ``clear_min``; ``repeat_h`` between repeated statements.
    """

    looks: int
    of: int
    minutes: float
    dwell_min: float = 0.0
    clear_looks: int = 6
    clear_min: float = 10.0
    repeat_h: float = 6.0

    def __post_init__(self) -> None:
        if not 1 <= self.looks <= self.of:
            raise ValueError(f"{self.looks} of {self.of} looks can never be")
        if min(self.minutes, self.repeat_h) <= 0 or min(self.dwell_min, self.clear_min) < 0:
            raise ValueError(f"times of a rule must not be negative: {self}")
        if self.clear_looks < 1:
            raise ValueError("clearing takes at least one look")


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one look says of one category in one zone.

    ``usable``: the camera was live and the picture good; a finding in a dark picture still counts
    as seen. ``box`` and ``score``: the best finding, None for none. ``frame``: names the picture.
    ``outlook``: what is to be seen of the remembered place; None: nobody can say.
    """

    at: datetime
    usable: bool
    box: Box | None
    score: float = 0.0
    frame: str = ""
    outlook: Outlook | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """It is there: since ``since``, best in the picture ``frame``. ``first``: not said before."""

    at: datetime
    since: datetime
    frame: str
    box: Box
    score: float
    first: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """It is gone: ``looks`` clear looks between ``since`` and ``at``; ``frame`` is the last."""

    at: datetime
    since: datetime
    frame: str
    looks: int


Statement = Seen | Gone


@dataclass(frozen=True, slots=True)
class Spell:
    """The looks of a part of the window: when it began, how many looks, how many that saw it."""

    began: datetime
    looks: int
    hits: int

    @property
    def saw(self) -> bool:
        """Whether at least half of the looks did."""
        return 2 * self.hits >= self.looks


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one category in one zone. A new one knows nothing.

    ``recent``: the spells of the window. ``since``: when the present sighting began.
    ``present``: said to be there. ``clear``: clear looks in a row, from ``clear_since``.
    """

    recent: tuple[Spell, ...] = ()
    last_look: datetime | None = None
    since: datetime | None = None
    present: bool = False
    box: Box | None = None
    score: float = 0.0
    frame: str = ""
    last_seen: datetime | None = None
    said_at: datetime | None = None
    clear: int = 0
    clear_since: datetime | None = None


def step(memory: Memory, glimpse: Glimpse, rule: Rule) -> tuple[Memory, tuple[Statement, ...]]:
    """The memory after a look, and what is to be said now. Older looks are ignored."""
    if memory.last_look is not None and glimpse.at <= memory.last_look:
        return memory, ()
    if glimpse.box is not None:
        return _saw(memory, glimpse, glimpse.box, rule)
    if not glimpse.usable or glimpse.outlook in _SAYS_NOTHING:
        return memory, ()
    if memory.present and glimpse.outlook is Outlook.AS_FOUND:
        return replace(memory, last_look=glimpse.at, clear=0, clear_since=None), ()
    return _saw_nothing(memory, glimpse, rule)


_SAYS_NOTHING = frozenset({Outlook.COVERED, Outlook.UNTOLD})


def _saw(
    memory: Memory, glimpse: Glimpse, box: Box, rule: Rule
) -> tuple[Memory, tuple[Statement, ...]]:
    better = memory.box is None or glimpse.score >= memory.score
    kept = replace(
        memory,
        recent=_spells(memory, glimpse, rule, saw=True),
        last_look=glimpse.at,
        since=memory.since or glimpse.at,
        box=box if better else memory.box,
        score=glimpse.score if better else memory.score,
        frame=glimpse.frame if better else memory.frame,
        last_seen=glimpse.at,
        clear=0,
        clear_since=None,
    )
    if not _due(kept, glimpse.at, rule):
        return kept, ()
    since = kept.since or glimpse.at
    seen = Seen(
        glimpse.at, since, kept.frame, kept.box or box, kept.score, first=not memory.present
    )
    return replace(kept, present=True, said_at=glimpse.at, score=0.0), (seen,)


def _saw_nothing(
    memory: Memory, glimpse: Glimpse, rule: Rule
) -> tuple[Memory, tuple[Statement, ...]]:
    recent = _spells(memory, glimpse, rule, saw=False)
    if not memory.present:
        if any(spell.hits for spell in recent):
            return replace(memory, recent=recent, last_look=glimpse.at), ()
        return Memory(recent=recent, last_look=glimpse.at), ()
    clear_since, looks = memory.clear_since or glimpse.at, memory.clear + 1
    if looks >= rule.clear_looks and glimpse.at - clear_since >= timedelta(minutes=rule.clear_min):
        return Memory(last_look=glimpse.at), (Gone(glimpse.at, clear_since, glimpse.frame, looks),)
    kept = replace(
        memory, recent=recent, last_look=glimpse.at, clear=looks, clear_since=clear_since
    )
    return kept, ()


def _due(memory: Memory, at: datetime, rule: Rule) -> bool:
    """Whether there is something to say: for the first time, or again after a while."""
    if memory.present:
        return memory.said_at is None or at - memory.said_at >= timedelta(hours=rule.repeat_h)
    hits = sum(spell.saw for spell in memory.recent)
    stayed = at - (memory.since or at)
    return hits >= rule.looks and stayed >= timedelta(minutes=rule.dwell_min)


def _spells(memory: Memory, glimpse: Glimpse, rule: Rule, *, saw: bool) -> tuple[Spell, ...]:
    """The spells of the window with this look in the last of them."""
    length = timedelta(minutes=rule.minutes / rule.of)
    oldest = glimpse.at - timedelta(minutes=rule.minutes)
    kept = [spell for spell in memory.recent if spell.began >= oldest]
    if kept and glimpse.at - kept[-1].began < length:
        last = kept.pop()
        kept.append(Spell(last.began, last.looks + 1, last.hits + saw))
    else:
        kept.append(Spell(glimpse.at, 1, int(saw)))
    return tuple(kept[-rule.of :])
