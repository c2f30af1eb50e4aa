"""Training samples: a view of a picture with one or more targets, their first clicks and starting masks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from .augment import photometric
from .clicks import Click, initial_clicks, next_training_click
from .items import IGNORE_ID, WHOLE_IS_UNION, Item, sampling_weights
from .perturb import as_probabilities, perturb
from .shapes import paste, random_shape, random_texture
from .suem import Composite, SuemConfig, Target, apply_suem
from .views import ViewConfig, random_view, warp_image, warp_labels

TARGET_STRIDE = 2
"""Targets and starting masks are kept at this stride, as shares of each cell; clicks stay in input px."""
MAX_CLICKS = 16
"""Rows of the click tensor; unused rows have label -1."""


@dataclass(frozen=True)
class SampleConfig:
    """Options of training samples."""

    targets: int = 2
    """Targets per picture: the encoder runs once for all of them."""
    views: ViewConfig = field(default_factory=ViewConfig)
    suem: SuemConfig = field(default_factory=SuemConfig)
    shape_probability: float = 0.07
    """A rendered shape is pasted in and becomes the target."""
    start_mask_probability: float = 0.15
    """Sample starts from a wrong mask, to be corrected."""
    union_probability: float = 0.7
    """For sources whose ids are parts: the target is the whole."""
    neighbour_probability: float = 0.12
    """The target is joined with a touching object, as people do who label groups."""
    prominence: float = 2.0
    """How much more often than others a picture's thin and composite objects are drawn."""
    smallest_share: float = 0.0015
    """Targets smaller than this share of the view are drawn again."""
    largest_share: float = 0.92
    source_shares: dict[str, float] = field(default_factory=dict)
    """Share of the samples that are of a source, instead of what its pictures give it."""


class ClickDataset(Dataset):
    """Samples by number: the same seed, number and size give the same sample, whoever computes it.

    An index is ``(number, size)``, so that the loop chooses the side of each batch. A sample holds, all uint8 but
    the clicks: ``image`` (3, S, S); ``target`` and ``weight`` (T, S/2, S/2), the share of each cell that the object
    covers and that is not ignored, times 255; ``start`` (T, S/2, S/2), starting probabilities times 255 or zeros;
    ``reading`` (T, S/2, S/2), another reading of a single first click (the part or the whole), as ``target``, or zeros;
    ``clicks`` float32 (T, MAX_CLICKS, 3).
    """

    def __init__(self, items: list[Item], config: SampleConfig, seed: int) -> None:
        self.items = items
        self.config = config
        self.seed = seed
        self.cumulative = np.cumsum(sampling_weights(items, shares=config.source_shares))

    def __len__(self) -> int:
        return 1 << 40

    def __getitem__(self, index: tuple[int, int]) -> dict[str, torch.Tensor]:
        number, size = index
        rng = random.Random(f"{self.seed}/{number}")
        noise = np.random.default_rng(rng.getrandbits(64))
        for _ in range(20):
            composite = self._composite(size, rng, noise)
            if composite is not None:
                break
        else:
            raise RuntimeError(f"no usable sample found for number {number}; is the data intact?")
        image = photometric(composite.image, rng, noise)
        targets = self.config.targets
        half = size // TARGET_STRIDE
        shares, weights, starts, readings = (np.zeros((targets, half, half), np.uint8) for _ in range(4))
        clicks = np.tile(np.array([0, 0, -1], np.float32), (targets, MAX_CLICKS, 1))
        for slot, target in enumerate(self._choose(composite.targets, targets, rng)):
            shares[slot], weights[slot] = _reduce(target)
            start, rows = self._prompt(target, rng)
            if start is not None:
                starts[slot] = start
            elif len(rows) == 1:
                readings[slot] = _other_reading(target, rows[0])
            clicks[slot, : len(rows)] = rows
        return {
            "image": torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))),
            "target": torch.from_numpy(shares),
            "weight": torch.from_numpy(weights),
            "start": torch.from_numpy(starts),
            "reading": torch.from_numpy(readings),
            "clicks": torch.from_numpy(clicks),
        }

    def _composite(self, size: int, rng: random.Random, noise: np.random.Generator) -> Composite | None:
        """A finished view, or None if its target is too small or too large."""
        composite = self._scene(size, rng)
        composite = apply_suem(composite, lambda: self._scene(size, rng), rng, self.config.suem)
        if rng.random() < self.config.shape_probability:
            composite = self._with_shape(composite, size, rng, noise)
        usable = [target for target in composite.targets if self._usable(target)]
        if not usable or usable[0] is not composite.targets[0]:
            return None
        return Composite(composite.image, usable)

    def _usable(self, target: Target) -> bool:
        share = float((target.mask & (1 - target.ignore)).mean())
        return self.config.smallest_share <= share <= self.config.largest_share

    def _scene(self, size: int, rng: random.Random) -> Composite:
        """A plain view: the drawn target first, then the view's other objects."""
        item = self.items[min(int(np.searchsorted(self.cumulative, rng.random())), len(self.items) - 1)]
        image, labels = item.read_image(), item.read_labels()
        focus = self._focus(item, labels, rng)
        view = random_view(labels.shape, _bounding_box(np.isin(labels, focus)), size, rng, self.config.views)
        warped = warp_labels(labels, view, size)
        ignore = (warped == IGNORE_ID).astype(np.uint8)
        whole = ((warped > 0) & (warped != IGNORE_ID)).astype(np.uint8) if item.source in WHOLE_IS_UNION else None
        mask = np.isin(warped, focus).astype(np.uint8)
        first = Target(
            mask, ignore, parts=warped * mask if len(focus) > 1 else None, whole=whole if len(focus) == 1 else None
        )
        others = [
            Target((warped == other).astype(np.uint8), ignore, whole=whole)
            for other in self._others(item, warped, focus, rng)
        ]
        return Composite(warp_image(image, view, size), [first, *others])

    def _focus(self, item: Item, labels: np.ndarray, rng: random.Random) -> list[int]:
        """Ids that together are the target."""
        if item.source in WHOLE_IS_UNION and rng.random() < self.config.union_probability:
            return list(item.ids)
        prominent = {*item.thin, *item.composite}
        focus = rng.choices(item.ids, [self.config.prominence if one in prominent else 1.0 for one in item.ids])
        if len(item.ids) > 1 and rng.random() < self.config.neighbour_probability:
            mask = (labels == focus[0]).astype(np.uint8)
            around = labels[(cv2.dilate(mask, np.ones((5, 5), np.uint8)) > 0) & (mask == 0)]
            touching = sorted({int(value) for value in np.unique(around)} - {0, IGNORE_ID})
            if touching:
                focus.append(rng.choice(touching))
        return focus

    @staticmethod
    def _others(item: Item, warped: np.ndarray, focus: list[int], rng: random.Random) -> list[int]:
        """Up to three more object ids that are visible in the view."""
        ids = [other for other in item.ids if other not in focus]
        rng.shuffle(ids)
        return [other for other in ids[:6] if (warped == other).any()][:3]

    def _with_shape(self, base: Composite, size: int, rng: random.Random, noise: np.random.Generator) -> Composite:
        shape = random_shape(size, rng)
        patch = self._scene(size, rng).image if rng.random() < 0.5 else base.image
        image = paste(base.image, random_texture(patch, size, rng, noise), shape, 1.0, rng)
        hidden = 1 - shape
        others = [target.seen_through(hidden) for target in base.targets]
        return Composite(image, [Target(shape, np.zeros_like(shape)), *others])

    @staticmethod
    def _choose(targets: list[Target], count: int, rng: random.Random) -> list[Target]:
        """The first target and others in random order. If there are too few, the first again (with other clicks)."""
        others = targets[1:]
        rng.shuffle(others)
        chosen = [targets[0], *others][:count]
        return chosen + [targets[0]] * (count - len(chosen))

    def _prompt(self, target: Target, rng: random.Random) -> tuple[np.ndarray | None, list[Click]]:
        """Starting mask (uint8 0..255, (S/2, S/2)) or None, and the first clicks."""
        if rng.random() < self.config.start_mask_probability:
            wrong = perturb(target.mask, rng)
            click = None if wrong is None else next_training_click(wrong, target.mask, target.ignore, rng)
            if wrong is not None and click is not None:
                return _to_bytes(_shrink(as_probabilities(wrong, rng))), [click]
        return None, initial_clicks(target.mask, target.ignore, rng, limit=6)


