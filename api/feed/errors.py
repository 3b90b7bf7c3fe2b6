"""What can go wrong on the way to another system."""

from __future__ import annotations

from typing import ClassVar

from issues.errors import IssueError


class DeliveryError(IssueError):
    """A request to another system failed before there was an answer."""

    default_code: ClassVar[str] = "unreachable"


class AddressRefused(DeliveryError):  # noqa: N818
    """The address lies inside our own network, and no setting allows it."""

    default_code: ClassVar[str] = "address_refused"
