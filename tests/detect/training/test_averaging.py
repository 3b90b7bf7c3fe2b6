"""The mean of two checkpoints, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (extra torch)")
pytest.importorskip("ultralytics", reason="ultralytics is not installed (extra torch)")

from detect.training.averaging import average_checkpoints  # noqa: E402
from detect.training.errors import RecipeError  # noqa: E402
from detect.training.weights import read_model  # noqa: E402


def checkpoint(path: Path, seed: int, classes: int = 2) -> Path:
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(seed)
    torch.save({"model": DetectionModel("yolo26n.yaml", nc=classes, verbose=False)}, path)
    return path


def test_each_weight_lies_between_at_the_share(tmp_path: Path) -> None:
    first, second = checkpoint(tmp_path / "a.pt", 1), checkpoint(tmp_path / "b.pt", 2)
    mean = read_model(average_checkpoints(first, second, 0.25, tmp_path / "mean.pt"))
    a, b = (read_model(path).state_dict() for path in (first, second))
    for name, value in mean.state_dict().items():
        if value.dtype.is_floating_point:
            wanted = 0.75 * a[name] + 0.25 * b[name]
            assert torch.allclose(value.float(), wanted, atol=2e-3), name
    assert list(tmp_path.glob("*.part")) == []


def test_other_networks_and_shares_are_refused(tmp_path: Path) -> None:
    first, other = checkpoint(tmp_path / "a.pt", 1), checkpoint(tmp_path / "c.pt", 1, classes=3)
    with pytest.raises(RecipeError, match="different networks"):
        average_checkpoints(first, other, 0.5, tmp_path / "mean.pt")
    with pytest.raises(RecipeError, match="0 to 1"):
        average_checkpoints(first, first, 1.5, tmp_path / "mean.pt")
    assert not (tmp_path / "mean.pt").exists()
