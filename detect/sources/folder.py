"""The photos below folders, in name order, each once."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from detect.errors import BadInput, UnreadablePhoto
from detect.sources.archive import ZipLimits, find_in_zip
from detect.sources.source import EPOCH, PhotoSource, moment, unreadable

READABLE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp"}
    | {".heic", ".heif", ".hif"}
)
"""What ``detect.photo`` can read; it looks at the bytes, not at the name."""

PHOTO_SUFFIXES = READABLE_SUFFIXES | frozenset(
    {".tif", ".tiff", ".avif", ".jxl"}
    | {".dng", ".cr2", ".cr3", ".nef", ".arw", ".rw2", ".orf", ".raf"}
)
"""What is taken for a photo in a folder: those of the second row are reported as unsupported."""


def find_photos(paths: Sequence[Path], *, limits: ZipLimits | None = None) -> Iterator[PhotoSource]:
    """Every photo below the paths (folders, files, zip archives), in order, each once.

    Hidden files and files that are no pictures are left out; a file that is named itself is
    always taken. What can't be listed or was refused comes with its ``problem``. With several
    paths, names begin with the folder's own name. Raises BadInput at once if a path isn't there.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise BadInput(
                f"There is no file or folder at {path}",
                code="no_such_path",
                mend="Check the spelling, and quote paths with spaces.",
            )
    return _find(list(paths), limits or ZipLimits())


def _find(paths: list[Path], limits: ZipLimits) -> Iterator[PhotoSource]:
    given: set[str] = set()
    walked: set[tuple[int, int]] = set()
    for path in paths:
        prefix = f"{displayed(path.absolute().name)}/" if len(paths) > 1 and path.is_dir() else ""
        found = (
            _walk(path, prefix, walked, limits)
            if path.is_dir()
            else _file(path, displayed(path.name), limits)
        )
        for source in found:
            if source.key not in given:
                given.add(source.key)
                yield source


def _walk(
    folder: Path, prefix: str, walked: set[tuple[int, int]], limits: ZipLimits
) -> Iterator[PhotoSource]:
    """Depth first. Linked folders are followed, each folder once, so that a loop ends."""
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in walked:
            return
        walked.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as listing:
            entries = sorted((entry.name, _is_folder(entry)) for entry in listing)
    except OSError as error:
        name = prefix.rstrip("/") or displayed(folder.name)
        yield PhotoSource(folder, name, 0, EPOCH, problem=unreadable(error, name))
        return
    for name, is_folder in entries:
        if name.startswith("."):
            continue
        if is_folder:
            yield from _walk(folder / name, f"{prefix}{displayed(name)}/", walked, limits)
        elif _suffix(name) == ".zip" or _suffix(name) in PHOTO_SUFFIXES:
            yield from _file(folder / name, prefix + displayed(name), limits)


def _file(path: Path, name: str, limits: ZipLimits) -> Iterator[PhotoSource]:
    if _suffix(path.name) == ".zip":
        yield from find_in_zip(path, name, PHOTO_SUFFIXES, limits)
        return
    try:
        status = path.stat()
    except OSError as error:
        yield PhotoSource(path, name, 0, EPOCH, problem=unreadable(error, name))
        return
    problem = None
    if not stat.S_ISREG(status.st_mode):
        problem = UnreadablePhoto("io_error", f"{name} is a device or a pipe, not a file")
    yield PhotoSource(path, name, status.st_size, moment(status.st_mtime), problem=problem)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - once a file, pathlib costs 3x


def displayed(name: str) -> str:
    """A file name as text that can be printed and stored, even if the disk holds it in GBK."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raw = os.fsencode(name)
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError:
            return raw.decode("utf-8", "backslashreplace")
    return name
