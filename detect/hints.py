"""What is known of place and time from outside the photos: table, track, a point for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from detect.sidecar import Sidecar
from detect.track import Track
from detect.types import Location, TimeOrigin


@dataclass(frozen=True, slots=True)
class PlaceHints:
    """Sources of place and time beside EXIF, strongest first.

    The table (``sidecar``) wins over EXIF, EXIF over the ``track``; ``fixed`` fills only what is
    left. ``zone`` is for times written without an offset (None: the zone of this machine).

    >>> gate = Location(31.2304, 121.4737)
    >>> PlaceHints(fixed=gate).place("a.jpg", None, None) == gate
    True
    """

    sidecar: Sidecar | None = None
    track: Track | None = None
    fixed: Location | None = None
    zone: tzinfo | None = None

    def time(
        self, name: str, exif: datetime | None
    ) -> tuple[datetime, TimeOrigin] | tuple[None, None]:
        """When the photo of this name was taken and who says so; None if nobody does."""
        row = self.sidecar.find(name) if self.sidecar else None
        if row is not None and row.taken_at is not None:
            return row.taken_at, "sidecar"
        return (exif, "exif") if exif is not None else (None, None)

    def place(self, name: str, exif: Location | None, taken_at: datetime | None) -> Location | None:
        """Where the photo of this name was taken; ``taken_at`` only if it is to be trusted."""
        row = self.sidecar.find(name) if self.sidecar else None
        if row is not None and row.location is not None:
            return row.location
        if exif is not None:
            return exif
        walked = self.track.at(taken_at) if self.track and taken_at else None
        return walked or self.fixed
