"""The table of moves as a drawing and as a table, for ``docs/lifecycle*.md``.

``python -m issues.diagram`` writes both into the pages; a test fails when they are stale.
"""

from __future__ import annotations

import re
from pathlib import Path

from issues.issue import Action, Status
from issues.labels import Lang, action_label, label, status_label
from issues.lifecycle import MOVES, NEEDS, REASONS

PAGES: dict[Lang, str] = {"en": "docs/lifecycle.md", "zh": "docs/lifecycle.zh-CN.md"}
BLOCK = re.compile(r"(<!-- made: (drawing|moves|reasons) -->\n).*?(<!-- end -->)", re.S)

BY_PHOTOS = (
    (Status.REPORTED_FIXED, "contradicted", Status.REWORK),
    (Status.CLOSED, "returned", Status.REOPENED),
)
"""Changes that photos make by themselves."""


DRAWN_ONCE = {
    Action.REJECT: Status.CANDIDATE,
    Action.DUPLICATE: Status.CANDIDATE,
    Action.HOLD: Status.ASSIGNED,
    Action.CLOSE: Status.REPORTED_FIXED,
}
"""Moves that nearly every open status allows: drawn from one, so that the course can be seen."""


def drawing(lang: Lang) -> str:
    """A Mermaid state diagram. Moves that stay where they are aren't drawn."""
    edges: dict[tuple[Status, Status], list[str]] = {}
    for (status, action), target in MOVES.items():
        if target is None:
            target = Status.ASSIGNED
        if target is not status and DRAWN_ONCE.get(action, status) is status:
            edges.setdefault((status, target), []).append(action_label(action, lang))
    for status, event, target in BY_PHOTOS:
        edges.setdefault((status, target), []).append(f"📷 {label('event', event, lang)}")
    words = [f"    {status} : {status_label(status, lang)}" for status in Status]
    lines = [
        f"    {status} --> {target} : {' / '.join(actions)}"
        for (status, target), actions in edges.items()
    ]
    return "\n".join(
        ["```mermaid", "stateDiagram-v2", *words, "    [*] --> candidate", *lines, "```", ""]
    )


def moves(lang: Lang) -> str:
    """A Markdown table: status, what may be done there, where that leads, what it needs."""
    heads = {
        "en": ("status", "move", "leads to", "needs", "can have"),
        "zh": ("状态", "操作", "变为", "必填", "可填"),
    }[lang]
    back = {"en": "where it was held from", "zh": "挂账前的状态"}[lang]
    rows = [" | ".join(heads), " | ".join("---" for _ in heads)]
    for status in Status:
        for action in NEEDS:
            if (status, action) not in MOVES:
                continue
            target = MOVES[status, action]
            leads = back if target is None else "–" if target is status else _code(target, lang)
            needs = NEEDS[action]
            rows.append(
                f"{_code(status, lang)} | {action_label(action, lang)} `{action}` | {leads} | "
                f"{_names(needs.needed)} | {_names(needs.optional)}"
            )
    return "".join(f"| {row} |\n" for row in rows)


def reasons(lang: Lang) -> str:
    """A Markdown list: the reasons of each move."""
    return "".join(
        f"- {action_label(action, lang)} (`{action}`): "
        + ", ".join(f"`{code}` {label(f'{action}_reason', code, lang)}" for code in known)
        + "\n"
        for action, known in REASONS.items()
    )


def _code(status: Status, lang: Lang) -> str:
    return f"{status_label(status, lang)} `{status}`"


def _names(fields: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in fields) or "–"


def made_anew(page: str, lang: Lang) -> str:
    """The text of a page with its made blocks as the table is now."""
    make = {"drawing": drawing, "moves": moves, "reasons": reasons}
    return BLOCK.sub(lambda found: found[1] + make[found[2]](lang) + found[3], page)


def main() -> None:
    """Writes the pages of this checkout."""
    root = Path(__file__).parents[1]
    for lang, name in PAGES.items():
        path = root / name
        path.write_text(made_anew(path.read_text("utf-8"), lang), "utf-8")


if __name__ == "__main__":
    main()
