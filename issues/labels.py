"""The words for statuses, reasons, actions and other fixed codes, in Chinese and English."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Literal

import yaml

from issues.issue import Action, Proposal, Reason, Severity, Status, Verdict
from issues.lifecycle import REASONS

Lang = Literal["en", "zh"]


@lru_cache(maxsize=1)
def labels() -> dict[str, dict[str, dict[Lang, str]]]:
    """All labels: kind → code → language → text."""
    text = files("issues").joinpath("labels.yaml").read_text("utf-8")
    table: dict[str, dict[str, dict[Lang, str]]] = yaml.load(text, yaml.CSafeLoader)
    return table


def label(kind: str, code: str, lang: Lang) -> str:
    """The word for a code; the code itself where there is none.

    >>> label("status", "closed", "zh")
    '已销号'
    """
    return labels().get(kind, {}).get(code, {}).get(lang, code)


def status_label(status: Status, lang: Lang) -> str:
    """The word for a status."""
    return label("status", status, lang)


def proposal_label(proposal: Proposal, lang: Lang) -> str:
    """The words for what the photos propose."""
    return label("proposal", proposal, lang)


def reason_label(reason: Reason, lang: Lang) -> str:
    """The words for why a move was made: why it was rejected, sent back, extended…"""
    action = next(action for action, reasons in REASONS.items() if isinstance(reason, reasons))
    return label(f"{action}_reason", reason, lang)


def verdict_label(verdict: Verdict, lang: Lang) -> str:
    """The words for what verification says."""
    return label("verdict", verdict, lang)


def action_label(action: Action, lang: Lang) -> str:
    """The words for what a person can do."""
    return label("action", action, lang)


def severity_label(severity: Severity, lang: Lang) -> str:
    """The word for a severity."""
    return label("severity", severity, lang)
