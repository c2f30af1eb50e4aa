"""Evaluation samples: GrabCut, and objects of the hold-out sources."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import cv2
import numpy as np

from .items import IGNORE_ID, Item


@dataclass(frozen=True)
class EvaluationSample:
    """``image`` RGB uint8 (H, W, 3); ``truth`` and ``ignore`` uint8 (H, W)."""

    name: str
    image: np.ndarray
    truth: np.ndarray
    ignore: np.ndarray


def grabcut_samples(root: Path) -> Iterator[EvaluationSample]:
    """The GrabCut benchmark: ``data_GT/*``, ``boundary_GT/*.png`` with 128 ignored and above 128 object."""
    trimaps = sorted((root / "boundary_GT").glob("*.png"))
    if not trimaps:
        raise FileNotFoundError(f"no GrabCut at {root}: expected {root / 'boundary_GT'}/*.png")
    for path in trimaps:
        picture = next(candidate for candidate in sorted((root / "data_GT").iterdir()) if candidate.stem == path.stem)
        image = cv2.cvtColor(cv2.imread(str(picture), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        # First channel in file order; the files are grey or have equal channels.
        trimap = cv2.imread(str(path), cv2.IMREAD_COLOR)[..., 2]
        yield EvaluationSample(path.stem, image, (trimap > 128).astype(np.uint8), (trimap == 128).astype(np.uint8))


def item_samples(items: list[Item], per_picture: int = 3, least_area: int = 150, seed: int = 0) -> Iterator[EvaluationSample]:
    """Up to ``per_picture`` objects of at least ``least_area`` px of each item, chosen by ``seed``."""
    for item in items:
        labels = item.read_labels()
        ids = [value for value in item.ids if int((labels == value).sum()) >= least_area]
        random.Random(f"{seed}/{item.name}").shuffle(ids)
        image = item.read_image() if ids else None
        for value in sorted(ids[:per_picture]):
            yield object_sample(f"{item.name}/{value}", image, labels, value)


def object_sample(name: str, image: np.ndarray, labels: np.ndarray, value: int) -> EvaluationSample:
    """The object ``value`` of a label map."""
    return EvaluationSample(name, image, (labels == value).astype(np.uint8), (labels == IGNORE_ID).astype(np.uint8))
