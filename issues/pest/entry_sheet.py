"""Inspections from a table (CSV): one line a finding, one line for a visit that found nothing.

Lines with the same time, site and inspector are one visit. Headings, kinds, sites and what was
looked for may be given in either language or by code; a line that can't be taken is told with its
number, and then the whole visit is left out.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from issues.errors import IssueError
from issues.pest.inspection import (
    LOOKED_FOR,
    Finding,
    Inspection,
    InspectionError,
    LookedFor,
    check_inspection,
)
from issues.pest.standards import Named, Standards

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "inspected_at": ("检查时间", "检查日期", "inspected at", "date"),
    "site": ("检查场所", "场所", "单位名称", "site"),
    "site_kind": ("场所类型", "类型", "kind of site"),
    "area": ("责任区域", "区域编号", "area"),
    "inspector": ("检查人", "inspector"),
    "looked_for": ("检查项目", "looked for"),
    "rooms": ("检查间数", "房间数", "rooms"),
    "floor_m2": ("检查面积", "面积(平方米)", "floor m2"),
    "metres": ("检查米数", "路径(米)", "metres"),
    "facilities": ("检查设施数", "facilities"),
    "kind": ("发现", "阳性类别", "finding"),
    "room": ("房间号", "room"),
    "amount": ("数量", "amount"),
    "photo_sha256": ("照片", "photo"),
    "issue": ("问题编号", "issue"),
    "note": ("备注", "note"),
}
_LOOKED_FOR_ZH: Mapping[str, LookedFor] = {
    "鼠": "rodent",
    "鼠类": "rodent",
    "蟑螂": "roach",
    "蜚蠊": "roach",
    "蝇": "fly",
    "蝇类": "fly",
    "三防": "proofing",
    "防鼠设施": "proofing",
}
_NEEDED = ("inspected_at", "site", "looked_for")
LINES_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line, and with it its visit, was left out."""

    line: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class EntrySheet:
    """What a table holds: visits with their keys (of the file and the first line), and problems."""

    sha256: str
    visits: tuple[tuple[str, Inspection], ...]
    problems: tuple[LineProblem, ...]


def read_entry_sheet(
    data: bytes, standards: Standards, *, zone: tzinfo, now: datetime
) -> EntrySheet:
    """The visits of a CSV file. Raises InspectionError where the file is no such table."""
    digest = hashlib.sha256(data).hexdigest()
    lines = list(csv.reader(io.StringIO(_decoded(data), newline="")))
    if not lines or len(lines) > LINES_LIMIT:
        raise InspectionError(
            f"the file has {len(lines)} lines", code="bad_table", mend="Send it in parts."
        )
    places = _places(lines[0])
    groups: dict[tuple[str, ...], list[tuple[int, Mapping[str, str]]]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = {key: line[at].strip() for key, at in places.items() if at < len(line)}
        if any(cells.values()):
            who = tuple(cells.get(key, "") for key in ("inspected_at", "site", "inspector"))
            groups.setdefault(who, []).append((number, cells))
    visits, problems = [], []
    for group in groups.values():
        first, head = group[0]
        try:
            visit = _visit(head, zone, standards)
            visit = replace(visit, findings=tuple(_findings(group, standards)))
            check_inspection(visit, standards, now)
        except (IssueError, ValueError) as error:
            code = error.code if isinstance(error, IssueError) else "bad_value"
            problems.append(LineProblem(first, code, str(error)))
            continue
        visits.append((f"table:{digest}:{first}", visit))
    return EntrySheet(digest, tuple(visits), tuple(problems))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise InspectionError(
                "the file is no CSV in UTF-8 or GB 18030",
                code="bad_table",
                mend="Save it as CSV UTF-8.",
            ) from error


def _places(header: Iterable[str]) -> dict[str, int]:
    known = {name.casefold(): key for key, names in HEADINGS.items() for name in (key, *names)}
    found: dict[str, int] = {}
    for at, heading in enumerate(header):
        key = known.get(heading.strip().casefold())
        if key is not None:
            found.setdefault(key, at)
    missing = [key for key in _NEEDED if key not in found]
    if missing:
        raise InspectionError(
            f"the table lacks columns: {', '.join(HEADINGS[key][0] for key in missing)}",
            code="bad_table",
            mend=f"Headings known: {', '.join(names[0] for names in HEADINGS.values())}.",
        )
    return found


def _visit(cells: Mapping[str, str], zone: tzinfo, standards: Standards) -> Inspection:
    rooms = _whole(cells.get("rooms"), "rooms")
    if rooms is None and cells.get("floor_m2"):
        rooms = standards.rooms_of(float(cells["floor_m2"]))
    return Inspection(
        inspected_at=_moment(cells["inspected_at"], zone),
        site=cells["site"],
        site_kind=_code(cells.get("site_kind") or "other", standards.sites),
        looked_for=_looked_for(cells["looked_for"]),
        inspector=cells.get("inspector", ""),
        area=cells.get("area", ""),
        rooms=rooms,
        metres=float(cells["metres"]) if cells.get("metres") else None,
        facilities=_whole(cells.get("facilities"), "facilities"),
        note=cells.get("note", ""),
    )


def _findings(
    group: Iterable[tuple[int, Mapping[str, str]]], standards: Standards
) -> Iterable[Finding]:
    for _, cells in group:
        if cells.get("kind"):
            yield Finding(
                kind=_code(cells["kind"], standards.kinds),
                room=cells.get("room", ""),
                amount=_whole(cells.get("amount"), "amount") or 1,
                photo_sha256=cells.get("photo_sha256") or None,
                issue=cells.get("issue") or None,
            )


def _moment(text: str, zone: tzinfo) -> datetime:
    plain = text.strip().replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "")
    moment = datetime.fromisoformat("-".join(part.zfill(2) for part in plain.split("-")))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _whole(text: str | None, what: str) -> int | None:
    if not text:
        return None
    number = float(text)
    if number != int(number):
        raise ValueError(f"{what} is a whole number, got {text}")
    return int(number)


def _code(text: str, known: Mapping[str, Named]) -> str:
    plain = text.strip().casefold().removeprefix("pest.")
    for code, named in known.items():
        if plain in {code, named.zh.casefold(), named.en.casefold()}:
            return code
    return plain


def _looked_for(text: str) -> tuple[LookedFor, ...]:
    for mark in "，、；;|/ ":
        text = text.replace(mark, ",")
    words = [word.strip().casefold() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in LOOKED_FOR and word not in _LOOKED_FOR_ZH]
    if unknown:
        raise InspectionError(
            f"nobody looks for {', '.join(unknown)}",
            code="looked_for_missing",
            mend=f"Give: {', '.join(LOOKED_FOR)}.",
        )
    chosen = {_LOOKED_FOR_ZH.get(word, word) for word in words}
    return tuple(name for name in LOOKED_FOR if name in chosen)