def _shrink(values: np.ndarray) -> np.ndarray:
    """Mean over each cell of the target grid, float32."""
    height, width = values.shape
    return cv2.resize(
        values.astype(np.float32), (width // TARGET_STRIDE, height // TARGET_STRIDE), interpolation=cv2.INTER_AREA
    )


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return np.rint(values * 255).astype(np.uint8)


def _reduce(target: Target) -> tuple[np.ndarray, np.ndarray]:
    """Share of the defined part of each cell that the object covers, and share that is defined; uint8, times 255."""
    defined = _shrink(1 - target.ignore)
    covered = _shrink(target.mask * (1 - target.ignore))
    return _to_bytes(covered / np.maximum(defined, 0.25)), _to_bytes(defined)


def _other_reading(target: Target, click: Click) -> np.ndarray:
    """The part under the click, or the whole that the target is a part of, as ``_reduce`` gives it; zeros where neither is known."""
    if target.whole is not None:
        mask = target.whole
    elif target.parts is not None:
        part = target.parts[int(click[1]), int(click[0])]
        mask = ((target.parts == part) & (part > 0)).astype(np.uint8)
    else:
        mask = np.zeros_like(target.mask)
    if (mask == target.mask).all():
        mask = np.zeros_like(mask)
    return _reduce(Target(mask, target.ignore))[0]


def _bounding_box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1), ends exclusive; the whole picture for an empty mask."""
    ys, xs = np.nonzero(mask)
    if len(xs) == 0:
        return 0, 0, mask.shape[1], mask.shape[0]
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


class BatchSchedule(Sampler[list[tuple[int, int]]]):
    """Batches of ``batch`` consecutive sample numbers, of one size, without end.

    The first begins at ``start``, each further one ``stride`` later: several processes take turns.
    """

    def __init__(self, start: int, batch: int, size: int, stride: int) -> None:
        self.start, self.batch, self.size, self.stride = start, batch, size, stride

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for first in count(self.start, self.stride):
            yield [(first + offset, self.size) for offset in range(self.batch)]
