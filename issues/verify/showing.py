"""The side-by-side picture of a verification that was kept."""

from __future__ import annotations

from datetime import datetime

from issues.errors import NotFound
from issues.store import Store
from issues.store.verification_table import shown_in
from issues.verify.photographs import Picture, open_picture
from issues.verify.side_by_side import side_by_side
from issues.verify.verification import VerificationRow


def picture_of(
    store: Store, row: VerificationRow, *, captions: tuple[str, str], blur: bool, now: datetime
) -> bytes:
    """A JPEG: the photo that was compared with (of a copy, its original), and the after photo.

    Raises NotFound where a photo isn't kept, UnreadablePhoto, ModelError.
    """
    found = row.verification
    first = found.reused_sha256 or found.before_sha256
    if first is None:
        raise NotFound(
            f"{row.issue_number} has no photo from before to show",
            mend="Look at the after photo alone.",
        )
    with store.reading() as session:
        shown = {one.sha256: one.boxes for one in shown_in(session, row.issue_id)}
    before, after = (_opened(store, sha256, now) for sha256 in (first, found.after_sha256))
    return side_by_side(
        before.image,
        after.image,
        shown.get(first, ()),
        found.region,
        captions=captions,
        blur=blur,
    )


def _opened(store: Store, sha256: str, now: datetime) -> Picture:
    return open_picture(store.evidence.read(sha256), sha256, now=now)
