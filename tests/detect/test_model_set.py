from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.errors import ModelError
from detect.model_set import ModelSet, names_in, speaker
from detect.observe import categories, context, observations
from detect.types import Detections


def model(name: str, *rows: tuple[str, str | None], version: str = "1", input_px: int = 512):
    classes = tuple(
        SimpleNamespace(name=n, category=c, threshold=0.5, experimental=name != "street")
        for n, c in rows
    )
    return SimpleNamespace(id=name, version=version, input_px=input_px, classes=classes)


STREET = model("street", ("garbage", "litter.pile"), ("bin", None), version="3")
STALL = model("stall", ("stall", "stall.mobile"), ("bin", None), version="1", input_px=416)


def found(names, *rows):
    return Detections.of([r[:4] for r in rows], [r[4] for r in rows], [r[5] for r in rows], names)


def test_a_set_is_one_model():
    both = ModelSet([STREET, STALL])
    assert (both.id, both.version, both.input_px) == ("street+stall", "3+1", 512)
    assert [row.name for row in both.classes] == ["garbage", "street:bin", "stall", "stall:bin"]
    assert categories(both) == {"litter.pile", "stall.mobile"}
    assert [row.experimental for row in both.classes] == [False, False, True, True]


def test_findings_carry_their_own_model():
    both = ModelSet([STREET, STALL])
    seen = both.merge(
        [
            found(("garbage", "bin"), (0, 0, 10, 10, 0.6, 0), (5, 5, 9, 9, 0.9, 1)),
            found(("stall", "bin"), (0, 0, 20, 20, 0.8, 0)),
        ]
    )
    assert seen.score.tolist() == pytest.approx([0.9, 0.8, 0.6])
    rows = observations(seen, (100, 100, 3), both, "a" * 64)
    assert [(o.category, o.model_id, o.model_version, o.experimental) for o in rows] == [
        ("stall.mobile", "stall", "1", True),
        ("litter.pile", "street", "3", False),
    ]
    assert [box.name for box in context(seen, (100, 100, 3), both)] == ["street:bin"]


def test_one_model_speaks_for_itself():
    assert speaker(STREET, 0) == ("street", "3")


def test_two_that_find_the_same_are_refused():
    twin = model("ours", ("piles", "litter.pile"))
    with pytest.raises(ModelError, match="street and ours both find") as error:
        ModelSet([STREET, twin])
    assert error.value.code == "models_overlap"
    with pytest.raises(ModelError, match="named twice"):
        ModelSet([STREET, STREET])


def test_every_member_must_have_answered():
    with pytest.raises(ValueError, match="2 members, got 1"):
        ModelSet([STREET, STALL]).merge([found(("garbage", "bin"))])


def test_a_folder_with_a_plus_in_its_name_is_one_model(tmp_path):
    folder = tmp_path / "a+b"
    folder.mkdir()
    assert names_in(str(folder)) == [str(folder)]
    assert names_in("a + b") == ["a", "b"]
    assert names_in(folder) == [folder]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_nothing_is_lost_and_no_class_is_mixed_up(counts, random):
    members = [
        model(f"m{i}", *((f"c{i}{k}", f"x.{i}{k}") for k in range(3))) for i in range(len(counts))
    ]
    each = [
        found(
            tuple(row.name for row in member.classes),
            *[(0, 0, i + 1, k + 1, random.random(), random.randrange(3)) for k in range(count)],
        )
        if count
        else Detections.empty(tuple(row.name for row in member.classes))
        for i, (member, count) in enumerate(zip(members, counts, strict=True))
    ]
    merged = ModelSet(members).merge(each)
    assert len(merged) == sum(counts)
    assert (np.diff(merged.score) <= 0).all()
    told = sorted(
        (merged.names[c], float(s)) for c, s in zip(merged.class_id, merged.score, strict=True)
    )
    asked = sorted(
        (p.names[c], float(s)) for p in each for c, s in zip(p.class_id, p.score, strict=True)
    )
    assert told == asked
