"""Makes clicks.json with OpenCV and SciPy. Run: python make.py (needs opencv-python-headless, scipy, numpy).

Rows of text: truth '.' background, '#' object, '?' ignore; prediction '.', '#'.
"""
import json
import pathlib

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

rng = np.random.default_rng(7)


def blob(height, width, sigma, level):
    field = gaussian_filter(rng.standard_normal((height, width)), sigma)
    return field > np.quantile(field, level)


def transform(mask):
    """Squared distance to the nearest pixel outside; what lies beyond the border is outside. Two libraries agree."""
    padded = np.pad(mask.astype(np.uint8), 1)
    exact = distance_transform_edt(padded)[1:-1, 1:-1]
    precise = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    assert np.abs(exact - precise).max() < 1e-4
    return np.rint(exact ** 2).astype(int)


def next_click(truth, prediction, clicked):
    valid = truth != 255
    missed = transform((truth == 1) & ~prediction & valid)
    extra = transform((truth != 1) & prediction & valid)
    for x, y in clicked:
        missed[y, x] = extra[y, x] = 0
    positive = missed.max() > extra.max()
    best = missed if positive else extra
    if best.max() == 0:
        return None
    y, x = np.unravel_index(np.argmax(best), best.shape)
    return [int(x), int(y), 'positive' if positive else 'negative']


def text(array, symbols):
    return [''.join(symbols[int(v)] for v in row) for row in array]


cases = []
for index in range(24):
    height, width = [(18, 24), (31, 17), (1, 30), (30, 1), (12, 12), (23, 40)][index % 6]
    sigma = float(rng.choice([0.6, 1.5, 3]))
    truth = blob(height, width, sigma, rng.uniform(0.3, 0.7)).astype(np.uint8)
    if index % 2:
        truth[blob(height, width, 1.5, 0.8)] = 255
    kind = index % 4
    prediction = [np.zeros((height, width), bool), blob(height, width, sigma, 0.5), np.ones((height, width), bool),
                  (truth == 1) ^ blob(height, width, 1, 0.85)][kind]
    clicked, clicks = [], []
    for _ in range(6):
        click = next_click(truth, prediction, clicked)
        clicks.append(click)
        if click is None:
            break
        clicked.append(click[:2])
    valid = truth != 255
    union = (((truth == 1) | prediction) & valid).sum()
    cases.append(dict(
        truth=text(truth, {0: '.', 1: '#', 255: '?'}), prediction=text(prediction, '.#'), clicks=clicks,
        distances=transform(truth == 1).ravel().tolist(),
        iou=round(float(((truth == 1) & prediction & valid).sum() / union), 9) if union else 1,
    ))

pathlib.Path(__file__).with_name('clicks.json').write_text(json.dumps(dict(cases=cases)) + '\n')
