"""Evaluation samples: GrabCut, objects of the hold-out sources, thin objects, small objects in large pictures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .items import IGNORE_ID, Item
from .shapes import random_cable


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


def item_samples(
    items: list[Item], per_picture: int = 3, least_area: int = 150, seed: int = 0
) -> Iterator[EvaluationSample]:
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


def seen_from_near(sample: EvaluationSample, share: float) -> EvaluationSample:
    """What a person sees who has zoomed in, until the object takes ``share`` of the view's longer side.

    The view has the picture's aspect, lies about the object, and is shifted where it would leave the picture.
    """
    height, width = sample.truth.shape
    ys, xs = np.nonzero(sample.truth)
    zoom = max((int(np.ptp(xs)) + 1) / width, (int(np.ptp(ys)) + 1) / height) / share
    if zoom >= 1.0:
        return sample
    w, h = round(width * zoom), round(height * zoom)
    x = min(max(round((int(xs.min()) + int(xs.max()) + 1 - w) / 2), 0), width - w)
    y = min(max(round((int(ys.min()) + int(ys.max()) + 1 - h) / 2), 0), height - h)
    parts = (np.ascontiguousarray(of[y : y + h, x : x + w]) for of in (sample.image, sample.truth, sample.ignore))
    return EvaluationSample(sample.name, *parts)


THIN_OF = {"rend": 30, "treelimb": 20}
"""Thin objects of each source; ten drawn cables make them sixty."""
SMALL_COUNT = 60
SMALL_SHARE = (0.001, 0.01)
"""Shares of the picture that count as small."""
SMALL_SIDE = 1000
"""Least side of a picture with small objects, px."""


def thin_samples(items: list[Item], least_area: int = 150) -> Iterator[EvaluationSample]:
    """Thin objects of held-back pictures, one to a few per picture, and cables drawn over boards."""
    for source, count in THIN_OF.items():
        queues = []
        for item in (item for item in items if item.source == source and item.thin):
            labels = item.read_labels()
            ids = [value for value in item.thin if int((labels == value).sum()) >= least_area]
            random.Random(f"thin/{item.name}").shuffle(ids)
            queues.append([(item, value) for value in ids])
        # One per picture, then a second one, until there are enough.
        turns = [
            queue[turn] for turn in range(max(map(len, queues), default=0)) for queue in queues if turn < len(queue)
        ]
        for item, value in turns[:count]:
            yield object_sample(f"{item.name}/{value}", item.read_image(), item.read_labels(), value)
    for index, item in enumerate([item for item in items if item.source == "microctl"][:10]):
        rng = random.Random(f"cable/{item.name}")
        image = item.read_image()
        painted, mask = random_cable(image, rng)
        yield EvaluationSample(f"cable-{index}/{item.name}", painted, mask, np.zeros_like(mask))


def small_samples(items: list[Item]) -> Iterator[EvaluationSample]:
    """Objects of 0.1 to 1 % of large pictures (at least ``SMALL_SIDE`` px), each made of four held-back pictures."""
    by_source: dict[str, list[Item]] = {}
    for item in items:
        by_source.setdefault(item.source, []).append(item)
    rng = random.Random("small")
    for queue in by_source.values():
        rng.shuffle(queue)
    # Sources take turns, so that the sixty objects are of many kinds.
    turns = [
        queue[turn]
        for turn in range(max(map(len, by_source.values()), default=0))
        for queue in by_source.values()
        if turn < len(queue)
    ]
    found = 0
    for item in turns:
        if found == SMALL_COUNT:
            return
        image, labels = item.read_image(), item.read_labels()
        height, width = labels.shape
        if min(2 * height, 2 * width) < 600 or max(2 * height, 2 * width) < SMALL_SIDE:
            continue
        low, high = (share * 4 * height * width for share in SMALL_SHARE)
        fitting = [value for value in item.ids if low <= int((labels == value).sum()) <= high]
        if not fitting:
            continue
        value = rng.choice(fitting)
        place = rng.randrange(4)
        tiles = [
            cv2.resize(rng.choice(items).read_image(), (width, height), interpolation=cv2.INTER_AREA) for _ in range(4)
        ]
        maps = [np.zeros_like(labels) for _ in range(4)]
        tiles[place], maps[place] = image, labels
        picture, joined = (
            np.concatenate([np.concatenate(four[:2], 1), np.concatenate(four[2:], 1)], 0) for four in (tiles, maps)
        )
        yield object_sample(f"{item.name}/{value}", picture, joined, value)
        found += 1
