"""Checkpoints: all that a run needs to go on as if it had not stopped.

There is no random state among it: samples and simulated clicks are drawn from the run's seed and their own number.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from .decoder import ANCHOR_CHANNELS, DecoderConfig
from .ema import MovingAverage
from .network import ClickNetwork


@dataclass
class Progress:
    """The progress of a run."""

    step: int = 0
    pictures: int = 0
    """Pictures seen; also the number of the next sample."""
    targets: int = 0
    """Picture and target pairs seen."""
    seconds: float = 0.0
    """Time spent training, over all parts of the run."""


def save_checkpoint(
    path: Path,
    network: ClickNetwork,
    average: MovingAverage,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    config: dict,
) -> None:
    """Write to a temporary file first, so that a kill never leaves half a checkpoint."""
    temporary = path.with_suffix(".partial")
    torch.save(
        {
            "config": config,
            "progress": asdict(progress),
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
        },
        temporary,
    )
    temporary.replace(path)


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict:
    """A checkpoint of ``save_checkpoint``; nothing in the file is executed."""
    return torch.load(path, map_location=device, weights_only=True)


def load_network(path: Path) -> ClickNetwork:
    """The averaged network of a checkpoint, ready to evaluate or export."""
    checkpoint = load_checkpoint(path)
    network = ClickNetwork(DecoderConfig(**checkpoint["config"]["decoder"]))
    network.load_state_dict(checkpoint["average"]["average"])
    return network.eval()


def fitting_weights(theirs: dict[str, torch.Tensor], mine: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What a network with the weights ``mine`` can take over of ``theirs``: all of the same name and shape.

    A network that gained or lost first-click attention keeps what ``merge_16`` does with its other inputs, and one with
    more or fewer candidates those that both have.
    """

    def leading(name: str, axis: int) -> torch.Tensor:
        value = mine[name].clone()
        shared = min(theirs[name].shape[axis], value.shape[axis])
        value.narrow(axis, 0, shared).copy_(theirs[name].narrow(axis, 0, shared))
        return value

    fitting = {name: value for name, value in theirs.items() if name in mine and mine[name].shape == value.shape}
    merge, role = "decoder.merge_16.0.weight", "decoder.score.role"
    if abs(theirs[merge].shape[1] - mine[merge].shape[1]) == ANCHOR_CHANNELS:
        fitting[merge] = leading(merge, 1)
    if role not in fitting:
        fitting |= {name: leading(name, 0) for name in (role, "decoder.mask.weight", "decoder.mask.bias")}
    return fitting


def write_weights(path: Path, newer: Path, older: Path | None = None, share: float = 1.0) -> list[str]:
    """Averaged weights of a run alone, as fp16: a small checkpoint to keep.

    With ``older``, the mean of both, ``newer`` with weight ``share``: the end points of two learning-rate cycles, of which one
    went on from the other, lie in one basin, and their mean is often better than either (Wortsman et al. 2022, "Model soups").
    Blocks of the decoder that differ, since a part came or went between the two, are ``newer``'s.

    Returns the names of those blocks.
    """
    checkpoint = load_checkpoint(newer)
    average = checkpoint["average"]["average"]
    differing: set[str] = set()
    if older is not None:
        theirs = load_checkpoint(older)["average"]["average"]
        shapes, other_shapes = ({(name, value.shape) for name, value in one.items()} for one in (average, theirs))
        differing = {_block(name) for name, _ in shapes ^ other_shapes}
        if any(block.startswith("encoder.") for block in differing):
            raise ValueError(f"{newer} and {older} are not of one network")
        # Counters, the only whole numbers, come from the newer run.
        average = {
            name: torch.lerp(theirs[name].float(), value.float(), share)
            if value.is_floating_point() and _block(name) not in differing
            else value
            for name, value in average.items()
        }
    halves = {name: value.half() if value.is_floating_point() else value for name, value in average.items()}
    # Equal runs take different times, and their files are to be equal.
    progress = checkpoint["progress"] | {"seconds": 0.0}
    torch.save({"config": checkpoint["config"], "progress": progress, "average": {"average": halves}}, path)
    return sorted(differing & {_block(name) for name in average})


def _block(name: str) -> str:
    """``decoder.merge_16`` of ``decoder.merge_16.0.weight``."""
    return ".".join(name.split(".")[:2])
