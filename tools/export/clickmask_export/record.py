"""Records what the authors' predictor answers, click by click, for Clickmask to be compared with.

python -m clickmask_export.record SYSTEM --code CHECKOUT --random SEED --grabcut FOLDER --out FOLDER [--limit N]

Each sample: clicks simulated by the authors' code from the masks of their own predictor; probability maps of the full
size, as float32. `compare.mjs` reads them.
"""
import argparse
import json
import os
import pathlib
import statistics
import time

import cv2
import numpy as np
import torch

from . import isegm


def isegm_predictor(net, zoom_in, flip=True, cascade=None):
    from isegm.inference.predictors import get_predictor
    params = {}
    if cascade is not None:
        params['predictor_params'] = dict(cascade_step=cascade['steps'] + 1, cascade_adaptive=cascade['adaptive'],
                                          cascade_clicks=cascade['clicks'])
    return get_predictor(net, 'NoBRS', torch.device('cpu'), prob_thresh=0.49, with_flip=flip, zoom_in_params=zoom_in,
                         **params)


class Recorder:
    """A predictor that notes what it answers, and how long it takes."""

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


def evaluate_isegm(predictor, image, truth, max_clicks):
    """Clicks (row, column, positive), probability maps and seconds, one a click."""
    from isegm.inference import evaluation
    recorder = Recorder(predictor)
    clicks = evaluation.evaluate_sample(image, truth, recorder, max_iou_thr=2.0, pred_thr=0.49,
                                        max_clicks=max_clicks)[0]
    clicks = [(int(c.coords[0]), int(c.coords[1]), bool(c.is_positive)) for c in clicks]
    return clicks, recorder.maps, recorder.seconds


def read_grabcut(folder, limit):
    folder = pathlib.Path(folder)
    for path in sorted((folder / 'data_GT').iterdir(), key=lambda p: p.stem)[:limit]:
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        mask = cv2.imread(str(next((folder / 'boundary_GT').glob(path.stem + '.*'))))[:, :, 0].astype(np.int32)
        mask[mask == 128] = -1
        mask[mask > 128] = 1
        yield path.name, image, mask


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument('system', choices=['ritm', 'simpleclick', 'cfr-icl'])
    parse.add_argument('--code', required=True, type=pathlib.Path)
    parse.add_argument('--checkpoint', type=pathlib.Path)
    parse.add_argument('--random', type=int)
    parse.add_argument('--variant')
    parse.add_argument('--size', type=int)
    parse.add_argument('--grabcut', required=True)
    parse.add_argument('--limit', type=int, default=50)
    parse.add_argument('--clicks', type=int, default=10)
    parse.add_argument('--maps', type=int, default=10, help='samples whose maps are kept')
    parse.add_argument('--cfr', type=int, default=0)
    parse.add_argument('--cfr-clicks', type=int, default=1)
    parse.add_argument('--adaptive', action='store_true')
    parse.add_argument('--out', required=True, type=pathlib.Path)
    arguments = parse.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(int(os.environ.get('OMP_NUM_THREADS', 2)))
    with torch.no_grad():
        net, _ = isegm.ritm(arguments) if arguments.system == 'ritm' else isegm.plain_vit(arguments)
    size = arguments.size or (400 if arguments.system == 'ritm' else 448)
    zoom = dict(skip_clicks=1, target_size=size) if arguments.system == 'ritm' else dict(
        skip_clicks=-1, target_size=(size, size))
    cascade = None
    if arguments.cfr > 0:
        cascade = dict(steps=arguments.cfr, adaptive=arguments.adaptive, clicks=arguments.cfr_clicks)
    predictor = isegm_predictor(net, zoom, cascade=cascade)
    samples, times = [], []
    for index, (name, image, truth) in enumerate(read_grabcut(arguments.grabcut, arguments.limit)):
        clicks, maps, seconds = evaluate_isegm(predictor, image, truth, arguments.clicks)
        times += seconds
        sample = {'name': name, 'width': image.shape[1], 'height': image.shape[0], 'clicks': clicks, 'maps': None}
        if index < arguments.maps:
            sample['maps'] = f'{index}.f32'
            np.concatenate([m.ravel() for m in maps]).tofile(arguments.out / sample['maps'])
        samples.append(sample)
        print(name, round(statistics.median(seconds) * 1000), 'ms a click', flush=True)
    refinement = {'cascade': 'off' if cascade is None else {
        'steps': cascade['steps'], 'settledPixels': 20 if cascade['adaptive'] else None,
        'clicks': 'first' if cascade['clicks'] == 1 else 'every'}}
    (arguments.out / 'record.json').write_text(json.dumps({
        'system': arguments.system, 'threshold': 0.49, 'refinement': refinement,
        'msPerClick': statistics.median(times) * 1000, 'samples': samples}))


if __name__ == '__main__':
    main()
