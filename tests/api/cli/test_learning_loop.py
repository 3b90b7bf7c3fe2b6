"""From the console's decisions to labels, and from the store to a labelling tool and back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from api.cli.dataset_reviews import _classes
from api.datasets.reviews import next_to_label, reviewed
from detect.batch import analyze_photos
from detect.datasets.class_map import same_names
from detect.datasets.exporting import export_set
from detect.datasets.formats import read_labels
from detect.datasets.importing import About, import_set
from detect.datasets.own_classes import own_classes
from detect.datasets.picture_finder import PictureFinder
from detect.datasets.reviewed import GREY, write_reviewed
from detect.engines import open_engine
from detect.hints import PlaceHints
from detect.sidecar import read_sidecar
from detect.sources import find_photos
from detect.training.dataset import read_samples, read_spec
from detect.training.errors import DatasetError
from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.queries import list_issues, list_observations
from issues.reviews import judged_photos, waiting_photos
from issues.rows import IssueRow
from issues.store import Store, open_store

PATROL = Path(__file__).parents[3] / "samples" / "patrol"
NOW = datetime.now(UTC) + timedelta(days=1)
CATALOGUE = load_catalogue()
ABOUT = About("own", "a test", "none")


@pytest.fixture(scope="module")
def looked() -> list[object]:
    hints = PlaceHints(sidecar=read_sidecar(PATROL / "locations.csv"))
    photos = find_photos([PATROL])
    return list(analyze_photos(photos, open_engine(), hints=hints, keep_bytes=True))


@pytest.fixture(scope="module")
def recorded(looked: list, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patrol") / "data"
    opened = open_store(None, folder)
    intake = Intake(opened, CATALOGUE, open_engine().model)
    for result in looked:
        intake.record(result)
    opened.close()
    return folder


@pytest.fixture
def store(recorded: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(recorded, tmp_path / "data")
    opened = open_store(None, tmp_path / "data")
    yield opened
    opened.close()


def candidates(store: Store) -> list[IssueRow]:
    with store.reading() as session:
        return list(list_issues(session, CATALOGUE, sort="number").items)


def decide(store: Store, row: IssueRow, action: Action, **fields: object) -> None:
    with store.transaction() as session:
        move(session, row.id, action, "clerk", catalogue=CATALOGUE, now=NOW, **fields)


def count(store: Store, row: IssueRow) -> int:
    with store.reading() as session:
        found = list_observations(session, issue=row.id).items
    return sum(one.category == row.category for one in found)


def test_nobody_decided_so_nothing_is_learned(store: Store, tmp_path: Path) -> None:
    photos, unknown = reviewed(store, _classes().names)
    assert (photos, unknown) == ([], 0)
    with pytest.raises(DatasetError, match="no review"):
        write_reviewed(photos, ABOUT, tmp_path / "own")


def test_decisions_become_labels_and_hard_negatives(store: Store, tmp_path: Path) -> None:
    rows = candidates(store)
    yes, no, allowed = rows[0], rows[1], rows[2]
    decide(store, yes, Action.CONFIRM)
    decide(store, no, Action.REJECT, reason=RejectReason.NOT_A_PROBLEM)
    decide(store, allowed, Action.REJECT, reason=RejectReason.PERMITTED)
    photos, _ = reviewed(store, _classes().names)
    done = write_reviewed(photos, ABOUT, tmp_path / "own")
    assert not done.unreadable
    assert (done.present.total(), done.absent.total()) == (yes.photos, count(store, no))
    spec = read_spec(tmp_path / "own" / "dataset.yaml")
    samples = read_samples(spec, tmp_path / "own", list(spec.names))
    whole = [s for s in samples if "-not-" not in s.image.stem]
    blind = [s for s in samples if "-not-" in s.image.stem]
    names = _classes().names
    assert {spec.names[int(c)] for s in whole for c in s.boxes.class_id} == {names[yes.category]}
    assert all(s.exhaustive == frozenset() for s in whole), "the rest of the photo is unknown"
    assert all(s.exhaustive == {names[no.category]} for s in blind)
    assert len({s.group for s in samples}) >= 2
    image = cv2.imread(str(blind[0].image))
    grey = (np.abs(image.astype(int) - GREY).max(axis=2) <= 6).mean()
    assert 0.2 < grey < 1.0, "all but the rejected box is grey"


def test_originals_are_kept_byte_for_byte(store: Store, tmp_path: Path) -> None:
    row = candidates(store)[0]
    decide(store, row, Action.CONFIRM)
    photos, _ = reviewed(store, _classes().names)
    write_reviewed(photos, ABOUT, tmp_path / "own")
    originals = {store.evidence.read(p.sha256) for p in photos}
    assert {p.read_bytes() for p in (tmp_path / "own" / "images").iterdir()} == originals


def test_what_was_undone_teaches_nothing(store: Store) -> None:
    row = candidates(store)[0]
    decide(store, row, Action.REJECT, reason=RejectReason.NOT_A_PROBLEM)
    decide(store, row, Action.UNDO)
    with store.reading() as session:
        assert judged_photos(session) == []


def test_another_category_teaches_both(store: Store) -> None:
    row = next(r for r in candidates(store) if r.category != "litter.bagged")
    decide(store, row, Action.CONFIRM)
    decide(store, row, Action.CHANGE_CATEGORY, category="litter.bagged")
    with store.reading() as session:
        boxes = [box for photo in judged_photos(session) for box in photo.boxes]
    assert {(b.category, b.present) for b in boxes} == {
        ("litter.bagged", True),
        (row.category, False),
    }


def test_photos_taken_after_the_decision_were_not_judged(looked: list, tmp_path: Path) -> None:
    opened = open_store(None, tmp_path / "later")
    intake = Intake(opened, CATALOGUE, open_engine().model)
    by_time = sorted((r for r in looked if r.photo), key=lambda r: r.photo.taken_at)
    days = sorted({r.photo.taken_at.date() for r in by_time})
    for result in by_time:
        if result.photo.taken_at.date() == days[0]:
            intake.record(result)
    for row in candidates(opened):
        decide(opened, row, Action.CONFIRM)
    with opened.reading() as session:
        before = judged_photos(session)
    for result in by_time:
        if result.photo.taken_at.date() != days[0]:
            intake.record(result)
    with opened.reading() as session:
        assert judged_photos(session) == before
    opened.close()


@pytest.mark.parametrize("form", ["label-studio", "cvat"])
def test_what_to_label_next_goes_out_and_comes_back(
    store: Store, tmp_path: Path, form: str
) -> None:
    first = candidates(store)[0]
    decide(store, first, Action.CONFIRM)
    plan = _classes()
    chosen = next_to_label(store, plan, 6, pool=100, now=NOW)
    assert len({d.name for d in chosen}) == 6
    with store.reading() as session:
        judged = {p.sha256[:16] for p in judged_photos(session)}
        waiting = waiting_photos(session, [], 100)
    assert not judged & {d.name[5:21] for d in chosen}
    assert len(waiting) > len(chosen)
    export_set(chosen, list(plan.names.values()), tmp_path / "out", form, submitted=False)
    if form == "label-studio":
        tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
        for task in tasks:
            task["annotations"] = [{"result": task["predictions"][0]["result"]}]
        (tmp_path / "out" / "tasks.json").write_text(json.dumps(tasks))
    labels = read_labels(tmp_path / "out")
    known = same_names(labels.names, own_classes())
    finder = PictureFinder(tmp_path / "out")
    done = import_set(labels, known, ABOUT, finder, tmp_path / "back")
    assert (done.pictures, done.broken) == (6, [])
    assert done.boxes.total() == sum(len(d.boxes) for d in chosen)
