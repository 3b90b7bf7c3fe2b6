"""Python's packages, the models' files, the face model, a browser to print with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from api.fitness.finding import Finding
from api.i18n import t
from api.settings import Settings


def packages() -> Finding:
    """Whether each package is there that tidycity needs, in a version that it allows."""
    from packaging.requirements import Requirement

    wrong, n = [], 0
    for line in requires("tidycity") or []:
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        n += 1
        try:
            found = version(needed.name)
        except PackageNotFoundError:
            wrong.append(f"{needed.name}: -")
            continue
        if not needed.specifier.contains(found, prereleases=True):
            wrong.append(f"{needed.name} {found} ({needed.specifier})")
    if wrong:
        message = t("missing or of another version: {names}", names="; ".join(wrong))
        mend = t("Install it again: pip install --upgrade tidycity (offline: --find-links).")
        return Finding(t("packages"), "fail", message, mend)
    return Finding(t("packages"), "ok", t("{n} packages as needed", n=n))


def extras(settings: Settings) -> Iterator[Finding]:
    """What only some offices need, where the settings say that this one does."""
    if settings.database_url and "postgres" in settings.database_url and not find_spec("psycopg"):
        mend = t("Install it: pip install 'tidycity[postgres]'.")
        yield Finding("PostgreSQL", "fail", t("its driver psycopg is not installed"), mend)


def model_files(settings: Settings) -> Finding:
    """Whether the files of the model or models have the sums that their cards tell."""
    from detect.model_folder import default_set, load_card
    from detect.model_set import names_in

    named = names_in(default_set() if settings.model is None else settings.model)
    cards = [load_card(name) for name in named]
    told = ", ".join(f"{card.id} {card.version} ({_short(card.sha256)})" for card in cards)
    return Finding(t("model files"), "ok", t("{models}: as their cards say", models=told))


def _short(sums: Mapping[str, str]) -> str:
    return next((f"{sha256[:12]}…" for sha256 in sums.values()), "-")


def face_model(settings: Settings) -> Finding:
    """Without its detector no picture can be blurred, and so none leaves."""
    from detect.privacy import face_model as find

    if not settings.blur_faces:
        return Finding(
            t("faces"),
            "warn",
            t("pictures leave unblurred"),
            t("Unset TIDYCITY_BLUR_FACES unless that was decided."),
        )
    return Finding(t("faces"), "ok", str(find()))


def browser() -> Finding:
    """Only PDFs need one."""
    from issues.exports.bulletin_pdf import find_browser

    found = find_browser()
    if found is None:
        mend = t("Install chromium, or write .html and print it from any browser.")
        return Finding("PDF", "warn", t("no browser to print PDFs with"), mend)
    return Finding("PDF", "ok", found)
