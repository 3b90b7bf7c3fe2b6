"""A model as a folder: ``models/<name>/model.yaml``, its card, beside the weights that it names.

The card of a model (further keys are for people, and ignored here)::

    id: street                 # with version: stands on every observation
    version: "1"
    task: detect
    status: stable             # or experimental: then all classes are
    input_px: 640              # the longer side of what the network sees
    file: model.xml            # the weights, in this folder
    variants: {int8: model-int8.xml}   # others of the same training, run as street@int8
    output: raw                # (1, 4 + classes, anchors); or end2end: (1, n, 6)
    nms_iou: 0.7               # raw only: boxes of one class that overlap more are one
    normalised_in_graph: false # true: the network takes 0..255 and divides by itself
    tiles: true                # false: looks for what fills the picture; large photos stay whole
    classes:
      - {index: 0, name: bin, category: null, threshold: 0.4, names: {zh: 垃圾桶, en: bin},
         status: stable}
    second_look: {on: true, file: second-look.xml, thresholds: {litter: 0.3}}
    careful:                   # run as street@careful: several looks at every picture, fused
      looks: [{px: 512}, {px: 640, mirrored: true}]
      min_iou: 0.55            # boxes of two looks that overlap more are one
      thresholds: {bin: 0.4}   # of the fused scores, for every class; strict: likewise
    sha256: {model.xml: 64 hex digits, model.bin: 64 hex digits}

A model need not be a network of its own: ``kind: rule`` reads what another model finds (``over``, a
name in the registry) by the rule that ``file`` holds the numbers of (``detect/scene_rules.py``)::

    kind: rule
    over: scene
    rule: stall
    file: rule.yaml

``models/registry.yaml`` names the models that ship, and the default one, or several that run
together: ``default: street+stall``.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from detect.errors import ModelError

CARD_NAME = "model.yaml"
JOINT = "+"
"""Between the names of models that run together."""
REGISTRY_NAME = "registry.yaml"
_WEIGHTS = frozenset({".pt", ".onnx"})
STRICT = "strict"
"""Named like a variant, with the weights or after another: ``street@strict``."""
CAREFUL = "careful"
"""Likewise: ``street@careful`` looks at every picture several times."""
Status = Literal["stable", "experimental"]
_Strict = TypeVar("_Strict", bound=BaseModel)


class CardClass(BaseModel):
    """One class of a model; ``category`` is the catalogue's code, None for context only.

    ``strict``: the threshold where few false candidates matter more than many true ones.
    """

    model_config = ConfigDict(frozen=True)

    index: int = Field(ge=0)
    name: str = Field(min_length=1)
    category: str | None
    threshold: float = Field(ge=0, le=1)
    strict: float | None = Field(default=None, ge=0, le=1)
    names: Mapping[str, str] = Field(default_factory=dict)
    status: Status = "stable"

    @property
    def experimental(self) -> bool:
        """Whether what it finds is marked as experimental wherever it is shown."""
        return self.status == "experimental"


class SecondLookPlan(BaseModel):
    """The small network that judges a model's candidates, and from which score on they stand.

    Classes without a threshold are not judged. ``on``: whether it runs when nobody says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: bool = False
    file: str
    thresholds: Mapping[str, Annotated[float, Field(ge=0, le=1)]]


class LookPlan(BaseModel):
    """One look at a picture: the longer side that the network sees, the picture mirrored or not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    px: int = Field(gt=0, multiple_of=32)
    mirrored: bool = False


class CarefulPlan(BaseModel):
    """Several looks at a picture that are fused (``detect.fusion``), and thresholds for that."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    looks: tuple[LookPlan, ...] = Field(min_length=2)
    min_iou: float = Field(default=0.55, gt=0, le=1)
    thresholds: Mapping[str, Annotated[float, Field(ge=0, le=1)]]
    strict: Mapping[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)


