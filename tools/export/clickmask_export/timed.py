"""The authors' predictor as one side of a comparison of times: bench.mjs tells it what to do, line by line.

python -m clickmask_export.timed SYSTEM --code CHECKOUT --random SEED [--limit PX]

Reads JSON lines: {"photo": path} opens a photo, {"clicks": [[row, column, positive], ...]} adds the last of them.
Answers {"ms": milliseconds, "area": pixels of the mask}. As the authors' demos and evaluation have it: zoom-in, flip,
mask at full size.
"""

import argparse
import json
import sys
import time

import cv2
import torch

from . import record, recording


def main():
    parse = argparse.ArgumentParser()
    recording.add_network_arguments(parse, record.BUILDERS)
    parse.add_argument("--limit", type=int, help="greatest longer side of un-zoomed pictures, as in the demos")
    arguments = parse.parse_args()
    recording.use_threads()
    # Output of the authors' code must not mix with the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    with torch.no_grad():
        predictor = record.predictor_of(arguments, max_size=arguments.limit)
        from isegm.inference.clicker import Click, Clicker

        clicker = None
        for line in sys.stdin:
            request = json.loads(line)
            if "photo" in request:
                image = cv2.cvtColor(cv2.imread(request["photo"]), cv2.COLOR_BGR2RGB)
                started = time.perf_counter()
                predictor.set_input_image(image)
                clicker = Clicker()
                area = 0
            else:
                row, column, positive = request["clicks"][-1]
                started = time.perf_counter()
                clicker.add_click(Click(is_positive=positive, coords=(row, column)))
                area = int((predictor.get_prediction(clicker) > 0.49).sum())
            ms = (time.perf_counter() - started) * 1000
            print(json.dumps({"ms": ms, "area": area}), file=answers, flush=True)


if __name__ == "__main__":
    main()
