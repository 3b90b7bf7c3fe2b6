"""A scripted season: patrols over a town with known truth, through the real intake and moves.

Streets of photo points every 12 m; problems stand beside them. Patrols walk all streets; between
them units report fixes, most of them true, and some problems come back or are moved a little way.
The detector misses and invents at stated rates, GPS is off by a stated noise, and photos arrive in
any order. What the store then says is compared with the truth:

- matching: of all pairs of findings, do those of one problem share an issue, and only those?
- fixes: are places that are really clear proposed as fixed, and only those?
- fake fixes (reported, not done): does the next patrol take the report back?
- returns: is a problem that came back the same issue, reopened or counted as come back?
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from detect.types import Coverage, Location, Observation
from issues.catalogue import Catalogue, load_catalogue
from issues.clock import SetClock
from issues.intake import Intake
from issues.issue import Action, Proposal, Status
from issues.moves import move
from issues.place import distance_m
from issues.queries import IssueFilter, list_issues, list_observations
from issues.rows import IssueRow
from issues.store import Store, open_store

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
CORNER = (31.2304, 121.4737)
CATEGORIES = ("litter.pile", "litter.bagged", "bin.overflow", "clutter.goods", "clutter.furniture")
SEES_M = 9.0
STEP_M = 12.0
VISIT = timedelta(days=7)
MOVED_M = 35.0


@dataclass(frozen=True, slots=True)
class Rates:
    """How good the detector and the honesty of units are. ``noise_m``: one sigma of GPS."""

    noise_m: float = 8.0
    missed: float = 0.15
    invented: float = 0.01
    fixed: float = 0.45
    faked: float = 0.15
    returned: float = 0.35
    moved: float = 0.03


@dataclass
class Problem:
    """The truth of one problem. ``there``: whether it stood at each patrol."""

    key: int
    category: str
    at: tuple[float, float]
    there: list[bool] = field(default_factory=list)
    faked: set[int] = field(default_factory=set)

    def present(self, patrol: int) -> bool:
        """Whether it stands at a patrol."""
        return self.there[patrol]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    right: int
    of: int

    @property
    def value(self) -> float:
        """0..1; 1 of nothing."""
        return self.right / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.value:6.1%} ({self.right}/{self.of})"


@dataclass(frozen=True, slots=True)
class Score:
    """How a season came out."""

    match_precision: Share
    match_recall: Share
    fix_precision: Share
    fix_recall: Share
    fakes_found: Share
    return_precision: Share
    return_recall: Share


@dataclass(frozen=True)
class _Class:
    name: str
    category: str | None
    threshold: float = 0.3
    experimental: bool = False


@dataclass(frozen=True)
class _Model:
    id: str = "season"
    version: str = "1"
    input_px: int = 640
    classes: tuple[_Class, ...] = tuple(_Class(code, code) for code in CATEGORIES)


@dataclass(frozen=True)
class _Photo:
    sha256: str
    taken_at: datetime
    location: Location
    heading_deg: float | None = None
    size_bytes: int = 1000
    format: str = "JPEG"
    width_px: int = 4000
    height_px: int = 3000
    time_origin: str = "exif"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Result:
    source: str
    path: Path
    photo: _Photo
    observations: tuple[Observation, ...]
    coverage: Coverage
    status: str = "ok"
    reason_code: str | None = None
    message: str | None = None
    context: tuple[()] = ()
    data: bytes | None = None


def metres(at: tuple[float, float], north_m: float, east_m: float) -> tuple[float, float]:
    """A point so many metres further."""
    lat = at[0] + math.degrees(north_m / 6_371_008.8)
    return lat, at[1] + math.degrees(east_m / 6_371_008.8) / math.cos(math.radians(at[0]))


class Season:
    """One town, its truth, and the store that should find it out."""

    def __init__(
        self, store: Store, rates: Rates, *, streets: int, length_m: float, seed: int
    ) -> None:
        self.store, self.rates = store, rates
        self.dice = random.Random(seed)
        self.catalogue: Catalogue = load_catalogue()
        self.clock = SetClock(START)
        self.intake = Intake(store, self.catalogue, _Model(), clock=self.clock)
        self.points = [
            metres(CORNER, 90.0 * street, STEP_M * n)
            for street in range(streets)
            for n in range(int(length_m / STEP_M))
        ]
        self.problems = list(self._problems(streets, length_m))
        self.shown: dict[str, list[int | None]] = {}
        self.patrols = 0

    def _problems(self, streets: int, length_m: float) -> Iterator[Problem]:
        """One problem about every 60 m of street, any two of a category at least 60 m apart."""
        key = 0
        for street in range(streets):
            for n in range(int(length_m / 60)):
                east = 60.0 * n + self.dice.uniform(0, 40)
                code = CATEGORIES[(n + street) % len(CATEGORIES)]
                yield Problem(key, code, metres(CORNER, 90.0 * street, east))
                key += 1

    # ------------------------------------------------------------------ what happens in town

    def live_on(self) -> None:
        """What became of the problems since the patrol before."""
        first = self.patrols == 0
        for problem in list(self.problems):
            if first:
                problem.there.append(True)
                continue
            was = problem.there[-1]
            if was and self.dice.random() < self.rates.moved:
                problem.there.append(False)
                away = self.dice.choice((-1, 1)) * MOVED_M
                self._move(problem, away)
            elif was:
                problem.there.append(self.dice.random() >= self.rates.fixed)
            else:
                problem.there.append(self.dice.random() < self.rates.returned)

    def _move(self, problem: Problem, east_m: float) -> None:
        other = Problem(len(self.problems), problem.category, metres(problem.at, 0, east_m))
        other.there = [False] * (len(problem.there) - 1) + [True]
        self.problems.append(other)

    def patrol(self) -> None:
        """Photos of all streets, arriving in any order, then what people do with the issues."""
        self.live_on()
        when = START + self.patrols * VISIT
        self.clock.moment = when + timedelta(hours=9)
        results = [self._shoot(n, at, when) for n, at in enumerate(self.points)]
        self.dice.shuffle(results)
        for result in results:
            self.intake.record(result)
        self.patrols += 1
        self._decide(when + timedelta(days=1))

    def _shoot(self, n: int, at: tuple[float, float], when: datetime) -> _Result:
        dice, rates = self.dice, self.rates
        name = f"{self.patrols}-{n}.jpg"
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        seen: list[tuple[str, int | None]] = []
        for problem in self.problems:
            near = problem.present(self.patrols) and distance_m(*at, *problem.at) <= SEES_M
            if near and dice.random() >= rates.missed:
                seen.append((problem.category, problem.key))
        if dice.random() < rates.invented:
            seen.append((dice.choice(CATEGORIES), None))
        self.shown[sha256] = [key for _, key in seen]
        here = metres(at, dice.gauss(0, rates.noise_m), dice.gauss(0, rates.noise_m))
        place = Location(*here, max(3.0, rates.noise_m), "exif")
        taken_at = when + timedelta(seconds=20 * n)
        found = tuple(
            Observation(code, (0.3, 0.4, 0.5, 0.6), 0.8, "season", "1", sha256) for code, _ in seen
        )
        covers = frozenset(CATEGORIES)
        coverage = Coverage(sha256, name, taken_at, place, True, None, covers)
        return _Result(name, Path(name), _Photo(sha256, taken_at, place), found, coverage)

    def _decide(self, now: datetime) -> None:
        """The office confirms and assigns; units report fixes, some that were never made."""
        self.clock.moment = now
        truth = self.issue_of_problem()
        for row in self.rows():
            self._close_if_clear(row, now)
            if row.status in (Status.CANDIDATE, Status.REOPENED) and row.proposal is None:
                self._move_issue(row, Action.CONFIRM, now)
                self._move_issue(row, Action.ASSIGN, now, unit="环卫所")
                problem = truth.get(row.id)
                if problem is not None and self.dice.random() < self.rates.faked:
                    self._move_issue(row, Action.REPORT_FIXED, now)
                    problem.faked.add(self.patrols)

    def _close_if_clear(self, row: IssueRow, now: datetime) -> None:
        if row.proposal is Proposal.FIXED and row.confirmed_at is not None:
            self._move_issue(row, Action.CLOSE, now)

    def _move_issue(self, row: IssueRow, action: Action, now: datetime, **more: str) -> None:
        with self.store.transaction() as session:
            move(
                session,
                row.id,
                action,
                "office",
                catalogue=self.catalogue,
                now=now,
                **more,  # type: ignore[arg-type]
            )

    # ------------------------------------------------------------------ what the store says

    def rows(self) -> tuple[IssueRow, ...]:
        """All issues."""
        with self.store.reading() as session:
            return list_issues(session, self.catalogue, IssueFilter(), limit=10_000).items

    def findings(self) -> list[tuple[str, int | None, str, int]]:
        """Every finding: its issue, the problem that it truly shows, its category, its patrol."""
        found, cursor = [], None
        with self.store.reading() as session:
            while True:
                page = list_observations(session, cursor=cursor, limit=1000)
                per_photo: dict[str, list[str]] = defaultdict(list)
                for row in page.items:
                    keys = [
                        key
                        for key in self.shown[row.sha256]
                        if key is None or self.problems[key].category == row.category
                    ]
                    taken = per_photo[row.sha256 + row.category]
                    key = keys[min(len(taken), len(keys) - 1)] if keys else None
                    taken.append(row.category)
                    patrol = int(row.source.split("-")[0])
                    found.append((row.issue_id or "", key, row.category, patrol))
                cursor = page.next_cursor
                if cursor is None:
                    return found

    def issue_of_problem(self) -> dict[str, Problem]:
        """Issue → the problem that most of its findings show."""
        votes: dict[str, Counter[int]] = defaultdict(Counter)
        for issue, key, _, _ in self.findings():
            if key is not None:
                votes[issue][key] += 1
        return {issue: self.problems[count.most_common(1)[0][0]] for issue, count in votes.items()}

    def score(self) -> Score:
        """The store against the truth, after the last patrol."""
        findings = self.findings()
        rows = {row.id: row for row in self.rows()}
        last = self.patrols - 1
        truth = self.issue_of_problem()
        precise, complete = _pairs([(issue, key) for issue, key, *_ in findings])
        gone = [row for row in rows.values() if not self._is_present(row)]
        right = [r for r in gone if r.id in truth and not truth[r.id].present(last)]
        known = {p.key: [] for p in self.problems}  # type: ignore[var-annotated]
        for issue, problem in truth.items():
            known[problem.key].append(rows[issue])
        really_gone = [p for p in self.problems if known[p.key] and not p.present(last)]
        told_gone = [p for p in really_gone if not any(map(self._is_present, known[p.key]))]
        return Score(
            match_precision=precise,
            match_recall=complete,
            fix_precision=Share(len(right), sum(r.id in truth for r in gone)),
            fix_recall=Share(len(told_gone), len(really_gone)),
            fakes_found=self._fakes(known, findings),
            **self._returns(known, truth, rows, findings),
        )

    @staticmethod
    def _is_present(row: IssueRow) -> bool:
        return row.proposal is None and row.status is not Status.CLOSED

    def _fakes(
        self, known: dict[int, list[IssueRow]], findings: Sequence[tuple[str, int | None, str, int]]
    ) -> Share:
        """Reports of fixes never made: the problem still stood at the next patrol."""
        seen = {(key, patrol) for _, key, _, patrol in findings}
        found = whole = 0
        for problem in self.problems:
            for patrol in problem.faked:
                if patrol < self.patrols and problem.present(patrol):
                    whole += 1
                    caught = any(row.paper_fixes for row in known[problem.key])
                    found += caught and (problem.key, patrol) in seen
        return Share(found, whole)

    def _returns(
        self,
        known: dict[int, list[IssueRow]],
        truth: dict[str, Problem],
        rows: dict[str, IssueRow],
        findings: Sequence[tuple[str, int | None, str, int]],
    ) -> dict[str, Share]:
        """Problems seen, away for a patrol, and seen again; issues that say so."""
        seen: dict[int, set[int]] = defaultdict(set)
        for _, key, _, patrol in findings:
            if key is not None:
                seen[key].add(patrol)
        came_back = [p for p in self.problems if _returned(p, seen[p.key])]
        told = [p for p in came_back if any(row.recurrences for row in known[p.key])]
        claims = [rows[issue] for issue in truth if rows[issue].recurrences]
        right = [row for row in claims if _returned(truth[row.id], seen[truth[row.id].key])]
        return {
            "return_recall": Share(len(told), len(came_back)),
            "return_precision": Share(len(right), len(claims)),
        }


def _returned(problem: Problem, seen: set[int]) -> bool:
    """Whether it was away and seen to be back, after having been seen."""
    away = [n for n, there in enumerate(problem.there) if not there]
    return any(any(s < n for s in seen) and any(s > n for s in seen) for n in away)


def _pairs(findings: Sequence[tuple[str, int | None]]) -> tuple[Share, Share]:
    """Precision and recall over pairs of findings; invented ones are no problem's."""
    both = Counter((issue, key) for issue, key in findings if key is not None)
    by_issue = Counter(issue for issue, _ in findings)
    by_problem = Counter(key for _, key in findings if key is not None)

    def pairs(n: int) -> int:
        return n * (n - 1) // 2

    same = sum(map(pairs, both.values()))
    return (
        Share(same, sum(map(pairs, by_issue.values()))),
        Share(same, sum(map(pairs, by_problem.values()))),
    )


