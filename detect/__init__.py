"""Pixels to observations: sources, engines, tiling, quality, privacy, batch, training.

This package knows no database and no HTTP route.
"""

import sys

# OpenVINO tells Google Analytics of each import, from a forked process that may hang for ever with
# the pipes of its parent. Where its telemetry can't be imported it tells nobody.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
