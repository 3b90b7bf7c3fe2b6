"""Several processes that train one model, a thread each.

On a shared CPU two threads of one process wait for each other thousands of times a step; two
processes meet once a step, to average their gradients. On the busy two-core machine that the first
model was trained on, that was worth a factor of three. Needs the extra `torch`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
from torch import Tensor, distributed, nn

WAIT = timedelta(minutes=20)


@dataclass(frozen=True)
class Crew:
    """Who of how many this process is; `meeting` is a file that all can write, made anew a run."""

    rank: int = 0
    size: int = 1
    meeting: Path | None = None

    @property
    def leads(self) -> bool:
        """Whether this process writes checkpoints and reports."""
        return self.rank == 0

    def gather(self) -> None:
        """Waits until all are there. A no-op for one."""
        if self.size > 1:
            distributed.init_process_group(
                "gloo",
                init_method=f"file://{self.meeting}",
                rank=self.rank,
                world_size=self.size,
                timeout=WAIT,
            )

    def part(self) -> None:
        """Ends what ``gather`` began, so that this process can train again. A no-op for one."""
        if self.size > 1:
            distributed.destroy_process_group()

    def wait(self) -> None:
        """Returns when all have come here."""
        if self.size > 1:
            distributed.barrier()

    def share(self, model: nn.Module) -> None:
        """Gives everyone the leader's weights and statistics."""
        if self.size > 1:
            with torch.no_grad():
                for tensor in model.state_dict().values():
                    distributed.broadcast(tensor, src=0)

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replaces every gradient by its mean over the crew, in one exchange."""
        if self.size == 1:
            return
        grads = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([grad.reshape(-1) for grad in grads])
        distributed.all_reduce(flat)
        flat /= self.size
        _spread(flat, grads)

    def agree(self, value: float) -> float:
        """The leader's value."""
        if self.size == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(told, src=0)
        return float(told.item())


def _spread(flat: Tensor, grads: Iterable[Tensor]) -> None:
    start = 0
    for grad in grads:
        grad.copy_(flat[start : start + grad.numel()].view(grad.shape))
        start += grad.numel()
