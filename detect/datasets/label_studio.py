"""Label Studio's JSON: tasks with annotations; boxes in per cent of the picture.

Written tasks carry what a model found as predictions, for people to mend; read ones are what a
person submitted: a task without an annotation is not labelled, one with an empty result is clean.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from detect.datasets.labelled import (
    Corners,
    LabelledBox,
    LabelledPicture,
    LabelledSet,
    around,
    number,
    seen_names,
)
from detect.datasets.text import listed, need, read_json
from detect.training.errors import DatasetError

NAME = "label-studio"
_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""Label Studio puts eight hex digits before the name of what is uploaded."""


def recognise(source: Path) -> bool:
    """Whether the file, or the only JSON in the folder, lists tasks."""
    path = _file(source)
    if path is None:
        return False
    try:
        raw = read_json(path)
    except DatasetError:
        return False
    return isinstance(raw, list) and bool(raw) and isinstance(raw[0], Mapping) and "data" in raw[0]


def read(source: Path) -> LabelledSet:
    """The labelled tasks in a JSON export. Raises DatasetError."""
    path = _file(source)
    if path is None:
        raise DatasetError(f"{source}: holds no JSON export, or several: name the one file")
    pictures, unlabelled, skipped = [], 0, 0
    for task in listed(read_json(path), str(path)):
        where = f"{path}: task {task.get('id', '?') if isinstance(task, Mapping) else '?'}"
        result = _result(task, where)
        if result is None:
            unlabelled += 1
            continue
        boxes, size, left_out = _boxes(result, where)
        skipped += left_out
        pictures.append(LabelledPicture(_name(task, where), boxes, where, size))
    return LabelledSet(NAME, seen_names(pictures), tuple(pictures), skipped, unlabelled)


def write(
    path: Path,
    pictures: Sequence[LabelledPicture],
    names: Sequence[str],
    *,
    submitted: bool,
    prefix: str = "/data/local-files/?d=images/",
) -> None:
    """Writes tasks and, beside them, the labelling interface (``<stem>.config.xml``).

    ``submitted``: boxes stand as a person's annotations; else as a model's predictions.
    """
    tasks = [_task(p, n, submitted, prefix) for n, p in enumerate(pictures, start=1)]
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    labels = "".join(f"    <Label value={quoteattr(name)}/>\n" for name in names)
    path.with_suffix(".config.xml").write_text(
        '<View>\n  <Image name="image" value="$image" zoom="true"/>\n'
        f'  <RectangleLabels name="label" toName="image">\n{labels}  </RectangleLabels>\n</View>\n',
        encoding="utf-8",
    )


def _file(source: Path) -> Path | None:
    if source.is_file():
        return source if source.suffix.lower() == ".json" else None
    found = sorted(source.glob("*.json"))
    return found[0] if len(found) == 1 else None


def _result(task: Any, where: str) -> list[Any] | None:
    """The newest submitted annotation's result; None where nobody submitted one."""
    if isinstance(task, Mapping) and "data" not in task and "image" in task:
        raise DatasetError(f"{where}: this is JSON-MIN", mend="Export as 'JSON', which has all.")
    need(task, "data", where)
    done = [a for a in task.get("annotations") or [] if not a.get("was_cancelled")]
    if not done:
        return None
    newest = max(done, key=lambda a: str(a.get("updated_at") or a.get("created_at") or ""))
    return listed(need(newest, "result", where), where)


def _name(task: Mapping[str, Any], where: str) -> str:
    data = need(task, "data", where)
    value = data.get("image") or next((v for v in data.values() if isinstance(v, str)), None)
    if not isinstance(value, str):
        raise DatasetError(f"{where}: its data names no picture")
    parts = urlsplit(value)
    local = parse_qs(parts.query).get("d")
    name = unquote(local[0] if local else parts.path).replace("\\", "/").rsplit("/", 1)[-1]
    return _UPLOAD.sub("", name) if "/upload/" in value else name


def _boxes(
    result: list[Any], where: str
) -> tuple[tuple[LabelledBox, ...], tuple[int, int] | None, int]:
    boxes, skipped, size = [], 0, None
    for item in result:
        value = need(item, "value", where)
        label = next((value[k][0] for k in value if k.endswith("labels") and value[k]), None)
        if item.get("original_width") and item.get("original_height"):
            size = (int(item["original_width"]), int(item["original_height"]))
        if item.get("type") == "rectanglelabels" and label:
            corners = _upright(value, size, where)
        elif item.get("type") == "polygonlabels" and label:
            points = [(number(x, where), number(y, where)) for x, y in value.get("points", [])]
            corners = around(points, where)
        else:
            skipped += 1
            continue
        x1, y1, x2, y2 = (v / 100 for v in corners)
        boxes.append(LabelledBox(str(label), (x1, y1, x2, y2)))
    return tuple(boxes), size, skipped


def _upright(value: Mapping[str, Any], size: tuple[int, int] | None, where: str) -> Corners:
    """The box around a rectangle, in per cent; turned ones turn about their upper left corner."""
    x, y, w, h = (number(need(value, k, where), where) for k in ("x", "y", "width", "height"))
    angle = math.radians(number(value.get("rotation") or 0, where))
    if not angle:
        return x, y, x + w, y + h
    aspect = size[0] / size[1] if size else 1.0
    corners = [
        (
            x + dx * math.cos(angle) - dy * math.sin(angle) / aspect,
            y + dx * aspect * math.sin(angle) + dy * math.cos(angle),
        )
        for dx, dy in ((0, 0), (w, 0), (0, h), (w, h))
    ]
    return around(corners, where)


def _task(picture: LabelledPicture, number_: int, submitted: bool, prefix: str) -> dict[str, Any]:
    result = [_region(box, picture, f"{number_}-{i}") for i, box in enumerate(picture.boxes)]
    task: dict[str, Any] = {"id": number_, "data": {"image": prefix + picture.name}}
    if submitted:
        task["annotations"] = [{"result": result, "was_cancelled": False}]
    else:
        task["predictions"] = [{"model_version": "tidycity", "result": result}]
    return task


def _region(box: LabelledBox, picture: LabelledPicture, key: str) -> dict[str, Any]:
    width, height = picture.size_px or (1, 1)
    sx, sy = (100 / width, 100 / height) if box.in_px else (100.0, 100.0)
    x1, y1, x2, y2 = box.xyxy
    return {
        "id": key,
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {
            "x": x1 * sx,
            "y": y1 * sy,
            "width": (x2 - x1) * sx,
            "height": (y2 - y1) * sy,
            "rotation": 0,
            "rectanglelabels": [box.label],
        },
    }
