"""Views, copy-paste, rendered shapes, the dataset."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from clickmask_training import suem
from clickmask_training.dataset import BatchSchedule, ClickDataset, SampleConfig, _other_reading, _reduce
from clickmask_training.items import read_items, select_items
from clickmask_training.shapes import random_shape
from clickmask_training.suem import Composite, Target
from clickmask_training.views import ViewConfig, random_view, warp_labels

SIZE = 64


def composite(value: int, y: slice, x: slice) -> Composite:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[y, x] = 1
    return Composite(np.full((SIZE, SIZE, 3), value, np.uint8), [Target(mask, np.zeros_like(mask))])


BASE = composite(50, slice(10, 40), slice(10, 40))
OTHER = composite(200, slice(30, 50), slice(30, 50))
DEEP_IN_OTHER, DEEP_IN_BASE = (45, 45), (15, 15)


def test_simple_takes_the_object_elsewhere():
    result = suem.simple(BASE, OTHER, 1.0, random.Random(0))
    assert result.image[DEEP_IN_BASE][0] == 50 and result.image[5, 5][0] == 200
    assert (result.targets[0].mask == BASE.targets[0].mask).all()
    assert not (result.targets[1].mask & BASE.targets[0].mask).any()


def test_exclusion_and_union_differ_in_the_target_only():
    covered = suem.exclusion(BASE, OTHER, random.Random(0))
    joined = suem.union(BASE, OTHER, random.Random(0))
    assert (covered.image == joined.image).all() and covered.image[DEEP_IN_OTHER][0] == 200
    other = OTHER.targets[0].mask
    assert not (covered.targets[0].mask & other).any()
    assert (joined.targets[0].mask & other).sum() == other.sum()


def test_mixing_leaves_the_target():
    for mixed in (suem.object_mixing(BASE, OTHER, 0.7, random.Random(0)), suem.image_mixing(BASE, OTHER, 0.7)):
        assert 50 < mixed.image[DEEP_IN_OTHER][0] < 200
        assert mixed.targets[0] is BASE.targets[0]


def test_views_keep_the_object_and_their_kind():
    labels = np.zeros((50, 80), np.uint8)
    labels[10:40, 20:60] = 1
    whole, crop = (
        ViewConfig(whole_probability=1.0, rotate_probability=0.0),
        ViewConfig(whole_probability=0.0, rotate_probability=0.0),
    )
    shares = {}
    for name, config in (("whole", whole), ("crop", crop)):
        views = [random_view(labels.shape, (20, 10, 60, 40), SIZE, random.Random(seed), config) for seed in range(40)]
        shares[name] = np.mean([warp_labels(labels, view, SIZE).mean() for view in views])
    assert 0.2 < shares["whole"] < 0.45
    assert 0 < shares["crop"] < 0.7


def test_sharp_crops_enlarge_little_and_stay_inside():
    config = ViewConfig(whole_probability=0.0, rotate_probability=0.0, sharp_probability=1.0)
    for seed in range(40):
        view = random_view((480, 640), (600, 440, 630, 470), 256, random.Random(seed), config)
        zoom = np.abs(np.diag(view[:, :2]))
        assert (zoom <= config.largest_zoom * 1.25 + 1e-6).all()
        # The corners of the view, back in the picture.
        corners = (np.array([[-0.5, -0.5], [255.5, 255.5]]) - view[:, 2]) / np.diag(view[:, :2])
        assert corners.min() >= -0.5 - 1e-6 and (corners.max(0) <= np.array([639.5, 479.5]) + 1e-6).all()


def test_part_and_whole_are_readings_of_one_click():
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[10:30, 10:30], labels[30:50, 10:30] = 1, 2
    whole, ignore = (labels > 0).astype(np.uint8), np.zeros_like(labels)
    click = (15.5, 15.5, 1.0)
    part = Target((labels == 1).astype(np.uint8), ignore, whole=whole)
    joined = Target(whole, ignore, parts=labels)
    assert (_other_reading(part, click) == _reduce(joined)[0]).all()
    assert (_other_reading(joined, click) == _reduce(part)[0]).all()
    assert not _other_reading(Target(whole, ignore), click).any()
    assert not _other_reading(Target(whole, ignore, whole=whole), click).any()  # the same reading is no other one
    hidden = np.ones_like(labels)
    hidden[30:] = 0
    assert not _other_reading(part.seen_through(hidden), click).any()


def test_thin_and_composite_objects_are_drawn_more_often(data: Path):
    item = next(item for item in read_items(data) if item.thin)
    dataset = ClickDataset([item], SampleConfig(union_probability=0.0, neighbour_probability=0.0), 0)
    labels = item.read_labels()
    drawn = [dataset._focus(item, labels, random.Random(seed)) for seed in range(600)]
    assert drawn.count([2]) / drawn.count([1]) == pytest.approx(2.0, abs=0.5)


def test_rendered_shapes_are_not_empty():
    assert all(random_shape(SIZE, random.Random(seed)).any() for seed in range(30))


def test_samples_are_the_same_for_the_same_number(data: Path):
    items = select_items(read_items(data))
    first, second = (ClickDataset(items, SampleConfig(), seed=3) for _ in range(2))
    for number in range(12):
        a, b = first[number, SIZE], second[number, SIZE]
        assert all((a[name] == b[name]).all() for name in a)
        assert a["image"].shape == (3, SIZE, SIZE) and a["target"].shape == (2, SIZE // 2, SIZE // 2)
        for clicks, target in zip(a["clicks"], a["target"]):
            used = clicks[clicks[:, 2] >= 0]
            assert len(used) >= 1 and target.any()
            assert ((used[:, :2] >= 0) & (used[:, :2] <= SIZE)).all()
    other = ClickDataset(items, SampleConfig(), seed=4)
    assert any((first[n, SIZE]["image"] != other[n, SIZE]["image"]).any() for n in range(3))


def test_starting_masks_occur_and_can_be_switched_off(data: Path):
    items = select_items(read_items(data))
    config = SampleConfig(start_mask_probability=1.0)
    assert any(ClickDataset(items, config, 0)[number, SIZE]["start"].any() for number in range(8))
    config = replace(config, start_mask_probability=0.0)
    assert not any(ClickDataset(items, config, 0)[number, SIZE]["start"].any() for number in range(8))


def test_processes_take_turns():
    ranks = [list(islice(BatchSchedule(rank * 2, 2, SIZE, 4), 2)) for rank in range(2)]
    numbers = sorted(number for batches in ranks for batch in batches for number, _ in batch)
    assert numbers == list(range(8))
