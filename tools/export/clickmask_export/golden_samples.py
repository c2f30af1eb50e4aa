"""Shared by the golden files: the photo, the truth, the samples of an answer, the toy models' folders."""

import base64
import json
import pathlib

import cv2
import numpy as np
import torch

from . import model_folder as out

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = ROOT / "packages" / "core" / "test" / "published"
LICENCE = {"id": "Apache-2.0", "commercialUse": True}
SOURCE = {"text": "A toy network for tests: tools/export/clickmask_export/toy.py."}
CLICKS = 10


def photo():
    path = FOLDER / "golden" / "photo.png"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        image = cv2.imread(str(ROOT / "examples" / "photos" / "cat.jpg"))
        scale = 320 / image.shape[1]
        image = cv2.resize(image, (320, round(image.shape[0] * scale)), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def truth_of(shape):
    """An ellipse left of the middle, surrounded by an ignored band."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    radius = ((rows - shape[0] * 0.55) / (shape[0] * 0.3)) ** 2 + ((columns - shape[1] * 0.4) / (shape[1] * 0.2)) ** 2
    truth = (radius <= 1).astype(np.int32)
    truth[(radius > 1) & (radius <= 1.1)] = -1
    return truth


def bits(mask):
    return base64.b64encode(np.packbits(mask[::3, ::3]).tobytes()).decode()


def sampled(clicks, maps, threshold):
    steps = []
    for (row, column, positive), map_ in zip(clicks, maps):
        mask = map_ > threshold
        steps.append(
            {
                "click": [int(column), int(row), "positive" if positive else "negative"],
                "area": int(mask.sum()),
                "probabilities": [round(float(v), 6) for v in map_[::24, ::24].ravel()],
                "mask": bits(mask),
            }
        )
    return steps


def write(name, cases):
    path = FOLDER / "golden" / f"{name}.json"
    path.write_text(json.dumps({"sampleStep": 24, "maskStep": 3, "cases": cases}) + "\n")
    print(f"Wrote {path}")


def toy_folder(
    name,
    family,
    module,
    inputs,
    outputs,
    dynamic,
    *,
    options,
    zoom,
    flip,
    threshold,
    graph="network",
    legacy=False,
    integrity=None,
):
    folder = FOLDER / "models" / name
    path = out.export_graph(
        module, inputs, folder / f"{graph}.onnx", outputs, dynamic, legacy=legacy, opset=17 if legacy else 18
    )
    out.write_folder(
        folder,
        family=family,
        name=name,
        version="1.0.0",
        description="A toy network for tests.",
        licence=LICENCE,
        source=SOURCE,
        threshold=threshold,
        refinement={"cascade": out.NO_CASCADE, "zoomIn": zoom, "flip": flip, **(integrity or {})},
        graphs={graph: path},
        options=options,
    )


def maps(height, width):
    return {"image": torch.rand(1, 3, height, width), "coord_features": torch.rand(1, 3, height, width)}
