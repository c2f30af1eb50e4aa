"""Replay: general objects among the project's own, so that fine-tuning to one kind of pictures keeps the others.

The recipe ships no training data. Outlined objects of a few photos, and the base's own masks of these photos where it is
sure, stand in for it.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from ..items import IGNORE_ID, Item
from ..models import CheckpointModel
from ..pipeline import ClickPipeline, Refinement

PHOTOS = Path(__file__).with_name("general")
"""The photos, and ``outlines.json`` with polygons of objects in them."""
SHARES = {"outlined": 0.14, "seen": 0.14}
"""Share of the samples that are outlined objects, and of what the base sees in the photos."""
COLUMNS, ROWS = 7, 5
"""Of the grid of clicks."""
CERTAIN = 0.35
"""Pixels with probabilities from this to one minus this are left out of what is learned."""
LEAST_STABLE = 0.6
"""IoU of the masks at both ends of that range; a mask below it is not kept."""
SAME = 0.8
"""Masks with this IoU are one."""
SMALLEST, LARGEST = 0.002, 0.85
"""Share of the photo that a mask covers."""
MOST_OVERLAP = 0.1
"""Share of a mask that may lie on the others of its label map; otherwise another map holds it."""


def outlined_masks() -> dict[str, list[np.ndarray]]:
    """Masks uint8 (H, W) of the outlined objects, by the photo's file name."""
    masks: dict[str, list[np.ndarray]] = {}
    for entry in json.loads((PHOTOS / "outlines.json").read_text(encoding="utf-8")):
        truth = np.zeros(cv2.imread(str(PHOTOS / entry["photo"]), cv2.IMREAD_COLOR).shape[:2], np.uint8)
        cv2.fillPoly(truth, [np.asarray(ring, np.int32) for ring in entry["rings"]], 1)
        masks.setdefault(entry["photo"], []).append(truth)
    return masks


def replay_items(base: Path, folder: Path, size: int) -> list[Item]:
    """Write label maps of the photos into ``folder``, a path each."""
    folder.mkdir(parents=True, exist_ok=True)
    model = CheckpointModel(base, size)
    items: list[Item] = []
    for name, masks in outlined_masks().items():
        image = cv2.cvtColor(cv2.imread(str(PHOTOS / name), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        of = {"outlined": [mask.astype(np.float32) for mask in masks], "seen": masks_of(model, image)}
        for source, seen in of.items():
            for index, labels in enumerate(label_maps(seen)):
                path = folder / f"{Path(name).stem}-{source}-{index}.png"
                cv2.imwrite(str(path), labels)
                ids = tuple(int(value) for value in np.unique(labels) if value not in (0, IGNORE_ID))
                items.append(Item(path.stem, source, ids, "public domain", PHOTOS / name, path))
    return items


def masks_of(model: CheckpointModel, image: np.ndarray) -> list[np.ndarray]:
    """Probabilities float32 (H, W) of one click each, over a grid of clicks: those that are sure, each once."""
    height, width = image.shape[:2]
    refinement = Refinement(cascade_steps=2, settled_pixels=20)
    pipeline = ClickPipeline(model, refinement, image)
    kept: list[np.ndarray] = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            # All clicks share the encoded features.
            pipeline.clicks, pipeline._grid = [], None
            pipeline.probabilities = np.zeros((height, width), np.float32)
            pipeline.add(((column + 0.5) * width / COLUMNS, (row + 0.5) * height / ROWS, 1.0))
            p = pipeline.probabilities
            if not SMALLEST <= float((p > 0.5).mean()) <= LARGEST or _iou(p > CERTAIN, p > 1 - CERTAIN) < LEAST_STABLE:
                continue
            if all(_iou(p > 0.5, other > 0.5) < SAME for other in kept):
                kept.append(p)
    return kept


def label_maps(seen: list[np.ndarray]) -> list[np.ndarray]:
    """Label maps uint8 (H, W) of masks that hardly overlap. Uncertain pixels are ``IGNORE_ID``."""
    maps: list[np.ndarray] = []
    for p in sorted(seen, key=lambda one: -float((one > 0.5).sum())):
        mask = p > 0.5
        labels = next((one for one in maps if (mask & (one > 0)).sum() <= MOST_OVERLAP * mask.sum()), None)
        if labels is None:
            labels = np.zeros(mask.shape, np.uint8)
            maps.append(labels)
        value = int(labels[labels < IGNORE_ID].max(initial=0)) + 1
        labels[(p > CERTAIN) & (labels == 0)] = IGNORE_ID
        labels[p > 1 - CERTAIN] = value
    return maps


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum()) / max(1, int((a | b).sum()))
