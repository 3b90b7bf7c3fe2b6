"""Trains a model's second look, judges it, and puts it beside the model.

Train pictures teach, val chooses how firmly and from which score on a candidate stands, test tells
once what it is worth: precision, and false candidates on clean pictures, beside the detector alone
at a threshold raised until it finds as few. Only that comparison is fair, since any candidate that
is dropped costs recall. Needs no torch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import yaml
from openvino import opset13 as op

from detect.engines.second_look import FACTS
from detect.model_folder import load_card
from detect.training.bootstrap import interval
from detect.training.candidates import Proposals, feature_network, labelled, propose
from detect.training.errors import DatasetError
from detect.training.evaluation import Picture, load_pictures
from detect.training.logistic import Fitted, fit_each
from detect.training.model_release import sha256_of, write_card

FILE = "second-look.xml"
KEEP = 0.95
"""The share of a class's true candidates on val that a second look must let stand."""
LEAST_JUDGED = 15
"""True and false candidates of a class on val, to be judged at all."""
LEAST_STANDING = 40
"""True candidates of a class on val at its threshold: fewer say little of what it would drop."""
LEAST_GAIN = 0.02
"""How much better than the detector's score it tells true from false on val (area under ROC)."""
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3)
MOST_PICTURES = 1500
DRAWS = 500

Progress = Callable[[], None]


@dataclass(frozen=True)
class Judged:
    """Proposals of one split with what the second look gives each: rows of (n,) 0..1."""

    rows: list[Proposals]
    second: list[npt.NDArray[np.float64]]


def train_second_look(
    folder: Path, built: Path, most: int = MOST_PICTURES, progress: Progress = lambda: None
) -> dict[str, Any]:
    """Trains on ``built``, writes second-look.xml and .bin into ``folder``; returns the figures.

    It is switched on in the card where test says that it helps (`helps`). Raises DatasetError where
    there is nothing to learn from.
    """
    card = load_card(folder)
    names = [row.name for row in card.classes if row.category is not None]
    limits = {row.name: row.threshold for row in card.classes if row.category is not None}
    train, val, test = (
        propose(folder, chosen, names, progress)
        for chosen in (
            _drawn(load_pictures(built, "train", card.class_names), names, most),
            load_pictures(built, "val", card.class_names),
            load_pictures(built, "test", card.class_names),
        )
    )
    fitted = _fitted(train, val)
    thresholds = choose(judge(fitted, val), limits)
    seen = judge(fitted, test)
    figures = {
        "classes": compare(seen, limits, thresholds),
        "together": _beside(seen, {name: limits[name] for name in thresholds}, thresholds),
        "clean": compare_clean(seen, limits, thresholds, names),
        "learnt_from": _counts(train),
        "keeps_on_val": KEEP,
    }
    _write(folder, fitted, thresholds, on=helps(figures))
    return {"on": helps(figures), "thresholds": thresholds, **figures}


def judge(fitted: Fitted, rows: Sequence[Proposals]) -> Judged:
    """What the second look gives each proposal."""
    second = [1 / (1 + np.exp(-fitted.logit(_inputs(row)))) for row in rows]
    return Judged(list(rows), second)


def choose(val: Judged, limits: Mapping[str, float]) -> dict[str, float]:
    """The thresholds of the classes that it should judge: what lets KEEP of their true ones stand.

    Only those of which it tells true from false better on val than the detector's score does, by
    LEAST_GAIN, counted over all candidates. Thresholds are rounded down.
    """
    chosen = {}
    for name, limit in limits.items():
        second, first, true = _candidates(val, name)
        if min(true.sum(), (~true).sum()) < LEAST_JUDGED:
            continue
        if told_apart(second, true) < told_apart(first, true) + LEAST_GAIN:
            continue
        stands = second[true & (first >= limit)]
        if len(stands) >= LEAST_STANDING:
            chosen[name] = float(np.floor(100 * np.quantile(stands, 1 - KEEP)) / 100)
    return {name: value for name, value in chosen.items() if value > 0}


def compare(
    test: Judged, limits: Mapping[str, float], thresholds: Mapping[str, float]
) -> dict[str, Any]:
    """Each judged class: true and false candidates before, after, and by a raised threshold."""
    return {name: _beside(test, {name: limits[name]}, thresholds) for name in thresholds}


