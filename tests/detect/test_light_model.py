"""What cameras run where no model was named."""

from __future__ import annotations

from detect.engines import open_engine
from detect.light_model import light_model
from detect.model_folder import load_card, read_registry


def test_the_default_model_runs_in_8_bits_where_it_can(monkeypatch):
    chosen = read_registry().model_copy(update={"default": "street"})
    monkeypatch.setattr("detect.light_model.read_registry", lambda: chosen)
    assert light_model() == "street@int8"
    assert load_card("street@int8").version == f"{load_card('street').version}-int8"
    assert open_engine(light_model(), threads=1).model.id == "street"


def test_a_model_without_8_bits_and_no_model_stay_as_they_are(monkeypatch, tmp_path):
    for default, expected in (("pest", None), ("street+pest", "street@int8+pest"), ("none", None)):
        chosen = read_registry().model_copy(update={"default": default})
        monkeypatch.setattr("detect.light_model.read_registry", lambda one=chosen: one)
        assert light_model() == expected
