"""What is known of a camera's view, as bytes: for the next worker to go on from.

Reference views and places in one compressed numpy archive without pickles, some 100 to 400 kB.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detect.errors import BadInput
from detect.stream.place import (
    ACROSS,
    DOWN,
    HEIGHT_PX,
    WIDTH_PX,
    Ground,
    Kept,
    Place,
)
from detect.stream.view import HEIGHT_PX as SKETCH_HIGH_PX
from detect.stream.view import WIDTH_PX as SKETCH_WIDE_PX
from detect.stream.view import Sketch

VERSION = 1
_STEPS = 42.0
"""Steps of a kept edge field's unit: fields lie within -3..3, and one byte holds -127..127."""


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """The views that a camera is known to have, and its places."""

    references: tuple[Sketch, ...] = ()
    ground: Ground = field(default_factory=Ground)


def packed(references: Sequence[Sketch], ground: Ground) -> bytes:
    """Both as bytes."""
    arrays: dict[str, NDArray[Any]] = {}
    for n, one in enumerate(references):
        arrays[f"grey{n}"] = one.grey.astype(np.float16)
        arrays[f"sample{n}"] = np.clip(one.sample, 0, 255).astype(np.uint8)
    if ground.bare is not None:
        arrays["bare"] = _coarse(ground.bare)
    places = []
    for n, (name, place) in enumerate(ground.places.items()):
        arrays[f"found{n}"] = _coarse(place.found)
        arrays[f"usual{n}"] = place.usual.astype(np.float16)
        if place.bare is not None:
            arrays[f"before{n}"] = _coarse(place.bare)
        places.append({"name": name, "looks": place.looks, "boxes": place.boxes})
    said = {
        "version": VERSION,
        "references": [[one.brightness, one.colour] for one in references],
        "looks": ground.looks,
        "places": places,
    }
    arrays["said"] = np.frombuffer(json.dumps(said).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpacked(data: bytes) -> Remembered:
    """What was packed. Raises BadInput for anything else, cut off or of another version."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        said = json.loads(arrays["said"].tobytes())
        if said["version"] != VERSION:
            raise ValueError(f"version {said['version']}")
        return Remembered(tuple(_references(said, arrays)), _ground(said, arrays))
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"what is remembered of a view can't be read: {error}",
            code="bad_view",
            mend="Delete the file; the worker learns the view anew.",
        ) from error


def _references(said: Mapping[str, Any], arrays: Mapping[str, Any]) -> list[Sketch]:
    shape = SKETCH_HIGH_PX, SKETCH_WIDE_PX
    return [
        Sketch.of(
            _of_shape(arrays[f"grey{n}"], shape).astype(np.float32),
            _of_shape(arrays[f"sample{n}"], shape).astype(np.float32),
            float(brightness),
            float(colour),
        )
        for n, (brightness, colour) in enumerate(said["references"])
    ]


def _ground(said: Mapping[str, Any], arrays: Mapping[str, Any]) -> Ground:
    ground = Ground(_fine(arrays.get("bare")), int(said["looks"]))
    for n, one in enumerate(said["places"]):
        found = _fine(arrays[f"found{n}"])
        if found is None:
            raise ValueError("a place without its picture")
        usual = _of_shape(arrays[f"usual{n}"], (DOWN, ACROSS)).astype(np.float32)
        boxes = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in one["boxes"])
        before = _fine(arrays.get(f"before{n}"))
        ground.places[str(one["name"])] = Place(found, usual, boxes, before, int(one["looks"]))
    return ground


def _coarse(kept: Kept) -> NDArray[np.int8]:
    steps = np.rint(kept.astype(np.float32) * _STEPS)
    return np.asarray(np.clip(steps, -127, 127), np.int8)


def _fine(coarse: NDArray[Any] | None) -> Kept | None:
    if coarse is None:
        return None
    return (_of_shape(coarse, (HEIGHT_PX, WIDTH_PX, 2)).astype(np.float32) / _STEPS).astype(
        np.float16
    )


def _of_shape(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if array.shape != shape:
        raise ValueError(f"an array of {array.shape}, not {shape}")
    return array
