"""Records what FocalClick's own predictor answers, click by click; the counterpart of record.py for this system.

python -m clickmask_export.record_focalclick --code CHECKOUT --random SEED --grabcut FOLDER --out FOLDER [--limit N]
"""
import argparse
import json
import os
import pathlib
import statistics

import numpy as np
import torch

from . import focalclick
from .record import Recorder, read_grabcut


def focal_predictor(net, size=focalclick.SIZE):
    """As the authors' evaluation makes it."""
    from isegm.inference.predictors import get_predictor
    return get_predictor(net, 'FocalClick', torch.device('cpu'), infer_size=size, prob_thresh=focalclick.THRESHOLD,
                         predictor_params={}, focus_crop_r=1.4,
                         zoom_in_params={'target_size': 400, 'expansion_ratio': 1.4})


def evaluate_focal(predictor, image, truth, max_clicks, start=None):
    """Clicks (row, column, positive), probability maps, masks and seconds, one a click; with a starting mask, the masks
    are those merged progressively."""
    from isegm.inference import evaluation
    recorder = Recorder(predictor)
    merged = []
    merge = evaluation.Progressive_Merge

    def noting(*args):
        merged.append(merge(*args))
        return merged[-1]

    evaluation.Progressive_Merge = noting
    try:
        clicks = evaluation.evaluate_sample(image, truth, start, recorder, max_iou_thr=2.0,
                                            pred_thr=focalclick.THRESHOLD, max_clicks=max_clicks, vis=False)[0]
    finally:
        evaluation.Progressive_Merge = merge
    clicks = [(int(c.coords[0]), int(c.coords[1]), bool(c.is_positive)) for c in clicks]
    masks = merged or [map_ > focalclick.THRESHOLD for map_ in recorder.maps]
    return clicks, recorder.maps, masks, recorder.seconds


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument('--code', required=True, type=pathlib.Path)
    parse.add_argument('--checkpoint', type=pathlib.Path)
    parse.add_argument('--random', type=int)
    parse.add_argument('--variant')
    parse.add_argument('--size', type=int)
    parse.add_argument('--grabcut', required=True)
    parse.add_argument('--limit', type=int, default=50)
    parse.add_argument('--clicks', type=int, default=10)
    parse.add_argument('--maps', type=int, default=10, help='samples whose maps are kept')
    parse.add_argument('--out', required=True, type=pathlib.Path)
    arguments = parse.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(int(os.environ.get('OMP_NUM_THREADS', 2)))
    predictor = focal_predictor(focalclick.build(arguments), arguments.size or focalclick.SIZE)
    samples, times = [], []
    for index, (name, image, truth) in enumerate(read_grabcut(arguments.grabcut, arguments.limit)):
        clicks, maps, masks, seconds = evaluate_focal(predictor, image, truth, arguments.clicks)
        times += seconds
        sample = {'name': name, 'width': image.shape[1], 'height': image.shape[0], 'clicks': clicks, 'maps': None,
                  'areas': [int(mask.sum()) for mask in masks]}
        if index < arguments.maps:
            sample['maps'] = f'{index}.f32'
            np.concatenate([m.ravel() for m in maps]).tofile(arguments.out / sample['maps'])
        samples.append(sample)
        print(name, round(statistics.median(seconds) * 1000), 'ms a click', flush=True)
        # Written after each picture, so that what is there can be compared already.
        (arguments.out / 'record.json').write_text(json.dumps({
            'system': 'focalclick', 'threshold': focalclick.THRESHOLD, 'refinement': {},
            'msPerClick': statistics.median(times) * 1000, 'samples': samples}))


if __name__ == '__main__':
    main()
