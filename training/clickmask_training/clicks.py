"""Simulated clicks for training and evaluation (initial sampling as in RITM, next click as in the NoC protocol).

Coordinates are (x, y) of pixel centres, so integer column + 0.5, on the grid of the masks given.
"""

from __future__ import annotations

import random

import cv2
import numpy as np

Click = tuple[float, float, float]
"""(x, y, label)."""


def distance_inside(mask: np.ndarray, exact: bool = False) -> np.ndarray:
    """Euclidean distance of every mask pixel to the outside, float32 (H, W); the picture's border counts as outside.

    ``exact`` uses the precise transform (evaluation), otherwise the 5x5 approximation (training).
    """
    padded = np.pad(mask.astype(np.uint8), 1)
    size = cv2.DIST_MASK_PRECISE if exact else cv2.DIST_MASK_5
    return cv2.distanceTransform(padded, cv2.DIST_L2, size)[1:-1, 1:-1]


def pick(mask: np.ndarray, rng: random.Random, share: float) -> tuple[float, float] | None:
    """Uniformly random pixel among those at least ``share`` of the largest distance inside the mask."""
    distance = distance_inside(mask)
    peak = float(distance.max())
    if peak <= 0:
        return None
    ys, xs = np.nonzero(distance >= max(share * peak, 1e-3))
    index = rng.randrange(len(ys))
    return float(xs[index]) + 0.5, float(ys[index]) + 0.5


def next_training_click(
    predicted: np.ndarray, truth: np.ndarray, ignore: np.ndarray, rng: random.Random
) -> Click | None:
    """Random pixel of the deeper half of the larger error; None where nothing is wrong. Masks are uint8 (H, W)."""
    valid = ignore == 0
    missed = distance_inside((truth > 0) & (predicted == 0) & valid)
    excess = distance_inside((truth == 0) & (predicted > 0) & valid)
    is_positive = missed.max() > excess.max()
    distance = missed if is_positive else excess
    peak = float(distance.max())
    if peak <= 0:
        return None
    ys, xs = np.nonzero(distance > peak / 2)
    index = rng.randrange(len(ys))
    return float(xs[index]) + 0.5, float(ys[index]) + 0.5, float(is_positive)


def next_evaluation_click(
    predicted: np.ndarray, truth: np.ndarray, ignore: np.ndarray, clicked: np.ndarray
) -> Click | None:
    """The NoC protocol's click: first pixel in row-major order with the largest exact distance inside the errors.

    ``clicked`` (uint8, 1 where a click was made) is excluded. A tie between the two kinds of error is negative.
    None where nothing is wrong any more.
    """
    valid = ignore == 0
    missed = distance_inside((truth > 0) & (predicted == 0) & valid, exact=True) * (clicked == 0)
    excess = distance_inside((truth == 0) & (predicted > 0) & valid, exact=True) * (clicked == 0)
    # Squared distances are integers; comparing them avoids ties broken by rounding.
    missed = np.rint(missed.astype(np.float64) ** 2).astype(np.int64)
    excess = np.rint(excess.astype(np.float64) ** 2).astype(np.int64)
    is_positive = int(missed.max()) > int(excess.max())
    squared = missed if is_positive else excess
    if int(squared.max()) == 0:
        return None
    y, x = divmod(int(squared.argmax()), squared.shape[1])
    return x + 0.5, y + 0.5, float(is_positive)


def initial_clicks(mask: np.ndarray, ignore: np.ndarray, rng: random.Random, limit: int) -> list[Click]:
    """First clicks of a training sample: one positive first, then, in a third of the cases, up to four more.

    Where the first click falls: mostly in the object's deep half as in the protocol, at times near its edge,
    as people do.
    """
    clear = mask * (1 - ignore)
    target = clear if clear.any() else mask
    share = rng.choices((0.9, 0.5, 0.05), (0.4, 0.42, 0.18))[0]
    first = pick(target, rng, share)
    if first is None:
        return []
    clicks: list[Click] = [(*first, 1.0)]
    if rng.random() < 0.3:
        for _ in range(rng.choice((1, 1, 2, 3, 4))):
            if rng.random() < 0.5:
                region, share, label = target, 0.05, 1.0
            else:
                region, share, label = _negative_region(mask, ignore, rng), 0.1, 0.0
            spot = pick(region, rng, share)
            if spot is not None and len(clicks) < limit:
                clicks.append((*spot, label))
    return clicks


def _negative_region(mask: np.ndarray, ignore: np.ndarray, rng: random.Random) -> np.ndarray:
    """Where a sampled negative click may fall: mostly a band about the object, at times anywhere outside it."""
    outside = (mask == 0) & (ignore == 0)
    if rng.random() < 0.7:
        reach = rng.choice((8, 20, 60))
        outside &= cv2.dilate(mask, np.ones((reach, reach), np.uint8)) > 0
    return outside.astype(np.uint8)
