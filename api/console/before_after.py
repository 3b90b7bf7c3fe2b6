"""Verifications on an issue's page: before and after under a slider, the verdict, its reasons."""

from __future__ import annotations

from asyncio import to_thread
from functools import partial
from html import escape

from nicegui import ui

from api.console.facts import moment
from api.console.shots import picture_url
from api.console.visit import Visit
from detect.errors import TidycityError
from issues.issue import Verdict
from issues.labels import label
from issues.rows import IssueDetail
from issues.verify import Reason, VerificationRow
from issues.verify.filing import overrule, verifications
from issues.verify.verification import GOOD
from issues.verify.words import word

SHOWN_SCORES = ("distance_m", "same_place", "remains", "unchanged", "visible", "likeness")
_SLIDE = (
    "(value) => { const box = getElement({id}).$el; "
    "box.style.setProperty('--tc-cut', value + '%'); }"
)


def read_verifications(visit: Visit, number: str) -> list[VerificationRow]:
    """All verifications of an issue, newest first."""
    with visit.services.store.reading() as session:
        return verifications(session, number)


async def show_verifications(visit: Visit, detail: IssueDetail) -> None:
    """The section of an issue's page; a button where a photo waits to be verified."""
    rows = await to_thread(read_verifications, visit, detail.row.number)
    after = detail.row.after
    done = {row.verification.after_sha256 for row in rows}
    waits = after is not None and after.stored and after.sha256 not in done
    if not rows and not waits:
        return
    t = visit.t
    with ui.element("section").classes("tc-card tc-section tc-verify"):
        ui.html(f"<h2>{escape(t('Verification of the fix'))}</h2>", sanitize=False)
        if waits and visit.who.may("review"):
            ui.button(
                t("Verify with the after photo"), on_click=partial(_verify, visit, detail)
            ).props("unelevated no-caps").classes("tc-btn")
        if rows:
            _show_one(visit, rows[0])
        for row in rows[1:]:
            ui.html(_line(visit, row), sanitize=False)


def _show_one(visit: Visit, row: VerificationRow) -> None:
    found = row.verification
    before = found.reused_sha256 or found.before_sha256
    if before is not None and before != found.after_sha256:
        _slider(visit, before, row)
    ui.html(verdict_html(visit, row), sanitize=False)
    if visit.who.may("review"):
        _overrule_buttons(visit, row)


def _slider(visit: Visit, before: str, row: VerificationRow) -> None:
    """The after photo over the one from before, cut where the slider stands."""
    t = visit.t
    found = row.verification
    box = ui.element("div").classes("tc-slide")
    with box:
        ui.html(
            f'<img alt="{escape(t("Before"))}" src="{picture_url(before)}">'
            f'<div class="tc-slide-over"><img alt="{escape(t("After"))}" '
            f'src="{picture_url(found.after_sha256)}">{_outline(row)}</div>'
            f'<span class="tc-slide-left">{escape(t("After"))}</span>'
            f'<span class="tc-slide-right">{escape(t("Before"))}</span>',
            sanitize=False,
        )
    slide = ui.slider(min=0, max=100, value=50).classes("tc-slide-bar")
    slide.props(f'aria-label="{escape(t("Before"))} / {escape(t("After"))}"')
    slide.on("update:model-value", js_handler=_SLIDE.replace("{id}", str(box.id)))
    ui.html(
        f'<a class="tc-link" target="_blank" '
        f'href="/api/v1/verifications/{row.id}/picture.jpg?lang={visit.lang}">'
        f"{escape(t('Side by side'))}</a>",
        sanitize=False,
    )