def compare_clean(
    test: Judged,
    limits: Mapping[str, float],
    thresholds: Mapping[str, float],
    names: Sequence[str],
) -> dict[str, Any]:
    """False candidates on the pictures that label every class and show none of ``names``."""
    rows = [i for i, row in enumerate(test.rows) if _is_clean(row, names)]
    raised = {name: _raised(test, name, limits[name], thresholds[name]) for name in thresholds}
    counts = []
    for i in rows:
        found, second = test.rows[i].found, test.second[i]
        named = [found.names[c] for c in found.class_id]
        counts.append(
            [
                sum(s >= limits[n] for n, s in zip(named, found.score, strict=True)),
                sum(
                    s >= limits[n] and t >= thresholds.get(n, 0)
                    for n, s, t in zip(named, found.score, second, strict=True)
                ),
                sum(s >= raised.get(n, limits[n]) for n, s in zip(named, found.score, strict=True)),
            ]
        )
    table = np.array(counts, np.float64).reshape(-1, 3)
    scenes = [test.rows[i].picture.scene for i in rows]

    def less(drawn: Sequence[int]) -> float:
        return float(100 * (table[list(drawn), 1] - table[list(drawn), 2]).mean())

    return {
        "pictures": len(rows),
        "per_100_before": _per_100(table, 0),
        "per_100": _per_100(table, 1),
        "per_100_by_threshold": _per_100(table, 2),
        "difference": _rounded(interval(scenes, less, DRAWS)) if rows else None,
    }


def helps(figures: Mapping[str, Any]) -> bool:
    """Whether precision, at equal recall, gains beyond chance, and no class loses beyond it.

    Clean pictures must not show more false candidates than a raised threshold would leave.
    """
    together = figures["together"]["precision_gain_interval"]
    each = [row["precision_gain_interval"] for row in figures["classes"].values()]
    clean = figures["clean"]
    more = clean["pictures"] and clean["per_100"] > clean["per_100_by_threshold"]
    gains = together is not None and together[0] > 0
    return bool(gains and all(one is None or one[1] >= 0 for one in each) and not more)


def network_of(weights: Path, fitted: Fitted, classes: int) -> Any:
    """The crop's features and the detector's facts to one probability, as one network."""
    network = feature_network(weights)
    features = network.get_results()[0].input_value(0)
    told = op.parameter([1, classes + FACTS], np.float32, name="facts")
    rows = op.concat([features, told.output(0)], 1)
    weight = op.constant(fitted.weight.astype(np.float32)[:, None])
    logit = op.add(
        op.matmul(rows, weight, False, False), op.constant(np.array([[fitted.bias]], np.float32))
    )
    return ov.Model([op.sigmoid(logit)], [*network.get_parameters(), told], "second look")


def _fitted(train: Sequence[Proposals], val: Sequence[Proposals]) -> Fitted:
    """Fitted on train, with the penalty that tells true from false best on val."""
    rows, true = _table(train)
    if true.all() or not true.any():
        raise DatasetError(
            "the model's candidates on the training pictures are all true, or all false",
            mend="A second look needs both: add pictures that show look-alikes.",
        )
    seen, right = _table(val)
    apart = train[0].facts.shape[1]
    tried = fit_each(rows, true, PENALTIES, apart=apart)
    return max(tried, key=lambda one: told_apart(one.logit(seen), right))


def told_apart(score: npt.NDArray[np.floating], true: npt.NDArray[np.bool_]) -> float:
    """How often a true one stands above a false one (the area under the ROC curve)."""
    if true.all() or not true.any():
        return 0.0
    below = np.searchsorted(np.sort(score[~true]), score[true])
    return float(below.mean() / (~true).sum())


def _candidates(
    judged: Judged, name: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """A class's surely true or false candidates, (n,) each: second score, first score, truth."""
    parts = []
    for row, second in zip(judged.rows, judged.second, strict=True):
        mine = _of(row, name) & (row.truth >= 0)
        parts.append(np.stack([second[mine], row.found.score[mine], row.truth[mine]]))
    table = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0))
    return table[0], table[1], table[2] == 1


