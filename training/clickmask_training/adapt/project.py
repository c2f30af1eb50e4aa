"""A team's pictures and masks as training items: label maps of at most 640 px, split by picture."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from ..items import Item
from .exports import Labelled

SIDE = 640
"""Longest side of the pictures that are trained on; larger ones shrink."""
MOST_OBJECTS = 254
"""Ids of a label map; 0 is background, 255 stands for what is unknown."""
CHECK_SHARE = 0.2
SOURCE = "project"


@dataclass(frozen=True)
class Split:
    """Items by their use; no picture has two uses."""

    train: list[Item]
    check: list[Item]


def write_items(labelled: list[Labelled], folder: Path, licence: str) -> list[Item]:
    """Write pictures and label maps into ``folder``. A picture without objects is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    items: list[Item] = []
    for one in labelled:
        image, masks = one.read()
        height, width = image.shape[:2]
        scale = min(1.0, SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        labels = label_map(masks, size)
        ids = tuple(int(value) for value in np.unique(labels) if value != 0)
        if not ids:
            continue
        name = f"{sha256(str(one.path).encode()).hexdigest()[:16]}"
        picture, map_path = folder / f"{name}-picture.png", folder / f"{name}.png"
        shrunk = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else image
        if not (cv2.imwrite(str(picture), shrunk) and cv2.imwrite(str(map_path), labels)):
            raise OSError(f"cannot write to {folder}")
        items.append(Item(name, SOURCE, ids, licence, picture, map_path))
    return items


def label_map(masks: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Label map uint8 of (width, height). Smaller objects are on top of larger ones."""
    labels = np.zeros(size[::-1], np.uint8)
    ordered = sorted(masks, key=lambda mask: -int(mask.sum()))[:MOST_OBJECTS]
    for index, mask in enumerate(ordered, 1):
        shrunk = cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA) > 127
        labels[shrunk] = index
    return labels


def split(items: list[Item], seed: int) -> Split:
    """One picture of five for checking, at least one. Chosen by a hash of the picture, not by its position in the
    export.
    """
    if len(items) < 2:
        raise ValueError(
            f"{len(items)} pictures with masks: expected at least 2, one to learn from and one to check with"
        )
    key = lambda item: sha256(f"{seed}".encode() + item.image_path.read_bytes()).hexdigest()
    ordered = sorted(items, key=key)
    count = max(1, round(CHECK_SHARE * len(items)))
    return Split(train=ordered[count:], check=ordered[:count])
