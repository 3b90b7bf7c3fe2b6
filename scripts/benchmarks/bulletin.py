"""How long the bulletin of a week and of a month takes on a large store, part by part.

The store is the one of scripts/bench_store; ``--data`` keeps it for the next run, or takes one that
was made before.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from issues.catalogue import load_catalogue
from issues.exports.bulletin import write_bulletin
from issues.exports.bulletin_content import gather_bulletin
from issues.exports.bulletin_words import BulletinWords
from issues.exports.bulletin_workbook import write_bulletin_workbook
from issues.exports.pictures import Pictures
from issues.scoring.board import Board, make_board
from issues.scoring.measures import Level, Measure
from issues.scoring.period import parse_period
from issues.scoring.points import load_points
from issues.store import Store, open_store
from scripts.benchmarks.big_store import NOW, Sizes, fill

GOAL_S = 3.0
CASES: tuple[tuple[str, Level], ...] = (("2026-W21", "grid"), ("2026-05", "grid"))


def board_of(store: Store, period: str, level: Level) -> Board:
    """The board, read anew."""
    catalogue = load_catalogue()
    with store.reading() as session:
        chosen = parse_period(period, catalogue.calendar.zone)
        return make_board(session, catalogue, load_points(), chosen, level, now=NOW)


def timed(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Medians of several runs: seconds, seconds of CPU."""
    took, busy = [], []
    for _ in range(runs):
        started, cpu = time.perf_counter(), time.process_time()
        work()
        took.append(time.perf_counter() - started)
        busy.append(time.process_time() - cpu)
    return statistics.median(took), statistics.median(busy)


def report(store: Store, folder: Path, runs: int) -> None:
    """Times each part of each bulletin and prints a line for it."""
    catalogue = load_catalogue()
    words = BulletinWords("zh", catalogue.calendar.zone)
    pictures = Pictures(store.evidence)
    for period, level in CASES:
        board = board_of(store, period, level)
        with store.reading() as session:
            content = gather_bulletin(session, catalogue, board)

        def gather(board: Board = board) -> object:
            with store.reading() as session:
                return gather_bulletin(session, catalogue, board)

        parts: dict[str, Callable[[], object]] = {
            "figures, points, ranking": lambda p=period, v=level: board_of(store, p, v),
            "cases, numbers": gather,
            "page": lambda c=content: write_bulletin(
                folder / "b.html", c, catalogue, words, pictures=pictures
            ),
            "spreadsheet": lambda c=content: write_bulletin_workbook(folder / "b.xlsx", c, words),
        }
        found, fixed = (board.total.count(m) for m in (Measure.FOUND, Measure.FIXED))
        print(f"{period} by {level}: {len(board.lines)} places, {found:,} found, {fixed:,} fixed")
        total = 0.0
        for name, work in parts.items():
            took, busy = timed(work, runs)
            total += took if name != "spreadsheet" else 0.0
            print(f"  {name:26} {took:6.2f} s, {busy:5.2f} s of CPU", flush=True)
        print(f"  {'bulletin without it':26} {total:6.2f} s; goal {GOAL_S:g} s")


def main() -> None:
    """Makes or opens the store and reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=200_000)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, help="a folder for the store, kept")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.data or Path(name) / "data"
        made = (folder / "tidycity.sqlite").exists()
        store = open_store(None, folder)
        try:
            if not made:
                fill(store, Sizes(chosen.issues, chosen.observations))
            print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, SQLite")
            report(store, Path(name), chosen.runs)
        finally:
            store.close()


if __name__ == "__main__":
    main()
