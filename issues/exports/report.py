"""A self-contained HTML report of what a store holds: one file, no request to anywhere.

Figures, tables by category and area, a map on plain ground, before and after, a gallery with boxes
drawn, and the photos that could not be used. It prints on A4.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from detect.drawing import GROUP_COLOURS, Colour
from issues.catalogue import Catalogue
from issues.exports.page import page
from issues.exports.pictures import PictureRequest, Pictures
from issues.exports.report_content import DEFAULT_LIMITS, Limits, ReportContent, Shown
from issues.exports.safe_text import printable
from issues.exports.whole_file import whole_file
from issues.exports.words import Words
from issues.exports.workbook import Progress

PICTURE_PX = 900
"""Longer side of the pictures in a report."""


def write_report(
    path: Path,
    content: ReportContent,
    catalogue: Catalogue,
    words: Words,
    *,
    pictures: Pictures,
    office: str = "",
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> None:
    """Writes the report to ``path`` (.html), whole or not at all.

    ``limits`` are those that the content was gathered with. Raises ExportError.
    """
    uris = _data_uris(content, pictures, progress)
    text = render_report(
        content, catalogue, words, uris, office=office, limits=limits, blurred=pictures.blur
    )
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="replace")


def render_report(
    content: ReportContent,
    catalogue: Catalogue,
    words: Words,
    pictures: dict[tuple[str, str], str],
    *,
    office: str = "",
    limits: Limits = DEFAULT_LIMITS,
    blurred: bool = True,
) -> str:
    """The report as HTML. ``pictures``: (issue id, sha256 of the photo) → data URI."""
    whose = printable(office).strip()
    groups = [line.group for line in content.categories]
    return page(
        "report.html",
        "report.css",
        lang=words.lang,
        heading=words.say("report.heading", office=whose) if whose else words.say("report.title"),
        colours={group: _css(colour) for group, colour in GROUP_COLOURS.items()},
        content=content,
        limits=limits,
        pictures=pictures,
        blurred=blurred,
        map=content.point_map,
        groups=list(dict.fromkeys(groups)),
        most=max((line.tally.issues for line in content.categories), default=1),
        placed={shown.row.number for shown in (*content.pairs, *content.gallery)},
        bad_total=content.photos.total - content.photos.by_status.get("ok", 0),
        zone=str(words.zone),
        say=words.say,
        count=words.count,
        pick=words.pick,
        day=words.day,
        minute=words.minute,
        label=words.label,
        category=lambda code: words.start(catalogue.label(code, words.lang)),
    )


def _css(colour: Colour) -> dict[str, str]:
    """A colour of the boxes for a page, and the one that can be read on it."""
    blue, green, red = colour
    bright = 0.114 * blue + 0.587 * green + 0.299 * red > 150
    return {"ground": f"#{red:02x}{green:02x}{blue:02x}", "ink": "#17201c" if bright else "#fff"}


def _requests(content: ReportContent) -> Iterator[tuple[tuple[str, str], PictureRequest]]:
    for shown in (*content.pairs, *content.gallery):
        yield from _of_issue(shown)


def _of_issue(shown: Shown) -> Iterator[tuple[tuple[str, str], PictureRequest]]:
    row = shown.row
    if row.best is not None:
        yield (row.id, row.best.sha256), PictureRequest(row.best.sha256, shown.boxes, row.group)
    if row.after is not None and row.proposal is not None:
        yield (row.id, row.after.sha256), PictureRequest(row.after.sha256)


def _data_uris(
    content: ReportContent, pictures: Pictures, progress: Progress | None
) -> dict[tuple[str, str], str]:
    wanted = dict(_requests(content))
    uris: dict[tuple[str, str], str] = {}
    made = pictures.jpegs(wanted.values(), PICTURE_PX)
    for n, (key, jpeg) in enumerate(zip(wanted, made, strict=True), 1):
        if jpeg is not None:
            uris[key] = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
        if progress is not None:
            progress(n, len(wanted))
    return uris
