"""The verbs export, import and pest, as people type them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from api.cli.app import app
from issues.exports.returned_list import Code, Outcome
from issues.exports.returned_reading import ColumnCode
from issues.labels import labels
from issues.pest.inspection import LOOKED_FOR
from issues.store import open_store
from tests.api.patrol import Patrol, walk


@pytest.fixture
def patrol(tmp_path: Path) -> Patrol:
    store = open_store(None, tmp_path / "data")
    try:
        return walk(store)
    finally:
        store.close()


@pytest.fixture
def run(tmp_path: Path, patrol):
    def run(*words: str, code: int = 0, lang="en") -> str:
        said = CliRunner().invoke(app, ["--data", str(tmp_path / "data"), "--lang", lang, *words])
        assert said.exit_code == code, said.output
        return said.output

    return run


@pytest.mark.parametrize("suffix", ["xlsx", "csv", "geojson", "jsonl", "html"])
def test_every_format(run, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    assert "5 issues" in run("export", "-o", str(path), "--datum", "gcj02")
    assert path.stat().st_size > 500


def test_filters(run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run("export", "-o", str(path), "--since", "2026-05-10", "--category", "litter")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == 3
    assert all(line["issue"]["category"].startswith("litter") for line in lines)


def test_an_archive_is_made_and_checked(run, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    run("export", "archive", "--out", str(path), "--office", "创卫办", lang="zh")
    assert "is whole" in run("export", "verify-archive", str(path))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("extra.txt", "x")
    assert "not in the manifest: extra.txt" in run("export", "verify-archive", str(path), code=1)


def test_originals_are_said_to_be_ones(run, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    said = run("export", "archive", "--out", str(path), "--photos", "originals")
    assert "do not hand it out" in said


def test_a_list_goes_out_and_comes_back(run, tmp_path: Path, patrol) -> None:
    path = tmp_path / "list.xlsx"
    run("export", "-o", str(path), lang="zh")
    assert "5 unchanged" in run("import", "list", str(path))
    book = load_workbook(path)
    sheet = book.worksheets[1]
    status = next(cell.column for cell in sheet[3] if cell.value == "状态")
    sheet.cell(4, status).value = "已整改"
    book.save(path)
    said = run("import", "list", str(path), "--apply", code=1)
    assert "not possible from its status: Candidate" in said
    report = json.loads(run("import", "list", str(path), "--json", code=1))
    assert {row["outcome"] for row in report["rows"]} == {"unchanged", "refused"}


def test_a_list_that_is_not_there(run, tmp_path: Path) -> None:
    run("import", "list", str(tmp_path / "no.xlsx"), code=1)


def test_pest(run, tmp_path: Path) -> None:
    table = tmp_path / "pest.csv"
    table.write_text(
        "检查时间,检查场所,检查项目,检查间数,发现,房间号\n2026-05-01,甲,鼠,60,鼠粪,1\n", "utf-8"
    )
    assert "1 visits read, 0 entered" in run("pest", "import", str(table), "--dry-run")
    assert "1 visits read, 1 entered" in run("pest", "import", str(table))
    assert "1 visits read, 0 entered" in run("pest", "import", str(table))
    for name in ("r.xlsx", "r.csv"):
        said = run("pest", "report", "-o", str(tmp_path / name))
        assert "rooms with rat signs: 1.67% (1 of 60 rooms; 95 % interval 0.29–8.86)" in said
        assert "level B (may be level A to beyond level C) (?)" in said
        assert "rooms with flies: nothing inspected - no rate" in said
    book = load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Pest density", "Inspections"]
    assert "无检查量，不计算率" in run("pest", "report", lang="zh")


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("list_outcome", Outcome.__args__),
        ("list_refusal", Code.__args__),
        ("list_column", ColumnCode.__args__),
        ("looked_for", LOOKED_FOR),
    ],
)
def test_every_code_has_its_words(kind: str, codes) -> None:
    assert set(labels()[kind]) == set(codes)
    for words in labels()[kind].values():
        assert words["en"].isascii()
        assert not words["zh"].isascii()
