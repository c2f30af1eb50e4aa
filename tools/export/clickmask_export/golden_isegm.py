"""Golden files of RITM, SimpleClick, CFR-ICL, MST, AdaptiveClick and FCA-Net, which share a predictor; see golden.py."""

import json

import cv2
import numpy as np
import torch

from . import model_folder as out
from . import toy, upstream
from .golden_samples import CLICKS, FOLDER, bits, maps, photo, sampled, toy_folder, truth_of, write


def isegm(code):
    """RITM's and SimpleClick's way, and CFR-ICL's cascade; the three share their predictor."""
    upstream.use_checkout(code)
    from isegm.model.ops import DistMaps

    from . import record

    net = toy.Upstream(toy.Toy(), DistMaps(norm_radius=5, spatial_scale=1.0, cpu_mode=False, use_disks=True))
    disks = {"encoding": {"kind": "disks", "radius": 5}, "outsideClicks": "keep"}
    sides = {2: "height", 3: "width"}
    toy_folder(
        "isegm-open",
        "isegm",
        toy.Toy(),
        maps(96, 128),
        ["logits"],
        {"image": sides, "coord_features": sides},
        options={**disks, "longest": 200, "limit": None},
        zoom=out.zoom_in(1, min_size=60),
        flip=True,
        threshold=0.49,
    )
    toy_folder(
        "isegm-fixed",
        "isegm",
        toy.Toy(),
        maps(224, 224),
        ["logits"],
        None,
        options=disks,
        zoom=out.zoom_in(-1, min_size=60),
        flip=True,
        threshold=0.49,
    )
    image = photo()
    truth = truth_of(image.shape[:2])
    open_zoom = dict(skip_clicks=1, target_size=200, min_crop_size=60)
    fixed_zoom = dict(skip_clicks=-1, target_size=(224, 224), min_crop_size=60)
    cases = []
    for title, model, zoom, flip, cascade in [
        ("zoom-in from the second click, flip", "isegm-open", open_zoom, True, None),
        ("no flip", "isegm-open", open_zoom, False, None),
        ("zoom-in from the first click, flip", "isegm-fixed", fixed_zoom, True, None),
        ("CFR-2 on the first click", "isegm-fixed", fixed_zoom, True, dict(steps=2, adaptive=False, clicks=1)),
        ("CFR-1 on every click", "isegm-open", open_zoom, True, dict(steps=1, adaptive=False, clicks=99)),
        ("A-CFR-4 on every click", "isegm-fixed", fixed_zoom, False, dict(steps=4, adaptive=True, clicks=99)),
    ]:
        predictor = record.isegm_predictor(net, zoom, flip, cascade)
        answered = record.evaluate_isegm(predictor, image, truth, CLICKS)
        cases.append(
            {
                "title": title,
                "model": model,
                "threshold": 0.49,
                "refinement": {
                    "flip": flip,
                    "cascade": "off"
                    if cascade is None
                    else {
                        "steps": cascade["steps"],
                        "settledPixels": 20 if cascade["adaptive"] else None,
                        "clicks": "first" if cascade["clicks"] == 1 else "every",
                    },
                },
                "steps": sampled(answered["clicks"], answered["maps"], 0.49),
            }
        )
    # Seen from 0.9 on, the mask is empty after some clicks; the authors' code then squeezes the whole picture's answer
    # into the region used before.
    clicks = [
        (117, 128, True),
        (125, 120, True),
        (118, 127, False),
        (124, 121, False),
        (95, 128, False),
        (140, 128, False),
        (150, 200, True),
        (152, 205, True),
    ]
    predictor = record.isegm_predictor(net, dict(open_zoom, prob_thresh=0.9), True)
    cases.append(
        {
            "title": "a mask that becomes empty",
            "model": "isegm-open",
            "threshold": 0.49,
            "refinement": {"flip": True, "zoomIn": {"threshold": 0.9, "whenEmpty": "as-released"}},
            "givenClicks": True,
            "steps": sampled(clicks, answers(predictor, image, clicks), 0.49),
        }
    )
    write("isegm", cases)


