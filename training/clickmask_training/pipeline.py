"""From clicks to masks at full resolution: zoom-in, flip averaging, cascade-forward refinement, candidate choice.

An implementation of its own beside the SDK's, so that each can be checked against the other.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np

from .clicks import Click
from .models import Candidates, ClickModel, Features

Region = tuple[int, int, int, int]
"""Region of interest (x, y, width, height), image px."""


@dataclass(frozen=True)
class ZoomIn:
    """RITM's zoom-in; defaults as there."""

    skip_clicks: int = 1
    expansion: float = 1.4
    least_side: int = 200
    keep_iou: float = 0.5
    threshold: float = 0.5
    largest_share: float = 1.0
    """The whole picture is looked at where the region would cover more than this share of it; not RITM's."""
    any_size_from: int | None = None
    """The number of clicks from which ``largest_share`` does not count; not RITM's."""


@dataclass(frozen=True)
class Refinement:
    """How a prediction is refined."""

    cascade_steps: int = 0
    """Further passes with the same clicks (CFR-n)."""
    settled_pixels: int | None = None
    """A-CFR: stop when a pass changes at most this many pixels at full resolution."""
    every_click: bool = True
    """Cascade on every click (the paper), or on the first only (the authors' code)."""
    flip: bool = False
    zoom_in: ZoomIn | None = None
    candidate: str | int = "first"
    """``first``: the first candidate, which answers for the whole prompt; ``score``: the best-scored one; or its index."""
    threshold: float = 0.5
    fill_holes: float = 0.0
    """Holes of at most this share of the mask are filled, but for those with a negative click."""


class ClickPipeline:
    """One picture being clicked. Start it, then add one click after the other."""

    def __init__(
        self, model: ClickModel, refinement: Refinement, image: np.ndarray, start: np.ndarray | None = None
    ) -> None:
        """``image`` RGB uint8 (H, W, 3); ``start`` uint8 (H, W), a mask to be corrected."""
        self.model, self.refinement, self.image = model, refinement, image
        self.height, self.width = image.shape[:2]
        self.clicks: list[Click] = []
        self.probabilities = (
            np.zeros((self.height, self.width), np.float32) if start is None else start.astype(np.float32)
        )
        """Full-resolution probabilities after the last pass, (H, W)."""
        self.score = 0.0
        """The network's own estimate of the IoU after the last pass; 0 where it gives none."""
        self._started = start is not None
        self._grid: tuple[Region, np.ndarray] | None = None
        self._zoomed: Region | None = None
        self._features: OrderedDict[tuple[Region, bool], Features] = OrderedDict()

    @property
    def mask(self) -> np.ndarray:
        """The present mask, uint8 (H, W)."""
        mask = (self.probabilities > self.refinement.threshold).astype(np.uint8)
        share = self.refinement.fill_holes
        return fill_holes(mask, share * int(mask.sum()), self.clicks) if share > 0 else mask

    def add(self, click: Click) -> np.ndarray:
        """Take a click (image px) and return the new mask."""
        self.clicks.append(click)
        candidate = self._forward(None)
        steps = self.refinement.cascade_steps
        if not self.refinement.every_click and (len(self.clicks) > 1 or self._started):
            steps = 0
        last = self.mask
        for _ in range(steps):
            # Later passes refine the candidate that the first one chose.
            self._forward(candidate)
            mask = self.mask
            changed = int((mask != last).sum())
            last = mask
            if self.refinement.settled_pixels is not None and changed <= self.refinement.settled_pixels:
                break
        return last

    def _forward(self, candidate: int | None) -> int:
        """One pass; updates the probabilities and returns the candidate taken."""
        region = self._region()
        previous = self._previous(region)
        clicks = self._clicks_in(region)
        decoded = self.model.decode(self._encoded(region, False), clicks, previous)
        logits = decoded.logits
        if self.refinement.flip:
            mirrored = clicks.copy()
            mirrored[:, 0] = self.model.size - mirrored[:, 0]
            other = self.model.decode(self._encoded(region, True), mirrored, np.ascontiguousarray(previous[:, ::-1]))
            logits = 0.5 * (logits + other.logits[:, :, ::-1])
        if candidate is None:
            candidate = self._choose(decoded)
        self.score = 0.0 if decoded.scores is None else float(decoded.scores[candidate])
        grid = 1.0 / (1.0 + np.exp(-np.clip(logits[candidate], -30, 30)))
        grid = np.ascontiguousarray(grid, np.float32)
        x, y, width, height = region
        self._grid = (region, grid)
        self.probabilities = np.zeros((self.height, self.width), np.float32)
        self.probabilities[y : y + height, x : x + width] = cv2.resize(
            grid, (width, height), interpolation=cv2.INTER_LINEAR
        )
        return candidate

    def _choose(self, decoded: Candidates) -> int:
        choice = self.refinement.candidate
        if isinstance(choice, int):
            return choice
        return int(decoded.scores.argmax()) if choice == "score" and decoded.scores is not None else 0

    def _encoded(self, region: Region, mirrored: bool) -> Features:
        key = (region, mirrored)
        if key not in self._features:
            x, y, width, height = region
            crop = self.image[y : y + height, x : x + width].astype(np.float32) / 255.0
            size = self.model.size
            squeezed = np.clip(_resize(crop, size), 0.0, 1.0)
            self._features[key] = self.model.encode(np.ascontiguousarray(squeezed[:, ::-1] if mirrored else squeezed))
            if len(self._features) > 6:
                self._features.popitem(last=False)
        return self._features[key]

    def _clicks_in(self, region: Region) -> np.ndarray:
        x, y, width, height = region
        size = self.model.size
        return np.array(
            [[(cx - x) * size / width, (cy - y) * size / height, label] for cx, cy, label in self.clicks], np.float32
        )

    def _previous(self, region: Region) -> np.ndarray:
        if self._grid is not None and self._grid[0] == region:
            return self._grid[1]
        x, y, width, height = region
        return _resize(self.probabilities[y : y + height, x : x + width], self.model.grid)

    def _region(self) -> Region:
        whole = (0, 0, self.width, self.height)
        zoom = self.refinement.zoom_in
        if zoom is None or len(self.clicks) <= zoom.skip_clicks:
            return whole
        mask = self.probabilities > zoom.threshold
        if not mask.any():
            return whole
        region = zoom_region(mask, self.clicks, self._zoomed, zoom)
        any_size = zoom.any_size_from is not None and len(self.clicks) >= zoom.any_size_from
        most = (1.0 if any_size else zoom.largest_share) * self.width * self.height
        self._zoomed = region if region[2] * region[3] <= most else None
        return self._zoomed or whole


