"""A review queue: which issues wait for a person, where the person stands, what can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from api.services import Services
from issues.drawing import Drawn, adjust, draw, take_back
from issues.issue import OPEN, Action, Proposal, RejectReason, Status
from issues.merging import Hand
from issues.moves import move
from issues.queries import IssueFilter, get_issue, list_issues, list_observations
from issues.rows import Box, IssueDetail, IssueRow, ObservationRow
from issues.suggestions import Suggestion, suggestions

MOST = 500


class QueueName(StrEnum):
    """The three things that wait for a person."""

    NEW = "new"
    FIXED = "fixed"
    RETURNED = "returned"


_FILTERS = {
    QueueName.NEW: IssueFilter(status=(Status.CANDIDATE,)),
    QueueName.FIXED: IssueFilter(status=tuple(OPEN), proposal=Proposal.FIXED),
    QueueName.RETURNED: IssueFilter(status=(Status.REOPENED,)),
}

ACCEPTS = {
    QueueName.NEW: Action.CONFIRM,
    QueueName.FIXED: Action.CLOSE,
    QueueName.RETURNED: Action.CONFIRM,
}
"""What A and Enter do in each queue."""

REFUSES = {
    QueueName.NEW: Action.REJECT,
    QueueName.FIXED: Action.NOT_FIXED,
    QueueName.RETURNED: Action.REJECT,
}
"""What R does in each queue; a rejection then asks for its reason."""


def waiting(services: Services, name: QueueName) -> tuple[IssueRow, ...]:
    """What waits in a queue, oldest first. What is proposed as fixed waits in that queue only."""
    with services.store.reading() as session:
        page = list_issues(session, services.catalogue, _FILTERS[name], sort="oldest", limit=MOST)
    if name is QueueName.FIXED:
        return page.items
    return tuple(row for row in page.items if row.proposal is None)


@dataclass(frozen=True, slots=True)
class Done:
    """One deed of this sitting: enough to undo it.

    ``left``: the issue left the queue by it. ``boxes``: findings that were drawn or put right.
    ``added``: the candidate that a drawn box made.
    """

    number: str
    position: int
    moves: int = 0
    left: bool = True
    boxes: tuple[int, ...] = ()
    added: str | None = None


@dataclass
class ReviewQueue:
    """One person's walk through a queue. All methods may block on the store."""

    services: Services
    name: QueueName
    actor: str
    numbers: list[str] = field(default_factory=list)
    position: int = 0
    done: list[Done] = field(default_factory=list)

    @property
    def decided(self) -> int:
        """How many issues left the queue in this sitting."""
        return sum(one.left for one in self.done)

    def load(self) -> None:
        """Fetches what waits now and begins with the first."""
        self.numbers = [row.number for row in waiting(self.services, self.name)]
        self.position = 0

    def counts(self) -> dict[QueueName, int]:
        """How many wait in each queue."""
        return {name: len(waiting(self.services, name)) for name in QueueName}

    def current(self) -> IssueDetail | None:
        """The issue in hand; None: the queue is empty."""
        return self._detail(self.position)

    def following(self) -> IssueDetail | None:
        """The issue after this one, to be loaded ahead."""
        return self._detail(self.position + 1) if len(self.numbers) > 1 else None

    def _detail(self, position: int) -> IssueDetail | None:
        if not self.numbers:
            return None
        number = self.numbers[position % len(self.numbers)]
        with self.services.store.reading() as session:
            return get_issue(session, self.services.catalogue, number)

    def step(self, by: int) -> None:
        """Goes forward or back without deciding, round the ends."""
        if self.numbers:
            self.position = (self.position + by) % len(self.numbers)

    def decide(
        self,
        row: IssueRow,
        action: Action,
        *,
        reason: RejectReason | None = None,
        duplicate_of: str | None = None,
    ) -> None:
        """Makes the move on the issue in hand and takes it from the queue.

        Raises VersionConflict, MoveNotAllowed, StoreError.
        """
        actions = [action]
        if action is Action.CLOSE and row.status is Status.CANDIDATE:
            actions.insert(0, Action.CONFIRM)  # found and fixed before anybody looked: it was real
        version = row.version
        with self.services.store.transaction() as session:
            for one in actions:
                version = move(
                    session,
                    row.number,
                    one,
                    self.actor,
                    catalogue=self.services.catalogue,
                    now=self.services.now(),
                    expected_version=version,
                    reason=reason,
                    duplicate_of=duplicate_of,
                ).version
        self.done.append(Done(row.number, self.position, len(actions)))
        self.drop(row.number)

    def recategorise(self, row: IssueRow, category: str) -> None:
        """Changes the category of the issue in hand, which stays in the queue. Raises as decide."""
        with self.services.store.transaction() as session:
            move(
                session,
                row.number,
                Action.CHANGE_CATEGORY,
                self.actor,
                catalogue=self.services.catalogue,
                now=self.services.now(),
                expected_version=row.version,
                category=category,
            )
        self.done.append(Done(row.number, self.position, 1, left=False))

    def draw(self, row: IssueRow, photo: str, category: str, box: Box) -> Drawn:
        """Records what a person saw besides; a new candidate comes next. Raises as ``draw``."""
        with self.services.store.transaction() as session:
            drawn = draw(session, photo, category, box, self._hand())
        added = drawn.issue.number if drawn.new else None
        if added and self.name is QueueName.NEW:
            self.numbers.insert(self.position + 1, added)
        boxes = (drawn.observation.id,)
        self.done.append(Done(row.number, self.position, left=False, boxes=boxes, added=added))
        return drawn

    def adjust(self, row: IssueRow, boxes: Sequence[tuple[int, Box]]) -> None:
        """Puts boxes of the issue in hand right. Raises as ``issues.drawing.adjust``."""
        drawn: list[int] = []
        with self.services.store.transaction() as session:
            version: int | None = row.version
            for observation_id, box in boxes:
                done = adjust(session, observation_id, box, self._hand(), version)
                drawn.append(done.observation.id)
                version = done.issue.version
        self.done.append(Done(row.number, self.position, left=False, boxes=tuple(drawn)))

    def _hand(self) -> Hand:
        return Hand(self.actor, self.services.now(), self.services.catalogue)

    def drop(self, number: str) -> None:
        """Takes an issue from the walk, whoever decided it."""
        if number in self.numbers:
            self.numbers.remove(number)
        if self.position >= len(self.numbers):
            self.position = 0

    def undo(self) -> Done | None:
        """Takes back this sitting's last deed; None: there is none.

        Raises MoveNotAllowed when someone has changed the issue since.
        """
        if not self.done:
            return None
        last = self.done[-1]
        with self.services.store.transaction() as session:
            for box in reversed(last.boxes):
                take_back(session, box, self._hand())
            for _ in range(last.moves):
                move(
                    session,
                    last.number,
                    Action.UNDO,
                    self.actor,
                    catalogue=self.services.catalogue,
                    now=self.services.now(),
                )
        self.done.pop()
        if last.added:
            self.drop(last.added)
        if last.left:
            self.numbers.insert(min(last.position, len(self.numbers)), last.number)
        if last.number in self.numbers:
            self.position = self.numbers.index(last.number)
        return last

    def neighbours(self, row: IssueRow) -> tuple[Suggestion, ...]:
        """Issues nearby that this one may repeat: nearest first, at most five."""
        services = self.services
        with services.store.reading() as session:
            return suggestions(session, services.catalogue, row.number, services.now())

    def others_in_photo(self, sha256: str, number: str) -> tuple[ObservationRow, ...]:
        """What else was found in a photo, to be drawn faintly."""
        with self.services.store.reading() as session:
            found = list_observations(session, sha256=sha256, limit=100).items
        return tuple(row for row in found if row.issue_number not in (None, number))
