"""Views, copy-paste, rendered shapes, pseudo-objects, the dataset."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from clickmask_training import suem
from clickmask_training.dataset import BatchSchedule, ClickDataset, SampleConfig
from clickmask_training.items import read_items, select_items
from clickmask_training.pseudo import merge_regions, read_pseudo, write_one
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
    whole, crop = ViewConfig(whole_probability=1.0, rotate_probability=0.0), ViewConfig(whole_probability=0.0, rotate_probability=0.0)
    shares = {}
    for name, config in (("whole", whole), ("crop", crop)):
        views = [random_view(labels.shape, (20, 10, 60, 40), SIZE, random.Random(seed), config) for seed in range(40)]
        shares[name] = np.mean([warp_labels(labels, view, SIZE).mean() for view in views])
    assert 0.2 < shares["whole"] < 0.45
    assert 0 < shares["crop"] < 0.7


def test_rendered_shapes_are_not_empty():
    assert all(random_shape(SIZE, random.Random(seed)).any() for seed in range(30))


def test_regions_merge_by_colour():
    regions = np.repeat(np.arange(4), 8)[None].repeat(8, 0)
    colour = np.repeat(np.array([0, 1, 50, 51]), 8)[None, :, None].repeat(8, 0).repeat(3, 2).astype(np.float32)
    merged = merge_regions(regions, colour, 2)
    assert (merged[:, :16] == merged[0, 0]).all() and (merged[:, 16:] == merged[0, 31]).all() and merged[0, 0] != merged[0, 31]


def test_pseudo_objects_have_the_picture_size(data: Path, tmp_path: Path):
    pytest.importorskip("skimage")
    item = read_items(data)[0]
    assert read_pseudo(tmp_path, item) is None
    assert write_one(item, tmp_path) and not write_one(item, tmp_path)
    regions = read_pseudo(tmp_path, item)
    assert regions.shape == (*item.read_labels().shape, 2) and regions.min() >= 1


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


def test_pseudo_objects_become_targets_where_a_share_is_set(data: Path, tmp_path: Path):
    pytest.importorskip("skimage")
    items = select_items(read_items(data))[:2]
    for item in items:
        write_one(item, tmp_path)
    config = SampleConfig(pseudo_probability=1.0)
    unused, used = (ClickDataset(items, c, 0, tmp_path) for c in (SampleConfig(), config))
    assert any((unused[n, SIZE]["target"] != used[n, SIZE]["target"]).any() for n in range(4))
    with pytest.raises(ValueError, match="--pseudo"):
        ClickDataset(items, config, 0)
