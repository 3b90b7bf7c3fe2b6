"""``tidycity bulletin`` and ``sample-points`` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.app import app
from detect.errors import BadInput
from issues.errors import QueryError
from issues.exports.bulletin_pdf import PrintError
from issues.scoring.table_file import TableError


def run(data: Path, *arguments: str) -> str:
    runner = CliRunner()
    command = ["--data", str(data), "--lang", "en", *arguments]
    done = runner.invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_folder_gets_page_and_spreadsheet(tmp_path: Path) -> None:
    said = run(tmp_path / "data", "bulletin", "--period", "2026-W10", "--out", str(tmp_path))
    assert "0 ranked" in said
    assert "shipped example" in said
    names = {path.name for path in tmp_path.glob("bulletin*")}
    assert names == {"bulletin-2026-W10-street.html", "bulletin-2026-W10-street.xlsx"}


def test_without_a_browser_nothing_is_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("issues.exports.bulletin_pdf.find_browser", lambda: None)
    with pytest.raises(PrintError) as caught:
        run(tmp_path / "data", "bulletin", "--out", str(tmp_path / "b.html"), "--pdf")
    assert caught.value.code == "no_browser"
    assert not list(tmp_path.glob("b.*"))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--period", "someday"], QueryError),
        (["--out", "bulletin.docx"], BadInput),
        (["--points", "nowhere.yaml"], TableError),
    ],
)
def test_what_means_nothing_is_told(tmp_path: Path, arguments: list[str], error) -> None:
    with pytest.raises(error) as caught:
        run(tmp_path / "data", "bulletin", *arguments)
    assert caught.value.mend


def test_sample_points_from_a_file_to_a_sheet(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text(
        "code,kind,name_zh,name_en,lat,lon,datum\n"
        "m-1,market,东门菜场,East market,31.2304,121.4737,wgs84\n",
        "utf-8",
    )
    data = tmp_path / "data"
    assert "1 sample points" in run(data, "sample-points", "import", str(table))
    assert "East market" in run(data, "sample-points", "list")
    sheet = tmp_path / "sheet.html"
    run(data, "sample-points", "sheet", "m-1", "--out", str(sheet))
    assert "never looked at" in sheet.read_text("utf-8")
