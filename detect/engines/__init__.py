"""Engines run models: ``openvino`` everywhere, ``ultralytics`` where torch is installed.

>>> engine = open_engine()                                        # doctest: +SKIP
>>> engine.detect([image])[0].xyxy                                # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from detect.engines.rule import RuleEngine
from detect.engines.several import SeveralEngines
from detect.errors import BadInput, ModelError
from detect.model_folder import default_set, rule_card
from detect.model_set import names_in
from detect.types import Engine

EngineName = Literal["openvino", "ultralytics"]


def open_engine(
    name_or_path: str | Path | None = None,
    *,
    engine: str = "openvino",
    threads: int | None = None,
    streams: int | None = None,
    second_look: bool | None = None,
) -> Engine:
    """An engine with a model loaded: a name in the registry, a model's folder, None: the default.

    ``street+stall`` loads several models, which look at every picture as one; a model that is a
    rule over another loads that one too.

    ``threads`` is how many cores may be used (None: all that this process may use), ``streams`` how
    many pictures are worked on at once (None: as many as threads; openvino only). Engine
    ``ultralytics`` also takes a file of weights, such as ``best.pt``.
    ``second_look``: whether the models' second looks judge candidates (openvino only; None: as each
    model's card says; True is refused where no model has one).
    Raises ModelError, or BadInput for an engine or number that doesn't exist.
    """
    if engine not in get_args(EngineName):
        raise BadInput(
            f"there is no engine {engine!r}",
            code="unknown_engine",
            mend=f"Choose one of {', '.join(get_args(EngineName))}.",
        )
    for name, number in (("threads", threads), ("streams", streams)):
        if number is not None and number < 1:
            raise BadInput(f"{name} must be 1 or more, got {number}", mend=f"Leave out {name}.")
    named = names_in(default_set() if name_or_path is None else name_or_path)
    opened = _Opened(lambda name: _open(name, engine, threads, streams, second_look))
    members = [opened.member(name) for name in named]
    if second_look and all(getattr(member, "second_look", None) is None for member in members):
        raise ModelError(
            f"{' and '.join(member.model.id for member in members)} can take no second look",
            code="no_second_look",
            mend="Leave out --second-look, or train one: `tidycity models second-look`.",
        )
    return members[0] if len(members) == 1 else SeveralEngines(members)


class _Opened:
    """Engines by name: rules over the same model share its network."""

    def __init__(self, network: Callable[[str | Path | None], Engine]) -> None:
        self._network = network
        self._known: dict[str, Engine] = {}

    def member(self, name: str | Path | None) -> Engine:
        rule = rule_card(name)
        if rule is not None:
            return RuleEngine(rule, self.member(rule.over))
        if str(name) not in self._known:
            self._known[str(name)] = self._network(name)
        return self._known[str(name)]


def _open(
    name_or_path: str | Path | None,
    engine: str,
    threads: int | None,
    streams: int | None,
    second_look: bool | None,
) -> Engine:
    if engine == "ultralytics":
        from detect.engines.ultralytics import UltralyticsEngine

        return UltralyticsEngine(name_or_path, threads=threads)
    from detect.engines.openvino import OpenVINOEngine

    return OpenVINOEngine(name_or_path, threads=threads, streams=streams, second_look=second_look)


__all__ = ["EngineName", "open_engine"]
