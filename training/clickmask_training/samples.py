"""Evaluation samples as data sets that ``clickmask evaluate`` reads, so that the SDK measures the same objects."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from .evaluate import starting_mask
from .evaluation_sets import EvaluationSample

IGNORED = 128


def write_berkeley(folder: Path, samples: Iterable[EvaluationSample]) -> int:
    """Layout ``berkeley``: ``images/``, ``masks/`` with 128 ignored and 255 object; returns the number of samples."""
    count = 0
    for sample in samples:
        count += 1
        name = sample.name.replace("/", "-") + ".png"
        mask = np.where(sample.ignore > 0, IGNORED, sample.truth * 255).astype(np.uint8)
        _write(folder / "images" / name, cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGR))
        _write(folder / "masks" / name, mask)
    return count


def write_corrections(folder: Path, samples: Iterable[EvaluationSample]) -> int:
    """Layout ``davis-585``: wrong masks of IoU 0.75 to 0.85 to start from (``--start sp``), or nothing (no ``--start``).

    The layout knows no ignored pixels, so what a sample ignores counts as background here.
    """
    count = 0
    for sample in samples:
        start = starting_mask(sample)
        if start is None:
            continue
        sequence = folder / sample.name.replace("/", "-")
        _write(sequence / "00000.jpg", cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGR))
        _write(sequence / "1_00000.png", sample.truth * 255)
        _write(sequence / "init_sp_1_00000.png", start * 255)
        count += 1
    return count


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), pixels):  # JPEG of quality 95
        raise OSError(f"cannot write {path}")
