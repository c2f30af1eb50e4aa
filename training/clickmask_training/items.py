"""Training items: reading ``items.json``, hold-out sources, decoding, sampling weights."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .licences import LICENCE_FILTERS, rights_of

IGNORE_ID = 255

HOLD_OUT_SOURCES: dict[str, str] = {
    "microctl": "whole objects: circuit boards on desks",
    "granular": "many touching instances: stones",
    "pothole": "regions: potholes in roads",
}
"""Sources that no training run sees; all three have clear rights. They measure unseen kinds of pictures."""

WHOLE_IS_UNION = frozenset({"ccp"})
"""Sources whose ids are parts of one thing: all ids together are an object too (a person)."""


SOURCE_FACTORS: dict[str, float] = {
    # Few pictures, but many kinds of objects.
    "coco128": 3.0,
    "cocomini": 3.0,
    "cocotiny160": 3.0,
    "tinycoco": 3.0,
    # Whole objects with careful outlines: what most people click.
    "pets": 1.4,
    "animalsoi": 1.4,
    "ccp": 1.2,
    # One narrow kind each, mostly of tiny or touching things.
    "aerialbuild": 0.5,
    "books": 0.5,
    "class5": 0.5,
    "dsb2018": 0.5,
    "facade": 0.5,
    "octahedra": 0.4,
    "solar": 0.4,
}
"""Share of a source relative to what its number of pictures gives; 1 where it is not listed."""


@dataclass(frozen=True)
class Item:
    """One picture and its label map (uint8: 0 background, 255 ignore, otherwise an object id)."""

    name: str
    source: str
    ids: tuple[int, ...]
    licence: str
    image_path: Path
    labels_path: Path

    def read_image(self) -> np.ndarray:
        """RGB picture, uint8 (H, W, 3)."""
        image = cv2.imread(str(self.image_path), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"unreadable picture: {self.image_path}")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def read_labels(self) -> np.ndarray:
        """Label map, uint8 (H, W)."""
        labels = cv2.imread(str(self.labels_path), cv2.IMREAD_UNCHANGED)
        if labels is None or labels.ndim != 2 or labels.dtype != np.uint8:
            raise ValueError(f"unreadable label map (expected one 8-bit channel): {self.labels_path}")
        return labels


def read_items(root: Path) -> list[Item]:
    """All items below ``root`` (``items.json`` and ``items/<name>.jpg|png``), in file order."""
    index = root / "items.json"
    if not index.is_file():
        raise FileNotFoundError(f"no training data at {root}: expected {index}; point --data at it")
    return [
        Item(
            name=entry["n"],
            source=entry["src"],
            ids=tuple(entry["ids"]),
            licence=entry["licence"],
            image_path=root / "items" / f"{entry['n']}.jpg",
            labels_path=root / "items" / f"{entry['n']}.png",
        )
        for entry in json.loads(index.read_text(encoding="utf-8"))
    ]


def select_items(items: list[Item], licences: str = "clear", held_out: bool = False) -> list[Item]:
    """Items whose rights pass the filter, from the training sources or (``held_out``) the hold-out ones."""
    allowed = LICENCE_FILTERS[licences]
    return [
        item
        for item in items
        if item.ids and rights_of(item.licence) in allowed and (item.source in HOLD_OUT_SOURCES) == held_out
    ]


def sampling_weights(items: list[Item], cap: int = 600, exponent: float = 0.6) -> np.ndarray:
    """Probability of each item, float64 (len(items),).

    Sampling is by source: a source's share grows as ``min(pictures, cap) ** exponent`` and is spread
    evenly over its pictures, so neither a large source nor one with many small objects takes over.
    """
    pictures = Counter(item.source for item in items)
    weights = np.array([
        SOURCE_FACTORS.get(item.source, 1.0) * min(pictures[item.source], cap) ** exponent / pictures[item.source]
        for item in items
    ])
    return weights / weights.sum()
