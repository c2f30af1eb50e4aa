"""Photometric augmentation: colour, low light, blur, noise, JPEG."""

from __future__ import annotations

import random

import cv2
import numpy as np


def photometric(image: np.ndarray, rng: random.Random, noise: np.random.Generator) -> np.ndarray:
    """Change the look of an RGB uint8 (H, W, 3) picture without moving anything."""
    if rng.random() < 0.75:
        image = _colour(image, rng)
    if rng.random() < 0.1:
        image = _low_light(image, rng, noise)
    if rng.random() < 0.1:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.5))
    if rng.random() < 0.1:
        spread = noise.normal(0.0, rng.uniform(2, 12), (*image.shape[:2], 1))
        image = np.clip(image + spread, 0, 255).astype(np.uint8)
    if rng.random() < 0.12:
        image = _jpeg(image, rng.randint(25, 80))
    return image


def _colour(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """Gain, offset and channel balance by look-up table; grey in a tenth of the cases."""
    if rng.random() < 0.1:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    gain, offset = rng.uniform(0.7, 1.3), rng.uniform(-30, 30)
    balanced = rng.random() < 0.5
    levels = np.arange(256, dtype=np.float32)
    table = np.empty((1, 256, 3), np.uint8)
    for channel in range(3):
        balance = rng.uniform(0.85, 1.15) if balanced else 1.0
        table[0, :, channel] = np.clip((levels - 128) * gain * balance + 128 + offset, 0, 255)
    return cv2.LUT(image, table)


def _low_light(image: np.ndarray, rng: random.Random, noise: np.random.Generator) -> np.ndarray:
    """Darkness: gamma, less light, and the sensor noise that comes with it."""
    light = (image.astype(np.float32) / 255.0) ** rng.uniform(1.2, 2.2) * rng.uniform(0.3, 0.7)
    light += noise.normal(0.0, rng.uniform(0.005, 0.03), image.shape).astype(np.float32)
    return np.clip(light * 255.0, 0, 255).astype(np.uint8)


def _jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Compress as a JPEG of the given quality and decode again."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)