class ModelCard(BaseModel):
    """What ``model.yaml`` says, checked; ``folder`` is where it was read."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    id: str = Field(min_length=1)
    version: str = Field(min_length=1, coerce_numbers_to_str=True)
    task: Literal["detect"] = "detect"
    kind: Literal["network", "rule"] = "network"
    over: str | None = None
    rule: str | None = None
    status: Status = "stable"
    input_px: int = Field(gt=0, multiple_of=32)
    file: str
    variants: Mapping[str, str] = Field(default_factory=dict)
    output: Literal["end2end", "raw"] | None = None
    nms_iou: float = Field(default=0.7, gt=0, le=1)
    normalised_in_graph: bool = False
    tiles: bool = True
    classes: tuple[CardClass, ...] = Field(min_length=1)
    second_look: SecondLookPlan | None = None
    careful: CarefulPlan | None = None
    looks: tuple[LookPlan, ...] = ()
    """Those of ``careful`` once that was asked for; empty: one look at ``input_px``."""
    sha256: Mapping[str, str] = Field(default_factory=dict)
    folder: Path

    @field_validator("classes", mode="after")
    @classmethod
    def _experimental_as_a_whole(
        cls, classes: tuple[CardClass, ...], info: ValidationInfo
    ) -> tuple[CardClass, ...]:
        """The classes of an experimental model are all experimental."""
        if info.data.get("status") != "experimental":
            return classes
        return tuple(row.model_copy(update={"status": "experimental"}) for row in classes)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        indices = [row.index for row in self.classes]
        if indices != list(range(len(indices))):
            raise ValueError(f"classes must be in order of index, 0, 1, 2, …; got {indices}")
        for row in self.classes:
            if row.strict is not None and row.strict < row.threshold:
                raise ValueError(f"{row.name}: strict ({row.strict}) lies below the threshold")
        names = self.class_names
        if len(set(names)) < len(names):
            raise ValueError(f"two classes have the same name: {', '.join(names)}")
        second = [] if self.second_look is None else [self.second_look.file]
        for name in (self.file, *self.variants.values(), *second, *self.sha256):
            if Path(name).name != name:
                raise ValueError(f"{name!r} must be a file name in the model's folder, not a path")
        judged = set() if self.second_look is None else set(self.second_look.thresholds)
        if unknown := sorted(judged - set(names)):
            raise ValueError(f"second_look judges {', '.join(unknown)}, not classes of the model")
        if self.careful is not None and set(self.careful.thresholds) != set(names):
            raise ValueError("careful needs a threshold for every class, and for no other")
        if self.looks and self.careful is None:
            raise ValueError("looks need careful beside them, which says how they are fused")
        self._require_what_the_kind_needs()
        return self

    def _require_what_the_kind_needs(self) -> None:
        if self.kind == "network" and self.output is None:
            raise ValueError("a network needs output: raw or end2end")
        if self.kind == "rule" and not (self.over and self.rule):
            raise ValueError("kind: rule needs over, the model that is read, and rule, its name")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names, in the order of class ids."""
        return tuple(row.name for row in self.classes)

    @property
    def weights(self) -> Path:
        """The file to load."""
        return self.folder / self.file

    @property
    def largest_px(self) -> int:
        """The longer side of the largest picture that the network is shown."""
        return max([self.input_px, *(look.px for look in self.looks)])

    @property
    def ways(self) -> list[str]:
        """What may follow the model's name and @."""
        ways = sorted(self.variants)
        if self.careful is not None:
            ways.append(CAREFUL)
        if any(row.strict is not None for row in self.classes):
            ways.append(STRICT)
        return ways

    def variant(self, name: str) -> ModelCard:
        """The same model with other weights or thresholds, as its version tells.

        Raises ModelError.
        """
        if name == STRICT:
            return self.strict()
        if name == CAREFUL and self.careful is not None:
            return self._careful(self.careful)
        if name not in self.variants:
            known = ", ".join(self.ways) or "none"
            raise ModelError(
                f"model {self.id} has no variant {name!r}",
                code="unknown_variant",
                mend=f"Its variants: {known}. Without @ its own weights run.",
            )
        file, version = self.variants[name], f"{self.version}-{name}"
        return self.model_copy(update={"file": file, "version": version})

    def strict(self) -> ModelCard:
        """The same weights with strict thresholds, as its version tells; raises ModelError.

        Classes without a strict threshold keep their own.
        """
        if all(row.strict is None for row in self.classes):
            raise ModelError(
                f"model {self.id} has no strict thresholds",
                code="unknown_variant",
                mend=f"Leave out @{STRICT}, or release the model again: that chooses them on val.",
            )
        classes = tuple(
            row.model_copy(
                update={"threshold": row.threshold if row.strict is None else row.strict}
            )
            for row in self.classes
        )
        version = f"{self.version}-{STRICT}"
        return self.model_copy(update={"classes": classes, "version": version})

    def _careful(self, plan: CarefulPlan) -> ModelCard:
        classes = tuple(
            row.model_copy(
                update={
                    "threshold": plan.thresholds[row.name],
                    "strict": plan.strict.get(row.name),
                }
            )
            for row in self.classes
        )
        version = f"{self.version}-{CAREFUL}"
        return self.model_copy(update={"classes": classes, "version": version, "looks": plan.looks})

    def verify(self) -> None:
        """Compares every listed file with its sha256; raises ModelError for the first that differs.

        Weights that the card lists no sum for are taken as they are, if they exist.
        """
        for name in {self.file, *self.sha256}:
            path = self.folder / name
            try:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                raise ModelError(
                    f"model {self.id} lacks {path} ({error.strerror or error})",
                    code="model_file_missing",
                    mend="Get the model's folder again, complete with its weights.",
                ) from error
            wanted = self.sha256.get(name, found).lower()
            if found != wanted:
                raise ModelError(
                    f"{path} is not what its card describes: sha256 {found}, expected {wanted}",
                    code="model_changed",
                    mend=f"Get the file again, or correct sha256 in {self.folder / CARD_NAME}.",
                )