def _outline(row: VerificationRow) -> str:
    """Where the problem was, over the after photo."""
    if len(row.verification.region) < 3:
        return ""
    points = " ".join(f"{x:.4f},{y:.4f}" for x, y in row.verification.region)
    return (
        '<svg viewBox="0 0 1 1" preserveAspectRatio="none">'
        f'<polygon points="{points}" fill="none" stroke="#ffd23f" stroke-width="3" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )


def verdict_html(visit: Visit, row: VerificationRow) -> str:
    """The verdict, its reasons and figures; a person's word where there is one."""
    found = row.verification
    marks = "".join(_reason(visit, reason) for reason in found.reasons)
    scores = found.as_data()["scores"]
    figures = "".join(
        f"<dt>{escape(word('score', name, visit.lang))}</dt><dd>{scores[name]:g}</dd>"
        for name in SHOWN_SCORES
        if name in scores
    )
    return (
        f'<p><span class="tc-chip verdict-{row.verdict}">'
        f"{escape(label('verdict', row.verdict, visit.lang))}</span> "
        f'<span class="tc-muted tc-small">{moment(visit, row.at)} · {escape(row.actor)} · '
        f"{escape(word('origin', row.origin, visit.lang))}</span></p>{_overruled(visit, row)}"
        f'<ul class="tc-reasons">{marks}</ul><dl class="tc-scores">{figures}</dl>'
    )


def _reason(visit: Visit, reason: Reason) -> str:
    kind, mark = ("good", "✓") if reason in GOOD else ("bad", "!")
    return f'<li class="{kind}"><b>{mark}</b> {escape(word("reason", reason, visit.lang))}</li>'


def _overruled(visit: Visit, row: VerificationRow) -> str:
    if row.overruled_to is None:
        return ""
    t = visit.t
    found = label("verdict", row.verification.verdict, visit.lang)
    who = t("Overruled by {who}; the computer said: {found}", who=row.overruled_by, found=found)
    return f"<p>{escape(who)}<br>“{escape(row.overruled_note or '')}”</p>"


def _line(visit: Visit, row: VerificationRow) -> str:
    words = "，" if visit.lang == "zh" else "; "
    reasons = words.join(word("reason", r, visit.lang) for r in row.verification.reasons)
    return (
        f'<p class="tc-small"><b>{escape(label("verdict", row.verdict, visit.lang))}</b> '
        f"{moment(visit, row.at)}<br>{escape(reasons)}</p>"
    )


def _overrule_buttons(visit: Visit, row: VerificationRow) -> None:
    t = visit.t
    with ui.element("div").classes("tc-overrule"):
        note = ui.input(t("Why the computer is wrong")).props("dense outlined")
        for verdict in (Verdict.VERIFIED, Verdict.NOT_FIXED):
            if verdict is not row.verdict:
                text = t("Overrule: {verdict}", verdict=label("verdict", verdict, visit.lang))
                ui.button(
                    text, on_click=partial(_overrule, visit, row, verdict, note), color=None
                ).props("unelevated no-caps").classes("tc-btn")


async def _overrule(visit: Visit, row: VerificationRow, verdict: Verdict, note: ui.input) -> None:
    t = visit.t
    try:
        if not await to_thread(visit.may, "review"):
            ui.notify(t("Your key may not decide, or no longer."), type="warning")
            return
        services = visit.services
        await to_thread(
            partial(
                overrule,
                services.store,
                services.catalogue,
                row.id,
                verdict,
                actor=visit.who.name,
                note=str(note.value or ""),
                now=services.now(),
            )
        )
    except TidycityError as error:
        ui.notify(t("Not saved: {why}", why=f"{error} {error.mend}"), type="warning")
        return
    ui.navigate.reload()


async def _verify(visit: Visit, detail: IssueDetail) -> None:
    t = visit.t
    number = detail.row.number
    try:
        if not await to_thread(visit.may, "review"):
            ui.notify(t("Your key may not decide, or no longer."), type="warning")
            return
        who = visit.who.name
        await to_thread(partial(visit.services.verifier.verify_kept, number, actor=who))
    except TidycityError as error:
        ui.notify(t("Not saved: {why}", why=f"{error} {error.mend}"), type="warning")
        return
    ui.navigate.reload()
