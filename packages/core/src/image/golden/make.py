"""Makes resample.json with PyTorch and OpenCV. Run: python make.py (needs torch, opencv-python-headless, numpy)."""
import json
import pathlib

import cv2
import numpy as np
import torch


def pattern(count, seed):
    """Bytes that the tests make again with the same formula."""
    return np.array([((i * 7919 + seed * 104729) * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(count)], np.uint8)


def bilinear(planes, height, width, align):
    tensor = torch.from_numpy(planes.astype(np.float64))[None]
    return torch.nn.functional.interpolate(tensor, (height, width), mode='bilinear', align_corners=align)[0].numpy()


def area(planes, height, width):
    return np.stack([cv2.resize(np.ascontiguousarray(p, np.float64), (width, height), interpolation=cv2.INTER_AREA) for p in planes])


def numbers(values):
    return [float(f'{v:.7g}') for v in values.ravel()]


maps = []
for seed, (h, w, oh, ow) in enumerate([(5, 7, 11, 9), (12, 16, 5, 4), (9, 9, 9, 9), (1, 6, 3, 13), (6, 1, 4, 1), (8, 6, 1, 1), (13, 11, 7, 17)]):
    planes = pattern(h * w, seed).reshape(1, h, w) / 255
    for name, align in (('half-pixel', False), ('align-corners', True)):
        maps.append(dict(seed=seed, input=[w, h], output=[ow, oh], filter=name, values=numbers(bilinear(planes, oh, ow, align))))
    if oh <= h and ow <= w:
        maps.append(dict(seed=seed, input=[w, h], output=[ow, oh], filter='area', values=numbers(area(planes, oh, ow))))

crops = []
# Picture, region, output: rows of whole words and not, regions that begin inside a word, whole-number factors and not.
shapes = [
    (40, 30, (0, 0, 40, 30), (7, 5)), (40, 30, (3, 2, 33, 25), (6, 4)), (40, 30, (1, 0, 30, 30), (10, 10)),
    (37, 29, (5, 4, 31, 20), (6, 7)), (24, 50, (2, 1, 20, 49), (19, 3)), (16, 12, (5, 5, 1, 1), (3, 2)),
    (16, 12, (2, 3, 9, 7), (13, 5)),
]
for seed, (w, h, (x, y, rw, rh), (ow, oh)) in enumerate(shapes, 100):
    planes = pattern(w * h * 3, seed).reshape(h, w, 3).transpose(2, 0, 1)[:, y:y + rh, x:x + rw] / 255
    base = dict(seed=seed, image=[w, h], region=[x, y, rw, rh], output=[ow, oh])
    for name, align in (('half-pixel', False), ('align-corners', True)):
        crops.append(dict(base, filter=name, values=numbers(bilinear(planes, oh, ow, align))))
    if oh <= rh and ow <= rw:
        crops.append(dict(base, filter='area', values=numbers(area(planes, oh, ow))))

pathlib.Path(__file__).with_name('resample.json').write_text(json.dumps(dict(maps=maps, crops=crops)) + '\n')
