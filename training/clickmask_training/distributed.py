"""Data parallelism over processes, for several CPU cores or GPUs (``torchrun --nproc-per-node N -m clickmask_training …``).

On CPUs one process per core beats one process with as many threads: threads wait for each other in every
operation, so one core that is busy with something else stops them all; processes meet once a step.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Group:
    """This process's place among those that train together. A group of one does nothing."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.size > 1:
            if torch.cuda.is_available():
                torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")

    @property
    def leads(self) -> bool:
        """Whether this process writes logs and checkpoints, and decides when to stop."""
        return self.rank == 0

    def close(self) -> None:
        if self.size > 1:
            dist.destroy_process_group()

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the group, in one exchange."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        offset = 0
        for gradient in gradients:
            gradient.copy_(flat[offset : offset + gradient.numel()].reshape(gradient.shape))
            offset += gradient.numel()

    def agree(self, value: float, device: torch.device) -> float:
        """The leading process's value, in all of them."""
        if self.size == 1:
            return value
        shared: Tensor = torch.tensor([value], dtype=torch.float64, device=device)
        dist.broadcast(shared, 0)
        return float(shared.item())