def answers(predictor, image, clicks):
    """Probability maps of a predictor after each of the clicks given."""
    from isegm.inference.clicker import Click, Clicker

    predictor.set_input_image(image)
    clicker = Clicker()
    made = []
    with torch.no_grad():
        for row, column, positive in clicks:
            clicker.add_click(Click(is_positive=positive, coords=(row, column)))
            made.append(predictor.get_prediction(clicker))
    return made


def mst(code):
    """MST's way: points besides maps, a smaller least region, clicks outside of it dropped."""
    upstream.use_checkout(code)
    from isegm.model.ops import DistMaps

    from . import record

    net = toy.Upstream(toy.ToyWithPoints(), DistMaps(norm_radius=5, spatial_scale=1.0, cpu_mode=False, use_disks=True))
    inputs = {**maps(224, 224), "points": torch.rand(1, 4, 3) * 200}
    toy_folder(
        "isegm-points",
        "isegm",
        toy.ToyWithPoints(),
        inputs,
        ["logits"],
        {"points": {1: "points"}},
        options={"encoding": {"kind": "disks", "radius": 5}, "outsideClicks": "drop"},
        zoom=out.zoom_in(-1, min_size=20),
        flip=True,
        threshold=0.49,
        legacy=True,
    )
    image = photo()
    predictor = record.isegm_predictor(net, dict(skip_clicks=-1, target_size=(224, 224)), True)
    # MST's evaluation draws its clicks at random among the fifty deepest pixels: RITM's clicks, recorded, are used.
    recorded = json.loads((FOLDER / "golden" / "isegm.json").read_text())["cases"][2]["steps"]
    clicks = [(row, column, label == "positive") for column, row, label in (step["click"] for step in recorded)]
    probabilities = answers(predictor, image, clicks)
    write(
        "mst",
        [
            {
                "title": "points, small regions, clicks outside dropped",
                "model": "isegm-points",
                "threshold": 0.49,
                "refinement": {},
                "givenClicks": True,
                "steps": sampled(clicks, probabilities, 0.49),
            }
        ],
    )


def adaptiveclick(code):
    """AdaptiveClick's way: queries, all of which make the mask, each offered as a candidate."""
    upstream.use_checkout(code)
    from isegm.inference.clicker import Clicker
    from isegm.model.is_adaptiveclick_model import AdaptiveClickModel
    from isegm.model.ops import DistMaps

    from . import adaptiveclick as exporter
    from . import record

    size = 224
    queries = toy.ToyWithQueries()

    class ForExport(torch.nn.Module):
        def forward(self, image, coord_features):
            classes, masks = queries(image, coord_features)
            return exporter.combine(classes, masks, size), masks, classes

    class Answers(torch.nn.Module):
        """The toy as the authors' predictors call their network, with their click maps and their combination."""

        with_prev_mask = True
        only = None

        def __init__(self):
            super().__init__()
            self.dist_maps = DistMaps(norm_radius=5, spatial_scale=1.0, cpu_mode=False, use_disks=True)

        def forward(self, image, points):
            coord_features = torch.cat((image[:, 3:], self.dist_maps(image, points)), dim=1)
            classes, masks = queries(image[:, :3], coord_features)
            if self.only is None:
                self.scores = classes[0].sigmoid()[:, 1].tolist()
                said = {"pred_logits": classes, "pred_masks": masks}
                return {"instances": AdaptiveClickModel.segment_inference(self, said, image.shape)}
            one = masks[:, self.only : self.only + 1]
            return {
                "instances": torch.nn.functional.interpolate(
                    one, size=(size, size), mode="bilinear", align_corners=True
                )
            }

    toy_folder(
        "isegm-queries",
        "isegm",
        ForExport(),
        maps(size, size),
        exporter.OUTPUTS,
        None,
        options={"encoding": {"kind": "disks", "radius": 5}, "outsideClicks": "keep"},
        zoom=out.zoom_in(-1, min_size=60),
        flip=True,
        threshold=0.49,
    )
    net = Answers()
    image = photo()
    truth = truth_of(image.shape[:2])
    predictor = record.isegm_predictor(net, dict(skip_clicks=-1, target_size=(size, size), min_crop_size=60), True)
    predictor.set_input_image(image)
    clicker = Clicker(gt_mask=truth)
    mask = np.zeros_like(truth)
    clicks, probabilities, candidates = [], [], []
    with torch.no_grad():
        for _ in range(CLICKS):
            clicker.make_next_click(mask)
            before = predictor.get_states()
            each = []
            # The same pass's result for one query alone, with the authors' flip, sigmoid and zoom.
            for net.only in range(len(queries.gains)):
                predictor.set_states(before)
                each.append(np.array(predictor.get_prediction(clicker)))
            net.only = None
            predictor.set_states(before)
            probabilities.append(np.array(predictor.get_prediction(clicker)))
            mask = probabilities[-1] > 0.49
            last = clicker.get_clicks()[-1]
            clicks.append((last.coords[0], last.coords[1], last.is_positive))
            candidates.append(
                [
                    {"score": round(score, 6), "area": int((one > 0.49).sum()), "mask": bits(one > 0.49)}
                    for score, one in zip(net.scores, each)
                ]
            )
    steps = sampled(clicks, probabilities, 0.49)
    for step, queried in zip(steps, candidates):
        step["candidates"] = queried
    write(
        "adaptiveclick",
        [
            {
                "title": "all queries make the mask",
                "model": "isegm-queries",
                "threshold": 0.49,
                "refinement": {},
                "steps": steps,
            }
        ],
    )


