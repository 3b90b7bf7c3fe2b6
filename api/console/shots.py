"""Pictures on the console's pages: which to show for an issue, and the boxes over them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from nicegui import ui

from api.console.queue import QueueName
from api.console.visit import Visit
from issues.rows import Box, FrameRef, IssueDetail, ObservationRow

WIDTH_PX = 1280
Role = Literal["found", "before", "clear", "after", "again"]


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo to show and what it is to the question asked."""

    role: Role
    frame: FrameRef


def picture_url(sha256: str, width_px: int = WIDTH_PX) -> str:
    """Where the blurred picture is."""
    return f"/api/v1/evidence/{sha256}.jpg?width={width_px}"


def shots_for(detail: IssueDetail, name: QueueName | None) -> tuple[Shot, ...]:
    """One photo for a new finding; before and after for a fix; then and now for a return."""
    row = detail.row
    if row.best is None:
        return ()
    if name is QueueName.FIXED and row.after is not None:
        return Shot("before", row.best), Shot("after", row.after)
    if name is QueueName.RETURNED:
        return _then_and_now(detail)
    return (Shot("found", row.best),)


def _then_and_now(detail: IssueDetail) -> tuple[Shot, ...]:
    seen = [look for look in detail.looks if look.box is not None]
    if not seen:
        return (Shot("found", detail.row.best),) if detail.row.best else ()
    now = seen[-1]
    clear = [look for look in detail.looks if look.box is None and look.taken_at < now.taken_at]
    earlier = [look for look in seen if look.taken_at < now.taken_at and look.stored]
    if clear and clear[-1].stored:
        return Shot("clear", clear[-1]), Shot("again", now)
    return (Shot("before", earlier[0]), Shot("again", now)) if earlier else (Shot("again", now),)


def role_text(visit: Visit, role: Role) -> str:
    """What a photo is called above it."""
    t = visit.t
    return {
        "found": t("Found"),
        "before": t("Before"),
        "clear": t("Seen clear"),
        "after": t("After"),
        "again": t("Back again"),
    }[role]


def boxes_svg(own: Sequence[Box], others: Sequence[Box] = ()) -> str:
    """The overlay: the issue's own findings in strong lines, other findings faint.

    >>> boxes_svg([])
    '<svg width="100%" height="100%" viewBox="0 0 1 1" preserveAspectRatio="none"></svg>'
    """
    drawn = [_rect(other, "#ffffff", 1.5, "5 4", 0.75) for other in others]
    for box in own:
        drawn += [_rect(box, "#10201a", 6, "", 0.55), _rect(box, "#ffd23f", 3, "", 1)]
    return (
        '<svg width="100%" height="100%" viewBox="0 0 1 1" preserveAspectRatio="none">'
        + "".join(drawn)
        + "</svg>"
    )


def _rect(box: Box, colour: str, stroke_px: float, dash: str, opacity: float) -> str:
    x1, y1, x2, y2 = box
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{x1:.4f}" y="{y1:.4f}" width="{x2 - x1:.4f}" height="{y2 - y1:.4f}" fill="none" '
        f'stroke="{colour}" stroke-width="{stroke_px}"{dashes} opacity="{opacity}" '
        'vector-effect="non-scaling-stroke"/>'
    )


def own_boxes(detail: IssueDetail, frame: FrameRef) -> list[Box]:
    """All boxes of the issue in one photo; none in a clear look."""
    return [o.box for o in detail.observations if o.sha256 == frame.sha256]


def _editable(visit: Visit, detail: IssueDetail, frame: FrameRef) -> dict[str, str]:
    """What boxes.js needs, where the reader may draw: the photo, the issue's own boxes in it."""
    t = visit.t
    if not visit.who.may("review"):
        return {}
    own = [
        {"id": one.id, "box": one.box}
        for one in detail.observations
        if one.sha256 == frame.sha256 and one.issue_id == detail.row.id
    ]
    drawing = t("Drag a box round the problem. Arrows move it, Shift+arrows size it; Enter, Esc.")
    adjusting = t("Drag the box or its edges; arrows, Shift+arrows, Tab. Enter keeps, Esc leaves.")
    return {
        "data-photo": frame.sha256,
        "data-boxes": json.dumps(own),
        "data-draw-hint": drawing,
        "data-adjust-hint": adjusting,
    }


def show_shot(
    visit: Visit,
    detail: IssueDetail,
    shot: Shot,
    others: Sequence[ObservationRow] = (),
    *,
    editable: bool = False,
) -> None:
    """A photo with its caption and boxes; a click or Z looks closer at the finding."""
    t = visit.t
    frame = shot.frame
    taken = frame.taken_at.astimezone(visit.services.catalogue.calendar.zone)
    with ui.element("figure").classes("tc-shot").style("margin:0"):
        caption = f"<b>{escape(role_text(visit, shot.role))}</b><span>{taken:%Y-%m-%d %H:%M}</span>"
        ui.html(caption, sanitize=False, tag="figcaption").classes("tc-caption")
        if not frame.stored:
            ui.label(t("This picture wasn't kept.")).classes("tc-frame").style("color:#dbe4df")
            return
        box = frame.box or (0.0, 0.0, 1.0, 1.0)
        middle = f'data-cx="{(box[0] + box[2]) / 2:.3f}" data-cy="{(box[1] + box[3]) / 2:.3f}"'
        zoom = min(4.0, max(1.6, 0.55 / max(box[2] - box[0], box[3] - box[1], 0.05)))
        holder = ui.element("div").classes("tc-frame")
        holder.props(f'{middle} data-zoom="{zoom:.2f}"')
        holder.props.update(_editable(visit, detail, frame) if editable else {})
        holder.on("click", js_handler="(event) => tcZoom(event.currentTarget)")
        with holder:
            drawn = boxes_svg(own_boxes(detail, frame), [other.box for other in others])
            alt = escape(f"{role_text(visit, shot.role)} · {visit.category(detail.row.category)}")
            picture = f'<img src="{picture_url(frame.sha256)}" alt="{alt}" draggable="false">'
            ui.html(picture + drawn, sanitize=False).classes("tc-pic")
