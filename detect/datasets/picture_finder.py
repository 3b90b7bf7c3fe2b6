"""Finds the files of pictures that labels only name: by path, else by a name that is unique."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath

from detect.datasets.labelled import LabelledPicture
from detect.training.dataset import IMAGE_SUFFIXES


class PictureFinder:
    """The pictures under some folders."""

    def __init__(self, *roots: Path) -> None:
        self._roots = roots
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for path in sorted({p for root in roots for p in root.rglob("*")}):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                self._by_name[path.name].append(path)
                self._by_name[path.stem].append(path)

    def find(self, picture: LabelledPicture) -> Path | str:
        """The file; or, in words, why there is none."""
        if picture.path is not None:
            return picture.path
        name = PurePosixPath(picture.name.replace("\\", "/"))
        for root in self._roots:
            path = root / name
            if not name.is_absolute() and ".." not in name.parts and path.is_file():
                return path
        found = self._by_name.get(name.name) or self._by_name.get(name.stem) or []
        if len(found) == 1:
            return found[0]
        if not found:
            return f"{picture.where}: no picture {picture.name}"
        return f"{picture.where}: {len(found)} pictures are called {name.name}"
