"""What time it is: the real clock, and one that stands where it is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is set or moved on.

    >>> clock = SetClock(datetime(2026, 3, 1, tzinfo=UTC))
    >>> clock.move_on(timedelta(hours=1))
    >>> clock.now().hour
    1
    """

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The time that it was set to, in UTC."""
        return self.moment.astimezone(UTC)

    def move_on(self, by: timedelta) -> None:
        """Moves it on (or back)."""
        self.moment += by
