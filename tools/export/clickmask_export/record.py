"""Records what the authors' predictor answers, click by click, for Clickmask to be compared with.

python -m clickmask_export.record SYSTEM --code CHECKOUT --random SEED --grabcut FOLDER --out FOLDER [--limit N]

Each sample: clicks simulated by the authors' code from the masks of their own predictor; probability maps of the full
size, as float32. `compare.mjs` reads them.
"""

import argparse
import inspect
import time
import types

import cv2
import numpy as np
import torch

from . import adaptiveclick, fcanet, isegm, mst, recording

BUILDERS = {
    "adaptiveclick": adaptiveclick.build,
    "cfr-icl": isegm.plain_vit,
    "fcanet": fcanet.build,
    "mst": mst.build,
    "ritm": isegm.ritm,
    "simpleclick": isegm.plain_vit,
}


def predictor_of(arguments, cascade=None, max_size=None):
    """The authors' predictor with their zoom-in for that system."""
    net, _ = BUILDERS[arguments.system](arguments)
    size = arguments.size or (400 if arguments.system == "ritm" else 448)
    zoom = (
        dict(skip_clicks=1, target_size=size)
        if arguments.system == "ritm"
        else dict(skip_clicks=-1, target_size=(size, size))
    )
    return isegm_predictor(net, zoom, cascade=cascade, max_size=max_size)


def isegm_predictor(net, zoom_in, flip=True, cascade=None, max_size=None):
    from isegm.inference.predictors import get_predictor

    params = {}
    if cascade is not None:
        params["predictor_params"] = dict(
            cascade_step=cascade["steps"] + 1, cascade_adaptive=cascade["adaptive"], cascade_clicks=cascade["clicks"]
        )
    if max_size is not None:
        params["predictor_params"] = {**params.get("predictor_params", {}), "max_size": max_size}
    return get_predictor(
        net, "NoBRS", torch.device("cpu"), prob_thresh=0.49, with_flip=flip, zoom_in_params=zoom_in, **params
    )


class Recorder:
    """A predictor that records its answers and their time."""

    def __init__(self, predictor):
        self.predictor = predictor
        self.maps = []
        self.seconds = []

    def __getattr__(self, name):
        return getattr(self.predictor, name)

    def get_prediction(self, *args, **kwargs):
        started = time.perf_counter()
        answer = self.predictor.get_prediction(*args, **kwargs)
        self.seconds.append(time.perf_counter() - started)
        self.maps.append(np.array(answer, np.float32))
        return answer


def click_the_deepest():
    """MST's simulated user chooses randomly among the fifty deepest pixels. Here it takes the deepest, as the others
    do.
    """
    from isegm.inference import clicker

    if "topk(50)" in inspect.getsource(clicker.Clicker._get_next_click):
        clicker.np = types.SimpleNamespace(**{name: getattr(np, name) for name in dir(np) if not name.startswith("__")})
        clicker.np.random = types.SimpleNamespace(choice=max)


def evaluate_isegm(predictor, image, truth, max_clicks):
    from isegm.inference import evaluation

    click_the_deepest()
    recorder = Recorder(predictor)
    clicks = evaluation.evaluate_sample(image, truth, recorder, max_iou_thr=2.0, pred_thr=0.49, max_clicks=max_clicks)[
        0
    ]
    clicks = [(int(c.coords[0]), int(c.coords[1]), bool(c.is_positive)) for c in clicks]
    return {"clicks": clicks, "maps": recorder.maps, "seconds": recorder.seconds}


def evaluate_fcanet(net, image, truth, max_clicks, integrity):
    """The same with FCA-Net's code. Also records its masks, because structural integrity removes parts."""
    import core
    import evaluate

    truth = truth.astype(np.uint8)  # ignored pixels become 255
    # The authors' code returns only masks, so its probabilities are recorded where it makes them.
    made = []
    sigmoid = torch.sigmoid
    core.torch = types.SimpleNamespace(
        **{name: getattr(torch, name) for name in dir(torch) if not name.startswith("__")}
    )
    core.torch.sigmoid = lambda logits: made.append(sigmoid(logits)) or made[-1]
    mask = np.zeros_like(truth)
    points = np.empty([0, 3], dtype=np.int64)
    clicks, maps, seconds, masks = [], [], [], []
    for _ in range(max_clicks):
        column, row, positive = evaluate.get_next_anno_point(mask, truth, points)
        points = np.append(points, [(column, row, positive)], axis=0)
        started = time.perf_counter()
        mask = core.predict(net, image, points, if_sis=integrity, if_cuda=False)
        seconds.append(time.perf_counter() - started)
        clicks.append((int(row), int(column), positive == 1))
        maps.append(cv2.resize(made[-1].numpy()[0, 0], truth.shape[::-1], interpolation=cv2.INTER_LINEAR))
        masks.append(mask)
    return {"clicks": clicks, "maps": maps, "seconds": seconds, "masks": masks}


def main():
    parse = argparse.ArgumentParser()
    recording.add_arguments(parse, BUILDERS)
    parse.add_argument("--cfr", type=int, default=0)
    parse.add_argument("--cfr-clicks", type=int, default=1)
    parse.add_argument("--adaptive", action="store_true")
    parse.add_argument("--sis", action="store_true", help="FCA-Net's structural integrity")
    arguments = recording.parsed(parse)
    cascade = None
    if arguments.cfr > 0:
        cascade = dict(steps=arguments.cfr, adaptive=arguments.adaptive, clicks=arguments.cfr_clicks)
    if arguments.system == "fcanet":
        net, _ = fcanet.build(arguments)
        answer = lambda image, truth: evaluate_fcanet(net, image, truth, arguments.clicks, arguments.sis)
    else:
        with torch.no_grad():
            predictor = predictor_of(arguments, cascade)
        answer = lambda image, truth: evaluate_isegm(predictor, image, truth, arguments.clicks)
    refinement = {
        "cascade": "off"
        if cascade is None
        else {
            "steps": cascade["steps"],
            "settledPixels": 20 if cascade["adaptive"] else None,
            "clicks": "first" if cascade["clicks"] == 1 else "every",
        }
    }
    recording.write(
        arguments,
        {
            "system": arguments.system,
            "threshold": 0.5 if arguments.system == "fcanet" else 0.49,
            "refinement": refinement,
            "integrity": arguments.sis,
        },
        answer,
    )


if __name__ == "__main__":
    main()
