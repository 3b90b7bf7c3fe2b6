"""Pages of admins: keys, and the audit log."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import ROLES
from api.console.facts import moment
from api.console.sheet import sheet
from api.console.visit import Visit, visit_of
from issues.audit import AuditFilter, AuditLine, list_audit
from issues.keys import KeyRow
from issues.labels import label

router = APIRouter(include_in_schema=False)


@router.get("/keys", response_model=None)
def keys_page(request: Request) -> Response:
    """Keys: made, listed, revoked."""
    visit = visit_of(request)
    if isinstance(visit, Response):
        return visit
    t = visit.t
    rows = "".join(_key_row(visit, row) for row in visit.services.door.keys.all())
    heads = (t("Name"), t("Role"), t("Begins with"), t("Last used"), t("Ends"), "")
    body = (
        '<p id="tc-made" class="tc-secret" role="alert" hidden></p>'
        + _form(visit)
        + _table(heads, rows)
        + f'<p><a href="/audit">{escape(t("Audit log"))}</a></p>'
    )
    words = {
        "made": t("The key, shown this once; keep it well:"),
        "link": t("Link for a phone:"),
        "sure": t("Revoke this key? It stops working at once."),
        "failed": t("Not done: {why}", why="#"),
    }
    return sheet(visit, t("API keys"), body, script="desk.js", words=words)


def _form(visit: Visit) -> str:
    t = visit.t
    options = "".join(
        f'<option value="{role}">{escape(label("role", role, visit.lang))}</option>'
        for role in ROLES
    )
    days = [(90, t("90 days")), (365, t("One year")), (7, t("7 days")), ("", t("No end"))]
    ends = "".join(f'<option value="{n}">{escape(word)}</option>' for n, word in days)
    units = sorted(_units(visit))
    known = "".join(f'<option value="{escape(unit)}"></option>' for unit in units)
    return (
        '<form id="tc-key" class="tc-card tc-line">'
        f'<label>{escape(t("Name"))}<input name="name" required maxlength="100"></label>'
        f'<label>{escape(t("Role"))}<select name="role">{options}</select></label>'
        f"<label>{escape(t('Unit (for the role unit)'))}"
        f'<input name="unit" list="tc-units" maxlength="200"></label>'
        f'<datalist id="tc-units">{known}</datalist>'
        f'<label>{escape(t("Valid for"))}<select name="expires_days">{ends}</select></label>'
        f"<button>{escape(t('Make a key'))}</button></form>"
    )


def _units(visit: Visit) -> set[str]:
    from issues.queries import list_areas

    with visit.services.store.reading() as session:
        areas = list_areas(session)
    return {name for row in areas for name in (row.unit_zh, row.unit_en) if name}


def _key_row(visit: Visit, row: KeyRow) -> str:
    t = visit.t
    role = label("role", row.role, visit.lang) + (f" · {row.unit}" if row.unit else "")
    if row.revoked_at:
        last = escape(t("revoked"))
    elif not row.valid(visit.services.now()):
        last = escape(t("expired"))
    elif row.id == visit.who.key_id:
        last = escape(t("yours"))
    else:
        word = escape(t("Revoke"))
        last = f'<button class="quiet tc-revoke" data-key="{row.id}">{word}</button>'
    cells = (
        row.name,
        role,
        row.hint,
        moment(visit, row.last_used_at),
        moment(visit, row.expires_at) if row.expires_at else "–",
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + f"<td>{last}</td></tr>"


@router.get("/audit", response_model=None)
def audit_page(request: Request) -> Response:
    """The audit log, newest first, filtered by the query."""
    visit = visit_of(request)
    if isinstance(visit, Response):
        return visit
    t = visit.t
    asked = {
        name: request.query_params.get(name, "")[:200] for name in ("actor", "action", "subject")
    }
    which = AuditFilter(
        actor=asked["actor"] or None,
        action=asked["action"] or None,
        subject=asked["subject"] or None,
    )
    given = request.query_params.get("cursor", "")
    cursor = given if given.isascii() and given.isdigit() and len(given) < 19 else None
    with visit.services.store.reading() as session:
        page = list_audit(session, which, cursor=cursor)
    fields = ((t("Who"), "actor"), (t("What, as it begins"), "action"), (t("Issue"), "subject"))
    inputs = "".join(
        f'<label>{escape(word)}<input name="{name}" value="{escape(asked[name])}"></label>'
        for word, name in fields
    )
    heads = (t("When"), t("Who"), t("Role"), t("What"), t("To what"), t("From where"))
    more = (
        f'<p><a href="{escape(str(request.url.include_query_params(cursor=page.next_cursor)))}">'
        f"{escape(t('Older lines'))}</a></p>"
        if page.next_cursor
        else ""
    )
    body = (
        f'<form class="tc-card tc-line">{inputs}<button>{escape(t("Show"))}</button></form>'
        + _table(heads, "".join(_audit_row(visit, line) for line in page.items))
        + more
    )
    return sheet(visit, t("Audit log"), body, script="desk.js", words={})


def _audit_row(visit: Visit, line: AuditLine) -> str:
    events = line.detail.get("events") or []
    told = ", ".join(f"{event['issue']} {event['kind']}" for event in events[:5])
    cells = (
        moment(visit, line.at),
        line.actor,
        line.role,
        f"{line.action} {told}",
        line.subject,
        line.address,
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _table(heads: tuple[str, ...], rows: str) -> str:
    first = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    return f"<table><thead><tr>{first}</tr></thead><tbody>{rows}</tbody></table>"
