"""Records what the authors' predictors of SAM, HQ-SAM, MobileSAM, SAM 2 and SegNext answer, click by click.

python -m clickmask_export.record_encoders SYSTEM --code CHECKOUT --random SEED --grabcut FOLDER --out FOLDER [--limit N]

As `record`, and for `compare.mjs` too. The clicks of SegNext are simulated by its authors' code; those of the others by
the same rule, from the masks of their own predictors. `--boxes` gives the object's box first, and then clicks.
"""

import argparse
import importlib
import time

import cv2
import numpy as np
import torch

from . import recording, sam, sam2, segnext


def next_click(truth, mask, clicks):
    """The deepest pixel of the errors: row, column, and whether it belongs to the object."""
    depths = []
    for wrong in ((truth == 1) & ~mask, (truth == 0) & mask):
        depth = cv2.distanceTransform(np.pad(wrong, 1).astype(np.uint8), cv2.DIST_L2, 0)[1:-1, 1:-1]
        for row, column, _ in clicks:
            depth[row, column] = 0
        depths.append(depth)
    positive = depths[0].max() > depths[1].max()
    row, column = np.unravel_index(np.argmax(depths[0 if positive else 1]), truth.shape)
    return int(row), int(column), bool(positive)


def box_of(truth):
    """Left, top, right, bottom, as edges."""
    rows, columns = np.nonzero(truth == 1)
    return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]


def prompted(predictor, image, truth, count, box, options):
    """The answers of a predictor that takes points and its last logits. No click means the box alone."""
    started = time.perf_counter()
    predictor.set_image(image)
    encode = time.perf_counter() - started
    clicks, maps, seconds, last = [], [], [], None
    mask = np.zeros(truth.shape, bool)
    for step in range(count + (1 if box else 0)):
        if step > 0 or not box:
            clicks.append(next_click(truth, mask, [click for click in clicks if click]))
        else:
            clicks.append(None)
        made = [click for click in clicks if click]
        single = len(made) == 1 and not box and options["single"] == "best"
        started = time.perf_counter()
        logits, scores, low = predictor.predict(
            point_coords=np.array([[column, row] for row, column, _ in made], dtype=np.float64) if made else None,
            point_labels=np.array([int(positive) for _, _, positive in made]) if made else None,
            box=np.array(box) if box else None,
            mask_input=last,
            multimask_output=single,
            return_logits=True,
        )
        seconds.append(time.perf_counter() - started)
        best = int(np.argmax(scores))
        last = low[best : best + 1]
        maps.append(torch.sigmoid(torch.from_numpy(np.ascontiguousarray(logits[best]))).numpy())
        mask = logits[best] > 0
    return {"clicks": clicks, "maps": maps, "seconds": seconds, "encode": encode}


def simulated(net, image, truth, count):
    """The same by SegNext's own evaluation."""
    from isegm.inference import evaluation
    from isegm.inference.predictor import BasePredictor

    clicks, maps, seconds, encode = [], [], [], []

    class Timed(BasePredictor):
        def set_image(self, picture):
            started = time.perf_counter()
            super().set_image(picture)
            encode.append(time.perf_counter() - started)

        def predict(self, clicker):
            started = time.perf_counter()
            answer = super().predict(clicker)
            seconds.append(time.perf_counter() - started)
            maps.append(np.array(answer, np.float32))
            clicks[:] = [(int(c.coords[0]), int(c.coords[1]), bool(c.is_positive)) for c in clicker.get_clicks()]
            return answer

    evaluation.evaluate_sample(image, truth, Timed(net), max_iou_thr=2.0, pred_thr=0.49, max_clicks=count)
    return {"clicks": clicks, "maps": maps, "seconds": seconds, "encode": encode[0]}


def predictor_of(arguments):
    """The function that answers for one picture: (image, truth, clicks, box) -> input of `recording.write`."""
    if arguments.system == "segnext":
        net = segnext.build(arguments)[0]
        return lambda image, truth, count, box: simulated(net, image, truth, count)
    if arguments.system == "sam2":
        model = sam2.build(arguments)[0]
        predictor = importlib.import_module("sam2.sam2_image_predictor").SAM2ImagePredictor(model)
    else:
        model = sam.build(arguments.system, arguments)[0]
        predictor = importlib.import_module(sam.SYSTEMS[arguments.system][0]).SamPredictor(model)
    options = {"single": "first" if arguments.system == "hq-sam" else "best"}
    return lambda image, truth, count, box: prompted(predictor, image, truth, count, box, options)


def main():
    parse = argparse.ArgumentParser()
    recording.add_arguments(parse, [*sam.SYSTEMS, "sam2", "segnext"])
    parse.add_argument("--boxes", action="store_true")
    arguments = recording.parsed(parse)
    answer = predictor_of(arguments)

    def answer_to(image, truth):
        box = box_of(truth) if arguments.boxes else None
        return {**answer(image, truth, arguments.clicks, box), "box": box}

    recording.write(
        arguments,
        {
            "system": arguments.system,
            "threshold": 0.49 if arguments.system == "segnext" else 0.5,
            "refinement": {},
            "integrity": False,
        },
        answer_to,
    )


if __name__ == "__main__":
    main()
