"""Views of a picture: the whole of it squeezed to the square, or a crop about an object (for zoom-in)."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np

PADDING_RGB = (124, 116, 104)
"""What lies outside the picture: the usual mean colour."""


@dataclass(frozen=True)
class ViewConfig:
    """How views are drawn."""

    whole_probability: float = 0.45
    sharp_probability: float = 0.75
    """A crop is not made smaller than its pixels carry: it is enlarged by at most ``largest_zoom``."""
    largest_zoom: float = 1.7
    smallest_zoom: float = 0.8
    rotate_probability: float = 0.35
    max_rotation: float = 12.0
    """Degrees."""


def random_view(
    shape: tuple[int, int],
    box: tuple[int, int, int, int],
    size: int,
    rng: random.Random,
    config: ViewConfig = ViewConfig(),
) -> np.ndarray:
    """Affine map (2, 3) from picture px to a square of side ``size``.

    ``shape`` is (H, W) of the picture, ``box`` (x0, y0, x1, y1) the object that a crop is made about.
    """
    height, width = shape
    x0, y0, x1, y1 = box
    if rng.random() < config.whole_probability:
        span_x, span_y = width * rng.uniform(0.8, 1.08), height * rng.uniform(0.8, 1.08)
        # The SDK squeezes without keeping the aspect. A few views keep it, so that both are familiar.
        if rng.random() < 0.1:
            span_x = span_y = max(span_x, span_y)
        # Move within the slack, but keep the object's centre inside.
        centre_x = width / 2 + rng.uniform(-0.5, 0.5) * abs(width - span_x)
        centre_y = height / 2 + rng.uniform(-0.5, 0.5) * abs(height - span_y)
    else:
        # From an object that fills the frame to one of a third of it.
        side = max(x1 - x0, y1 - y0, 48) * rng.uniform(1.0, 3.0)
        if rng.random() < config.sharp_probability:
            side = max(side, min(size / rng.uniform(config.smallest_zoom, config.largest_zoom), max(width, height)))
        span_x, span_y = min(side * rng.uniform(0.8, 1.25), width), min(side, height)
        centre_x = _within((x0 + x1) / 2 + rng.uniform(-0.35, 0.35) * max(0.0, span_x - (x1 - x0)), span_x, width)
        centre_y = _within((y0 + y1) / 2 + rng.uniform(-0.35, 0.35) * max(0.0, span_y - (y1 - y0)), span_y, height)
    angle = (
        math.radians(rng.uniform(-config.max_rotation, config.max_rotation))
        if rng.random() < config.rotate_probability
        else 0.0
    )
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    scale_x, scale_y = mirror * size / span_x, size / span_y
    linear = np.array(
        [
            [scale_x * math.cos(angle), -scale_x * math.sin(angle)],
            [scale_y * math.sin(angle), scale_y * math.cos(angle)],
        ]
    )
    # Pixel centres lie at +0.5, OpenCV's at integers.
    offset = (
        np.array([size / 2, size / 2]) - linear @ np.array([centre_x, centre_y]) + linear @ np.array([0.5, 0.5]) - 0.5
    )
    return np.concatenate([linear, offset[:, None]], 1)


def _within(centre: float, span: float, length: float) -> float:
    """The centre of a span that stays inside the picture, as the SDK's regions do."""
    return min(max(centre, span / 2), length - span / 2)


def warp_image(image: np.ndarray, view: np.ndarray, size: int) -> np.ndarray:
    """RGB uint8 (H, W, 3) to (size, size, 3)."""
    shrink = min(np.linalg.norm(view[:, 0]), np.linalg.norm(view[:, 1]))
    if shrink < 0.6:
        sigma = 0.35 / shrink
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    return cv2.warpAffine(
        image, view, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=PADDING_RGB
    )


def warp_labels(labels: np.ndarray, view: np.ndarray, size: int) -> np.ndarray:
    """Label map uint8 (H, W) to (size, size), nearest neighbour; 0 outside the picture."""
    return cv2.warpAffine(
        labels, view, (size, size), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
