"""The default model as a hundred cameras want it: in 8 bits, where it was also trained for that."""

from __future__ import annotations

from detect.errors import ModelError
from detect.model_folder import JOINT, load_card, read_registry, rule_card
from detect.model_set import names_in

EIGHT_BITS = "int8"


def light_model() -> str | None:
    """The registry's default, each of its models that has a variant of 8 bits as that variant.

    None where nothing is lighter: no such variant, no registry, or a rule over another model, which
    shares that model's own network.
    """
    try:
        names = [str(name) for name in names_in(read_registry().default)]
        if any(rule_card(name) is not None for name in names):
            return None
        lighter = [name for name in names if EIGHT_BITS in load_card(name).variants]
    except ModelError:
        return None  # whoever opens the model says what is wrong with it
    if not lighter:
        return None
    return JOINT.join(f"{name}@{EIGHT_BITS}" if name in lighter else name for name in names)
