"""Sending photos from a computer or a phone; what became of each is told as it happens."""

from __future__ import annotations

import json
from html import escape

from nicegui import ui

from api.console.layout import page_frame
from api.console.visit import Visit
from issues.labels import labels


def upload_page(visit: Visit) -> None:
    """Draws the page; the browser sends to the API itself, with the visitor's session."""
    t = visit.t
    words = {
        "sending": t("Sending {n} photos …", n="#"),
        "waiting": t("waiting"),
        "new": t("new: {numbers}", numbers="#"),
        "again": t("seen again: {numbers}", numbers="#"),
        "fixed": t("proposed as fixed: {numbers}", numbers="#"),
        "back": t("came back: {numbers}", numbers="#"),
        "nothing": t("nothing found"),
        "same": t("the same photo was sent before"),
        "failed": t("Not sent: {why}", why="#"),
        "done": t("Done. Review what was found."),
        "codes": {
            code: word[visit.lang]
            for kind in ("unusable", "unreadable")
            for code, word in labels()[kind].items()
        },
    }
    with page_frame(visit, "/upload", t("Upload")):
        ui.html(
            f"<h1>{escape(t('Upload photos'))}</h1>"
            '<label class="tc-drop" id="tc-drop">'
            f"<strong>{escape(t('Drop photos here, or choose them'))}</strong>"
            f'<span class="tc-muted">{escape(_limits(visit))}</span>'
            '<input type="file" id="tc-files" accept="image/*,.heic,.heif" multiple '
            'style="position:absolute;opacity:0;width:1px;height:1px"></label>'
            '<section class="tc-results" id="tc-results" aria-live="polite"></section>',
            sanitize=False,
        ).classes("tc-upload")
        ui.add_body_html(
            '<script src="/assets/upload.js" defer></script>'
            f'<script type="application/json" id="tc-words">{_safe_json(words)}</script>'
        )


def _limits(visit: Visit) -> str:
    t = visit.t
    limit_mb = visit.services.settings.upload_max_mb
    return t("JPEG, PNG, WebP or HEIC, up to {n} MB at a time; keep GPS on.", n=limit_mb)


def _safe_json(words: object) -> str:
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
