"""A category that an office switched off: findings are kept, issues aren't made of them."""

from __future__ import annotations

from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.queries import list_issues, list_observations
from tests.issues.photos import StreetModel


def test_findings_of_it_are_kept_and_make_no_issue(sqlite_store, camera, clock, tmp_path):
    before = Intake(sqlite_store, load_catalogue(), StreetModel(), clock=clock)
    (old,) = before.record(camera.shoot("litter.pile")).new_issues
    path = tmp_path / "office.yaml"
    path.write_text("extends: shipped\ncategories: {litter.pile: {enabled: false}}\n", "utf-8")
    office = load_catalogue(path)
    intake = Intake(sqlite_store, office, StreetModel(), clock=clock)
    seen = intake.record(camera.shoot("litter.pile", "bin.overflow", days=1))
    assert len(seen.new_issues) == 1
    assert seen.seen_again == ()
    assert intake.record(camera.shoot(days=2)).proposed_fixed == tuple(seen.new_issues)
    with sqlite_store.reading() as session:
        rows = {row.number: row for row in list_issues(session, office).items}
        loose = [o for o in list_observations(session).items if o.issue_number is None]
    assert rows[old].category == "litter.pile", "what there was stays"
    assert rows[old].proposal is None, "and nothing speaks for its being gone"
    assert [o.category for o in loose] == ["litter.pile"]
