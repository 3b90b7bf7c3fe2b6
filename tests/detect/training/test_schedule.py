from __future__ import annotations

from pathlib import Path

import pytest

from detect.training.errors import RecipeError
from detect.training.precision import choose, cpu_flags
from detect.training.schedule import one_to_many_share, progress, rate_factor, side_px


def test_progress_stays_within_the_run() -> None:
    assert [progress(done, 10) for done in (-1, 0, 5, 20)] == [0, 0, 0.5, 1]


def test_the_rate_rises_then_falls_to_its_end() -> None:
    rates = [rate_factor(i / 100, 0.1, 0.02) for i in range(101)]
    assert max(rates) == pytest.approx(1)
    assert rates.index(max(rates)) == 10
    assert rates[0] > 0
    assert rates[-1] == pytest.approx(0.02)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_the_heads_share_shifts() -> None:
    assert (one_to_many_share(0), one_to_many_share(1)) == (0.8, pytest.approx(0.1))


def test_sides_grow_in_steps_of_32_and_stop() -> None:
    sides = [side_px(i / 20, 320, 512) for i in range(21)]
    assert sides == sorted(sides)
    assert all(side % 32 == 0 for side in sides)
    assert (sides[0], sides[12], sides[-1]) == (320, 512, 512)


@pytest.mark.parametrize(
    ("wanted", "flags", "chosen"),
    [
        ("auto", {"avx2"}, "fp32"),
        ("auto", {"avx2", "avx512_bf16"}, "bf16"),
        ("auto", {"amx_bf16"}, "bf16"),
        ("bf16", {"avx2"}, "bf16"),
        ("fp32", {"amx_bf16"}, "fp32"),
    ],
)
def test_precision_follows_the_processor(wanted: str, flags: set[str], chosen: str) -> None:
    assert choose(wanted, frozenset(flags)) == chosen


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(RecipeError, match="int4"):
        choose("int4", frozenset())


def test_flags_come_from_cpuinfo(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags\t: fpu avx2 avx512_bf16\n")
    assert cpu_flags(tmp_path / "cpuinfo") == {"fpu", "avx2", "avx512_bf16"}
    assert cpu_flags(tmp_path / "absent") == frozenset()
