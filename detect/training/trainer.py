"""Trains a YOLO with ultralytics on a built set. The only module that drives its trainer.

What differs from `yolo train`: partial labels, mosaics of like-labelled pictures, a schedule that
can follow the clock, frozen layers with their batch norm folded in (a third less time a step on a
CPU), channels-last tensors, no downloads. Needs the extra `torch`.
"""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")

import torch
import yaml
from torch import Tensor, nn
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.modules import Conv
from ultralytics.utils.torch_utils import fuse_conv_and_bn

from detect.training.build import read_manifest
from detect.training.chips import chip_plan
from detect.training.crew import Crew
from detect.training.early_stop import VALIDATION, Patience, Validator
from detect.training.errors import RecipeError
from detect.training.head_only import train_head
from detect.training.mosaic import GroupedDataset
from detect.training.partial_labels import PartialLabelE2ELoss, PartialLabelLoss
from detect.training.precision import choose, cpu_flags
from detect.training.recipe import Recipe, TrainPlan
from detect.training.schedule import progress, rate_factor, side_px
from detect.training.weights import check_weights

AUGMENT_KEYS = frozenset(
    ("hsv_h", "hsv_s", "hsv_v", "degrees", "translate", "scale", "shear", "fliplr", "mosaic")
)
SAVE_EVERY_S = 600.0  # a pass over the data may take far longer
Report = Callable[[Mapping[str, float]], None]


def train(
    recipe: Recipe, built: Path, out: Path, report: Report | None = None, resume: bool = False
) -> Path:
    """Trains on the built set and returns the last checkpoint, `out`/weights/last.pt.

    One checkpoint an epoch is kept. With `resume`, goes on from the last one. `report` is called
    after each epoch with its losses, part done and seconds. Where the plan validates, `out`/
    weights/best.pt is the checkpoint that did best on val, and validation.csv says how each did
    (seconds, epoch, mean AP50). Raises RecipeError.
    """
    if recipe.train.head_only:
        if resume:
            raise RecipeError("a run of the head alone is short and can't be resumed: start anew")
        return train_head(recipe, built, out, report)
    size = recipe.train.processes
    if size == 1:
        return train_member(recipe, built, out, Crew(), report, resume)
    out.mkdir(parents=True, exist_ok=True)
    meeting = out / f"meeting-{time.time_ns()}"
    spawn = multiprocessing.get_context("spawn")
    others = [
        spawn.Process(
            target=train_member,
            args=(recipe, built, out, Crew(rank, size, meeting), None, resume),
            daemon=False,
        )
        for rank in range(1, size)
    ]
    for other in others:
        other.start()
    try:
        return train_member(recipe, built, out, Crew(0, size, meeting), report, resume)
    finally:
        for other in others:
            other.join(timeout=60)
            other.terminate()
        meeting.unlink(missing_ok=True)


def train_member(
    recipe: Recipe, built: Path, out: Path, crew: Crew, report: Report | None, resume: bool
) -> Path:
    """One process's part in a training run."""
    torch.set_num_threads(recipe.train.threads)
    torch.set_flush_denormal(True)
    crew.gather()
    try:
        trainer = StreetTrainer(recipe, built, out, crew, report, resume)
        trainer.train()
    finally:
        crew.part()
    return Path(trainer.last)


