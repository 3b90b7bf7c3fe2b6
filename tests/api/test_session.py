"""Signed sessions and the slowing of guessers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.session import LIFETIME_S, SessionSigner, Throttle, load_secret

SIGNER = SessionSigner("s" * 32)


def test_a_session_says_which_key_began_it() -> None:
    assert SIGNER.read(SIGNER.sign(7, now_s=100), now_s=200) == 7


def test_a_session_ends() -> None:
    value = SIGNER.sign(7, now_s=100)
    assert SIGNER.read(value, now_s=99 + LIFETIME_S) == 7
    assert SIGNER.read(value, now_s=101 + LIFETIME_S) is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "abc",
        "abc.def",
        "é.é",
        SIGNER.sign(7, now_s=100)[:-1],
        SIGNER.sign(7, now_s=100) + "=",
        "x" + SIGNER.sign(7, now_s=100),
        SessionSigner("t" * 32).sign(7, now_s=100),
        SIGNER.sign(8, now_s=100).split(".")[0] + "." + SIGNER.sign(7, now_s=100).split(".")[1],
    ],
)
def test_a_forged_session_is_nobody(forged: str) -> None:
    assert SIGNER.read(forged, now_s=200) is None


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_secret(tmp_path / "data")
    assert first == load_secret(tmp_path / "data")
    assert len(first) >= 32
    mode = (tmp_path / "data" / "session.secret").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["session.secret"]


class FakeTime:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_guessers_wait_longer_each_time() -> None:
    clock = FakeTime()
    throttle = Throttle(clock, free=3, longest_s=60)
    waits = []
    for _ in range(9):
        waits.append(throttle.wait_s("10.0.0.1"))
        throttle.failed("10.0.0.1")
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 60]
    assert throttle.wait_s("10.0.0.2") == 0
    clock.now_s += 61
    assert throttle.wait_s("10.0.0.1") == 0


def test_a_right_key_forgives() -> None:
    throttle = Throttle(FakeTime(), free=1)
    throttle.failed("a")
    throttle.failed("a")
    throttle.succeeded("a")
    assert throttle.wait_s("a") == 0


def test_old_failures_are_forgotten_and_the_table_stays_small() -> None:
    clock = FakeTime()
    throttle = Throttle(clock, free=2, longest_s=10, size=3)
    for address in "abcde":
        throttle.failed(address)
        throttle.failed(address)
    assert [throttle.wait_s(address) > 0 for address in "abcde"] == [False, False, True, True, True]
    clock.now_s += 100
    throttle.failed("e")
    assert throttle.wait_s("e") == 0