def _table(rows: Sequence[Proposals]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    chosen = list(labelled(rows))
    if not chosen:
        raise DatasetError("the model proposes nothing on these pictures")
    inputs = np.stack([np.concatenate([r.features[i], r.facts[i]]) for r, i in chosen])
    return inputs, np.array([r.truth[i] == 1 for r, i in chosen])


def _inputs(row: Proposals) -> npt.NDArray[np.float32]:
    return np.concatenate([row.features, row.facts], axis=1)


def _scores(judged: Judged, name: str, limit: float, truth: int) -> npt.NDArray[np.float64]:
    """The second scores of a class's candidates at or above ``limit`` that are true, or false."""
    parts = [
        second[_of(row, name) & (row.found.score >= limit) & (row.truth == truth)]
        for row, second in zip(judged.rows, judged.second, strict=True)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _of(row: Proposals, name: str) -> npt.NDArray[np.bool_]:
    return np.asarray(row.found.class_id == row.found.names.index(name), np.bool_)


def _beside(
    test: Judged, limits: Mapping[str, float], thresholds: Mapping[str, float]
) -> dict[str, Any]:
    """True and false candidates of the classes in ``limits`` together, judged in three ways."""
    raised = {n: _raised(test, n, limit, thresholds[n]) for n, limit in limits.items()}
    kept = [i for i, row in enumerate(test.rows) if set(limits) & row.picture.exhaustive]
    table = np.zeros((len(kept), 6))
    for place, i in enumerate(kept):
        row, second = test.rows[i], test.second[i]
        for name, limit in limits.items():
            mine = _of(row, name) & (row.truth >= 0)
            ways = (
                mine & (row.found.score >= limit),
                mine & (row.found.score >= limit) & (second >= thresholds[name]),
                mine & (row.found.score >= raised[name]),
            )
            for number, way in enumerate(ways):
                table[place, 2 * number] += (way & (row.truth == 1)).sum()
                table[place, 2 * number + 1] += (way & (row.truth == 0)).sum()
    scenes = [test.rows[i].picture.scene for i in kept]

    def gain(drawn: Sequence[int]) -> float:
        _, _, true, false, true_by, false_by = table[list(drawn)].sum(axis=0)
        return float(true / max(true + false, 1) - true_by / max(true_by + false_by, 1))

    total = [int(n) for n in table.sum(axis=0)]
    return {
        "thresholds": {name: thresholds[name] for name in limits},
        "before": total[:2],
        "after": total[2:4],
        "by_threshold": total[4:],
        "precision_gain": round(gain(range(len(kept))), 4) if kept else 0.0,
        "precision_gain_interval": _rounded(interval(scenes, gain, DRAWS)),
    }


def _raised(test: Judged, name: str, limit: float, threshold: float) -> float:
    """The detector's threshold that lets as many true candidates stand as the second look does."""
    scores = np.concatenate(
        [row.found.score[_of(row, name) & (row.truth == 1)] for row in test.rows]
    )
    stands = int((_scores(test, name, limit, 1) >= threshold).sum())
    scores = np.sort(scores[scores >= limit])[::-1]
    return limit if stands >= len(scores) or stands == 0 else float(scores[stands - 1])


def _is_clean(row: Proposals, names: Sequence[str]) -> bool:
    picture, ids = row.picture, [row.found.names.index(name) for name in names]
    return set(names) <= picture.exhaustive and not np.isin(picture.truth_class, ids).any()


def _per_100(table: npt.NDArray[np.float64], column: int) -> float | None:
    return round(100 * float(table[:, column].mean()), 1) if len(table) else None


def _rounded(bounds: tuple[float, float]) -> list[float] | None:
    return None if np.isnan(bounds[0]) else [round(bound, 4) for bound in bounds]


def _drawn(pictures: Sequence[Picture], names: Sequence[str], most: int) -> list[Picture]:
    """Pictures that label one of the classes, by chance, as many of each data set as there is."""
    useful = [p for p in pictures if p.exhaustive & set(names)]
    random.Random(0).shuffle(useful)
    sets: dict[tuple[str, int], list[Picture]] = {}
    for picture in useful:
        sets.setdefault((picture.dataset, len(picture.exhaustive)), []).append(picture)
    order = sorted((n / len(v), key, p) for key, v in sets.items() for n, p in enumerate(v))
    return [p for _, _, p in order[:most]]


def _counts(rows: Sequence[Proposals]) -> dict[str, int]:
    truth = np.concatenate([row.truth for row in rows])
    return {
        "pictures": len(rows),
        "true": int((truth == 1).sum()),
        "false": int((truth == 0).sum()),
    }


def _write(folder: Path, fitted: Fitted, thresholds: Mapping[str, float], *, on: bool) -> None:
    """The network beside the model, and what the card says of it; each is replaced when whole."""
    card = load_card(folder)
    network = network_of(card.weights, fitted, len(card.class_names))
    part = folder / ("part-" + FILE)
    files = (FILE, FILE.replace(".xml", ".bin"))
    try:
        ov.save_model(network, str(part), compress_to_fp16=True)
        for name in files:
            (folder / ("part-" + name)).replace(folder / name)
    finally:
        for name in files:
            (folder / ("part-" + name)).unlink(missing_ok=True)
    data = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8"))
    sums = data.pop("sha256", {})
    data["second_look"] = {"on": on, "file": FILE, "thresholds": dict(thresholds)}
    data["sha256"] = {**sums, **{name: sha256_of(folder / name) for name in files}}
    write_card(folder, data)
