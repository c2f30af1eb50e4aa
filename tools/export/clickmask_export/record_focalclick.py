"""Records what FocalClick's own predictor answers, click by click; the counterpart of record.py for this system.

python -m clickmask_export.record_focalclick --code CHECKOUT --random SEED --grabcut FOLDER --out FOLDER [--limit N]
"""

import argparse

import torch

from . import focalclick, recording
from .record import Recorder


def focal_predictor(net, size=focalclick.SIZE):
    """As the authors' evaluation makes it."""
    from isegm.inference.predictors import get_predictor

    return get_predictor(
        net,
        "FocalClick",
        torch.device("cpu"),
        infer_size=size,
        prob_thresh=focalclick.THRESHOLD,
        predictor_params={},
        focus_crop_r=1.4,
        zoom_in_params={"target_size": 400, "expansion_ratio": 1.4},
    )


def evaluate_focal(predictor, image, truth, max_clicks, start=None):
    """With a starting mask, the masks are the progressively merged ones."""
    from isegm.inference import evaluation

    recorder = Recorder(predictor)
    merged = []
    merge = evaluation.Progressive_Merge

    def noting(*args):
        merged.append(merge(*args))
        return merged[-1]

    evaluation.Progressive_Merge = noting
    try:
        clicks = evaluation.evaluate_sample(
            image,
            truth,
            start,
            recorder,
            max_iou_thr=2.0,
            pred_thr=focalclick.THRESHOLD,
            max_clicks=max_clicks,
            vis=False,
        )[0]
    finally:
        evaluation.Progressive_Merge = merge
    clicks = [(int(c.coords[0]), int(c.coords[1]), bool(c.is_positive)) for c in clicks]
    masks = merged or [map_ > focalclick.THRESHOLD for map_ in recorder.maps]
    return {"clicks": clicks, "maps": recorder.maps, "masks": masks, "seconds": recorder.seconds}


def main():
    parse = argparse.ArgumentParser()
    recording.add_arguments(parse)
    arguments = recording.parsed(parse)
    predictor = focal_predictor(focalclick.build(arguments), arguments.size or focalclick.SIZE)
    recording.write(
        arguments,
        {"system": "focalclick", "threshold": focalclick.THRESHOLD, "refinement": {}},
        lambda image, truth: evaluate_focal(predictor, image, truth, arguments.clicks),
    )


if __name__ == "__main__":
    main()
