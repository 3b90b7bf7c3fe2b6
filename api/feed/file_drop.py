"""Files for offices without an API: a zip or a spreadsheet for each batch of events."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.feed.answers import redacted
from api.feed.sender import Outcome, Parcel
from api.pictures import Pictures
from detect.errors import TidycityError
from issues.exports.feed_sheet import write_feed_sheet
from issues.exports.whole_file import whole_file
from issues.feed.target import Target

PICTURE_PX = 960


@dataclass(frozen=True)
class FileDropSender:
    """Writes a batch into a folder, or to an fsspec URL: whole, or not at all.

    A batch that is tried again gets the same name when it holds the same messages; each line
    carries its message id, by which a reader leaves out what it has had.
    """

    pictures: Pictures
    now: Callable[[], datetime]
    batch: int = 200

    def send(self, target: Target, parcels: Sequence[Parcel]) -> Outcome:
        """Writes one file. ``options``: ``format`` (zip or xlsx), ``pictures`` (zip only)."""
        sheet = target.options.get("format") == "xlsx"
        name = batch_name(parcels, "xlsx" if sheet else "zip")
        with TemporaryDirectory(prefix="tidycity-drop-") as folder:
            made = Path(folder) / name
            try:
                if sheet:
                    write_feed_sheet(made, [(p.message_id, p.type, p.at, p.data) for p in parcels])
                else:
                    self._pack(made, parcels, with_pictures=bool(target.options.get("pictures")))
                place_file(made, target.url)
            except (OSError, TidycityError, ValueError, ImportError) as error:
                return Outcome(error=redacted(f"{type(error).__name__}: {error}"), strained=True)
        return Outcome(reference=name)

    def _pack(self, path: Path, parcels: Sequence[Parcel], *, with_pictures: bool) -> None:
        drawn: dict[str, bytes] = {}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            lines = "".join(json.dumps(_line(p), ensure_ascii=False) + "\n" for p in parcels)
            archive.writestr("events.jsonl", lines)
            for parcel in parcels if with_pictures else ():
                for one in parcel.data.get("pictures", ()):
                    sha256 = one["sha256"]
                    if sha256 not in drawn and self.pictures.evidence.has(sha256):
                        drawn[sha256] = self.pictures.draw(sha256, PICTURE_PX).jpeg
            for sha256, jpeg in drawn.items():
                archive.writestr(f"pictures/{sha256}.jpg", jpeg, zipfile.ZIP_STORED)


def _line(parcel: Parcel) -> dict[str, Any]:
    stamp = parcel.at.astimezone(UTC).isoformat()
    return {
        "id": parcel.message_id,
        "type": parcel.type,
        "timestamp": stamp,
        "data": dict(parcel.data),
    }


def batch_name(parcels: Sequence[Parcel], ending: str) -> str:
    """The name of a batch's file: the time of its first event, and what is in it as a hash."""
    digest = hashlib.sha256("\n".join(p.message_id for p in parcels).encode()).hexdigest()[:12]
    first = parcels[0].at.astimezone(UTC)
    return f"tidycity-{first:%Y%m%dT%H%M%SZ}-{digest}.{ending}"


def place_file(made: Path, where: str) -> None:
    """Puts a finished file into a folder or under an fsspec URL, by a temporary name first.

    Raises OSError, ExportError, ImportError where fsspec is not installed.
    """
    if "://" in where:
        from fsspec.core import url_to_fs

        system, root = url_to_fs(where)
        system.makedirs(root, exist_ok=True)
        draft, final = f"{root}/.{made.name}.part", f"{root}/{made.name}"
        system.put_file(str(made), draft)
        system.mv(draft, final)
        return
    with whole_file(Path(where) / made.name) as draft_path:
        draft_path.write_bytes(made.read_bytes())
