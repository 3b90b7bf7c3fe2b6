"""Whether something moves, told by how much the camera sends: no picture is decoded for it.

Between key frames a codec sends what changed. Far more than usual for this camera means motion.
"""

from __future__ import annotations

from dataclasses import dataclass

_SLOW = 0.02
_FAST = 0.3
_RATIO = 3.0
_LEAST_BYTES = 1500.0


@dataclass(slots=True)
class MotionGauge:
    """Bytes of the packets between key frames: their usual size, and their size right now."""

    usual: float = 0.0
    recent: float = 0.0

    def take(self, size_bytes: int) -> None:
        """Takes in one packet that is no key frame."""
        size = float(size_bytes)
        if self.usual == 0.0:
            self.usual = self.recent = size
        self.usual += _SLOW * (min(size, 4 * self.usual + 1) - self.usual)
        self.recent += _FAST * (size - self.recent)

    @property
    def moving(self) -> bool:
        """Whether far more changes than usual."""
        return self.recent > max(_RATIO * self.usual, _LEAST_BYTES)
