"""Exponential moving average of a network's weights and buffers."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MovingAverage:
    """Keeps the average that is evaluated and exported. It warms up, so that the start does not hold short runs back."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.average = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Adds the network's present state."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        floats: list[Tensor] = []
        targets: list[Tensor] = []
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                floats.append(self.average[name])
                targets.append(value.detach())
            else:
                self.average[name].copy_(value)
        torch._foreach_lerp_(floats, targets, 1.0 - decay)

    def state_dict(self) -> dict:
        return {"updates": self.updates, "average": self.average}

    def load_state_dict(self, state: dict) -> None:
        self.updates = state["updates"]
        for name, value in state["average"].items():
            self.average[name].copy_(value)
