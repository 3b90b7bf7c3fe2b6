"""What a unit wrote in a cell: which status, which day, which reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from issues.exports.returned_reading import Cell
from issues.issue import SendBackReason, Status
from issues.labels import labels

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = range(36526, 73051)  # 2000 to 2099
_DAY = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[\sT].*)?$")
_PACKED = re.compile(r"^(20\d{2})(\d{2})(\d{2})$")

_ALSO: Mapping[str, Status] = {
    "已整改": Status.REPORTED_FIXED,
    "整改完成": Status.REPORTED_FIXED,
    "已完成": Status.REPORTED_FIXED,
    "完成": Status.REPORTED_FIXED,
    "已反馈": Status.REPORTED_FIXED,
    "fixed": Status.REPORTED_FIXED,
    "done": Status.REPORTED_FIXED,
    "退回": Status.SENT_BACK,
    "send back": Status.SENT_BACK,
    "returned": Status.SENT_BACK,
}


@lru_cache(maxsize=1)
def _statuses() -> Mapping[str, Status]:
    named = {
        text.casefold(): Status(code)
        for code, texts in labels()["status"].items()
        for text in texts.values()
    }
    return dict(_ALSO) | named


def status_of(text: str) -> Status | None:
    """The status that a unit means, in either language; None: no such word.

    >>> status_of("已整改"), status_of("Reported fixed"), status_of("差不多了")
    (<Status.REPORTED_FIXED: 'reported_fixed'>, <Status.REPORTED_FIXED: 'reported_fixed'>, None)
    """
    return _statuses().get(text.strip().casefold())


def day_of(cell: Cell) -> date | None:
    """The day that a cell holds: a date, a serial number of a spreadsheet, or a date as text.

    None: no day can be told for certain ("3月5日" has no year, "05/03/2026" has two readings).

    >>> day_of("2026年3月5日"), day_of(46086.0), day_of("3月5日")
    (datetime.date(2026, 3, 5), datetime.date(2026, 3, 5), None)
    """
    if isinstance(cell, date) or cell is None:
        return cell
    if isinstance(cell, float):
        if int(cell) in _SERIALS:
            return _EXCEL_EPOCH + timedelta(days=int(cell))
        cell = str(int(cell)) if cell.is_integer() else str(cell)
    text = cell.strip()
    if text.isdigit() and int(text) in _SERIALS:
        return _EXCEL_EPOCH + timedelta(days=int(text))
    found = _DAY.match(text) or _PACKED.match(text)
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def reason_of(feedback: str) -> SendBackReason | None:
    """The reason for sending back that a text begins with, in either language.

    >>> reason_of("点位不明：找不到这个门牌")
    <SendBackReason.PLACE_UNCLEAR: 'place_unclear'>
    """
    said = feedback.strip().casefold()
    for code, texts in labels()["send_back_reason"].items():
        if any(said.startswith(text.casefold()) for text in texts.values()) or said == code:
            return SendBackReason(code)
    return None
