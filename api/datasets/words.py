"""The words for what a survey finds."""

from __future__ import annotations

from api.i18n import Lang, t
from detect.datasets.survey import Kind


def kind_words(kind: Kind, lang: Lang) -> str:
    """A kind of finding, as people say it."""
    words = {
        Kind.UNREADABLE: t("pictures that can't be read", lang),
        Kind.BAD_LABEL: t("labels that can't be used", lang),
        Kind.LEAK: t("one picture on both sides of the split", lang),
        Kind.CONFLICT: t("copies of a picture whose labels contradict each other", lang),
        Kind.NO_BOXES: t("classes without boxes", lang),
        Kind.DUPLICATE: t("the same file twice", lang),
        Kind.NEAR_DUPLICATE: t("almost the same picture", lang),
        Kind.COUNT: t("other counts than the YAML states", lang),
    }
    return words[kind]
