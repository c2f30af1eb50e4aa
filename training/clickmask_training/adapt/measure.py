"""Clicks before and after, on the team's own check pictures and on a small fixed set of general objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..evaluate import click_ious, number_of_clicks
from ..evaluation_sets import EvaluationSample
from ..models import CheckpointModel
from ..pipeline import Refinement

SIZE = 384
ENOUGH = 0.95
"""IoU at which a sample is not clicked any more."""
KEPT_WITHIN = 0.15
"""What general objects may lose of the mean IoU after the first clicks. A model that lost .11 cost GrabCut 0.02 clicks."""
EARLY = 3
"""Clicks whose mean IoU has to rise: it tells more than the clicks to a threshold, where few objects are measured."""
LEAST_GAIN = 0.005
"""By how much, at least; where clicks fall already, it may fall by as much."""
CLEAR_GAIN, MORE_CLICKS = 0.03, 1.05
"""A rise of that much outweighs clicks that rise by up to this factor: one object of thirty can do that."""


@dataclass(frozen=True)
class Figures:
    """Means over the objects."""

    objects: int
    clicks_85: float
    clicks_90: float
    iou_1: float
    """Mean IoU after one click."""
    curve: list[float]
    """Mean IoU after 1, 2, 3, ... clicks."""

    @property
    def early(self) -> float:
        """Mean IoU of the first ``EARLY`` clicks."""
        return float(np.mean(self.curve[:EARLY]))

    def as_dict(self) -> dict:
        return {name: np.round(value, 4).tolist() for name, value in asdict(self).items()}


def measure(
    weights: Path,
    refinement: Refinement,
    samples: list[EvaluationSample],
    tell: Callable[[], None],
    enough: float = ENOUGH,
) -> list[list[float]]:
    """IoU after each click, one entry per sample. ``tell`` is called after each."""
    model = CheckpointModel(weights, SIZE)
    ious = []
    for sample in samples:
        ious.append(click_ious(model, refinement, sample, enough=enough))
        tell()
    return ious


def figures(ious: list[list[float]]) -> Figures:
    """Summarises the result of ``measure``."""
    mean = lambda threshold: float(np.mean([number_of_clicks(one, threshold) for one in ious]))
    curve = np.mean(np.array(ious), 0).tolist()
    return Figures(len(ious), mean(0.85), mean(0.9), curve[0], curve)


def is_better(before: Figures, after: Figures) -> bool:
    """Fewer clicks to 0.85 and early masks as good as before, or as many clicks and better masks."""
    gain = after.early - before.early
    if after.clicks_85 < before.clicks_85:
        return gain >= -LEAST_GAIN
    if after.clicks_85 == before.clicks_85:
        return gain >= LEAST_GAIN
    return gain >= CLEAR_GAIN and after.clicks_85 <= MORE_CLICKS * before.clicks_85


def keeps(before: Figures, after: Figures) -> bool:
    """Whether the early masks of general objects are as good as before, within ``KEPT_WITHIN``."""
    return after.early >= before.early - KEPT_WITHIN
