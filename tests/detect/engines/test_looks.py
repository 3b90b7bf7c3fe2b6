"""Several looks at a picture, by a network whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from test_openvino_engine import picture

from detect.engines import open_engine
from detect.engines.several import min_side_px
from detect.errors import ModelError
from detect.model_folder import load_card

BOTH = [{"px": 640}, {"px": 640, "mirrored": True}]


@pytest.fixture
def careful(make_model):
    """Makes a model that may look carefully; gives its name with @careful."""

    def make(looks, threshold=0.3, **also):
        folder = make_model(f"careful-{len(looks)}-{threshold}")
        path = folder / "model.yaml"
        card = yaml.safe_load(path.read_text("utf-8"))
        limits = dict.fromkeys([row["name"] for row in card["classes"]], threshold)
        card["careful"] = {"looks": looks, "thresholds": limits, **also}
        path.write_text(yaml.safe_dump(card), "utf-8")
        return f"{folder}@careful"

    return make


def test_a_mirrored_look_sees_the_same_thing_at_the_same_place(careful):
    image = picture(640, 480, (3, 5))
    (once,) = open_engine(careful(BOTH).removesuffix("@careful"), threads=1).detect([image])
    (found,) = open_engine(careful(BOTH), threads=1).detect([image])
    np.testing.assert_allclose(found.xyxy, once.xyxy, atol=0.5)
    np.testing.assert_allclose(found.score, once.score, atol=0.01)  # half, if they didn't meet


def test_what_one_look_alone_sees_counts_half(careful):
    image = picture(640, 480, (3, 5))
    looks = [{"px": 640}, {"px": 320}]  # there the cell is a quarter of what the network looks for
    (found,) = open_engine(careful(looks), threads=1).detect([image])
    assert found.score.round(1).tolist() == [0.5]
    (strict,) = open_engine(careful(looks, threshold=0.6), threads=1).detect([image])
    assert len(strict) == 0


def test_pictures_of_many_shapes_stay_in_order(careful):
    sizes = [(640, 480), (480, 640), (640, 640)] * 3
    cells = [(i % 10, i % 7) for i in range(len(sizes))]
    images = [picture(*size, cell) for size, cell in zip(sizes, cells, strict=True)]
    engine = open_engine(careful(BOTH), threads=2)
    for found, (column, row) in zip(engine.detect(images), cells, strict=True):
        np.testing.assert_allclose(found.xyxy[0, :2], [column * 32, row * 32], atol=0.5)


def test_a_photo_is_decoded_as_large_as_the_largest_look(careful):
    engine = open_engine(careful([{"px": 640}, {"px": 960}]), threads=1)
    assert min_side_px(engine, (1280, 960), "off") == 960
    assert engine.model.largest_px == 960


def test_the_cards_say_what_runs(careful):
    name = careful(BOTH, strict={"red": 0.8})
    card, plain = load_card(name), load_card(name.removesuffix("@careful"))
    assert card.version == f"{plain.version}-careful"
    assert (plain.looks, len(card.looks)) == ((), 2)
    for both in (f"{name}@strict", f"{name.replace('@', '@strict@')}"):
        strict = load_card(both)
        assert strict.version == f"{plain.version}-careful-strict"
        assert [row.threshold for row in strict.classes] == [0.8, 0.3]


def test_a_plan_that_can_not_be_is_refused(careful, make_model):
    with pytest.raises(ModelError, match="no variant 'careful'"):
        load_card(f"{make_model()}@careful")
    with pytest.raises(ModelError, match="looks"):
        load_card(careful(BOTH[:1]))
    with pytest.raises(ModelError, match="multiple of 32"):
        load_card(careful([{"px": 640}, {"px": 100}]))
    with pytest.raises(ModelError, match="threshold for every class"):
        load_card(careful(BOTH, thresholds={"red": 0.5}))
    folder = make_model("looks-alone")
    card = (folder / "model.yaml").read_text("utf-8")
    (folder / "model.yaml").write_text(f"{card}\nlooks: [{{px: 640}}]\n", "utf-8")
    with pytest.raises(ModelError, match="looks need careful"):
        load_card(folder)
