"""The NoC protocol, and correcting a given mask."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from .clicks import next_evaluation_click
from .evaluation_sets import EvaluationSample
from .manifest import REFINEMENT, refinement_of
from .models import ClickModel
from .perturb import mask_iou, perturb
from .pipeline import ClickPipeline, Refinement, ZoomIn

THRESHOLDS = (0.8, 0.85, 0.9, 0.95)
MAX_CLICKS = 20
CURVE_AT = (1, 2, 3, 5, 10, 20)

CFR_1 = Refinement(cascade_steps=1)
DEFAULT = refinement_of(REFINEMENT)
VARIANTS: dict[str, Refinement] = {
    "plain": Refinement(),
    "cfr1": CFR_1,
    "acfr4": Refinement(cascade_steps=4, settled_pixels=20),
    "flip": Refinement(flip=True),
    "zoom": Refinement(zoom_in=ZoomIn()),
    "zoom+cfr1": replace(CFR_1, zoom_in=ZoomIn()),
    "default": DEFAULT,
    "no-zoom": replace(DEFAULT, zoom_in=None),
    "late-zoom": replace(DEFAULT, zoom_in=replace(DEFAULT.zoom_in, skip_clicks=3)),
    "tiny-zoom": replace(DEFAULT, zoom_in=replace(DEFAULT.zoom_in, largest_share=0.05)),
    "zoom+cfr1+flip": replace(CFR_1, zoom_in=ZoomIn(), flip=True),
}
"""Ways of refinement by name; ``--variants`` of the command."""


@dataclass(frozen=True)
class Report:
    """Means over the samples."""

    samples: int
    noc: dict[float, float]
    """Threshold to number of clicks."""
    failures: dict[float, int]
    """Threshold to the number of samples with NoC 20 (as in the field, those that succeed at click 20 count too)."""
    curve: dict[int, float]
    """Number of clicks to mean IoU; a perfect mask keeps its IoU for the clicks that are not made."""

    def row(self) -> str:
        """Cells of a Markdown table row."""
        noc = " | ".join(f"{self.noc[threshold]:.2f}" for threshold in THRESHOLDS)
        curve = " ".join(f"{value:.3f}".lstrip("0") for value in self.curve.values())
        return f"{noc} | {self.failures[0.9]} | {curve}"


HEADER = "| NoC@80 | @85 | @90 | @95 | 20 clicks @90 | mIoU after 1, 2, 3, 5, 10, 20 |"


def click_ious(
    model: ClickModel,
    refinement: Refinement,
    sample: EvaluationSample,
    start: np.ndarray | None = None,
    max_clicks: int = MAX_CLICKS,
    enough: float | None = None,
) -> list[float]:
    """IoU after each simulated click, ``max_clicks`` values. A value of ``enough`` is repeated for all further clicks."""
    pipeline = ClickPipeline(model, refinement, sample.image, start)
    mask = pipeline.mask
    clicked = np.zeros_like(sample.truth)
    ious: list[float] = []
    while len(ious) < max_clicks:
        click = next_evaluation_click(mask, sample.truth, sample.ignore, clicked)
        if click is None:
            last = ious[-1] if ious else mask_iou(mask, sample.truth, sample.ignore)
            return ious + [last] * (max_clicks - len(ious))
        clicked[int(click[1]), int(click[0])] = 1
        mask = pipeline.add(click)
        ious.append(mask_iou(mask, sample.truth, sample.ignore))
        if enough is not None and ious[-1] >= enough:
            return ious + [ious[-1]] * (max_clicks - len(ious))
    return ious


def number_of_clicks(ious: list[float], threshold: float) -> int:
    """First click (from 1) that reaches the threshold, else the number of clicks made."""
    return next((index + 1 for index, iou in enumerate(ious) if iou >= threshold), len(ious))


def summarise(runs: list[list[float]]) -> Report:
    """Means over samples of ``click_ious``."""
    noc = {threshold: [number_of_clicks(ious, threshold) for ious in runs] for threshold in THRESHOLDS}
    return Report(
        samples=len(runs),
        noc={threshold: float(np.mean(values)) for threshold, values in noc.items()},
        failures={threshold: sum(value == MAX_CLICKS for value in values) for threshold, values in noc.items()},
        curve={count: float(np.mean([ious[count - 1] for ious in runs])) for count in CURVE_AT},
    )


def evaluate(model: ClickModel, refinement: Refinement, samples: Iterable[EvaluationSample]) -> Report:
    """The protocol from nothing."""
    return summarise([click_ious(model, refinement, sample) for sample in samples])


@dataclass(frozen=True)
class Readings:
    """What the candidates offer after the first click, and how well their scores rank them."""

    first: float
    """Mean IoU of the first candidate, ..."""
    scored: float
    """... of the best-scored one, ..."""
    best: float
    """... and of the best one."""
    correlation: float
    """Rank correlation (Spearman) of score and IoU over all candidates of all samples."""
    within: float
    """The same within a sample, mean over the samples whose candidates differ by more than 0.05 in IoU."""

    def row(self) -> str:
        """Cells of a Markdown table row."""
        return f"{self.first:.3f} | {self.scored:.3f} | {self.best:.3f} | {self.correlation:.2f} | {self.within:.2f}"


READINGS_HEADER = "| first | best-scored | best | rank correlation of score and IoU | within a sample |"


def readings_of(
    model: ClickModel, refinement: Refinement, sample: EvaluationSample, count: int = 3
) -> tuple[list[float], list[float]]:
    """IoU and score of each candidate after the first click: what a user gets by looking through them."""
    nothing = np.zeros_like(sample.truth)
    click = next_evaluation_click(nothing, sample.truth, sample.ignore, nothing)
    ious, scores = [], []
    for index in range(count):
        pipeline = ClickPipeline(model, replace(refinement, candidate=index), sample.image)
        ious.append(mask_iou(pipeline.add(click), sample.truth, sample.ignore))
        scores.append(pipeline.score)
    return ious, scores


def compare_readings(model: ClickModel, refinement: Refinement, samples: Iterable[EvaluationSample]) -> Readings:
    """The candidates after the first click, over all samples."""
    ious, scores = (np.array(values) for values in zip(*(readings_of(model, refinement, one) for one in samples)))
    differ = [rank_correlation(s, i) for s, i in zip(scores, ious) if np.ptp(i) > 0.05]
    return Readings(
        first=float(ious[:, 0].mean()),
        scored=float(ious[np.arange(len(ious)), scores.argmax(1)].mean()),
        best=float(ious.max(1).mean()),
        correlation=rank_correlation(scores.ravel(), ious.ravel()),
        within=float(np.mean(differ)) if differ else 0.0,
    )


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; equal values share their mean rank; 0 if one side does not vary."""

    def ranks(values: np.ndarray) -> np.ndarray:
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        return (np.cumsum(counts) - (counts + 1) / 2)[inverse]

    first, second = ranks(a), ranks(b)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def starting_mask(sample: EvaluationSample, seed: int = 0, low: float = 0.75, high: float = 0.85) -> np.ndarray | None:
    """A wrong mask whose IoU with the truth lies in [low, high]; the same for every model."""
    rng = random.Random(f"{seed}/{sample.name}")
    for _ in range(30):
        wrong = perturb(sample.truth, rng, low, high)
        if wrong is not None and low <= mask_iou(wrong, sample.truth, sample.ignore) <= high:
            return wrong
    return None


def evaluate_correction(
    model: ClickModel, refinement: Refinement, samples: Iterable[EvaluationSample]
) -> tuple[Report, Report]:
    """The same samples corrected from a wrong mask, and from nothing."""
    corrected, fresh = [], []
    for sample in samples:
        start = starting_mask(sample)
        if start is not None:
            corrected.append(click_ious(model, refinement, sample, start))
            fresh.append(click_ious(model, refinement, sample))
    return summarise(corrected), summarise(fresh)