def fcanet(code):
    """FCA-Net: its own resampling, distance maps and structural integrity."""
    from . import fcanet as exporter

    exporter.use_checkout(code)
    import core
    import evaluate

    module = toy.ToyWithDistances()
    net = lambda tensors: module(*tensors)
    inputs = {name: torch.rand(1, 3 if name == "image" else 1, 96, 128) for name in exporter.NAMES}
    sides = {2: "height", 3: "width"}
    toy_folder(
        "fcanet",
        "fcanet",
        module,
        inputs,
        ["logits"],
        dict.fromkeys(exporter.NAMES, sides),
        options={"shortest": 512},
        zoom=None,
        flip=False,
        threshold=0.5,
        integrity=exporter.INTEGRITY,
    )
    image = photo()
    truth = truth_of(image.shape[:2]).astype(np.uint8)  # ignored pixels become 255
    height, width = truth.shape
    # The authors' code returns only masks, so its probabilities are recorded where it makes them.
    made = []
    sigmoid = torch.sigmoid

    def noting(logits):
        made.append(sigmoid(logits))
        return made[-1]

    core.torch.sigmoid = noting
    cases = []
    for integrity in (False, True):
        prediction = np.zeros_like(truth)
        points = np.empty([0, 3], dtype=np.int64)
        clicks, probabilities, masks = [], [], []
        for _ in range(CLICKS):
            column, row, positive = evaluate.get_next_anno_point(prediction, truth, points)
            points = np.append(points, [(column, row, positive)], axis=0)
            prediction = core.predict(net, image, points, if_sis=integrity, if_cuda=False)
            clicks.append((row, column, positive == 1))
            probabilities.append(cv2.resize(made[-1].numpy()[0, 0], (width, height), interpolation=cv2.INTER_LINEAR))
            masks.append(prediction)
        steps = sampled(clicks, probabilities, 0.5)
        for step, mask in zip(steps, masks):
            step.update(area=int(mask.sum()), mask=bits(mask))
        cases.append(
            {
                "title": "structural integrity" if integrity else "plain",
                "model": "fcanet",
                "threshold": 0.5,
                "refinement": {},
                "structuralIntegrity": integrity,
                "steps": steps,
            }
        )
    write("fcanet", cases)


MAKERS = {"adaptiveclick": adaptiveclick, "isegm": isegm, "mst": mst, "fcanet": fcanet}
