"""The verbs beside analyze, each in a process of its own."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from openpyxl import load_workbook
from patrol_cli import PLACE, Command, photo

SQUARE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "id": "g1", "level": "grid", "name_zh": "一号网格", "name_en": "Grid 1",
                "unit_zh": "东街社区", "unit_en": "East Street", "leader": "张三", "phone": "000",
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[117, 31], [118, 31], [118, 32], [117, 32], [117, 31]]],
            },
        }
    ],
}  # fmt: skip


@pytest.fixture
def analysed(tidycity: Command, tmp_path: Path) -> Command:
    (tmp_path / "areas.geojson").write_text(json.dumps(SQUARE), "utf-8")
    (tmp_path / "a.jpg").write_bytes(photo())
    done = tidycity("analyze", tmp_path / "a.jpg", "--areas", tmp_path / "areas.geojson")
    assert done.code == 0, done.err
    return tidycity


def test_exports(analysed: Command, tmp_path: Path) -> None:
    for name in ("list.xlsx", "list.csv", "map.geojson", "report.html"):
        done = analysed("--lang", "zh", "export", "-o", tmp_path / name)
        assert done.code == 0, done.err
    sheets = load_workbook(tmp_path / "list.xlsx").worksheets
    text = " ".join(str(c.value) for s in sheets for row in s.iter_rows() for c in row if c.value)
    assert "暴露垃圾" in text
    assert "东街社区" in text
    with (tmp_path / "list.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.reader(file))) == 2
    features = json.loads((tmp_path / "map.geojson").read_text("utf-8"))["features"]
    assert features[0]["geometry"]["coordinates"] == [PLACE[1], PLACE[0]]
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "东街社区" in page
    assert not re.search(r"""(src|href)=["']https?://""", page), "a report asks nobody for anything"


def test_export_says_what_is_wrong(analysed: Command, tmp_path: Path) -> None:
    assert analysed("export", "-o", tmp_path / "list.docx").code == 2
    assert analysed("export", "-o", tmp_path / "no" / "list.csv").code == 2
    assert analysed("export", "--status", "nonesuch").code == 2
    done = analysed("export", "--confirmed", "-o", tmp_path / "list.csv")
    assert "0 issues" in done.out


def test_areas(analysed: Command) -> None:
    assert "East Street" in analysed("areas", "list").out
    assert json.loads(analysed("areas", "list", "--json").out)["features"]


def test_bad_areas_are_told(tidycity: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    done = tidycity("areas", "import", tmp_path / "bad.geojson")
    assert done.code != 0
    assert "error:" in done.err


def test_keys(tidycity: Command) -> None:
    made = tidycity("keys", "create", "inspector", "--scope", "read").out
    (key,) = re.findall(r"tck_\S+", made)
    listed = tidycity("keys", "list").out
    assert "inspector" in listed
    assert key not in listed
    assert tidycity("keys", "revoke", "1").code == 0
    assert "revoked" in tidycity("keys", "list").out
    assert tidycity("keys", "revoke", "99").code != 0


def test_doctor(tidycity: Command) -> None:
    done = tidycity("doctor", "--json")
    assert done.code == 0, done.out + done.err
    assert {line["state"] for line in done.lines} <= {"ok", "warn"}
    broken = tidycity("doctor", TIDYCITY_MODEL="nonesuch")
    assert broken.code == 1
    assert "✗" in broken.out


def test_unknown_setting_is_refused(tidycity: Command) -> None:
    done = tidycity("doctor", TIDYCITY_PROT="1")
    assert done.code == 2
    assert "TIDYCITY_PROT" in done.err


def test_help_speaks_both_languages(tidycity: Command) -> None:
    assert "candidate issues" in tidycity("--help").out
    assert "巡查照片" in tidycity("--lang", "zh", "--help").out


def test_serve_answers_and_asks_for_a_key(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "8397"]
    server = subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        key = next(line.strip() for line in server.stdout if line.strip().startswith("tck_"))
        url = "http://127.0.0.1:8397/api/v1/issues"
        assert _status(url, None) == 401
        assert _status(url, key) == 200
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _status(url: str, key: str | None) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    for _ in range(100):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except urllib.error.URLError:
            time.sleep(0.3)
    raise AssertionError("the server never answered")
