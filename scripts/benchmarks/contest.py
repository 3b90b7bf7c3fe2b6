"""Contestants that wait in processes of their own and take turns, so that a busy machine is fair.

A contestant reads lines from its standard input, ``FIRST COUNT``, works through these photos, and
answers with one line of JSON: seconds, seconds of processor time, photos, and peak memory in MB.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, float]


def serve(work: Callable[[int, int], int]) -> None:
    """Answers on standard output until its input ends; ``work`` returns how many photos it did."""
    answer = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes to standard error
    answer.write(json.dumps({"ready": 1}) + "\n")
    for line in sys.stdin:
        first, count = map(int, line.split())
        wall, cpu = time.perf_counter(), time.process_time()
        done = work(first, count)
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        row = {
            "wall_s": time.perf_counter() - wall,
            "cpu_s": time.process_time() - cpu,
            "photos": done,
            "peak_mb": peak_kb / 1024,
        }
        answer.write(json.dumps(row) + "\n")


@dataclass
class Contestant:
    """One process and what it answered."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    process: Any = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **self.env},
            cwd=Path(__file__).parents[2],
        )
        self._answer()

    def turn(self, first: int, count: int, *, counts: bool = True) -> None:
        self.process.stdin.write(f"{first} {count}\n")
        self.process.stdin.flush()
        row = self._answer()
        if counts:
            self.rows.append(row)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)

    def _answer(self) -> Row:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended; run it by hand: {' '.join(self.command)}")
        row: Row = json.loads(line)
        return row

    def median(self, of: Callable[[Row], float]) -> float:
        return statistics.median(of(row) for row in self.rows)

    @property
    def photos_per_s(self) -> float:
        return self.median(lambda row: row["photos"] / row["wall_s"])

    @property
    def cpu_ms(self) -> float:
        return self.median(lambda row: 1000 * row["cpu_s"] / row["photos"])

    @property
    def peak_mb(self) -> float:
        return max(row["peak_mb"] for row in self.rows)
