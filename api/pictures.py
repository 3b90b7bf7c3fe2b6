"""Evidence pictures as they leave: upright, small enough, faces blurred, no EXIF, boxes on demand.

The store keeps the clean original; every picture is drawn when it is asked for and the last ones
are kept in memory.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock, Semaphore
from typing import TYPE_CHECKING

from api.services_clock import utc_now
from issues.evidence import EvidenceStore

if TYPE_CHECKING:
    from detect.types import Image
