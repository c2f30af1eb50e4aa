"""The sheet of known failures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from clickmask_training import failures
from clickmask_training.failures import (
    Case,
    case_sample,
    clicked_parts,
    run_case,
    shipped_refinement,
    view_of,
    write_sheet,
)
from clickmask_training.items import read_items
from clickmask_training.models import Candidates
from clickmask_training.pipeline import Refinement, ZoomIn

PHOTOS = Path(__file__).resolve().parents[2] / "examples" / "photos"
HELD_OUT = Case("a held-out disc", "microctl_0", 1)


class FirstClickOnly:
    """A stand-in: a disc about the first click, whatever else is clicked."""

    size, grid = 64, 32

    def encode(self, image: np.ndarray) -> np.ndarray:
        return image

    def decode(self, features: np.ndarray, clicks: np.ndarray, previous: np.ndarray) -> Candidates:
        ys, xs = np.mgrid[0 : self.grid, 0 : self.grid] + 0.5
        x, y = clicks[0, :2] / 2
        return Candidates(np.where((xs - x) ** 2 + (ys - y) ** 2 < 9, 10.0, -10.0)[None].astype(np.float32), None)


def test_every_case_is_an_example_photo_or_names_an_object():
    for case in failures.CASES:
        assert bool(case.outlines) == (PHOTOS / case.picture).is_file()
        assert bool(case.outlines) != (case.id is not None)


def test_only_held_out_items_with_clear_rights_are_shown(data: Path):
    items = read_items(data)
    assert case_sample(HELD_OUT, items, PHOTOS).truth.any()
    with pytest.raises(ValueError, match="hold-out"):
        case_sample(Case("trained on", "pets_0", 1), items, PHOTOS)
    unclear = [replace(item, licence="none stated") for item in items]
    with pytest.raises(ValueError, match="clear rights"):
        case_sample(HELD_OUT, unclear, PHOTOS)


def test_parts_without_a_click_go_unless_none_has_one():
    mask = np.zeros((10, 20), np.uint8)
    mask[2:5, 2:5] = mask[2:5, 10:15] = 1
    assert clicked_parts(mask, [(3.5, 3.5, 1.0), (11.5, 3.5, 0.0)]).sum() == 9
    assert clicked_parts(mask, [(0.5, 8.5, 1.0)]).sum() == mask.sum()


def test_view_holds_masks_and_truth(data: Path):
    sample = case_sample(HELD_OUT, read_items(data), PHOTOS)
    course = run_case(FirstClickOnly(), Refinement(), sample)
    rows, columns = view_of(sample, course)
    for mask in (sample.truth, *course.masks.values()):
        assert mask[rows, columns].sum() == mask.sum()
    assert rows.start >= 0 and columns.start >= 0 and rows.stop <= mask.shape[0] and columns.stop <= mask.shape[1]
    assert course.reached() == "IoU 0.9 not in 20 clicks"


def test_refinement_of_the_manifest(tmp_path: Path):
    content = {
        "threshold": 0.5,
        "options": {"candidate": "best"},
        "refinement": {"cascade": {"steps": 4, "settledPixels": 20, "clicks": "first"}, "zoomIn": None, "flip": False},
    }
    (tmp_path / "model.json").write_text(json.dumps(content))
    assert shipped_refinement(tmp_path) == Refinement(
        cascade_steps=4, settled_pixels=20, every_click=False, candidate="score"
    )
    content["refinement"]["cascade"] = {"steps": 0, "settledPixels": None, "clicks": "every"}
    (tmp_path / "model.json").write_text(json.dumps({**content, "options": {}}))
    assert shipped_refinement(tmp_path) == Refinement(candidate="first")
    content["refinement"]["zoomIn"] = {
        "skipClicks": 1,
        "expansion": 1.5,
        "minSize": 180,
        "keepIou": 0.4,
        "threshold": 0.6,
        "largestShare": 0.3,
    }
    (tmp_path / "model.json").write_text(json.dumps(content))
    assert shipped_refinement(tmp_path).zoom_in == ZoomIn(1, 1.5, 180, 0.4, 0.6, 0.3)


def test_sheet(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photo = next(case for case in failures.CASES if case.outlines)
    monkeypatch.setattr(failures, "CASES", (HELD_OUT, photo))
    path = tmp_path / "sheet.jpg"
    lines = write_sheet(path, FirstClickOnly(), Refinement(), read_items(data), PHOTOS, 100_000)
    assert len(lines) == 2 and lines[1].startswith("b: ") and photo.picture in lines[1]
    assert path.stat().st_size <= 100_000 and cv2.imread(str(path)).shape[1] == 1200
    with pytest.raises(ValueError, match="does not fit"):
        write_sheet(path, FirstClickOnly(), Refinement(), read_items(data), PHOTOS, 1_000)
