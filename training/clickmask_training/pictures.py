"""Pictures of samples: the mask after a few clicks over the image, to look at failures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .clicks import next_evaluation_click
from .evaluation_sets import EvaluationSample
from .models import ClickModel
from .perturb import mask_iou
from .pipeline import ClickPipeline, Refinement

SHOWN_AFTER = (1, 3, 10)
"""Clicks after which the mask is shown."""


def click_strip(model: ClickModel, refinement: Refinement, sample: EvaluationSample) -> np.ndarray:
    """Truth and the masks of ``SHOWN_AFTER`` side by side, RGB uint8 (H, W * 4, 3); clicks green and red."""
    pipeline = ClickPipeline(model, refinement, sample.image)
    panels = [_overlay(sample.image, sample.truth, [], "truth")]
    clicked = np.zeros_like(sample.truth)
    mask = pipeline.mask
    for count in range(1, max(SHOWN_AFTER) + 1):
        click = next_evaluation_click(mask, sample.truth, sample.ignore, clicked)
        if click is not None:
            clicked[int(click[1]), int(click[0])] = 1
            mask = pipeline.add(click)
        if count in SHOWN_AFTER:
            caption = f"{count}: IoU {mask_iou(mask, sample.truth, sample.ignore):.2f}"
            panels.append(_overlay(sample.image, mask, pipeline.clicks, caption))
    return np.concatenate(panels, 1)


def _overlay(image: np.ndarray, mask: np.ndarray, clicks: list, caption: str) -> np.ndarray:
    panel = image.copy()
    panel[mask > 0] = panel[mask > 0] // 2 + np.array([0, 64, 127], np.uint8)
    outline, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(panel, outline, -1, (255, 255, 255), 1)
    for x, y, label in clicks:
        cv2.circle(panel, (int(x), int(y)), 5, (0, 200, 0) if label > 0.5 else (220, 0, 0), -1)
        cv2.circle(panel, (int(x), int(y)), 5, (255, 255, 255), 1)
    cv2.putText(panel, caption, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 2)
    cv2.putText(panel, caption, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1)
    return panel


def write_worst(
    folder: Path,
    name: str,
    model: ClickModel,
    refinement: Refinement,
    results: list[tuple[EvaluationSample, list[float]]],
    count: int,
) -> None:
    """Strips of the ``count`` samples with the lowest mean IoU over the first ten clicks, worst first."""
    folder.mkdir(parents=True, exist_ok=True)
    ranked = sorted(results, key=lambda result: float(np.mean(result[1][:10])))
    for rank, (sample, _) in enumerate(ranked[:count], 1):
        strip = click_strip(model, refinement, sample)
        path = folder / f"{name}-{rank:02d}-{sample.name.replace('/', '-')}.png"
        cv2.imwrite(str(path), cv2.cvtColor(strip, cv2.COLOR_RGB2BGR))
