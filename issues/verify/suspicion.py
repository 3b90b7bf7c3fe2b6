"""Which kept photos an after photo might be a copy of: all that look like it, but for its own kin.

A patrol's photo is kept before it is verified, and a unit may send its after photo twice: neither
is a fraud. So what shows the same place after the problem was last seen is left out.
"""

from __future__ import annotations

from detect.types import Location
from issues.catalogue import Catalogue
from issues.place import distance_m
from issues.standing import looks_of
from issues.store import Session
from issues.store.schema import IssueRecord
from issues.store.verification_table import shows_issue, used_for
from issues.verify.keeping import likely_originals
from issues.verify.photographs import Picture

ELSEWHERE_M = 200.0


def likely_copied(
    session: Session, catalogue: Catalogue, record: IssueRecord, picture: Picture
) -> list[str]:
    """Hashes of kept photos, the likeliest first, with the photo's own where it was used before."""
    looks = looks_of(session, record, catalogue)
    kin = {look.sha256 for look in looks if look.at > record.last_seen and not look.saw}
    kin |= {sha256 for sha256, issue in used_for(session, None, record.id) if issue == record.id}
    kin.add(picture.sha256)
    found = [s.sha256 for s in likely_originals(session, picture) if s.sha256 not in kin]
    if _used_before(session, record, picture.sha256):
        found.insert(0, picture.sha256)
    return found


def _used_before(session: Session, record: IssueRecord, sha256: str) -> bool:
    """Whether these very bytes show the problem, or were the proof of a fix somewhere else."""
    if shows_issue(session, sha256, record.id):
        return True
    return any(
        _far(record, other)
        for _, key in used_for(session, sha256, None)
        if (other := session.get(IssueRecord, key)) is not None
    )


def _far(one: IssueRecord, other: IssueRecord) -> bool:
    here, there = _place(one), _place(other)
    if here is None or there is None:
        return False
    return distance_m(here.lat, here.lon, there.lat, there.lon) > ELSEWHERE_M


def _place(record: IssueRecord) -> Location | None:
    if record.lat is None or record.lon is None:
        return None
    return Location(record.lat, record.lon, record.accuracy_m)