class StreetTrainer(DetectionTrainer):  # type: ignore[misc]
    """ultralytics' trainer with this project's data, loss and schedule."""

    def __init__(
        self,
        recipe: Recipe,
        built: Path,
        out: Path,
        crew: Crew,
        report: Report | None,
        resume: bool,
    ) -> None:
        self.plan = recipe.train
        self.crew = crew
        self.class_names = recipe.class_names
        check_weights(recipe.weights)
        self.built = built
        self.report = report
        self.entries = read_manifest(built)
        self._masks = _mask_table(
            {entry.file: entry.exhaustive for entry in self.entries}, self.class_names
        )
        super().__init__(overrides=_overrides(recipe, built, out, crew, resume))
        self.args.workers = self.plan.workers  # ultralytics sets 0 on a CPU: a core then waits
        self._elapsed_before_s = _read_elapsed(out) if resume else 0.0
        self._started_s = time.monotonic()
        self._saved_s = self._elapsed_before_s
        self._mosaic_closed = False
        self._validator = self._made_validator(built)
        self._patience = Patience.read(out / VALIDATION, self.plan.patience, resume)
        self._judged_s = self._elapsed_before_s
        for event in ("on_pretrain_routine_end", "on_train_epoch_start", "on_train_batch_start"):
            self.add_callback(event, lambda trainer, name=event: getattr(trainer, f"_{name}")())
        self.add_callback("on_model_save", lambda trainer: trainer._on_model_save())

    def get_dataset(self) -> dict[str, Any]:
        """The built set as ultralytics wants it, without its download of fonts and archives."""
        data = yaml.safe_load((self.built / "data.yaml").read_text(encoding="utf-8"))
        if list(data["names"].values()) != self.class_names:
            raise RecipeError(
                f"{self.built} was built for {list(data['names'].values())}, the recipe has "
                f"{self.class_names}; build it again"
            )
        paths = {split: str(self.built / data[split]) for split in ("train", "val", "test")}
        return {**data, **paths, "nc": len(self.class_names), "channels": 3}

    def get_model(self, *args: Any, **kwargs: Any) -> Any:
        """ultralytics' model, without its one-to-one head where the plan trains only "raw"."""
        model = super().get_model(*args, **kwargs)
        if self.plan.head == "raw":
            model.model[-1].one2one_cv2 = model.model[-1].one2one_cv3 = None
        return model

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Any:
        """Training pictures with peer mosaics; validation as ultralytics does it."""
        if mode != "train":
            return super().build_dataset(img_path, mode, batch)
        return GroupedDataset(
            img_path=img_path,
            imgsz=self.args.imgsz,
            batch_size=batch,
            augment=True,
            hyp=self.args,
            cache=False if self.plan.chips else "ram",
            stride=32,
            data=self.data,
            entries=self.entries,
            chips=chip_plan(self.plan.chips) if self.plan.chips else None,
        )

    def get_dataloader(self, *args: Any, **kwargs: Any) -> Any:
        """As ultralytics'; the leader goes first, since it writes the cache of labels."""
        if not self.crew.leads:
            self.crew.wait()
        loader = super().get_dataloader(*args, **kwargs)
        if self.crew.leads:
            self.crew.wait()
        return loader

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Adds the mask (B, C) of exhaustive classes; channels last."""
        batch = dict(super().preprocess_batch(batch))
        names = [Path(file).name for file in batch["im_file"]]
        batch["exhaustive"] = torch.stack([self._masks[name] for name in names]).to(self.device)
        batch["img"] = self._sized(batch["img"]).to(memory_format=torch.channels_last)
        return batch

    def _sized(self, images: Tensor) -> Tensor:
        if self.plan.first_px is None:
            return images
        side = side_px(self.part_done(), self.plan.first_px, self.plan.image_px)
        if side == images.shape[-1]:
            return images
        return nn.functional.interpolate(images, size=(side, side), mode="area")

    def validate(self) -> tuple[dict[str, float], float]:
        """Nothing: partial labels need `detect.training.evaluation`, on the saved checkpoints."""
        return dict(self.metrics), 0.0

    def final_eval(self) -> None:
        """The last weights are judged too, where the plan asks for it: see `validate`."""
        self._judge()

    def optimizer_step(self) -> None:
        """One step on the crew's mean gradient."""
        self.crew.average(self.model.parameters())
        super().optimizer_step()

    def save_model(self) -> bool:
        """As ultralytics', by the crew's leader; the last checkpoint is replaced when complete.

        Raises RecipeError where it can't be written, such as on a full disk.
        """
        if not self.crew.leads:
            return False
        last, best = Path(self.wdir) / "last.pt", Path(self.wdir) / "best.pt"
        self.last = last.with_name("last.part")
        self.best = last.with_name("best.part")
        try:
            saved = bool(super().save_model())
            self.last.replace(last)
        except OSError as error:
            raise RecipeError(
                f"the checkpoint can't be written to {last.parent} ({error.strerror or error})",
                code="disk_full" if error.errno == errno.ENOSPC else None,
                mend=f"Make room and go on with --resume from {last if last.exists() else 'anew'}.",
            ) from error
        finally:
            for part in (self.last, self.best):
                part.unlink(missing_ok=True)
            self.last, self.best = last, best
        if saved:
            _keep(last, last.with_name(f"epoch{self.epoch}.pt"))
        return saved

    def _made_validator(self, built: Path) -> Validator | None:
        if self.plan.validate_min is None or not self.crew.leads:
            return None
        return Validator(built, self.class_names, self.plan.image_px)

    def _judge(self) -> None:
        """Judges the averaged weights on val; keeps them as best.pt when they are the best."""
        if self._validator is None:
            return
        figure = self._validator.judge(self.ema.ema, self.device)
        self._judged_s = self.elapsed_s()
        if self._patience.better(figure):
            self.save_model()
            last = Path(self.last)
            _keep(last, last.with_name("best.pt"))
        with (self.save_dir / VALIDATION).open("a", encoding="utf-8") as lines:
            lines.write(f"{self.elapsed_s():.0f},{self.epoch + 1},{figure:.4f}\n")

    def _judge_if_due(self) -> bool:
        """Whether the run should end, since validation has got no better for too long."""
        every_min = self.plan.validate_min
        if self._validator is None or every_min is None:
            return False
        if self.elapsed_s() - self._judged_s >= every_min * 60:
            self._judge()
        return self._patience.over

    def part_done(self) -> float:
        """How far the run is, 0 to 1, by the clock or by batches."""
        if self.plan.budget_min is not None:
            return progress(self.elapsed_s(), self.plan.budget_min * 60)
        batches = len(self.train_loader)
        return progress(self.epoch * batches + self._batch, self.epochs * batches)

    def elapsed_s(self) -> float:
        """Seconds of training, those before a resume included."""
        return self._elapsed_before_s + time.monotonic() - self._started_s

    def _on_pretrain_routine_end(self) -> None:
        self.crew.share(self.model)
        self.model.to(memory_format=torch.channels_last)
        both = self.plan.head == "both"
        self.model.criterion = (PartialLabelE2ELoss if both else PartialLabelLoss)(self.model)
        for layer in self.model.model[: self.plan.freeze]:
            fold_batch_norm(layer)
        self._started_s = time.monotonic()

    def _on_train_epoch_start(self) -> None:
        self._batch = 0
        if self.part_done() >= 1 - self.plan.close_mosaic and not self._mosaic_closed:
            self._mosaic_closed = True
            self._close_dataloader_mosaic()
            self.train_loader.reset()

    def _on_train_batch_start(self) -> None:
        part = self.crew.agree(1.0 if self._judge_if_due() else self.part_done())
        factor = rate_factor(part, self.plan.warmup, self.plan.final_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        if isinstance(self.model.criterion, PartialLabelE2ELoss):
            self.model.criterion.set_progress(part)
        self._batch += 1
        if self.crew.leads and self.elapsed_s() - self._saved_s > SAVE_EVERY_S:
            self.save_model()
            self._note_progress()
        if part >= 1:
            self.stop = True

    def _model_train(self) -> None:
        super()._model_train()
        if self.plan.keep_statistics:
            for module in self.model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def _note_progress(self) -> None:
        self._saved_s = self.elapsed_s()
        text = json.dumps({"elapsed_s": round(self.elapsed_s(), 1), "epoch": self.epoch + 1})
        part = self.save_dir / "progress.json.part"
        part.write_text(text, encoding="utf-8")
        part.rename(self.save_dir / "progress.json")

    def _on_model_save(self) -> None:
        self._note_progress()
        if self.report is not None:
            losses = {name: float(value) for name, value in (self.tloss or {}).items()}
            self.report(
                {"epoch": self.epoch + 1, "part": self.part_done(), "s": self.elapsed_s(), **losses}
            )


def fold_batch_norm(layer: nn.Module) -> None:
    """Makes every Conv under a frozen layer run as one convolution, weights and bias folded.

    The modules keep their own weights and statistics, so checkpoints don't change.
    """
    for module in layer.modules():
        if isinstance(module, Conv) and isinstance(module.bn, nn.BatchNorm2d):
            module.bn.eval()
            # A copy, since ultralytics' function changes the convolution that it is given.
            fused = fuse_conv_and_bn(deepcopy(module.conv), module.bn)
            module.forward = _FoldedForward(fused, module.act)


class _FoldedForward:
    """Kept out of the module tree, so that the folded weights are not saved twice."""

    def __init__(self, conv: nn.Conv2d, act: nn.Module) -> None:
        self.conv = conv.to(memory_format=torch.channels_last)
        self.act = act

    def __call__(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.as_tensor(self.act(self.conv(x)))


def _keep(last: Path, name: Path) -> None:
    """A second name for the checkpoint, which stays when the first is replaced."""
    name.unlink(missing_ok=True)
    try:
        name.hardlink_to(last)
    except OSError:
        shutil.copyfile(last, name)


def _mask_table(
    exhaustive: Mapping[str, Sequence[str]], class_names: Sequence[str]
) -> dict[str, Tensor]:
    return {
        file: torch.tensor([float(name in names) for name in class_names])
        for file, names in exhaustive.items()
    }


def _read_elapsed(folder: Path) -> float:
    path = folder / "progress.json"
    return float(json.loads(path.read_text())["elapsed_s"]) if path.exists() else 0.0


def _overrides(recipe: Recipe, built: Path, out: Path, crew: Crew, resume: bool) -> dict[str, Any]:
    plan: TrainPlan = recipe.train
    folder = out if crew.leads else out / f"member-{crew.rank}"
    batch = max(1, plan.batch // crew.size)
    if unknown := set(plan.augment) - AUGMENT_KEYS:
        raise RecipeError(f"augment: unknown {sorted(unknown)}; legal are {sorted(AUGMENT_KEYS)}")
    last = out / "weights" / "last.pt"
    if resume and not last.exists():
        raise RecipeError(f"nothing to resume: no checkpoint {last}")
    if resume:
        check_weights(str(last), len(recipe.class_names))
    on_cpu = plan.device == "cpu"
    bf16 = on_cpu and choose(plan.precision, cpu_flags()) == "bf16"
    return {
        "model": str(last) if resume else recipe.weights,
        "resume": str(last) if resume else False,
        "data": str(built / "data.yaml"),
        "save_dir": str(folder),
        "project": str(folder.parent),
        "name": folder.name,
        "exist_ok": True,
        "device": plan.device,
        "amp": "bf16" if bf16 else not on_cpu and plan.precision != "fp32",
        "epochs": plan.epochs,
        "imgsz": plan.image_px,
        "batch": batch,
        "nbs": batch,
        "optimizer": "AdamW",
        "lr0": plan.learning_rate,
        "weight_decay": plan.weight_decay,
        "warmup_epochs": 0,
        "freeze": plan.freeze or None,
        "close_mosaic": 0,
        "seed": plan.seed + 1000 * crew.rank,
        "deterministic": False,
        "patience": 0,
        "val": False,
        "plots": False,
        "save_period": -1,
        **plan.augment,
    }
