"""The bulletin: page, spreadsheet and PDF say the same, and each figure leads to its issues."""

from __future__ import annotations

import re
from datetime import date
from string import Formatter

import pytest
from openpyxl import load_workbook

from issues.exports.bulletin import Look, bulletin_page, write_bulletin
from issues.exports.bulletin_charts import Bar, bar_chart
from issues.exports.bulletin_content import HANDLED, RANKED, BulletinContent, Pictured
from issues.exports.bulletin_pdf import PrintError, find_browser, print_pdf
from issues.exports.bulletin_words import BulletinWords, bulletin_phrases
from issues.exports.bulletin_workbook import write_bulletin_workbook
from issues.exports.pictures import Pictures
from issues.exports.words import LANGS
from issues.scoring.board import Board, PlaceLine
from issues.scoring.measures import Measure
from issues.scoring.period import parse_period
from issues.scoring.places import PlaceName
from issues.scoring.points import Entry, load_points, score
from issues.scoring.ranking import Change, rank
from issues.scoring.rates import Rate
from issues.scoring.tally import Fix, Looks, Tally
from tests.issues.exports.conftest import NOON

TABLE = load_points()


def tally_of(prefix, looks=50, **measures):
    most = max(measures.values(), default=0)
    ids = [f"{prefix}{n:03d}" for n in range(most)]
    issues = {Measure(name): tuple(ids[:n]) for name, n in measures.items()}
    fixes = tuple(Fix(one, 1.5 * n) for n, one in enumerate(ids[: measures.get("fixed", 0)]))
    return Tally(issues, dict.fromkeys(ids, "normal"), fixes, Looks(looks, looks))


@pytest.fixture
def content(catalogue, made_row):
    """Four streets: a good one, two bad ones that tie, one that nobody looked at."""
    tallies = {
        "good": tally_of("g", found=3, fixed=10, fixed_on_time=10, reviewed=12, rejected=2),
        "bad": tally_of("b", found=9, paper=9, overdue=20, fixed=6, fixed_late=6, returned=4),
        "worse": tally_of("w", found=9, paper=9, overdue=20, fixed=6, fixed_late=6, returned=4),
        "unseen": tally_of("u", looks=2, found=1),
    }
    week = parse_period("2026-W10", catalogue.calendar.zone)
    entry = Entry(1, "bad", "covert_visit", date(2026, 3, 4), "=2+2 <b>", "李")
    entries = {"bad": [entry], "worse": [entry]}
    scores = {
        place: score(tally, TABLE, entries.get(place, ()), first=week.first, last=week.last)
        for place, tally in tallies.items()
    }
    ranks = rank(scores, tallies, TABLE)
    lines = [
        PlaceLine(p, PlaceName(f"{p}街道", f"{p} <street>"), t, Tally(), scores[p], ranks[p],
                  Change())
        for p, t in tallies.items()
    ]  # fmt: skip
    board = Board(week, "street", NOON, TABLE, tuple(lines))
    ids = {one for line in lines for group in line.tally.issues.values() for one in group}
    bad = made_row(recurrences=2)
    good = made_row(after=made_row().best)
    return BulletinContent(
        board,
        {one: f"TC-2026-{one.upper()}" for one in ids},
        (Pictured(bad, (bad.best.box,)),),
        (Pictured(good, (good.best.box,)),),
        (made_row(recurrences=4),),
    )


@pytest.fixture(params=LANGS)
def words(request, catalogue):
    return BulletinWords(request.param, catalogue.calendar.zone)


@pytest.fixture
def page(content, catalogue, words, evidence):
    return bulletin_page(
        content, catalogue, words, pictures=Pictures(evidence), look=Look("东湖创卫办")
    )


def test_every_figure_leads_to_as_many_numbers(page, content):
    figures = re.findall(r'<a href="#([^"]+)" data-figure="(\d+)">(\d+)</a>', page)
    assert len(figures) >= 30
    for anchor, told, shown in figures:
        found = re.search(f'<p id="{anchor}"><b>[^<]*</b>：([^<]*)</p>', page)
        numbers = found.group(1).split()
        assert told == shown
        assert len(set(numbers)) == len(numbers) == int(shown)
        assert all(number.startswith("TC-2026-") for number in numbers)
    assert set(content.numbers.values()) <= set(re.findall(r"TC-2026-[A-Z]\d+", page))


def test_long_lists_say_how_many_more_there_are(content, catalogue, evidence):
    long = {Measure.FOUND: tuple(f"x{n:03d}" for n in range(100))}
    line = content.board.lines[0]
    lines = (PlaceLine("good", line.name, Tally(long), Tally(), line.score, line.rank, Change()),)
    board = Board(content.board.period, "street", NOON, TABLE, lines)
    numbers = {one: one.upper() for one in long[Measure.FOUND]}
    made = BulletinContent(board, numbers, (), (), ())
    page = bulletin_page(made, catalogue, BulletinWords("en"), pictures=Pictures(evidence))
    assert "… and 40 more" in page


