"""OpenVINO tells nobody that it runs: an office's server speaks to no foreign host by itself."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import multiprocessing.process
def refused(self): raise SystemExit("something is started in another process")
multiprocessing.process.BaseProcess.start = refused
import {module}
from openvino.tools import ovc
print(type(ovc.telemetry).__module__)
"""


def test_importing_an_engine_sends_nothing() -> None:
    for module in ("detect.engines.openvino", "detect.engines.second_look"):
        program = [sys.executable, "-c", PROGRAM.format(module=module)]
        done = subprocess.run(program, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == "openvino.tools.ovc.telemetry_stub"
