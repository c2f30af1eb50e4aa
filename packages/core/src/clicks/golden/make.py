"""Makes encodings.json with NumPy and SciPy. Run: python make.py"""
import json
import pathlib

import numpy as np
from scipy.ndimage import distance_transform_edt

cases = []
width, height = 15, 11
rows, columns = np.mgrid[:height, :width] + 0.5
for points in ([], [[7.5, 5.5]], [[3.2, 4.9], [11.75, 8.1]], [[0, 0], [15, 11]], [[-3.5, 4.25], [20.5, 2.5]]):
    squares = np.full((height, width), np.inf)
    # The authors' disks: distances in single precision, and so their squares.
    single = np.full((height, width), np.inf, np.float32)
    for x, y in points:
        squares = np.minimum(squares, (columns - x) ** 2 + (rows - y) ** 2)
        single = np.minimum(single, np.float32(columns - x) ** 2 + np.float32(rows - y) ** 2)
    cases.append(dict(
        points=points,
        disk=(single <= 5 ** 2).astype(int).ravel().tolist(),
        smallDisk=(single <= 2.5 ** 2).astype(int).ravel().tolist(),
        gaussian=[float(f'{v:.7g}') for v in np.exp(-4 * np.log(2) * squares / 10 ** 2).ravel()],
        distance=[float(f'{v:.7g}') for v in np.minimum(np.sqrt(squares), 6).ravel()],
    ))

# At pixel centres the distance is SciPy's Euclidean distance transform.
seeds = np.ones((height, width))
seeds[2, 3] = seeds[8, 12] = 0
transform = [float(f'{v:.7g}') for v in distance_transform_edt(seeds).ravel()]
out = dict(width=width, height=height, cases=cases, centres=dict(points=[[3.5, 2.5], [12.5, 8.5]], distance=transform))
pathlib.Path(__file__).with_name('encodings.json').write_text(json.dumps(out) + '\n')
