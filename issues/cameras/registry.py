"""The cameras in the store: put there from a list or by the API, changed with a version check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from detect.stream.address import FeedAddress
from issues.cameras.camera import Camera, make_camera
from issues.errors import NotFound, VersionConflict
from issues.store import Session
from issues.store.camera_schema import (
    CameraEventRecord,
    CameraHourRecord,
    CameraLeaseRecord,
    CameraMemoryRecord,
    CameraRecord,
    CameraStateRecord,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A camera as the store has it."""

    camera: Camera
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """What putting a list into the store changed: ids of cameras."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]


def put_camera(
    session: Session,
    camera: Camera,
    *,
    actor: str,
    now: datetime,
    expected_version: int | None = None,
) -> Kept:
    """Adds a camera, or changes the one of that id. Raises VersionConflict.

    ``expected_version`` 0: it must be new.
    """
    record = session.get(CameraRecord, camera.id, with_for_update=True)
    have = 0 if record is None else record.version
    if expected_version is not None and expected_version != have:
        raise VersionConflict(
            f"camera {camera.id} is at version {have}, not {expected_version}",
            mend="Look at it again, then change it.",
        )
    values = _values(camera)
    if record is None:
        record = CameraRecord(id=camera.id, version=1, created_at=now, updated_at=now, **values)
        session.add(record)
        session.flush()
        _note(session, camera.id, "added", actor, now, {})
    else:
        changed = sorted(key for key, value in values.items() if getattr(record, key) != value)
        if changed:
            for key in changed:
                setattr(record, key, values[key])
            record.version, record.updated_at = have + 1, now
            _note(session, camera.id, "changed", actor, now, {"fields": changed})
            session.flush()
    return _kept(record)


def import_cameras(
    session: Session, cameras: Iterable[Camera], *, actor: str, now: datetime
) -> Imported:
    """Puts all cameras of a list into the store; cameras that aren't in the list stay."""
    told: dict[str, list[str]] = {"added": [], "changed": [], "same": []}
    for camera in cameras:
        before = session.get(CameraRecord, camera.id)
        version = before.version if before else 0
        after = put_camera(session, camera, actor=actor, now=now).version
        told["added" if version == 0 else "changed" if after > version else "same"].append(
            camera.id
        )
    return Imported(tuple(told["added"]), tuple(told["changed"]), tuple(told["same"]))


def get_camera(session: Session, camera_id: str) -> Kept:
    """One camera. Raises NotFound."""
    record = session.get(CameraRecord, camera_id)
    if record is None:
        raise NotFound(
            f'no camera goes by "{camera_id}"', mend="`tidycity cameras list` shows them."
        )
    return _kept(record)


def list_cameras(session: Session, *, enabled_only: bool = False) -> Sequence[Kept]:
    """All cameras, by id."""
    query = select(CameraRecord).order_by(CameraRecord.id)
    if enabled_only:
        query = query.where(CameraRecord.enabled)
    return [_kept(record) for record in session.scalars(query)]


def remove_camera(session: Session, camera_id: str) -> None:
    """Forgets a camera and how it fared. Issues, photos and what it said stay. Raises NotFound."""
    get_camera(session, camera_id)
    for table in (
        CameraLeaseRecord,
        CameraMemoryRecord,
        CameraHourRecord,
        CameraEventRecord,
        CameraStateRecord,
    ):
        session.execute(delete(table).where(table.camera_id == camera_id))
    session.execute(delete(CameraRecord).where(CameraRecord.id == camera_id))


def _values(camera: Camera) -> dict[str, Any]:
    at = camera.at.location() if camera.at else None
    return {
        "name_zh": camera.name.zh,
        "name_en": camera.name.en,
        "url": camera.url,
        "kind": camera.kind or FeedAddress.parse(camera.url).kind,
        "credentials": camera.credentials,
        "every_s": camera.every_s,
        "active": camera.model_dump(mode="json", include={"active"})["active"],
        "categories": sorted(camera.categories),
        "zones": [_zone_values(zone.model_dump(mode="json")) for zone in camera.zones],
        "lat": at.lat if at else None,
        "lon": at.lon if at else None,
        "accuracy_m": at.accuracy_m if at else None,
        "heading_deg": camera.heading_deg,
        "enabled": camera.enabled,
    }


def _zone_values(zone: dict[str, Any]) -> dict[str, Any]:
    return zone | {"categories": sorted(zone["categories"])}


def _kept(record: CameraRecord) -> Kept:
    place = None
    if record.lat is not None and record.lon is not None:
        accuracy_m = 10.0 if record.accuracy_m is None else record.accuracy_m
        place = {
            "lat": record.lat,
            "lon": record.lon,
            "datum": "wgs84",
            "accuracy_m": accuracy_m,
        }
    camera = make_camera(
        {
            "id": record.id,
            "name": {"zh": record.name_zh, "en": record.name_en},
            "url": record.url,
            "kind": record.kind,
            "credentials": record.credentials,
            "every_s": record.every_s,
            "active": record.active,
            "categories": record.categories,
            "zones": record.zones,
            "at": place,
            "heading_deg": record.heading_deg,
            "enabled": record.enabled,
        },
        f"camera {record.id} in the store",
    )
    return Kept(camera, record.version, record.updated_at)


def _note(
    session: Session, camera_id: str, kind: str, actor: str, now: datetime, data: dict[str, Any]
) -> None:
    session.add(
        CameraEventRecord(
            camera_id=camera_id,
            at=now,
            kind=kind,
            from_state=None,
            to_state=None,
            actor=actor,
            data=data,
        )
    )
