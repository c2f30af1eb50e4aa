"""Rendered objects: random outlines filled with texture, for variety that photographs do not give."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np


def random_shape(size: int, rng: random.Random) -> np.ndarray:
    """Mask uint8 (size, size) of a random shape: blob, polygon, ellipse, ring, or a thin curve."""
    mask = np.zeros((size, size), np.uint8)
    radius = size * math.exp(rng.uniform(math.log(0.05), math.log(0.35)))
    centre = (rng.uniform(0.15, 0.85) * size, rng.uniform(0.15, 0.85) * size)
    kind = rng.choices(("blob", "polygon", "ellipse", "ring", "curve"), (0.4, 0.2, 0.15, 0.1, 0.15))[0]
    if kind == "blob":
        cv2.fillPoly(mask, [_blob_outline(centre, radius, rng)], 1)
    elif kind == "polygon":
        corners = rng.randint(3, 7)
        angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(corners))
        points = [
            (
                centre[0] + radius * rng.uniform(0.5, 1.2) * math.cos(a),
                centre[1] + radius * rng.uniform(0.5, 1.2) * math.sin(a),
            )
            for a in angles
        ]
        cv2.fillPoly(mask, [np.array(points, np.int32)], 1)
    elif kind in ("ellipse", "ring"):
        axes = (max(3, round(radius)), max(3, round(radius * rng.uniform(0.3, 1.0))))
        thickness = -1 if kind == "ellipse" else max(2, round(radius * rng.uniform(0.1, 0.35)))
        cv2.ellipse(mask, (round(centre[0]), round(centre[1])), axes, rng.uniform(0, 180), 0, 360, 1, thickness)
    else:
        outline = _blob_outline(centre, radius * 1.4, rng)
        start = rng.randrange(len(outline))
        length = rng.randint(len(outline) // 4, len(outline) // 2)
        path = np.roll(outline, -start, 0)[:length]
        cv2.polylines(mask, [path], False, 1, max(2, round(size * rng.uniform(0.008, 0.03))))
    return mask


def _blob_outline(centre: tuple[float, float], radius: float, rng: random.Random, points: int = 72) -> np.ndarray:
    """Closed outline int32 (points, 2) whose radius is a short random Fourier series of the angle."""
    angle = np.linspace(0, 2 * math.pi, points, endpoint=False)
    wave = np.ones(points)
    for frequency in range(1, 6):
        wave += rng.uniform(-0.35, 0.35) / frequency**0.5 * np.cos(frequency * angle + rng.uniform(0, 2 * math.pi))
    reach = radius * np.clip(wave, 0.25, 2.0)
    stretch = rng.uniform(0.5, 1.0)
    turn = rng.uniform(0, math.pi)
    x, y = reach * np.cos(angle), stretch * reach * np.sin(angle)
    return np.stack(
        [
            centre[0] + x * math.cos(turn) - y * math.sin(turn),
            centre[1] + x * math.sin(turn) + y * math.cos(turn),
        ],
        1,
    ).astype(np.int32)


def random_cable(image: np.ndarray, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """A cable of 3 to 6 px laid over the picture in one bend: the picture with it, and its mask uint8 (H, W)."""
    height, width = image.shape[:2]
    ends = np.array([[rng.uniform(0.05, 0.95) * width, rng.uniform(0.05, 0.95) * height] for _ in range(4)])
    ends[3] = ends[0] + rng.uniform(0.5, 0.8) * min(height, width) * np.array(
        [math.cos(turn := rng.uniform(0, 6.28)), math.sin(turn)]
    )
    t = np.linspace(0, 1, 80)[:, None]
    path = (1 - t) ** 3 * ends[0] + 3 * t * (1 - t) ** 2 * ends[1] + 3 * t**2 * (1 - t) * ends[2] + t**3 * ends[3]
    mask = np.zeros((height, width), np.uint8)
    thickness = rng.randint(3, 6)
    cv2.polylines(mask, [np.rint(path).astype(np.int32)], False, 1, thickness)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)[..., None] / (0.5 * thickness)
    colour = np.array([rng.uniform(20, 235) for _ in range(3)])
    painted = np.where(mask[..., None] > 0, np.clip(colour * (0.6 + 0.5 * np.minimum(distance, 1)), 0, 255), image)
    return painted.astype(np.uint8), mask


def random_texture(patch: np.ndarray, size: int, rng: random.Random, noise: np.random.Generator) -> np.ndarray:
    """RGB uint8 (size, size, 3): a magnified piece of ``patch``, a plain or graded colour, or stripes."""
    kind = rng.choices(("patch", "plain", "gradient", "stripes"), (0.6, 0.15, 0.15, 0.1))[0]
    if kind == "patch":
        side = max(16, round(min(patch.shape[:2]) * rng.uniform(0.1, 0.5)))
        y, x = rng.randint(0, patch.shape[0] - side), rng.randint(0, patch.shape[1] - side)
        return cv2.resize(patch[y : y + side, x : x + side], (size, size), interpolation=cv2.INTER_LINEAR)
    first, second = noise.uniform(0, 255, 3), noise.uniform(0, 255, 3)
    ys, xs = np.mgrid[0:size, 0:size].astype(np.float32) / size
    turn = rng.uniform(0, math.pi)
    ramp = xs * math.cos(turn) + ys * math.sin(turn)
    if kind == "stripes":
        ramp = 0.5 + 0.5 * np.sign(np.sin(ramp * rng.uniform(20, 120)))
    elif kind == "plain":
        ramp = np.zeros_like(ramp)
    texture = first + (second - first) * ramp[..., None]
    texture += noise.normal(0, rng.uniform(1, 10), (size, size, 1))
    return np.clip(texture, 0, 255).astype(np.uint8)


def paste(image: np.ndarray, texture: np.ndarray, mask: np.ndarray, opacity: float, rng: random.Random) -> np.ndarray:
    """Blend ``texture`` over ``image`` under ``mask`` (uint8), with a slightly soft edge most of the time."""
    alpha = mask.astype(np.float32) * opacity
    if rng.random() < 0.75:
        alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.4, 1.0))
    alpha = alpha[..., None]
    return (image * (1.0 - alpha) + texture * alpha).astype(np.uint8)
