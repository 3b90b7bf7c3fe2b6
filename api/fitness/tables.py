"""The office's own tables: each is read as the program reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from api.fitness.finding import Finding, tried
from api.i18n import t
from api.settings import Settings


def own_tables(settings: Settings) -> Iterator[Finding]:
    """Risks, points, the assessment checklist and pest standards: the office's or ours."""
    from issues.pest.standards import load_standards
    from issues.risk import load_risk
    from issues.scoring.points import load_points
    from issues.scoring.sample_points import load_checklist

    tables: tuple[tuple[str, Path | None, Callable[[Path | None], object]], ...] = (
        (t("risk table"), settings.risk, load_risk),
        (t("points table"), settings.points, load_points),
        (t("assessment checklist"), settings.checklist, load_checklist),
        (t("pest standards"), settings.pest_standards, load_standards),
    )
    for name, path, load in tables:
        yield tried(name, lambda n=name, p=path, read=load: _read(n, p, read))  # type: ignore[misc]


def _read(name: str, path: Path | None, load: Callable[[Path | None], object]) -> Finding:
    load(path)
    return Finding(name, "ok", str(path) if path else t("the one that ships"))
