"""Where photos come from: folders, single files and zip archives, found without decoding.

>>> import tempfile, pathlib
>>> folder = pathlib.Path(tempfile.mkdtemp())
>>> _ = (folder / "a.jpg").write_bytes(b"not yet looked at")
>>> [photo.name for photo in find_photos([folder])]
['a.jpg']
"""

from detect.sources.archive import ZipLimits
from detect.sources.folder import PHOTO_SUFFIXES, find_photos
from detect.sources.source import MAX_BYTES, PhotoSource

__all__ = ["MAX_BYTES", "PHOTO_SUFFIXES", "PhotoSource", "ZipLimits", "find_photos"]
