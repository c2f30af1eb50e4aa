"""Which refinement suits the project, before anything is learned.

A closer look helps where an object has an outline of its own. What is only told by its surroundings, such as a hollow in a
road, is found better without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..evaluate import click_ious, number_of_clicks
from ..evaluation_sets import EvaluationSample, item_samples
from ..items import Item
from ..manifest import REFINEMENT, refinement_of
from ..models import CheckpointModel
from .measure import SIZE

THRESHOLD = 0.85
MOST_OBJECTS, LEAST_OBJECTS = 40, 5
"""How many are measured; with fewer, nothing changes."""
LEAST_GAIN = 0.05
"""The share of the clicks that has to be saved, and half a standard error: with few objects, a fair bet is worth it."""


def refinement_for(base: Path) -> dict:
    """The refinement of a model that ``adapt`` wrote, or the usual one; as in a manifest."""
    manifest = base.parent / "model.json"
    return json.loads(manifest.read_text(encoding="utf-8"))["refinement"] if manifest.is_file() else REFINEMENT


def project_samples(items: list[Item]) -> list[EvaluationSample]:
    """Objects of all the pictures, ``MOST_OBJECTS`` at most."""
    return list(item_samples(items, max(2, MOST_OBJECTS // len(items))))[:MOST_OBJECTS]


def choose_refinement(base: Path, usual: dict, items: list[Item], tell: Callable[[], None]) -> dict:
    """The ``refinement`` for these items, as in a manifest: ``usual``, or the same without zoom-in where that is better.

    With it come ``objects``, how many were measured (0: none), and their mean ``clicks`` with zoom-in and without. The base
    has seen none of the items.
    """
    samples = project_samples(items) if usual["zoomIn"] is not None else []
    if len(samples) < LEAST_OBJECTS:
        return {"refinement": usual, "objects": 0}
    model = CheckpointModel(base, SIZE)
    other = usual | {"zoomIn": None}
    counts: list[list[int]] = []
    for sample in samples:
        ious = [click_ious(model, refinement_of(one), sample, enough=THRESHOLD) for one in (usual, other)]
        counts.append([number_of_clicks(one, THRESHOLD) for one in ious])
        tell()
    clicks = np.round(np.mean(counts, 0), 4).tolist()
    return {
        "refinement": other if is_clear(np.array(counts)) else usual,
        "objects": len(samples),
        "clicks": {"zoom-in": clicks[0], "without": clicks[1]},
    }


def is_clear(counts: np.ndarray) -> bool:
    """Whether the second column of clicks (N, 2) is lower than the first, by more than chance would have it half of the time."""
    saved = counts[:, 0] - counts[:, 1]
    error = saved.std(ddof=1) / np.sqrt(len(saved))
    return bool(saved.mean() > max(0.5 * error, LEAST_GAIN * counts[:, 0].mean()))
