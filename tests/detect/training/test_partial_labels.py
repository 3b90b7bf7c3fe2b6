"""A class that a picture's set does not label gets no gradient from that picture."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (extra torch)")
pytest.importorskip("ultralytics", reason="ultralytics is not installed (extra torch)")

from detect.training.partial_labels import MaskedBCE, PartialLabelE2ELoss  # noqa: E402


def class_gradients(mask: list[list[float]], targets: object) -> object:
    scores = torch.zeros(2, 5, 3, requires_grad=True)
    loss = MaskedBCE()
    loss.exhaustive = torch.tensor(mask)[:, None, :]
    loss(scores, targets).sum().backward()
    return scores.grad


def test_a_class_not_labelled_gets_no_gradient() -> None:
    grad = class_gradients([[1, 0, 1], [0, 1, 1]], torch.zeros(2, 5, 3))
    assert (grad[0, :, 1] == 0).all()
    assert (grad[1, :, 0] == 0).all()
    assert (grad[0, :, 0] > 0).all()
    assert (grad[1, :, 1] > 0).all()


def test_boxes_of_a_class_not_exhaustive_still_teach() -> None:
    targets = torch.zeros(2, 5, 3)
    targets[0, 2, 1] = 0.7
    grad = class_gradients([[1, 0, 1], [1, 1, 1]], targets)
    assert grad[0, 2, 1] < 0
    assert (grad[0, [0, 1, 3, 4], 1] == 0).all()


def test_without_a_mask_it_is_plain_cross_entropy() -> None:
    scores, targets = torch.randn(2, 5, 3), torch.rand(2, 5, 3)
    plain = torch.nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
    assert torch.equal(MaskedBCE()(scores, targets), plain)


def test_both_heads_of_a_real_model_obey_the_mask() -> None:
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    model = DetectionModel("yolo26n.yaml", nc=3, verbose=False).train()
    model.args = get_cfg()
    model.criterion = PartialLabelE2ELoss(model)
    batch = {
        "img": torch.rand(2, 3, 64, 64),
        "batch_idx": torch.tensor([0.0, 1.0]),
        "cls": torch.tensor([[0.0], [0.0]]),
        "bboxes": torch.tensor([[0.5, 0.5, 0.4, 0.4], [0.5, 0.5, 0.6, 0.6]]),
        "exhaustive": torch.tensor([[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]]),
    }
    model(batch)[0].sum().backward()
    head = model.model[-1]
    for branches in (head.cv3, head.one2one_cv3):
        for branch in branches:
            grad = branch[-1].bias.grad
            assert grad[1] == 0
            assert grad[0] != 0
            assert grad[2] > 0


def test_the_heads_weights_follow_the_run() -> None:
    loss = PartialLabelE2ELoss.__new__(PartialLabelE2ELoss)
    loss.set_progress(0)
    assert (loss.o2m, loss.o2o) == (0.8, pytest.approx(0.2))
    loss.update()
    loss.set_progress(1)
    assert (loss.o2m, loss.o2o) == (pytest.approx(0.1), pytest.approx(0.9))


def test_a_folded_layer_runs_as_before_and_keeps_its_weights() -> None:
    from ultralytics.nn.modules import Conv

    from detect.training.trainer import fold_batch_norm

    torch.manual_seed(0)
    layer = torch.nn.Sequential(Conv(3, 4, 3), Conv(4, 4, 1)).eval()
    for module in layer.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    x, before = torch.rand(1, 3, 8, 8), {k: v.clone() for k, v in layer.state_dict().items()}
    with torch.no_grad():
        plain = layer(x)
    fold_batch_norm(layer)
    assert torch.allclose(layer(x), plain, atol=1e-5)
    after = layer.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[k], after[k]) for k in before)