class RegistryEntry(BaseModel):
    """One line of the registry: the folder below ``models/`` and how far it is trusted."""

    model_config = ConfigDict(frozen=True)

    path: str
    status: Status = "stable"


class Registry(BaseModel):
    """``models/registry.yaml``: the models that ship and which one is taken by default."""

    model_config = ConfigDict(frozen=True)

    default: str
    models: Mapping[str, RegistryEntry]

    @property
    def defaults(self) -> tuple[str, ...]:
        """The models that run when none is named."""
        return tuple(part.strip() for part in self.default.split(JOINT))

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        for name in self.defaults:
            if name not in self.models:
                raise ValueError(f"default names {name!r}, which is not among models")
        return self


def models_dir() -> Path:
    """The folder of models: TIDYCITY_MODELS, else this checkout's, else the installed one."""
    if named := os.environ.get("TIDYCITY_MODELS"):
        return Path(named)
    checkout = Path(__file__).parent.parent / "models"
    if (checkout / REGISTRY_NAME).is_file():
        return checkout
    return Path(sys.prefix) / "share" / "tidycity" / "models"


def read_registry(folder: Path | None = None) -> Registry:
    """The registry in a folder (default: ``models_dir()``); raises ModelError."""
    return _parse(Registry, (folder or models_dir()) / REGISTRY_NAME, {})


def default_set() -> str | None:
    """The registry's default where it names several models; None: one model, or no registry."""
    if not (models_dir() / REGISTRY_NAME).is_file():
        return None
    default = read_registry().default
    return default if JOINT in default else None


def load_card(name_or_path: str | Path | None = None) -> ModelCard:
    """The verified card of a model: by its name in the registry, or its folder; None: the default.

    ``street@int8`` is the model's variant of that name: other weights of the same training;
    ``street@strict`` and ``street@int8@strict`` take the strict thresholds, ``street@careful``
    looks at every picture several times.
    Raises ModelError where there is none, where it says something impossible, or where a file
    differs from its sha256.
    """
    name, variants = _variants_in(name_or_path)
    folder = _folder_of(name)
    card = _parse(ModelCard, folder / CARD_NAME, {"folder": folder})
    for variant in sorted(variants, key=lambda said: said == STRICT):  # careful has its own
        card = card.variant(variant)
    card.verify()
    return card


def rule_card(name_or_path: str | Path | None) -> ModelCard | None:
    """The verified card of a model that is a rule over another; None: it runs weights of its own.

    Raises ModelError as ``load_card`` does.
    """
    path = None if name_or_path is None else Path(name_or_path)
    if path is not None and path.name != CARD_NAME and (path.is_file() or path.suffix in _WEIGHTS):
        return None
    name, _ = _variants_in(name_or_path)
    folder = _folder_of(name)
    kind = _parse(ModelCard, folder / CARD_NAME, {"folder": folder}).kind
    return load_card(name_or_path) if kind == "rule" else None


def _variants_in(name_or_path: str | Path | None) -> tuple[str | Path | None, list[str]]:
    """What stands before the first @ that no path holds, and what stands after it."""
    if not isinstance(name_or_path, str) or "@" not in name_or_path or Path(name_or_path).exists():
        return name_or_path, []
    name, _, variant = name_or_path.rpartition("@")
    before, variants = _variants_in(name)
    return before or None, [*variants, variant]


def _folder_of(name_or_path: str | Path | None) -> Path:
    if name_or_path is not None:
        path = Path(name_or_path)
        path = path.parent if path.name == CARD_NAME else path
        if (path / CARD_NAME).is_file():
            return path
    root = models_dir()
    registry = read_registry(root)
    name = registry.defaults[0] if name_or_path is None else str(name_or_path)
    if name not in registry.models:
        raise ModelError(
            f"there is no model {name!r}: neither a folder with {CARD_NAME}, nor in {root}",
            code="unknown_model",
            mend=f"Name one of {', '.join(sorted(registry.models))}, or a folder with a card.",
        )
    return root / registry.models[name].path


def _parse(kind: type[_Strict], path: Path, extra: dict[str, Any]) -> _Strict:
    """A YAML file as one of the types above; raises ModelError naming the file and the key."""
    try:
        raw = yaml.load(path.read_text("utf-8"), Loader=_LOADER)
    except OSError as error:
        raise ModelError(
            f"{path} can't be read ({error.strerror or error})",
            code="model_not_found",
            mend="Point TIDYCITY_MODELS at a folder with registry.yaml, or name a model's folder.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{path} is not YAML: {error}", code="bad_card", mend="Correct the file."
        ) from error
    if not isinstance(raw, dict):
        raise ModelError(
            f"{path} must hold keys and values, got {type(raw).__name__}",
            code="bad_card",
            mend="See detect/model_folder.py for what belongs in it.",
        )
    try:
        return kind.model_validate({**raw, **extra})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the card"
        raise ModelError(
            f"{path}: {where}: {first['msg']}", code="bad_card", mend=f"Correct {where} in {path}."
        ) from error


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
