"""Checkpoints: all that a run needs to go on as if it had not stopped."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from .decoder import DecoderConfig
from .ema import MovingAverage
from .network import ClickNetwork


@dataclass
class Progress:
    """How far a run has come."""

    step: int = 0
    pictures: int = 0
    """Pictures seen; also the number of the next sample."""
    targets: int = 0
    """Picture and target pairs seen."""
    seconds: float = 0.0
    """Time spent training, over all parts of the run."""


def save_checkpoint(path: Path, network: ClickNetwork, average: MovingAverage, optimizer: torch.optim.Optimizer,
                    progress: Progress, rng: random.Random, config: dict) -> None:
    """Write to a temporary file first, so that a kill never leaves half a checkpoint."""
    temporary = path.with_suffix(".partial")
    torch.save(
        {
            "config": config,
            "progress": asdict(progress),
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "rng": rng.getstate(),
            "torch_rng": torch.get_rng_state(),
        },
        temporary,
    )
    temporary.replace(path)


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict:
    """A checkpoint of ``save_checkpoint``. Only load files you trust: Python's RNG state is a plain tuple, nothing is executed."""
    return torch.load(path, map_location=device, weights_only=True)


def load_network(path: Path) -> ClickNetwork:
    """The averaged network of a checkpoint, ready to evaluate or export."""
    checkpoint = load_checkpoint(path)
    network = ClickNetwork(DecoderConfig(**checkpoint["config"]["decoder"]))
    network.load_state_dict(checkpoint["average"]["average"])
    return network.eval()
