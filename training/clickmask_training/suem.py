"""SUEM copy-paste (CFR-ICL): Simple, Union, Exclusion, Mixing, which make targets that clicks alone define."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import numpy as np

from .shapes import paste

SMALLEST_OBJECT = 40
"""Pixels an object must keep; a paste that would leave less of it is not made."""


@dataclass(frozen=True)
class SuemConfig:
    """Probability of each step; CFR-ICL uses 0.5, 0.5, 0.5 with much larger data."""

    simple: float = 0.15
    """Object blended onto another picture."""
    irrelevant: float = 0.25
    """Object of another picture pasted in: exclusion, union or object mixing."""
    union_share: float = 0.5
    """How many of the pasted objects become part of the target; the other two share the rest."""
    image_mixing: float = 0.06
    """Whole picture blended with another."""
    lowest_opacity: float = 0.7
    """CFR-ICL draws the blend from [0.5, 1]; a small network learns more from what can still be seen."""


@dataclass
class Target:
    """The target: mask and ignore map, uint8 (S, S)."""

    mask: np.ndarray
    ignore: np.ndarray
    parts: np.ndarray | None = None
    """Ids of the parts that the mask is made of, uint8 (S, S), where they are known: another reading of the same click."""
    whole: np.ndarray | None = None
    """What the mask is a part of, uint8 (S, S), where that is known: another reading too."""

    def seen_through(self, visible: np.ndarray) -> Target:
        """The part that stays visible under ``visible`` (uint8 (S, S), 0 or 1)."""
        parts, whole = (None if other is None else other * visible for other in (self.parts, self.whole))
        return Target(self.mask * visible, self.ignore * visible, parts, whole)


@dataclass
class Composite:
    """A picture, uint8 (S, S, 3), and the targets it holds; the first is the one the sample is about."""

    image: np.ndarray
    targets: list[Target]


def simple(base: Composite, other: Composite, opacity: float, rng: random.Random) -> Composite:
    """The base's object on the other picture. The other's objects stay targets if they are still visible."""
    mask = base.targets[0].mask
    image = paste(other.image, base.image, mask, opacity, rng)
    clear = np.zeros_like(mask)
    first = replace(base.targets[0], ignore=clear, whole=None)
    return Composite(image, [first, *(target.seen_through(1 - mask) for target in other.targets)])


def exclusion(base: Composite, other: Composite, rng: random.Random) -> Composite:
    """The other's object over the base, not part of the target."""
    pasted = other.targets[0].mask
    image = paste(base.image, other.image, pasted, 1.0, rng)
    return Composite(
        image, [*(target.seen_through(1 - pasted) for target in base.targets), Target(pasted, np.zeros_like(pasted))]
    )


def union(base: Composite, other: Composite, rng: random.Random) -> Composite:
    """The other's object over the base, part of the target."""
    pasted = other.targets[0].mask
    image = paste(base.image, other.image, pasted, 1.0, rng)
    first = base.targets[0].seen_through(1 - pasted)
    joined = Target(np.maximum(first.mask, pasted), first.ignore)
    return Composite(image, [joined, *(target.seen_through(1 - pasted) for target in base.targets[1:])])


def object_mixing(base: Composite, other: Composite, opacity: float, rng: random.Random) -> Composite:
    """The other's object as a ghost over the base; the targets stay as they are."""
    image = paste(base.image, other.image, other.targets[0].mask, 1.0 - opacity, rng)
    return Composite(image, base.targets)


def image_mixing(base: Composite, other: Composite, opacity: float) -> Composite:
    """The other picture as a ghost over the whole base."""
    image = (base.image * opacity + other.image * (1.0 - opacity)).astype(np.uint8)
    return Composite(image, base.targets)


def apply_suem(base: Composite, draw_other, rng: random.Random, config: SuemConfig) -> Composite:
    """Apply the steps in CFR-ICL's order; ``draw_other()`` gives another composite of the same size."""
    if rng.random() < config.simple:
        base = simple(base, draw_other(), rng.uniform(config.lowest_opacity, 1.0), rng)
    if rng.random() < config.irrelevant:
        other = draw_other()
        rest = (1 - config.union_share) / 2
        mode = rng.choices(("exclusion", "union", "mixing"), (rest, config.union_share, rest))[0]
        if mode == "mixing":
            base = object_mixing(base, other, rng.uniform(config.lowest_opacity, 1.0), rng)
        else:
            changed = exclusion(base, other, rng) if mode == "exclusion" else union(base, other, rng)
            if int((base.targets[0].mask & (1 - other.targets[0].mask)).sum()) > SMALLEST_OBJECT:
                base = changed
    if rng.random() < config.image_mixing:
        base = image_mixing(base, draw_other(), rng.uniform(config.lowest_opacity, 1.0))
    return base
