"""Which number format trains fastest on this processor."""

from __future__ import annotations

from pathlib import Path

from detect.training.errors import RecipeError

BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The processor's feature flags on Linux; empty elsewhere."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    flags = (line.partition(":")[2].split() for line in lines if line.startswith("flags"))
    return frozenset(next(flags, []))


def choose(wanted: str, flags: frozenset[str]) -> str:
    """ "bf16" or "fp32". bf16 without hardware for it is emulated and far slower than fp32."""
    if wanted == "auto":
        return "bf16" if flags & BF16_FLAGS else "fp32"
    if wanted not in ("fp32", "bf16"):
        raise RecipeError(f"precision must be auto, fp32 or bf16, got '{wanted}'")
    return wanted
