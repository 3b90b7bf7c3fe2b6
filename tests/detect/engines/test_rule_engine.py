from __future__ import annotations

import hashlib

import numpy as np
import pytest
import yaml

from detect.engines import open_engine
from detect.engines.rule import RuleEngine
from detect.engines.several import SeveralEngines, look
from detect.errors import ModelError
from detect.model_folder import load_card, rule_card

NUMBERS = {"alone": 0.5, "heap": 3, "unattended": 0.2, "joins": 0.25}


def a_class(index, name, category=None, threshold=0.5):
    return {"index": index, "name": name, "category": category, "threshold": threshold}


@pytest.fixture
def scene(make_model):
    """The tiny model: red cells are umbrellas, blue ones people."""
    return make_model(classes=[a_class(0, "umbrella"), a_class(1, "person")], tiles=False)


@pytest.fixture
def rule(tmp_path, scene):
    def made(name="stall", numbers=NUMBERS, **changes):
        folder = tmp_path / f"rule-{name}"
        folder.mkdir(exist_ok=True)
        (folder / "rule.yaml").write_text(yaml.safe_dump(numbers), "utf-8")
        card = {
            "id": name,
            "version": "2",
            "kind": "rule",
            "over": str(scene),
            "rule": "stall",
            "file": "rule.yaml",
            "input_px": 640,
            "tiles": False,
            "status": "experimental",
            "classes": [a_class(0, "stall", "stall.mobile", 0.4)],
            "sha256": {
                "rule.yaml": hashlib.sha256((folder / "rule.yaml").read_bytes()).hexdigest()
            },
        }
        (folder / "model.yaml").write_text(yaml.safe_dump(card | changes), "utf-8")
        return folder

    return made


def picture(person=True):
    """One red cell, and a blue one below it."""
    image = np.zeros((640, 640, 3), np.uint8)
    image[128:160, 320:352, 2] = 255
    if person:
        image[160:192, 320:352, 0] = 255
    return image


def test_it_speaks_of_what_stands_together(rule):
    engine = open_engine(rule(), threads=1)
    assert isinstance(engine, RuleEngine)
    with_person, alone, nothing = engine.detect(
        [picture(), picture(person=False), np.zeros((640, 640, 3), np.uint8)]
    )
    assert with_person.names == ("stall",)
    assert with_person.score.tolist() == pytest.approx([1.0], abs=0.01)
    assert with_person.xyxy.tolist() == [[320, 128, 352, 192]]
    assert alone.score.tolist() == pytest.approx([0.5], abs=0.01)
    assert len(nothing) == 0


def test_the_threshold_on_the_card_holds(rule):
    strict = rule(classes=[a_class(0, "stall", "stall.mobile", 0.7)])
    (found,) = open_engine(strict, threads=1).detect([picture(person=False)])
    assert len(found) == 0


def test_classes_that_the_card_does_not_name_are_left_out(rule):
    (found,) = open_engine(rule(classes=[a_class(0, "tables", None)]), threads=1).detect(
        [picture()]
    )
    assert len(found) == 0


def test_rules_over_one_model_share_its_pass(rule, scene, monkeypatch):
    first, second = rule("one"), rule("two", classes=[a_class(0, "stall", "stall.spillover", 0.4)])
    engine = open_engine(f"{first}+{second}+{scene}", threads=1)
    assert isinstance(engine, SeveralEngines)
    network = engine.members[2]
    assert [getattr(m, "things", m) for m in engine.members] == [network] * 3
    calls = []
    real = network.detect
    monkeypatch.setattr(network, "detect", lambda images: calls.append(1) or real(images))
    in_a_photo = look(engine, picture(), (640, 640), "auto")
    (plain,) = engine.detect([picture()])
    assert len(calls) == 2
    for found in (in_a_photo, plain):
        names = [found.names[i] for i in found.class_id]
        assert sorted(names) == ["one:stall", "person", "two:stall", "umbrella"]


def test_a_rule_that_does_not_exist(rule):
    with pytest.raises(ModelError, match="wants the rule 'market'") as error:
        open_engine(rule(rule="market"), threads=1)
    assert error.value.code == "bad_card"
    assert "stall" in error.value.mend


@pytest.mark.parametrize("numbers", [{"alone": 2}, {"alnoe": 0.5}, [1, 2]])
def test_wrong_numbers_are_refused(rule, numbers):
    with pytest.raises(ModelError, match="the numbers of the rule"):
        open_engine(rule(numbers=numbers), threads=1)


def test_changed_numbers_are_refused(rule):
    folder = rule()
    (folder / "rule.yaml").write_text("alone: 0.1\n", "utf-8")
    with pytest.raises(ModelError, match="not what its card describes"):
        open_engine(folder, threads=1)


@pytest.mark.parametrize("gone", ["over", "rule"])
def test_a_rule_needs_a_model_and_a_name(rule, gone):
    with pytest.raises(ModelError, match="needs over"):
        load_card(rule(**{gone: None}))


def test_a_network_needs_its_output(make_model):
    with pytest.raises(ModelError, match="needs output"):
        load_card(without_output(make_model()))


def without_output(folder):
    data = yaml.safe_load((folder / "model.yaml").read_text("utf-8"))
    del data["output"]
    (folder / "model.yaml").write_text(yaml.safe_dump(data), "utf-8")
    return folder


def test_which_models_are_rules(rule, scene, tmp_path):
    assert rule_card(rule()).over == str(scene)
    assert rule_card(scene) is None
    weights = tmp_path / "best.pt"
    weights.write_bytes(b"weights")
    assert rule_card(weights) is None
