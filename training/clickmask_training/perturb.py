"""Starting masks: wrong versions of the ground truth, for learning to correct a given mask."""

from __future__ import annotations

import random

import cv2
import numpy as np


def mask_iou(a: np.ndarray, b: np.ndarray, ignore: np.ndarray | None = None) -> float:
    """Intersection over union of two masks (H, W), leaving out ``ignore``; 1 for two empty masks."""
    a, b = a > 0, b > 0
    if ignore is not None:
        valid = ignore == 0
        a, b = a & valid, b & valid
    union = int((a | b).sum())
    return 1.0 if union == 0 else int((a & b).sum()) / union


def perturb(
    mask: np.ndarray, rng: random.Random, low: float = 0.5, high: float = 0.92, attempts: int = 12
) -> np.ndarray | None:
    """A wrong version of ``mask`` (uint8 (H, W)) whose IoU with it lies in [low, high]; None if none was found."""
    wrong = mask
    for _ in range(attempts):
        changed = rng.choice((_move, _grow, _bite, _blob, _polygon, _coarsen))(wrong, rng)
        iou = mask_iou(changed, mask)
        if iou < low:
            continue  # Too far: drop this change, and try another one on the mask so far.
        wrong = changed
        if iou <= high and rng.random() < 0.6:
            break
    return wrong if low <= mask_iou(wrong, mask) <= high else None


def as_probabilities(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """A mask as a network might have given it: softer at the edges and not quite certain, float32 in [0, 1].

    A fifth stays hard, since masks that come from elsewhere are hard.
    """
    probability = mask.astype(np.float32)
    if rng.random() < 0.2:
        return probability
    sigma = rng.uniform(0.5, 0.02 * mask.shape[0])
    probability = cv2.GaussianBlur(probability, (0, 0), sigma)
    return probability * rng.uniform(0.85, 1.0) + rng.uniform(0.0, 0.06) * (1.0 - probability)


def _extent(mask: np.ndarray) -> float:
    """Side of a square of the mask's area, px."""
    return float(np.sqrt(max(1, int(mask.sum()))))


def _move(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Shift and scale about the centre."""
    height, width = mask.shape
    reach = 0.12 * _extent(mask)
    scale = rng.uniform(0.85, 1.15)
    ys, xs = np.nonzero(mask)
    if len(xs) == 0:
        return mask
    centre_x, centre_y = float(xs.mean()), float(ys.mean())
    matrix = np.array(
        [
            [scale, 0, centre_x * (1 - scale) + rng.uniform(-reach, reach)],
            [0, scale, centre_y * (1 - scale) + rng.uniform(-reach, reach)],
        ]
    )
    return cv2.warpAffine(mask, matrix, (width, height), flags=cv2.INTER_NEAREST)


def _grow(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Dilate or erode."""
    side = 1 + 2 * max(1, round(rng.uniform(0.01, 0.06) * _extent(mask)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(mask, kernel) if rng.random() < 0.5 else cv2.erode(mask, kernel)


def _disc_at_edge(mask: np.ndarray, rng: random.Random, value: int) -> np.ndarray:
    edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    ys, xs = np.nonzero(edge)
    if len(xs) == 0:
        return mask
    index = rng.randrange(len(xs))
    axes = tuple(max(2, round(rng.uniform(0.08, 0.35) * _extent(mask))) for _ in range(2))
    changed = mask.copy()
    cv2.ellipse(changed, (int(xs[index]), int(ys[index])), axes, rng.uniform(0, 180), 0, 360, value, -1)
    return changed


def _bite(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Cut an ellipse off the edge."""
    return _disc_at_edge(mask, rng, 0)


def _blob(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Add an ellipse at the edge."""
    return _disc_at_edge(mask, rng, 1)


def _polygon(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Outline with few corners, as drawn by hand."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    changed = np.zeros_like(mask)
    for contour in contours:
        corners = cv2.approxPolyDP(contour, rng.uniform(0.02, 0.08) * _extent(mask), True)
        cv2.fillPoly(changed, [corners], 1)
    return changed


def _coarsen(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Through a coarse grid, as in a whole-picture view of a small object."""
    height, width = mask.shape
    cells = max(6, round(height / rng.choice((8, 12, 16, 24))))
    small = cv2.resize(mask.astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
    return (cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5).astype(np.uint8)
