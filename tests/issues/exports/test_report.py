"""The report as one HTML file."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from detect.drawing import GROUP_COLOURS
from issues.exports.pictures import Pictures
from issues.exports.report import write_report
from issues.exports.report_content import Limits, compose_report
from issues.exports.words import Words
from issues.issue import Proposal, Status
from issues.rows import PhotoCounts, PhotoRow
from tests.issues.exports.conftest import EAST, NOON, FakeEvidence, street_jpeg

EVIL = "<script>alert(1)</script>\"'&"
VOID = {"meta", "img", "br", "path", "rect", "circle", "link"}


class Page(HTMLParser):
    """Tags with their attributes, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.tags if "id" in attrs]


def bad_photo(name: str = "dark.jpg") -> PhotoRow:
    values = dict.fromkeys((field.name for field in dataclasses.fields(PhotoRow)), None)
    values |= {"source": name, "status": "unusable", "reason_code": "dark", "message": "as night"}
    return PhotoRow(**values)


@pytest.fixture
def write(tmp_path: Path, evidence: FakeEvidence, catalogue):
    def write(rows, lang="en", *, limits: Limits | None = None, bad=(), **options) -> str:
        limits = limits or Limits()
        content = compose_report(
            rows,
            catalogue,
            made_at=NOON,
            photos=PhotoCounts(4 + len(bad), {"ok": 4}, {}),
            bad_photos=bad,
            areas={},
            find_boxes=lambda rows: {},
            limits=limits,
        )
        path = tmp_path / "report.html"
        options.setdefault("pictures", Pictures(evidence))
        write_report(path, content, catalogue, Words(lang), limits=limits, **options)
        return path.read_text("utf-8")

    return write


@pytest.fixture
def fixed_row(made_row, evidence: FakeEvidence):
    row = made_row(proposal=Proposal.FIXED)
    after = dataclasses.replace(row.best, sha256=evidence.add(street_jpeg(99)), box=None)
    return dataclasses.replace(row, after=after)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_full_report_is_whole_and_asks_nothing_of_the_network(
    write, made_row, fixed_row, lang
) -> None:
    rows = [made_row(), fixed_row, made_row(lat=None, lon=None, area=None, recurrences=2)]
    text = write(rows, lang, bad=[bad_photo()], office="Donghu")
    page = Page(text)
    assert page.open == []
    assert len(page.ids()) == len(set(page.ids()))
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "iframe", "object"}
        for name in ("src", "href", "srcset", "data"):
            value = attributes.get(name)
            assert not value or value.startswith(("data:image/jpeg;base64,", "#")), value
    assert "url(" not in text.replace("url(#frame)", "")
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_colours_are_those_of_the_boxes(write, made_row) -> None:
    text = write([made_row()])
    blue, green, red = GROUP_COLOURS["litter"]
    assert f".g-litter{{--group:#{red:02x}{green:02x}{blue:02x};--on:#fff}}" in text


def test_pictures_of_pairs_and_open_issues_are_in_it(write, made_row, fixed_row) -> None:
    assert write([made_row(), fixed_row]).count("data:image/jpeg") == 3


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh",
            ["巡查报告", "暴露垃圾", "反弹 2 次", "整改前后对比", "过暗", "环卫一所"],
        ),
        ("en", ["Patrol report", "Exposed garbage pile", "Returned ×2", "Later look", "Too dark"]),
    ],
)
def test_it_speaks_one_language(write, made_row, fixed_row, lang, words) -> None:
    rows = [made_row(recurrences=2, status=Status.REOPENED), fixed_row]
    text = write(rows, lang, bad=[bad_photo()])
    for word in words:
        assert word in text
    if lang == "en":
        visible = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
        assert not re.search(r"[\u4e00-\u9fff]", visible.replace(EAST.leader, ""))


def test_text_from_outside_is_escaped(write, made_row) -> None:
    area = dataclasses.replace(
        EAST, name_en=EVIL, unit_en=EVIL, leader=EVIL, phone=EVIL, name_zh=EVIL
    )
    text = write([made_row(area=area)], bad=[bad_photo(EVIL)], office=EVIL)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_every_link_has_its_target(write, made_row, fixed_row) -> None:
    rows = [made_row() for _ in range(4)]
    page = Page(write([*rows, fixed_row], limits=Limits(gallery=2)))
    targets = {str(a["href"])[1:] for tag, a in page.tags if tag == "a" and "href" in a}
    assert targets <= set(page.ids())
    assert len(targets) == 5


def test_limits_are_said(write, made_row) -> None:
    rows = [made_row() for _ in range(5)]
    text = write(rows, limits=Limits(gallery=2, rows=3))
    assert "At most 2 are shown here; 3 more are in the list below." in text
    assert "At most 3 are listed here; export the rectification list for the other 2." in text
    assert text.count("data:image/jpeg") == 2


def test_a_missing_photo_is_said(write, made_row, evidence: FakeEvidence) -> None:
    row = made_row()
    evidence.photos.clear()
    assert "The photo is not in the evidence folder" in write([row])


def test_no_issues_does_not_mean_clean(write) -> None:
    text = write([])
    assert "No issues were found." in text
    assert "not thereby clean" in text
    assert Page(text).open == []


def test_it_says_when_faces_are_not_blurred(write, made_row, evidence: FakeEvidence) -> None:
    assert "Faces that were detected are blurred" in write([made_row()])
    plain = write([made_row()], pictures=Pictures(evidence, blur=False))
    assert "does not blur faces" in plain


def test_progress_counts_the_pictures(write, made_row) -> None:
    seen: list[tuple[int, int]] = []
    write([made_row(), made_row()], progress=lambda n, of: seen.append((n, of)))
    assert seen == [(1, 2), (2, 2)]
