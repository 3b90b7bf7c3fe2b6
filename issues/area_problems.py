"""What can be wrong with a map of areas: one code a kind, with the areas, the place and the size.

The words for each code stand in ``labels.yaml`` (``area_problem``) in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from issues.labels import Lang, label

Outcome = Literal["left_out", "mended", "told"]
"""left_out: the feature isn't used; mended: it is, changed; told: it is used as it stands."""


@dataclass(frozen=True, slots=True)
class AreaProblem:
    """One thing that is wrong. ``at``: (lat, lon) in WGS-84, where a person should look.

    ``areas`` are codes, the smaller first where their order says nothing; ``names`` belong to them.
    ``square_m`` is the size of what is wrong, ``number`` counts features of the file from 1.
    """

    code: str
    outcome: Outcome
    areas: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    at: tuple[float, float] | None = None
    square_m: float | None = None
    number: int | None = None
    detail: str = ""

    def text(self, lang: Lang) -> str:
        """In words.

        >>> AreaProblem("crossed", "mended", ("g1",), ("East",), (31.2, 121.4)).text("en")
        'g1: its outline crossed itself at 31.200000, 121.400000 and was mended'
        """
        one, other = (*self._named(), "", "")[:2]
        said = label("area_problem", self.code, lang).format(
            one=one,
            other=other,
            number=self.number,
            detail=self.detail,
            at="" if self.at is None else f"{self.at[0]:.6f}, {self.at[1]:.6f}",
            size=_size(self.square_m, lang),
        )
        if self.outcome != "left_out" or self.number is None:
            return said
        words = label("area_outcome", "left_out", lang)
        return words.format(number=self.number, said=said)

    def _named(self) -> tuple[str, ...]:
        if not self.names:
            return self.areas
        pairs = zip(self.areas, self.names, strict=True)
        return tuple(
            f"{code} ({name})" if name and name != code and len(self.areas) > 1 else code
            for code, name in pairs
        )

    def __str__(self) -> str:
        return self.text("en")

    def plain(self) -> dict[str, Any]:
        """As JSON, with the words in both languages."""
        return {
            "code": self.code,
            "outcome": self.outcome,
            "areas": list(self.areas),
            "at": None if self.at is None else [round(degrees, 7) for degrees in self.at],
            "square_m": None if self.square_m is None else round(self.square_m, 1),
            "number": self.number,
            "text": {"en": self.text("en"), "zh": self.text("zh")},
        }


def _size(square_m: float | None, lang: Lang) -> str:
    if square_m is None:
        return ""
    if square_m >= 1e6:
        return f"{square_m / 1e6:,.2f} {'km²' if lang == 'en' else '平方公里'}"
    return f"{square_m:,.0f} {'m²' if lang == 'en' else '平方米'}"