def test_with_an_address_figures_lead_to_the_console(content, catalogue, words, evidence):
    look = Look(base_url="https://tidy.example/")
    page = bulletin_page(content, catalogue, words, pictures=Pictures(evidence), look=look)
    links = re.findall(r'href="(https://tidy.example/rankings/issues\?[^"]+)"', page)
    assert any("measure=paper" in link and "place=bad" in link for link in links)
    assert all("period=2026-W10" in link for link in links)
    assert "<details" not in page


def test_the_page_needs_nothing_from_elsewhere_and_nothing_runs(page, words):
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "<street>" not in page
    sources = re.findall(r'src="([^"]{0,30})', page)
    assert sources
    assert all(source.startswith("data:image/jpeg") for source in sources)
    assert "东湖创卫办" in page


def test_an_unseen_place_says_so_and_ties_share_a_rank(page, words):
    said = {"zh": ("巡查不足", "并列第2"), "en": ("Not enough looks", "=2")}[words.lang]
    assert all(text in page for text in said)


def test_no_rate_without_what_it_is_of(page, words):
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", page, flags=re.S)
    for percent in re.finditer(r"\d+%", text):
        around = text[percent.end() : percent.end() + 40]
        assert re.search(r"\(\d+|95%|区间|interval|\s", around), around
    assert {"zh": "95% 区间", "en": "95% interval"}[words.lang] in text


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (Rate(0, 0, 5), "—"),
        (Rate(2, 3, 5), "2 of 3 (few)"),
        (Rate(17, 20, 5), "85% (17 of 20)"),
    ],
)
def test_how_rates_are_said(rate, said):
    assert BulletinWords("en").rate(rate) == said


def test_the_spreadsheet_has_every_issue_behind_every_figure(content, words, tmp_path):
    path = tmp_path / "bulletin.xlsx"
    write_bulletin_workbook(path, content, words, look=Look("东湖创卫办"))
    book = load_workbook(path)
    ranking, points, cases = book.worksheets
    listed = [[cell.value for cell in row] for row in cases.iter_rows(min_row=4)]
    columns = {cell.value: cell.column for cell in ranking[3]}
    rows = {ranking.cell(row, 2).value: row for row in range(4, 4 + len(content.board.lines))}
    for line in content.board.lines:
        for measure in Measure:
            name, what = words.place(line.place, line.name), words.measure(measure)
            cell = ranking.cell(rows[name], columns[what])
            behind = [row for row in listed if row[:2] == [name, what]]
            assert cell.value == len(behind) == line.tally.count(measure)
            if behind:
                target = re.search(r"!A(\d+)$", cell.hyperlink.location)
                assert cases.cell(int(target[1]), 3).value == behind[0][2]
    why = [cell.value for cell in points["D"] if cell.value]
    assert "=2+2 <b>" in why
    assert points["D"][why.index("=2+2 <b>")].data_type != "f"


def test_all_measures_are_in_one_of_the_tables():
    assert sorted([*RANKED, *HANDLED]) == sorted(Measure)


def test_charts():
    assert bar_chart([], "nothing") == ""
    chart = bar_chart([("a<b>", [Bar(0, "0"), Bar(5, "5", "red")])], "t")
    widths = [float(w) for w in re.findall(r'<rect[^>]* width="([\d.]+)"', chart)]
    assert widths[0] == 0 < widths[1]
    assert "a<b>" not in chart


@pytest.mark.parametrize("key", bulletin_phrases())
def test_every_text_is_there_in_both_languages(key):
    texts = bulletin_phrases()[key]
    assert set(texts) == set(LANGS)
    names = [{name for _, name, _, _ in Formatter().parse(texts[lang]) if name} for lang in LANGS]
    assert names[0] == names[1]


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no browser here: apt-get install chromium")
def test_a_browser_prints_it(content, catalogue, evidence, tmp_path):
    words = BulletinWords("zh", catalogue.calendar.zone)
    write_bulletin(tmp_path / "b.html", content, catalogue, words, pictures=Pictures(evidence))
    print_pdf(tmp_path / "b.html", tmp_path / "b.pdf")
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.html", "b.pdf"]


def test_without_a_browser_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "b.html").write_text("<p>x</p>")
    with pytest.raises(PrintError) as caught:
        print_pdf(tmp_path / "b.html", tmp_path / "b.pdf")
    assert caught.value.code == "no_browser"
    assert "chromium" in caught.value.mend


@pytest.mark.parametrize("script", ["exit 3", "exit 0", "echo broken >&2; exit 1"])
def test_a_browser_that_fails_leaves_nothing(script, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    (tmp_path / "b.html").write_text("<p>x</p>")
    with pytest.raises(PrintError, match="made no PDF"):
        print_pdf(tmp_path / "b.html", tmp_path / "b.pdf", browser=str(browser))
    assert not (tmp_path / "b.pdf").exists()
