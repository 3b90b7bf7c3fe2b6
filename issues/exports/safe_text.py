"""Text made safe for spreadsheets: no control characters, no formula that a cell could run."""

from __future__ import annotations

import re

CELL_LIMIT_CHARS = 32_767
SHEET_NAME_LIMIT = 31

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")


def printable(text: str) -> str:
    """``text`` without what XML and spreadsheets can't hold, cut to what a cell holds."""
    kept = _UNPRINTABLE.sub("", text)
    return kept if len(kept) <= CELL_LIMIT_CHARS else kept[: CELL_LIMIT_CHARS - 1] + "…"


def inert(text: str) -> str:
    """``text`` that no spreadsheet takes for a formula when it opens a CSV file.

    An apostrophe is put before a first character that starts a formula, also after spaces, and
    also in full width, as some programs fold it.

    >>> inert("=HYPERLINK(1)"), inert("湖滨街道")
    ("'=HYPERLINK(1)", '湖滨街道')
    """
    kept = printable(text)
    return f"'{kept}" if kept.lstrip(" \u3000\u00a0").startswith(_FORMULA_START) else kept


def sheet_name(wanted: str, taken: set[str], fallback: str) -> str:
    """A name that Excel takes for a sheet, and that no other sheet has; it is added to ``taken``.

    At most 31 UTF-16 units, none of ``[]:*?/\\``, no apostrophe at an end, not "History", and no
    two alike but for case. ``taken`` holds the names in lower case.

    >>> used = set()
    >>> sheet_name("A/B: roads", used, "Unit"), sheet_name("a-b- roads", used, "Unit")
    ('A-B- roads', 'a-b- roads (2)')
    """
    one_line = " ".join(printable(wanted).split())
    base = _NOT_IN_SHEET_NAMES.sub("-", one_line).strip(" '") or fallback
    if base.lower() == "history":
        base += "_"
    n = 1
    while True:
        tail = "" if n == 1 else f" ({n})"
        name = _cut(base, SHEET_NAME_LIMIT - len(tail)).rstrip(" '") + tail
        if name.lower() not in taken:
            taken.add(name.lower())
            return name
        n += 1


def _cut(text: str, units: int) -> str:
    """The longest start of ``text`` within so many UTF-16 units, as Excel counts."""
    while len(text.encode("utf-16-le")) // 2 > units:
        text = text[:-1]
    return text
