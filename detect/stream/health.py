"""How a camera fares: a pure step from one state to the next, with hold-off both ways.

A camera that is not LIVE proves nothing: what it last showed stays as it was. One bad look is no
state, and one good look is no recovery: ``HealthRules`` says how many it takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from detect.types import Unusable


class CameraState(StrEnum):
    """What a camera is worth right now. Only LIVE looks may speak for a clean place."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    OFFLINE = "offline"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    MOVED = "moved"
    UNDECODABLE = "undecodable"


class Picture(StrEnum):
    """What one look says of the picture itself."""

    GOOD = "good"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    MOVED = "moved"
    UNDECODABLE = "undecodable"


PICTURE_OF = {
    Unusable.DARK: Picture.DARK,
    Unusable.OVEREXPOSED: Picture.OVEREXPOSED,
    Unusable.BLURRED: Picture.BLURRED,
    Unusable.BLOCKED: Picture.BLOCKED,
    Unusable.TOO_SMALL: Picture.BLOCKED,
}

CONNECTION_STATES = frozenset({CameraState.CONNECTING, CameraState.STALE, CameraState.OFFLINE})


@dataclass(frozen=True, slots=True)
class HealthRules:
    """Seconds without a packet until stale and offline; looks that make and unmake a state.

    ``picture_after_s``: packets may come for this long without a picture among them (a camera with
    rare key frames) before the camera is stale all the same.
    """

    stale_after_s: float = 20.0
    offline_after_s: float = 60.0
    picture_after_s: float = 120.0
    looks_to_enter: int = 3
    looks_to_leave: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.stale_after_s <= self.offline_after_s:
            raise ValueError(
                "stale must come before offline: "
                f"got {self.stale_after_s} s and {self.offline_after_s} s"
            )
        if min(self.looks_to_enter, self.looks_to_leave) < 1:
            raise ValueError("a state needs at least one look")


@dataclass(frozen=True, slots=True)
class Health:
    """A camera's state since when (monotonic seconds), and the streak that may change it."""

    state: CameraState
    since_s: float
    last_picture_s: float | None = None
    streak: int = 0
    streak_of: Picture | None = None

    @classmethod
    def new(cls, at_s: float) -> Health:
        """A camera that nobody has heard of yet."""
        return cls(CameraState.CONNECTING, at_s)

    @property
    def usable(self) -> bool:
        """Whether what it shows may be believed."""
        return self.state is CameraState.LIVE


def after_look(health: Health, picture: Picture, at_s: float, rules: HealthRules) -> Health:
    """The health after a look that gave a picture of this kind."""
    streak = health.streak + 1 if picture is health.streak_of else 1
    seen = replace(health, last_picture_s=at_s, streak=streak, streak_of=picture)
    aim = CameraState(CameraState.LIVE if picture is Picture.GOOD else picture.value)
    if aim is seen.state:
        return seen
    if seen.state in CONNECTION_STATES and picture is Picture.GOOD:
        return replace(seen, state=aim, since_s=at_s)
    needed = rules.looks_to_leave if aim is CameraState.LIVE else rules.looks_to_enter
    return replace(seen, state=aim, since_s=at_s) if streak >= needed else seen


def after_silence(
    health: Health, at_s: float, rules: HealthRules, *, heard_s: float | None = None
) -> Health:
    """The health when time has passed without a new picture; call it as often as you like.

    ``heard_s``: when the feed last sent anything at all.
    """
    picture_s = health.since_s if health.last_picture_s is None else health.last_picture_s
    silent_s = at_s - max(picture_s, heard_s if heard_s is not None else picture_s)
    blind_s = at_s - picture_s
    if silent_s >= rules.offline_after_s or blind_s >= 2 * rules.picture_after_s:
        aim = CameraState.OFFLINE
    elif silent_s >= rules.stale_after_s or blind_s >= rules.picture_after_s:
        aim = CameraState.STALE
    else:
        return health
    waiting = health.state is CameraState.CONNECTING and aim is CameraState.STALE
    if aim is health.state or health.state is CameraState.OFFLINE or waiting:
        return health
    return replace(health, state=aim, since_s=at_s, streak=0, streak_of=None)
