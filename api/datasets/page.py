"""Pages on data sets as single HTML files that need nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from api.datasets.plots import count_bars, heat
from api.datasets.words import kind_words
from api.evaluation.page import STYLE
from api.i18n import Lang, t
from detect.datasets.layout import named_boxes
from detect.datasets.sheet import Cell, contact_sheet
from detect.datasets.statistics import SIDES, Statistics
from detect.datasets.survey import Finding, Survey, groups_of, key_of
from detect.drawing import encode_jpeg
from detect.types import Image

SHOWN = 20
"""Findings of a kind that are shown as pictures; all are listed."""

STYLE_MORE = (
    ".sheet{width:100%;height:auto;border-radius:4px}details{margin:.4rem 0}"
    "code{font-size:12px;overflow-wrap:anywhere}"
)


def survey_page(found: Survey, classes: Sequence[str], lang: Lang) -> str:
    """What is wrong, by kind, with contact sheets of the pictures concerned."""
    title = t("Data sets: what the check found", lang)
    lead = t(
        "{n} usable pictures, {empty} of them without objects; {findings} findings.",
        lang,
        n=len(found.samples),
        empty=found.empty,
        findings=len(found.findings),
    )
    body = [_lead(title, lead)]
    for kind, findings in groups_of(found.findings).items():
        body.append(f"<h2>{escape(kind_words(kind, lang))} ({len(findings)})</h2>")
        body.append(_sheet_of(found, findings[:SHOWN], classes))
        rows = "".join(_row(finding) for finding in findings)
        body.append(f"<details><summary>{escape(t('All of them', lang))}</summary>{rows}</details>")
    if not found.findings:
        body.append(f"<p>{escape(t('Nothing was found.', lang))}</p>")
    return page(title, body, lang)


def statistics_page(
    stats: Statistics, cells: Sequence[Cell], classes: Sequence[str], lang: Lang
) -> str:
    """Counts as plots, and a contact sheet of some pictures."""
    title = t("Data sets: what they are made of", lang)
    lead = t(
        "{n} pictures in {sets} sets.",
        lang,
        n=sum(stats.pictures.values()),
        sets=len(stats.pictures),
    )
    body = [_lead(title, lead)]
    for name, boxes in stats.boxes.items():
        heading = t(
            "{name}: {n} pictures, {empty} without objects",
            lang,
            name=name,
            n=stats.pictures[name],
            empty=stats.empty[name],
        )
        body.append(f"<h2>{escape(heading)}</h2>" + count_bars(list(boxes.items()), heading))
    labels = [f"< {limit:.0%}" for limit in SIDES] + [f"≥ {SIDES[-1]:.0%}"]
    for name, counts in stats.sizes.items():
        heading = t("Sides of {name} boxes, as a share of the picture's", lang, name=name)
        rows = list(zip(labels, counts, strict=True))
        body.append(f"<h2>{escape(heading)}</h2>" + count_bars(rows, heading))
    heading = t("Boxes in a picture", lang)
    crowd = [(f"{n}+" if n == 10 else str(n), count) for n, count in stats.crowd.items()]
    body.append(f"<h2>{escape(heading)}</h2>" + count_bars(crowd, heading))
    heading = t("Where boxes have their centre", lang)
    body.append(f"<h2>{escape(heading)}</h2>" + heat(stats.centres, heading))
    if cells:
        body.append(f"<h2>{escape(t('Some of the pictures', lang))}</h2>")
        body.append(picture(contact_sheet(cells, classes)))
    return page(title, body, lang)


def page(title: str, body: Sequence[str], lang: Lang) -> str:
    """A whole HTML file."""
    code = "zh-CN" if lang == "zh" else "en"
    return (
        f'<!doctype html><html lang="{code}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{STYLE_MORE}</style>"
        f"<body>{''.join(body)}</body></html>\n"
    )


def picture(image: Image) -> str:
    """A picture inside the page itself."""
    data = base64.b64encode(encode_jpeg(image, 80)).decode()
    return f'<img class="sheet" alt="" src="data:image/jpeg;base64,{data}">'


def sample_cells(found: Survey, classes: Sequence[str], names: Sequence[str]) -> list[Cell]:
    """The cells of the pictures that go by ``names`` ("dataset/file"), in that order."""
    by_key = {key_of(sample): sample for sample in found.samples}
    chosen = [by_key[name] for name in names if name in by_key]
    return [Cell(s.image, named_boxes(s.boxes, list(classes)), key_of(s)) for s in chosen]


def _sheet_of(found: Survey, findings: Sequence[Finding], classes: Sequence[str]) -> str:
    names = [name for finding in findings for name in finding.pictures]
    cells = sample_cells(found, classes, names)
    return picture(contact_sheet(cells, classes, columns=4)) if cells else ""


def _row(finding: Finding) -> str:
    names = ", ".join(finding.pictures)
    return f"<p><code>{escape(names)}</code> {escape(finding.message)}</p>"


def _lead(title: str, lead: str) -> str:
    return f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>"
