"""Markup in every text that people or other systems write, seen in a real browser on every page."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, String

from api.access import PAGES
from issues.feed.target import TargetKind
from issues.feed.targets import add_target
from issues.service_requests import Report, add_request
from issues.store import open_store
from issues.store.tables import Base
from tests.api.browser import CHROMIUM
from tests.api.conftest import Prepared
from tests.api.console_site import console
from tests.api.patrol import NOW

MARK = '\'"><img src=x onerror="window.hurt=1"><script>window.hurt=1</script>{{7*7}}'
WRITTEN = frozenset(
    {
        *("name", "name_zh", "name_en", "unit_zh", "unit_en", "leader", "phone", "supervisor"),
        *("note", "actor", "source", "message", "description", "label", "inspector", "site"),
        *("last_error", "recorded_by", "created_by", "void_reason", "unit", "paused_reason"),
    }
)
"""Columns that hold what somebody wrote; the others hold codes, ids and hashes."""
LEFT_OUT = frozenset({"counters", "audit", "api_keys.unit"})
"""Counters are the program's own, the database refuses to change the audit log, and a key with a
unit would see that unit's issues alone."""
WIDE_AREA = '{"type":"Polygon","coordinates":[[[120,30],[121,30],[121,31],[120,31],[120,30]]]}'


def spoil(engine: Engine) -> int:
    """Writes the mark into every such column; gives how many."""
    spoilt = 0
    tables = Base.metadata.tables
    with engine.begin() as connection:
        area = {"code": "a", "level": "grid", "geometry": WIDE_AREA, "in_force": True}
        area |= dict.fromkeys(("name_zh", "name_en", "unit_zh", "unit_en", "leader", "phone"), "")
        made = connection.execute(tables["areas"].insert().values(imported_at=NOW, **area))
        connection.execute(tables["issues"].update().values(area_id=made.inserted_primary_key[0]))
        for table in tables.values():
            for column in table.columns:
                named = f"{table.name}.{column.name}"
                kind = getattr(column.type, "impl", column.type)
                if table.name in LEFT_OUT or named in LEFT_OUT or column.name not in WRITTEN:
                    continue
                if isinstance(kind, String):
                    connection.execute(table.update().values({column.name: MARK}))
                    spoilt += 1
    return spoilt


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_no_text_is_taken_for_markup(walked_folder: Prepared, tmp_path: Path) -> None:
    with console(walked_folder, tmp_path) as site:
        store = open_store(None, site.data)
        with store.transaction() as session:
            add_target(session, "t", TargetKind.RECORD, "record:", NOW)
            add_request(session, Report("litter.pile", "d"), "a", NOW)
        assert spoil(store.engine) > 40
        store.close()
        paths = [path for path in PAGES if "{" not in path and path != "/"]
        paths += [f"/issues/{number}" for number in (site.patrol.new, site.patrol.back)]
        assert len(paths) > 12
        with site.tab() as page:
            shown = 0
            for path in paths:
                page.goto(path, wait_until="domcontentloaded")
                page.wait_for_selector("main")
                page.wait_for_timeout(500)
                assert page.evaluate("window.hurt") is None, path
                assert page.locator("img[src='x']").count() == 0, path
                shown += "onerror=" in page.inner_text("body")
            assert shown >= 3, "the marks were never shown: the test proves nothing"
