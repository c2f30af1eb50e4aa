"""Pseudo-objects: regions of an unsupervised segmentation of the pictures, merged to object-like size.

Felzenszwalb's graph-based segmentation at a reduced size, then greedy merging of the most similar neighbours
until at most ``REGIONS`` are left. Two levels per picture (fine, coarse) are written as one PNG with two of its
three channels used, at the picture's own size. Computed once, read as further objects during training.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from .items import Item

WORKING_SIDE = 192
"""Longer side at which a picture is segmented, px."""
REGIONS = (24, 9)
"""Regions kept at the fine and the coarse level."""


def segment(image: np.ndarray) -> np.ndarray:
    """RGB uint8 (H, W, 3) to region numbers uint8 (H, W, 2), 1-based: fine and coarse level."""
    from skimage.segmentation import felzenszwalb

    height, width = image.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    small = cv2.resize(image, (max(16, round(width * scale)), max(16, round(height * scale))), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    regions = felzenszwalb(lab, scale=120, sigma=0.8, min_size=40, channel_axis=2)
    levels = []
    for count in REGIONS:
        regions = merge_regions(regions, lab.astype(np.float32), count)
        levels.append(cv2.resize((regions + 1).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST))
    return np.stack(levels, 2)


def merge_regions(regions: np.ndarray, colour: np.ndarray, count: int) -> np.ndarray:
    """Merge the neighbours that differ least (Ward's criterion on the mean colour) until ``count`` regions are left.

    ``regions`` is int (H, W), ``colour`` float32 (H, W, 3); returns consecutive numbers from 0.
    """
    _, flat = np.unique(regions, return_inverse=True)
    flat = flat.reshape(regions.shape)
    number = int(flat.max()) + 1
    size = np.bincount(flat.ravel(), minlength=number).astype(np.float64)
    mean = np.stack([np.bincount(flat.ravel(), colour[..., c].ravel(), number) for c in range(3)], 1) / size[:, None]
    touches = np.zeros((number, number), bool)
    for a, b in ((flat[:, 1:], flat[:, :-1]), (flat[1:], flat[:-1])):
        touches[a, b] = touches[b, a] = True
    np.fill_diagonal(touches, False)
    parent = np.arange(number)
    alive = np.ones(number, bool)
    while alive.sum() > count:
        a_index, b_index = np.nonzero(np.triu(touches))
        if len(a_index) == 0:
            break
        weight = size[a_index] * size[b_index] / (size[a_index] + size[b_index])
        cost = weight * ((mean[a_index] - mean[b_index]) ** 2).sum(1)
        best = int(cost.argmin())
        keep, gone = int(a_index[best]), int(b_index[best])
        mean[keep] = (mean[keep] * size[keep] + mean[gone] * size[gone]) / (size[keep] + size[gone])
        size[keep] += size[gone]
        touches[keep] |= touches[gone]
        touches[:, keep] |= touches[:, gone]
        touches[gone] = touches[:, gone] = False
        touches[keep, keep] = False
        parent[parent == gone] = keep
        alive[gone] = False
    return np.unique(parent[flat], return_inverse=True)[1].reshape(regions.shape)


def pseudo_path(folder: Path, item: Item) -> Path:
    """Where the regions of an item are kept."""
    return folder / f"{item.name}.png"


def write_one(item: Item, folder: Path) -> bool:
    """Segment one item unless that is done already; True if it was written now."""
    target = pseudo_path(folder, item)
    if target.is_file():
        return False
    levels = segment(item.read_image())
    padded = np.concatenate([levels, np.zeros_like(levels[..., :1])], 2)
    temporary = target.with_name(f"{target.stem}.partial.png")
    cv2.imwrite(str(temporary), padded)
    temporary.rename(target)
    return True


def write_all(items: list[Item], folder: Path, workers: int = 1) -> int:
    """Segment all items into ``folder``; returns how many were new."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers) as pool:
        return sum(pool.map(partial(write_one, folder=folder), items, chunksize=16))


def read_pseudo(folder: Path, item: Item) -> np.ndarray | None:
    """Region numbers uint8 (H, W, 2), or None if the item was not segmented."""
    regions = cv2.imread(str(pseudo_path(folder, item)), cv2.IMREAD_COLOR)
    return None if regions is None else regions[..., :2]
