"""Events as a spreadsheet, for offices that take no other feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from issues.exports.safe_text import inert
from issues.exports.workbook import close_book, new_book

_HEADS = (
    ("消息号", "message", 30),
    ("事项", "event", 16),
    ("时间", "time", 20),
    ("问题编号", "issue", 16),
    ("类别", "category", 16),
    ("状态", "status", 14),
    ("责任单位", "unit", 20),
    ("时限", "deadline", 20),
    ("纬度 (WGS-84)", "lat", 12),
    ("经度 (WGS-84)", "lon", 12),
    ("备注", "note", 40),
)


def write_feed_sheet(
    path: Path, messages: Sequence[tuple[str, str, datetime, Mapping[str, Any]]]
) -> None:
    """Writes messages (id, type, time, data), one a row. Raises ExportError."""
    book = new_book(path)
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet("事项 Events")
    for column, (zh, en, width) in enumerate(_HEADS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, f"{zh} {en}", bold)
    for number, message in enumerate(messages, 1):
        for column, value in enumerate(_cells(*message)):
            if isinstance(value, float):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, inert(value))
    sheet.freeze_panes(1, 0)
    close_book(book, path)


def _cells(key: str, kind: str, at: datetime, data: Mapping[str, Any]) -> list[str | float]:
    issue: Mapping[str, Any] = data.get("issue", {})
    camera: Mapping[str, Any] = data.get("camera", {})
    place: Mapping[str, Any] = issue.get("place") or {}
    return [
        key,
        kind,
        at.isoformat(timespec="seconds"),
        str(issue.get("number") or camera.get("id") or ""),
        str((issue.get("category") or {}).get("zh") or camera.get("name_zh") or ""),
        str(issue.get("status_zh") or camera.get("to_state") or ""),
        str((issue.get("unit") or {}).get("zh") or ""),
        str(issue.get("deadline") or ""),
        float(place["lat"]) if place else "",
        float(place["lon"]) if place else "",
        str((data.get("event") or {}).get("note") or ""),
    ]
