"""The table of categories: what ships, what an office overrides, mistakes by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from issues.catalogue import load_catalogue, oddities
from issues.errors import CatalogueError
from issues.issue import Severity

DOMAIN = {
    "litter": "scattered pile bagged",
    "bin": "overflow",
    "clutter": "goods furniture debris",
    "stall": "mobile spillover furniture",
    "ad": "sticker graffiti",
    "parking": "motor bike",
    "hanging": "laundry",
    "water": "floating ponding",
    "pest.rodent": "live carcass dropping hole gnaw track",
    "pest.roach": "live ootheca frass exuvia carcass",
    "pest.breeding": "water waste",
    "pest": "fly",
    "pest.proofing": "gap drain vent door",
    "pest.bait": "missing unlabelled",
}
CODES = {f"{stem}.{leaf}" for stem, leaves in DOMAIN.items() for leaf in leaves.split()}

EVENTS = {
    "litter.scattered": "0104",
    "litter.pile": "0102",
    "clutter.goods": "0507",
    "stall.mobile": "0501",
    "ad.graffiti": "0201",
    "parking.bike": "0506",
    "water.ponding": "0406",
    "pest.fly": None,
}


def test_every_category_of_the_field_is_there_in_both_languages(catalogue):
    assert set(catalogue.categories) == CODES
    for code, category in catalogue.categories.items():
        assert category.code == code
        assert category.group == code.split(".")[0]
        assert any("一" <= letter <= "鿿" for letter in category.zh), code
        assert category.en.isascii(), code
    assert {code: catalogue.categories[code].event_code for code in EVENTS} == EVENTS
    names = [c.zh for c in catalogue.categories.values()]
    assert len(set(names)) == len(names)


def test_labels(catalogue):
    assert catalogue.label("stall.mobile", "en") == "mobile vendor"
    assert catalogue.label("pest", "zh") == "病媒生物"
    assert catalogue.label("cow", "en") == "cow"


def test_reaches(catalogue):
    assert catalogue.reach("bin.overflow").longest_m == 60
    assert catalogue.clear_reach("litter.pile").radius_m == 15


def test_an_unknown_category_is_told_with_those_that_are_known(catalogue):
    with pytest.raises(CatalogueError, match="animal") as caught:
        catalogue.category("animal")
    assert "litter.pile" in caught.value.mend


@pytest.mark.parametrize(
    ("share", "recurrences", "severity"),
    [
        (0.3, 0, Severity.MAJOR),
        (0.005, 2, Severity.MAJOR),
        (0.1, 0, Severity.NORMAL),
        (0.005, 0, Severity.MINOR),
        (0.005, 1, Severity.NORMAL),
    ],
)
def test_severity(catalogue, share, recurrences, severity):
    assert catalogue.category("litter.pile").severity.of(share, 0.8, recurrences) is severity


def test_pests_are_never_minor(catalogue):
    assert catalogue.category("pest.fly").severity.of(0.001, 0.8, 0) is Severity.NORMAL


def test_an_office_overrides_what_differs(tmp_path, catalogue):
    path = tmp_path / "office.yaml"
    path.write_text(
        "extends: shipped\n"
        "rules: {visit_gap_min: 60}\n"
        "categories:\n"
        "  litter.pile: {radius_m: 12}\n"
        "  clutter.firewood: {group: clutter, zh: 柴堆, en: firewood}\n",
        "utf-8",
    )
    office = load_catalogue(path)
    assert office.category("litter.pile").radius_m == 12
    assert office.category("litter.pile").zh == "暴露垃圾"
    assert office.category("clutter.firewood").revisit_h == 3
    assert office.rules.visit_gap_min == 60
    assert office.rules.look_angle_deg == catalogue.rules.look_angle_deg


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("extends: shipped\ncategories:\n  litter.pile: {radius_m: -3}\n", 3, "greater than 0"),
        ("extends: shipped\ncategories:\n  litter.pile:\n    radius: 3\n", 4, "Extra inputs"),
        ("extends: shipped\ncategories:\n  cow: {group: litter, zh: 牛, en: cow}\n", 3, "pattern"),
        ("extends: shipped\n\nrules:\n  visit_gap_min: often\n", 4, "valid number"),
        ("extends: shipped\ncalendar:\n  timezone: Nowhere\n", 3, "no time zone"),
        ("extends: shipped\nnonsense: 1\n", 2, "Extra inputs"),
        (
            "extends: shipped\ncategories:\n  litter.pile:\n"
            "    deadline_h: {minor: 1, normal: 2, major: 3}\n",
            4,
            "must not grow",
        ),
        (
            "extends: shipped\ncategories:\n  ad.sticker:\n"
            "    confirm: {looks: 4, of: 3, minutes: 5}\n",
            4,
            "can never be",
        ),
        ("extends: shipped\ncategories:\n  litter.pile: 3\n", 3, "valid dictionary"),
        ("extends: shipped\ncategories:\n  litter.pile:\n    radius: 3\n", 4, '"radius_m"?'),
        ("extends: shipped\nrules:\n  visit_gap: 3\n", 3, '"visit_gap_min"?'),
        ("extends: shipped\ncategories:\n  liter.pile: {radius_m: 3}\n", 3, '"litter.pile"?'),
        (
            "extends: shipped\ncategories:\n  litter.pile:\n    group: liter\n",
            4,
            'did you mean "litter"?',
        ),
        (
            "extends: shipped\ncategories:\n  litter.pile:\n    one_photo: sure\n    radius_m: 9\n"
            "    part_of: [bin.overflw]\n",
            4,
            "one_photo",
        ),
        (
            "extends: shipped\ncategories:\n  litter.pile:\n    part_of: [bin.overflw]\n",
            4,
            'did you mean "bin.overflow"?',
        ),
        (
            "extends: shipped\ncategories:\n  litter.pile:\n    event_code: 0102\n",
            4,
            "put it in quotes",
        ),
        (
            "extends: shipped\ncategories:\n  litter.pile: {radius_m: 9}\n"
            "  ad.sticker: {radius_m: 9}\n  litter.pile: {revisit_h: 1}\n",
            5,
            "litter.pile is there before, in line 3",
        ),
        (
            "extends: shipped\ncategories:\n  litter.pile:\n"
            "    deadline_h: {minor: 2 weeks, normal: 2, major: 1}\n",
            4,
            "a limit is written as",
        ),
        ("extends: shipped\ncalendar:\n  official: us\n", 3, "Input should be 'cn' or 'none'"),
        (
            "extends: shipped\ncalendar:\n  years:\n    2027: {holidays: [x..y]}\n",
            4,
            "a range is written as",
        ),
    ],
)
def test_mistakes_are_told_by_line(tmp_path, text, line, said):
    path = tmp_path / "office.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(path)
    assert f"office.yaml, line {line}:" in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.mend


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no table"),
        ("a: [", "no YAML"),
        ("extends: other\n", 'only "shipped"'),
        ("groups: {}\n", 'begins with "extends: shipped"'),
        ("extends: shipped\ncalendar: {lists: [2027.yaml]}\n", "can't be read"),
        (
            "extends: shipped\ncategories:\n  litter.pile: {group: weeds}\n",
            "which is not listed",
        ),
        (
            "extends: shipped\ncategories:\n  litter.pile: {open311_code: ad-sticker}\n",
            "share the code",
        ),
    ],
)
def test_a_table_of_no_use(tmp_path, text, said):
    path = tmp_path / "office.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match=said):
        load_catalogue(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CatalogueError, match="can't be read"):
        load_catalogue(tmp_path / "none.yaml")


def test_an_office_switches_a_category_off_and_it_stays_known(tmp_path):
    path = tmp_path / "office.yaml"
    path.write_text(
        "extends: shipped\ncategories:\n  litter.pile: {enabled: false}\n"
        "  stall.mobile: {zones: []}\n  stall.spillover: {zones: []}\n",
        "utf-8",
    )
    office = load_catalogue(path)
    assert "litter.pile" not in office.enabled
    assert office.label("litter.pile", "zh") == "暴露垃圾"
    said = "\n".join(oddities(office))
    assert "litter.scattered is part of litter.pile, which is switched off" in said
    assert "stall.spillover needs a drawn zone" in said
    assert "stall.mobile" not in said


def test_the_shipped_table_has_nothing_odd(catalogue):
    assert oddities(catalogue) == []
    assert len(catalogue.enabled) == len(catalogue.categories)


def test_limits_in_working_days(tmp_path, catalogue):
    path = tmp_path / "office.yaml"
    path.write_text(
        "extends: shipped\ncategories:\n"
        "  clutter.debris: {deadline_h: {minor: 4d, normal: 2d, major: 7h}}\n",
        "utf-8",
    )
    office = load_catalogue(path)
    deadline = office.category("clutter.debris").deadline_h
    assert [str(deadline.limit(s)) for s in Severity] == ["4d", "2d", "7h"]
    hours = office.calendar.hours_a_day
    assert [deadline.hours(s, hours) for s in Severity] == [28, 14, 7]
    monday = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert deadline.limit(Severity.NORMAL).after(monday, office.calendar) == monday + timedelta(2)
    assert deadline.limit(Severity.MAJOR).after(monday, office.calendar) == monday + timedelta(1)


def test_an_offices_list_of_holidays_stands_beside_its_table(tmp_path):
    listed = "2027: {source: own, holidays: [2027-01-01..2027-01-03], workdays: [2027-01-05]}\n"
    (tmp_path / "2027.yaml").write_text(listed, "utf-8")
    path = tmp_path / "office.yaml"
    path.write_text("extends: shipped\ncalendar: {lists: [2027.yaml]}\n", "utf-8")
    office = load_catalogue(path)
    assert sorted(office.calendar.lists) == [2025, 2026, 2027]
    assert office.calendar.spans(date(2027, 1, 1)) == ()
    assert oddities(office) == [
        "calendar: 2027-01-05 is a made-up working day but no Saturday or Sunday"
    ]
