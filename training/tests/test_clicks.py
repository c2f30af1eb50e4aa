"""Simulated clicks and wrong masks."""

from __future__ import annotations

import random

import numpy as np
from clickmask_training.clicks import initial_clicks, next_evaluation_click, next_training_click
from clickmask_training.perturb import mask_iou, perturb

NONE = np.zeros((20, 24), np.uint8)


def square(y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
    mask = NONE.copy()
    mask[y0:y1, x0:x1] = 1
    return mask


def brute_force(errors: np.ndarray) -> np.ndarray:
    """Squared distance to the nearest pixel without an error, the outside of the picture included."""
    padded = np.pad(errors, 1)
    ys, xs = np.nonzero(padded == 0)
    result = np.zeros(errors.shape, np.int64)
    for y, x in zip(*np.nonzero(errors)):
        result[y, x] = ((ys - y - 1) ** 2 + (xs - x - 1) ** 2).min()
    return result


def test_evaluation_click_is_the_first_deepest_pixel():
    noise = np.random.default_rng(0)
    for _ in range(20):
        truth = (noise.random(NONE.shape) < 0.7).astype(np.uint8)
        predicted = (noise.random(NONE.shape) < 0.3).astype(np.uint8)
        ignore = (noise.random(NONE.shape) < 0.1).astype(np.uint8)
        missed = brute_force(truth & (1 - predicted) & (1 - ignore))
        excess = brute_force((1 - truth) & predicted & (1 - ignore))
        expected = missed if missed.max() > excess.max() else excess
        y, x = divmod(int(expected.argmax()), NONE.shape[1])
        click = next_evaluation_click(predicted, truth, ignore, NONE)
        assert click == (x + 0.5, y + 0.5, float(missed.max() > excess.max()))


def test_tie_is_negative_and_clicked_pixels_are_left_out():
    truth, predicted = square(2, 5, 2, 5), square(10, 13, 10, 13)
    assert next_evaluation_click(predicted, truth, NONE, NONE) == (11.5, 11.5, 0.0)
    clicked = NONE.copy()
    clicked[11, 11] = 1
    assert next_evaluation_click(predicted, truth, NONE, clicked) == (3.5, 3.5, 1.0)


def test_nothing_wrong_gives_no_click():
    truth = square(2, 9, 2, 9)
    assert next_evaluation_click(truth, truth, NONE, NONE) is None
    assert next_training_click(truth, truth, NONE, random.Random(0)) is None
    assert next_evaluation_click(NONE, truth, truth, NONE) is None  # all of it ignored


def test_training_click_lies_in_the_larger_error():
    truth, predicted = square(2, 12, 2, 12), square(2, 12, 2, 7)
    for seed in range(10):
        x, y, label = next_training_click(predicted, truth, NONE, random.Random(seed))
        assert label == 1.0 and 7 <= x < 12 and 2 <= y < 12


def test_initial_clicks_start_positive_inside():
    truth = square(4, 16, 5, 19)
    for seed in range(30):
        clicks = initial_clicks(truth, NONE, random.Random(seed), 6)
        assert 1 <= len(clicks) <= 6 and clicks[0][2] == 1.0
        for x, y, label in clicks:
            assert truth[int(y), int(x)] == label


def test_perturbed_masks_are_as_wrong_as_asked():
    truth = np.zeros((96, 96), np.uint8)
    truth[20:70, 30:80] = 1
    found = [perturb(truth, random.Random(seed), 0.75, 0.85) for seed in range(20)]
    found = [wrong for wrong in found if wrong is not None]
    assert len(found) >= 10
    assert all(0.75 <= mask_iou(wrong, truth) <= 0.85 for wrong in found)
