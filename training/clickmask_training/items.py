"""Training items: reading ``items.json``, hold-out sources, decoding, sampling weights."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

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

HELD_BACK: dict[str, int] = {
    "rend": 12,
    "treelimb": 4,
    "bolts": 8,
    "bottles": 8,
    "corridor": 8,
    "eparts": 8,
    "nuts": 8,
    "strawberry": 8,
    "street": 8,
    "vehicles": 8,
}
"""Sources of which one picture of so many is not trained on either: thin and small objects are measured on them."""

WHOLE_IS_UNION = frozenset({"ccp"})
"""Sources whose ids are parts of one thing: all ids together are an object too (a person)."""


ALL_THIN = frozenset({"treelimb"})
"""Sources of nothing but thin objects; elsewhere the index names them."""

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
    "openimg": 2.0,
    # Thin parts, of which there are few pictures.
    "treelimb": 1.5,
    # One narrow kind each, mostly of tiny or touching things.
    "aerialbuild": 0.5,
    "books": 0.5,
    "class5": 0.5,
    "dsb2018": 0.5,
    "facade": 0.5,
    "octahedra": 0.4,
    "solar": 0.4,
    # One scene, one kind, or both.
    "ballscrew": 0.3,
    "bolts": 0.6,
    "bottles": 0.5,
    "corridor": 0.7,
    "eparts": 0.5,
    "flakes": 0.4,
    "nuts": 0.6,
    "opticdisc": 0.4,
    "qrcode": 0.4,
    "ramp": 0.4,
    "strawberry": 0.7,
    # Coarse outlines.
    "street": 0.7,
    "vehicles": 0.7,
    # Exact outlines, but no photographs: together an eighth.
    "emoji3d": 0.3,
    "rbook": 0.3,
    "rend": 0.6,
    "rhosp": 0.2,
    "rhouse": 0.35,
    "rout": 0.4,
    "rware": 0.3,
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
    thin: tuple[int, ...] = ()
    """Ids of thin objects."""
    composite: tuple[int, ...] = ()
    """Ids of things made of several, as rider and bicycle."""

    @property
    def held_out(self) -> bool:
        """Whether it is for evaluation only."""
        share = HELD_BACK.get(self.source)
        return self.source in HOLD_OUT_SOURCES or (share is not None and crc32(self.name.encode()) % share == 0)

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
    """All items below ``root``, in file order: ``items.json``, ``items/<name>.webp`` or ``.jpg``, ``items/<name>.png``."""
    index = root / "items.json"
    if not index.is_file():
        raise FileNotFoundError(f"no training data at {root}: expected {index}; point --data at it")
    return [
        Item(
            name=entry["n"],
            source=entry["src"],
            ids=tuple(entry["ids"]),
            licence=entry["licence"],
            image_path=_picture_path(root / "items", entry["n"]),
            labels_path=root / "items" / f"{entry['n']}.png",
            thin=tuple(entry["ids"] if entry["src"] in ALL_THIN else entry.get("thin", ())),
            composite=tuple(entry.get("comp", ())),
        )
        for entry in json.loads(index.read_text(encoding="utf-8"))
    ]


def _picture_path(folder: Path, name: str) -> Path:
    """The WebP file, or the JPEG where there is none."""
    webp = folder / f"{name}.webp"
    return webp if webp.is_file() else webp.with_suffix(".jpg")


def select_items(items: list[Item], licences: str = "clear", held_out: bool = False) -> list[Item]:
    """Items whose rights pass the filter, to train on or (``held_out``) to evaluate on."""
    allowed = LICENCE_FILTERS[licences]
    return [item for item in items if item.ids and rights_of(item.licence) in allowed and item.held_out == held_out]


def sampling_weights(
    items: list[Item], cap: int = 600, exponent: float = 0.6, shares: Mapping[str, float] | None = None
) -> np.ndarray:
    """Probability of each item, float64 (len(items),).

    Sampling is by source: a source's share grows as ``min(pictures, cap) ** exponent`` and is spread
    evenly over its pictures, so neither a large source nor one with many small objects takes over. ``shares`` fixes
    those of some sources; the others divide the rest.
    """
    pictures = Counter(item.source for item in items)
    weights = np.array(
        [
            SOURCE_FACTORS.get(item.source, 1.0) * min(pictures[item.source], cap) ** exponent / pictures[item.source]
            for item in items
        ]
    )
    fixed = {source: share for source, share in (shares or {}).items() if pictures[source]}
    free = np.array([item.source not in fixed for item in items])
    weights *= (1.0 - sum(fixed.values()) if free.any() else 0.0) / max(float(weights[free].sum()), 1e-12)
    for index, item in enumerate(items):
        if item.source in fixed:
            weights[index] = fixed[item.source] / pictures[item.source]
    return weights / weights.sum()
