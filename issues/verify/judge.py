"""The verdict: genuine, then the place, then the problem; the first that fails decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from detect.observe import categories, context
from detect.quality import assess
from detect.screen import SUSPECT, screen_pattern
from detect.types import Engine
from issues.issue import Verdict
from issues.verify.genuine import reused, taken
from issues.verify.photographs import Box, Evidence, Picture
from issues.verify.place import Distance, View, agrees, best_view, distance, learned_view
from issues.verify.remains import look, look_closer, region_of, remains, unchanged
from issues.verify.rules import RULES, Rules
from issues.verify.verification import Point, Reason, Scores, Verification

_BLIND = frozenset(
    {
        Reason.DARK,
        Reason.OVEREXPOSED,
        Reason.BLURRED,
        Reason.BLOCKED,
        Reason.TOO_SMALL,
        Reason.REGION_OUT_OF_VIEW,
        Reason.REGION_TOO_SMALL,
        Reason.MODEL_CANT_SEE,
        Reason.TIME_UNKNOWN,
        Reason.TIME_IMPLAUSIBLE,
        Reason.NO_EVIDENCE,
        Reason.VIEW_NOT_RECOGNISED,
        Reason.POSITION_CONTRADICTS_VIEW,
        Reason.MAYBE_SCREEN,
    }
)
"""Reasons that leave the question open."""


def verify(
    evidence: Evidence,
    after: Picture,
    engine: Engine,
    older: Iterable[Picture] = (),
    *,
    now: datetime,
    rules: Rules = RULES,
) -> Verification:
    """Whether the after photo shows that the problem is gone from its place.

    ``older``: photos that it might be a copy of, the likeliest first; the evidence's own are
    compared anyway. Raises ModelError.
    """
    known = [before.picture for before in evidence.before]
    seen_before = {picture.sha256 for picture in known}
    others = (picture for picture in older if picture.sha256 not in seen_before)
    copy, alike = reused(after, (*known, *others), rules)
    time = taken(after.photo, evidence.last_seen, now, rules)
    if copy is not None:
        found = Scores(likeness=round(copy.share, 3))
        return _answer(Verdict.REUSED_PHOTO, [copy.reason], found, after, engine, None, copy.sha256)
    return _Case(evidence, after, engine, rules, time, alike).judged()


def _answer(
    verdict: Verdict,
    reasons: Sequence[Reason],
    scores: Scores,
    after: Picture,
    engine: Engine,
    before_sha256: str | None,
    reused_sha256: str | None = None,
    region: tuple[Point, ...] = (),
) -> Verification:
    return Verification(
        verdict=verdict,
        reasons=tuple(reasons),
        scores=scores,
        after_sha256=after.sha256,
        before_sha256=before_sha256,
        reused_sha256=reused_sha256,
        region=region,
        model_id=engine.model.id,
        model_version=engine.model.version,
    )


class _Case:
    """One after photo against one problem's evidence."""

    def __init__(
        self,
        evidence: Evidence,
        after: Picture,
        engine: Engine,
        rules: Rules,
        time: Reason,
        alike: float,
    ) -> None:
        self.evidence, self.after, self.engine, self.rules = evidence, after, engine, rules
        self.time, self.alike = time, alike
        self.seen, found = look(after.image, engine, after.sha256)
        boxes = context(found, after.image.shape, engine.model)
        self.movable: tuple[Box, ...] = tuple(one.xyxy for one in boxes)
        self.region: tuple[Point, ...] = ()

    def judged(self) -> Verification:
        """The verification."""
        where = distance(self.evidence, self.after.photo.location, self.rules)
        movable = (*self.movable, *(one.xyxy for one in self.seen))
        view = best_view(self.evidence, self.after, movable, self.rules)
        if not agrees(view, where, self.rules):
            other = learned_view(self.evidence, self.after, movable, self.rules)
            view = other if agrees(other, where, self.rules) else view
        same = view if agrees(view, where, self.rules) else None
        reasons = [*self._place_reasons(where, same), self.time]
        gone, figures = self._gone(same)
        reasons += gone
        alignment = view.alignment if view else None
        scores = Scores(
            distance_m=round(where.metres, 1) if where else None,
            limit_m=round(where.limit_m, 1) if where else None,
            cells=alignment.cells if alignment else 0,
            fixed_cells=alignment.fixed_cells if alignment else 0,
            same_place=self._likely(view),
            likeness=round(self.alike, 3),
            **figures,
        )
        return _answer(
            self._verdict(reasons, same),
            reasons,
            scores,
            self.after,
            self.engine,
            view.before.picture.sha256 if view else self._first_before(),
            region=self.region,
        )

    def _first_before(self) -> str | None:
        return self.evidence.before[0].picture.sha256 if self.evidence.before else None

    def _likely(self, view: View | None) -> float:
        if view is None:
            return round(self.rules.same_place(0.0), 3)
        limits = self.rules.view, self.rules.learned
        share = limits[0] / limits[1] if view.learned else 1.0
        return round(self.rules.same_place(share * view.alignment.support), 3)

    def _place_reasons(self, where: Distance | None, same: View | None) -> list[Reason]:
        if not self.evidence.before:
            view = Reason.NO_EVIDENCE
        else:
            view = Reason.VIEW_AGREES if same else Reason.VIEW_NOT_RECOGNISED
        if where is None:
            return [view, Reason.NO_POSITION]
        if not where.far:
            return [view, Reason.PLACE_NEAR]
        return [view, Reason.POSITION_CONTRADICTS_VIEW if same else Reason.PLACE_FAR]

    def _gone(self, same: View | None) -> tuple[list[Reason], dict[str, float | None]]:
        """What is to be said of the problem, and the figures."""
        reasons: list[Reason] = []
        spoilt = assess(self.after.image)
        if spoilt is not None:
            reasons.append(Reason(spoilt.value))
        if screen_pattern(self.after.image) >= SUSPECT:
            reasons.append(Reason.MAYBE_SCREEN)
        if same is None:
            return reasons, {}
        boxes = same.before.boxes or ((0.0, 0.0, 1.0, 1.0),)
        region = region_of(boxes, same.alignment, self.after.image)
        self.region = region.outline
        if region.visible < self.rules.visible:
            reasons.append(Reason.REGION_OUT_OF_VIEW)
        elif region.least_px < self.rules.region_px:
            reasons.append(Reason.REGION_TOO_SMALL)
        sha256 = self.after.sha256
        closer = look_closer(self.after.image, self.engine, sha256, region, self.rules)
        wanted = self.evidence.categories
        on_region, beside = remains((*self.seen, *closer), wanted, region, self.rules)
        images = same.before.picture.image, self.after.image
        as_before = unchanged(*images, boxes, same.alignment)
        if on_region is not None:
            reasons.append(Reason.STILL_THERE)
        elif as_before is not None and as_before >= self.rules.unchanged:
            reasons.append(Reason.UNCHANGED)
        elif beside is not None:
            reasons.append(Reason.MOVED)
        elif self.evidence.category not in categories(self.engine.model):
            reasons.append(Reason.MODEL_CANT_SEE)
        else:
            reasons.append(Reason.NOTHING_FOUND)
        score = max((s for s in (on_region, beside) if s is not None), default=None)
        figures = {"remains": score, "unchanged": as_before, "visible": round(region.visible, 3)}
        return reasons, {k: None if v is None else round(v, 3) for k, v in figures.items()}

    def _verdict(self, reasons: Sequence[Reason], same: View | None) -> Verdict:
        given = set(reasons)
        if Reason.TAKEN_BEFORE in given:
            return Verdict.REUSED_PHOTO
        if Reason.PLACE_FAR in given:
            return Verdict.WRONG_PLACE
        if Reason.POSITION_CONTRADICTS_VIEW in given or same is None:
            return Verdict.CANT_TELL
        if given & {Reason.STILL_THERE, Reason.MOVED, Reason.UNCHANGED}:
            return Verdict.NOT_FIXED
        return Verdict.CANT_TELL if given & _BLIND else Verdict.VERIFIED
