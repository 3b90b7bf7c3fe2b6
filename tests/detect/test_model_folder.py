from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from detect.errors import ModelError
from detect.model_folder import load_card, models_dir, read_registry

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def registry(tmp_path, tiny_folder, monkeypatch) -> Path:
    shutil.copytree(tiny_folder, tmp_path / "models" / "tiny-folder")
    text = "default: tiny\nmodels: {tiny: {path: tiny-folder, status: stable}}\n"
    (tmp_path / "models" / "registry.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("TIDYCITY_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def broken(folder: Path, **changes: object) -> Path:
    path = folder / "model.yaml"
    data = yaml.safe_load(path.read_text("utf-8")) | changes
    path.write_text(yaml.safe_dump({k: v for k, v in data.items() if v != "gone"}), "utf-8")
    return folder


def test_card_says_what_is_known(tiny_folder):
    card = load_card(tiny_folder)
    assert (card.id, card.version, card.input_px) == ("tiny", "1", 640)
    assert card.class_names == ("red", "blue")
    assert [row.category for row in card.classes] == ["litter.pile", None]
    assert [row.experimental for row in card.classes] == [True, False]
    assert card.classes[0].names == {"zh": "红", "en": "red"}
    assert card.weights == tiny_folder / "model.xml"


def test_default_by_name_by_folder_and_by_card(registry):
    wanted = registry / "tiny-folder"
    for name in (None, "tiny", wanted, str(wanted), wanted / "model.yaml"):
        assert load_card(name).folder == wanted


def test_unknown_model_names_those_there_are(registry):
    with pytest.raises(ModelError, match="no model 'big'") as error:
        load_card("big")
    assert error.value.code == "unknown_model"
    assert "tiny" in error.value.mend


def test_no_registry(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDYCITY_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(ModelError) as error:
        load_card()
    assert error.value.code == "model_not_found"
    assert "TIDYCITY_MODELS" in error.value.mend


def test_registry_whose_default_is_missing(registry):
    (registry / "registry.yaml").write_text("default: a\nmodels: {b: {path: b}}\n", "utf-8")
    with pytest.raises(ModelError, match="default names 'a'"):
        read_registry()


def test_changed_weights_are_refused(make_model):
    folder = make_model()
    (folder / "model.bin").write_bytes(b"other weights")
    with pytest.raises(ModelError, match=r"model\.bin is not what its card") as error:
        load_card(folder)
    assert error.value.code == "model_changed"


def test_missing_weights_are_named(make_model):
    folder = make_model()
    (folder / "model.bin").unlink()
    with pytest.raises(ModelError, match=r"lacks .*model\.bin") as error:
        load_card(folder)
    assert error.value.code == "model_file_missing"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"id": "gone"}, "id: Field required"),
        ({"input_px": 650}, "input_px: .*multiple of 32"),
        ({"input_px": "many"}, "input_px"),
        ({"output": "other"}, "output"),
        ({"task": "segment"}, "task"),
        ({"nms_iou": 0}, "nms_iou"),
        ({"classes": []}, "classes"),
        ({"classes": [{"index": 0, "name": "a", "threshold": 0.5}]}, "category"),
        ({"classes": [{"index": 1, "name": "a", "category": None, "threshold": 0.5}]}, "in order"),
        (
            {
                "classes": [
                    {"index": i, "name": "a", "category": None, "threshold": 0} for i in (0, 1)
                ]
            },
            "same name",
        ),
        ({"classes": [{"index": 0, "name": "a", "category": None, "threshold": 2}]}, "threshold"),
        ({"file": "../model.xml"}, "file name in the model's folder"),
        ({"sha256": {"/etc/hostname": "0" * 64}}, "file name in the model's folder"),
    ],
)
def test_impossible_cards(make_model, changes, wanted):
    with pytest.raises(ModelError, match=wanted) as error:
        load_card(broken(make_model(), **changes))
    assert error.value.code == "bad_card"


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "\x00"])
def test_not_a_card(make_model, text):
    folder = make_model()
    (folder / "model.yaml").write_text(text, "utf-8")
    with pytest.raises(ModelError) as error:
        load_card(folder)
    assert error.value.code == "bad_card"
    assert str(folder / "model.yaml") in str(error.value)


def test_further_keys_are_for_people(make_model):
    assert load_card(broken(make_model(), licence="AGPL-3.0", trained_on=["a"])).id == "tiny"


def test_an_experimental_model_has_experimental_classes(make_model):
    card = load_card(make_model(status="experimental"))
    assert [row.experimental for row in card.classes] == [True, True]


def test_version_may_be_written_as_a_number(make_model):
    assert load_card(broken(make_model(), version=2)).version == "2"


def test_this_checkout_has_its_own_models(monkeypatch):
    monkeypatch.delenv("TIDYCITY_MODELS", raising=False)
    if not (ROOT / "models" / "registry.yaml").is_file():
        pytest.skip("no models/registry.yaml in this checkout")
    assert models_dir() == ROOT / "models"
    for name in read_registry().models:
        card = load_card(name)
        assert card.status == read_registry().models[name].status
        assert all(row.names.keys() >= {"zh", "en"} for row in card.classes)


def test_a_variant_has_other_weights_and_says_so(make_model):
    folder = make_model()
    for suffix in ("xml", "bin"):
        shutil.copy(folder / f"model.{suffix}", folder / f"model-int8.{suffix}")
    broken(folder, variants={"int8": "model-int8.xml"})
    card = load_card(f"{folder}@int8")
    assert card.weights == folder / "model-int8.xml"
    assert card.version == load_card(folder).version + "-int8"
    with pytest.raises(ModelError, match="no variant 'int4'") as error:
        load_card(f"{folder}@int4")
    assert error.value.code == "unknown_variant"
    assert "int8" in error.value.mend


def test_strict_thresholds_are_named_like_a_variant(make_model):
    folder = make_model()
    for suffix in ("xml", "bin"):
        shutil.copy(folder / f"model.{suffix}", folder / f"model-int8.{suffix}")
    rows = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8"))["classes"]
    plain = load_card(folder)
    with pytest.raises(ModelError, match="no strict thresholds"):
        load_card(f"{folder}@strict")
    rows[0]["strict"] = 0.9
    broken(folder, classes=rows, variants={"int8": "model-int8.xml"})
    card = load_card(f"{folder}@int8@strict")
    assert card.weights == folder / "model-int8.xml"
    assert card.version == f"{plain.version}-int8-strict"
    assert card.classes[0].threshold == 0.9
    assert card.classes[1:] == plain.classes[1:]
    assert load_card(f"{folder}@strict").weights == plain.weights
    with pytest.raises(ModelError) as error:
        load_card(f"{folder}@int4")
    assert "int8, strict" in error.value.mend
    rows[0]["strict"] = rows[0]["threshold"] / 2
    with pytest.raises(ModelError, match="lies below the threshold"):
        load_card(broken(folder, classes=rows))


def test_a_variant_that_is_not_there_is_named(make_model):
    folder = broken(make_model(), variants={"int8": "model-int8.xml"})
    assert load_card(folder).file == "model.xml"
    with pytest.raises(ModelError, match=r"lacks .*model-int8\.xml"):
        load_card(f"{folder}@int8")
    with pytest.raises(ModelError, match="not a path"):
        load_card(broken(folder, variants={"int8": "../model.xml"}))
