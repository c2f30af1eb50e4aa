"""Clicks before and after, on the team's own check pictures and on a small fixed set of general objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from ..evaluate import click_ious, number_of_clicks
from ..evaluation_sets import EvaluationSample
from ..models import CheckpointModel
from ..pipeline import Refinement

SIZE = 384
ENOUGH = 0.95
"""IoU at which a sample is not clicked any more."""
GENERAL = Path(__file__).with_name("general.json")
PHOTOS = Path(__file__).resolve().parents[3] / "examples" / "photos"
SAME_WITHIN = 0.03
"""A result this much worse, as a share, is not counted as worse: simulated clicks differ by as much for nothing."""


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

    def as_dict(self) -> dict:
        return {name: np.round(value, 4).tolist() for name, value in asdict(self).items()}


def measure(
    weights: Path, refinement: Refinement, samples: list[EvaluationSample], tell: Callable[[], None]
) -> list[list[float]]:
    """IoU after each click, an entry a sample; ``tell`` is called after each."""
    model = CheckpointModel(weights, SIZE)
    ious = []
    for sample in samples:
        ious.append(click_ious(model, refinement, sample, enough=ENOUGH))
        tell()
    return ious


def figures(ious: list[list[float]]) -> Figures:
    """Of what ``measure`` gives."""
    mean = lambda threshold: float(np.mean([number_of_clicks(one, threshold) for one in ious]))
    curve = np.mean(np.array(ious), 0).tolist()
    return Figures(len(ious), mean(0.85), mean(0.9), curve[0], curve)


def is_better(before: Figures, after: Figures) -> bool:
    """Fewer clicks to 0.85, or as many and a better first click."""
    if after.clicks_85 == before.clicks_85:
        return after.iou_1 > before.iou_1
    return after.clicks_85 < before.clicks_85


def keeps(before: Figures, after: Figures) -> bool:
    """Whether general objects need no more clicks than before, within ``SAME_WITHIN``."""
    return after.clicks_85 <= before.clicks_85 * (1 + SAME_WITHIN)


def general_samples() -> list[EvaluationSample]:
    """Objects of the example photos, outlined in ``general.json``; empty where the photos are not there."""
    samples = []
    for index, entry in enumerate(json.loads(GENERAL.read_text(encoding="utf-8"))):
        picture = cv2.imread(str(PHOTOS / entry["photo"]), cv2.IMREAD_COLOR)
        if picture is None:
            return []
        truth = np.zeros(picture.shape[:2], np.uint8)
        rings = [np.asarray(ring, np.int32) for ring in entry["rings"]]
        cv2.fillPoly(truth, rings, 1)
        image = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        samples.append(EvaluationSample(f"{index}/{entry['object']}", image, truth, np.zeros_like(truth)))
    return samples
