"""Pest inspections over HTTP."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from tests.api.patrol import NOW

VISIT = {
    "inspected_at": (NOW).isoformat(),
    "site": "东湖酒楼",
    "site_kind": "restaurant",
    "looked_for": ["rodent", "roach"],
    "rooms": 80,
    "findings": [
        {"kind": "rodent.dropping", "room": "1"},
        {"kind": "rodent.hole", "room": "1"},
    ],
}


def rates(client, query=""):
    body = client.get(f"/api/v1/pest/report{query}").json()
    return {line["code"]: line["rate"] for line in body["total"]}


def test_no_rate_without_a_denominator(client) -> None:
    assert set(rates(client).values()) == {None}
    answer = client.post("/api/v1/pest/inspections", json={**VISIT, "rooms": None})
    assert (answer.status_code, answer.json()["cause"]) == (422, "denominator_missing")


def test_a_rate_comes_with_all_that_it_needs(client) -> None:
    assert client.post("/api/v1/pest/inspections", json=VISIT).status_code == 201
    rate = rates(client)["rodent_signs"]
    assert (rate["numerator"], rate["denominator"], rate["counted"]) == (1, 80, "rooms")
    assert rate["low"] < rate["value"] == 1.25 < rate["high"]
    assert (rate["level"], rate["unchecked"]) == ("B", True)
    assert rates(client)["fly"] is None
    assert set(rates(client, "?until=2020-01-01T00:00:00Z").values()) == {None}


def test_an_entry_is_kept_once_and_can_be_voided(client) -> None:
    headers = {"Idempotency-Key": "k"}
    first = client.post("/api/v1/pest/inspections", json=VISIT, headers=headers)
    again = client.post("/api/v1/pest/inspections", json=VISIT, headers=headers)
    assert (first.json()["new"], again.json()["new"]) == (True, False)
    key = first.json()["id"]
    kept = client.get("/api/v1/pest/inspections").json()
    assert [(one["id"], len(one["findings"]), one["recorded_by"]) for one in kept] == [
        (key, 2, "admin")
    ]
    void = f"/api/v1/pest/inspections/{key}/void"
    assert client.post(void, json={"reason": "录入重复"}).status_code == 204
    assert client.get("/api/v1/pest/inspections").json() == []
    assert client.get("/api/v1/pest/inspections?voided=true").json()[0]["void_reason"] == "录入重复"
    assert client.post("/api/v1/pest/inspections/99/void", json={"reason": "x"}).status_code == 404


@pytest.mark.parametrize("apply", [False, True])
def test_a_table(client, apply: bool) -> None:
    head = "检查时间,检查场所,检查项目,检查间数,发现,房间号\n"
    table = head + "2026-05-01,甲,鼠,60,鼠粪,1\n2026-05-01,乙,鼠,,,\n"
    files = {"file": ("t.csv", table.encode("gb18030"), "text/csv")}
    body = client.post(f"/api/v1/pest/tables?apply={str(apply).lower()}", files=files).json()
    assert (body["visits"], body["entered"]) == (1, int(apply))
    assert [(p["line"], p["code"]) for p in body["problems"]] == [(3, "denominator_missing")]
    assert (rates(client)["rodent_signs"] is not None) is apply


def test_times_need_a_zone(client) -> None:
    assert client.get("/api/v1/pest/report?since=2026-05-01T00:00:00").status_code == 422


def test_the_report_as_a_spreadsheet(client) -> None:
    client.post("/api/v1/pest/inspections", json=VISIT)
    answer = client.get("/api/v1/pest/report.xlsx?lang=zh")
    book = load_workbook(BytesIO(answer.content))
    assert book.sheetnames == ["病媒生物密度监测", "检查记录"]
    first = [cell.value for cell in book.worksheets[0][4]]
    assert first[:5] == ["合计", "室内鼠迹阳性率", 1, "80 间", 1.25]
    flies = next(row for row in book.worksheets[0].values if row[1] == "室内有蝇房间阳性率")
    assert flies[3:7] == ("无检查量，不计算率", None, None, "无检查量，不评等级")