def play(
    folder: Path, rates: Rates, *, patrols: int, streets: int, length_m: float, seed: int
) -> Score:
    """A whole season in a store of its own."""
    store = open_store(None, folder)
    try:
        season = Season(store, rates, streets=streets, length_m=length_m, seed=seed)
        for _ in range(patrols):
            season.patrol()
        return season.score()
    finally:
        store.close()


def main() -> None:
    """Plays seasons at several GPS noises and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patrols", type=int, default=5)
    parser.add_argument("--streets", type=int, default=6)
    parser.add_argument("--length", type=float, default=600.0, help="metres of each street")
    parser.add_argument("--noise", type=float, nargs="*", default=[5, 8, 12, 20, 30])
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    names = ("match p", "match r", "fix p", "fix r", "fakes", "return p", "return r")
    print("noise m  " + "".join(f"{name:>20}" for name in names))
    for noise in asked.noise:
        with tempfile.TemporaryDirectory() as folder:
            score = play(
                Path(folder),
                Rates(noise_m=noise),
                patrols=asked.patrols,
                streets=asked.streets,
                length_m=asked.length,
                seed=asked.seed,
            )
        shares = (
            *(score.match_precision, score.match_recall, score.fix_precision, score.fix_recall),
            *(score.fakes_found, score.return_precision, score.return_recall),
        )
        print(f"{noise:7.0f}  " + "".join(f"{share!s:>20}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