def _resize(values: np.ndarray, side: int) -> np.ndarray:
    """To (side, side): area filter along an axis that shrinks, linear along one that grows."""
    height, width = values.shape[:2]
    result = cv2.resize(values, (side, height), interpolation=cv2.INTER_AREA if width > side else cv2.INTER_LINEAR)
    return cv2.resize(result, (side, side), interpolation=cv2.INTER_AREA if height > side else cv2.INTER_LINEAR)


def fill_holes(mask: np.ndarray, most: float, clicks: list[Click]) -> np.ndarray:
    """A mask, uint8 (H, W), without its holes of up to ``most`` px in which no negative click lies.

    A hole is 4-connected and does not touch the border of the picture.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    height, width = mask.shape
    meant = {int(labels[min(height - 1, int(y)), min(width - 1, int(x))]) for x, y, label in clicks if label < 0.5}
    filled = np.zeros(count, np.uint8)
    for hole in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[hole])
        if area <= most and hole not in meant and x > 0 and y > 0 and x + w < width and y + h < height:
            filled[hole] = 1
    return mask | filled[labels]


def zoom_region(mask: np.ndarray, clicks: list[Click], current: Region | None, zoom: ZoomIn) -> Region:
    """RITM's region of interest about a mask (bool (H, W), not empty) and the positive clicks."""
    height, width = mask.shape
    ys, xs = np.nonzero(mask)
    points = [(int(x), int(y)) for x, y, label in clicks if label > 0.5]
    left, right = min([int(xs.min()), *(x for x, _ in points)]), max([int(xs.max()), *(x for x, _ in points)])
    top, bottom = min([int(ys.min()), *(y for _, y in points)]), max([int(ys.max()), *(y for _, y in points)])
    x0, x1 = _expand(left, right, width, zoom)
    y0, y1 = _expand(top, bottom, height, zoom)
    wanted = (x0, y0, x1 - x0 + 1, y1 - y0 + 1)
    if current is None:
        return wanted
    cx, cy, cw, ch = current
    # Exclusive at the far edge, which the region includes, as in the authors' code.
    holds = all(cx <= x < cx + cw - 1 and cy <= y < cy + ch - 1 for x, y in points)
    overlap = _line_iou(cx, cw, wanted[0], wanted[2]) * _line_iou(cy, ch, wanted[1], wanted[3])
    return current if holds and overlap >= zoom.keep_iou else wanted


def _expand(low: int, high: int, limit: int, zoom: ZoomIn) -> tuple[int, int]:
    """Inclusive ends of a range expanded about its centre, inside [0, limit)."""
    length = max(zoom.expansion * (high - low + 1), zoom.least_side)
    centre = 0.5 * (low + high)
    # Python rounds halves to even, as the authors' code does.
    return max(0, round(centre - 0.5 * length)), min(limit - 1, round(centre + 0.5 * length))


def _line_iou(start_a: int, length_a: int, start_b: int, length_b: int) -> float:
    overlap = min(start_a + length_a, start_b + length_b) - max(start_a, start_b)
    union = max(start_a + length_a, start_b + length_b) - min(start_a, start_b)
    return max(0, overlap) / union
