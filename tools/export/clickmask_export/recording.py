"""Shared by the recorders: their arguments, the pictures, and the record that they write for `compare.mjs`.

A record is written after every picture. The same command continues it.
"""

import json
import os
import pathlib
import statistics
import time

import cv2
import numpy as np
import torch


def add_network_arguments(parse, systems=None):
    """`systems`: the choices, if there are several."""
    if systems is not None:
        parse.add_argument("system", choices=sorted(systems))
    parse.add_argument("--code", required=True, type=pathlib.Path)
    parse.add_argument("--checkpoint", type=pathlib.Path)
    parse.add_argument("--random", type=int)
    parse.add_argument("--variant")
    parse.add_argument("--size", type=int)


def add_arguments(parse, systems=None):
    add_network_arguments(parse, systems)
    parse.add_argument("--grabcut", required=True, type=pathlib.Path)
    parse.add_argument("--limit", type=int, default=50, help="pictures")
    parse.add_argument("--clicks", type=int, default=10, help="a picture")
    parse.add_argument("--maps", type=int, default=50, help="pictures whose probability maps are kept")
    parse.add_argument("--out", required=True, type=pathlib.Path)


def parsed(parse):
    use_threads()
    return parse.parse_args()


def use_threads():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))


def read_grabcut(folder, limit):
    """Name, picture, and mask (1 object, 0 background, -1 ignored) of each."""
    for path in sorted((folder / "data_GT").iterdir(), key=lambda p: p.stem)[:limit]:
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        mask = cv2.imread(str(next((folder / "boundary_GT").glob(path.stem + ".*"))))[:, :, 0].astype(np.int32)
        mask[mask == 128] = -1
        mask[mask > 128] = 1
        yield path.name, image, mask


def write(arguments, facts, answer):
    """Records the result of `answer(image, truth)` for each picture.

    It returns `clicks` (row, column, positive), probability `maps` of the full size and `seconds`, one per click;
    `masks` if they differ from what the maps give; the `box`, if given, and the seconds to `encode` a picture. `facts`
    describe the whole record: at least `system` and `threshold`.
    """
    folder = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "record.json"
    # What the answers depend on. More pictures may be requested later.
    asked = {
        key: value if isinstance(value, (bool, int, type(None))) else str(value)
        for key, value in vars(arguments).items()
        if key not in ("code", "grabcut", "limit", "maps", "out")
    }
    samples = []
    if path.exists():
        found = json.loads(path.read_text())
        if found.get("asked") != asked:
            raise SystemExit(f"{path} was recorded with other options: {found.get('asked')}. Choose another --out.")
        samples = found["samples"]
    done = {sample["name"] for sample in samples}
    for index, (name, image, truth) in enumerate(read_grabcut(arguments.grabcut, arguments.limit)):
        if name in done:
            continue
        started = time.perf_counter()
        with torch.no_grad():
            answered = answer(image, truth)
        maps, seconds = answered["maps"], answered["seconds"]
        masks = answered.get("masks") or [map_ > facts["threshold"] for map_ in maps]
        sample = {
            "name": name,
            "width": image.shape[1],
            "height": image.shape[0],
            "clicks": answered["clicks"],
            "areas": [int(mask.sum()) for mask in masks],
            "seconds": seconds,
            "maps": None,
            **{key: answered[key] for key in ("box", "encode") if key in answered},
        }
        if index < arguments.maps:
            sample["maps"] = f"{index}.f32"
            np.concatenate([map_.ravel() for map_ in maps]).astype(np.float32).tofile(folder / sample["maps"])
            if "masks" in answered:
                sample["masks"] = f"{index}.masks"
                np.concatenate([mask.ravel() for mask in masks]).astype(np.uint8).tofile(folder / sample["masks"])
        samples.append(sample)
        path.write_text(json.dumps({**facts, "asked": asked, **medians(samples), "samples": samples}))
        print(
            f"{index + 1}: {name}, {round(statistics.median(seconds) * 1000)} ms a click, "
            f"{round(time.perf_counter() - started)} s",
            flush=True,
        )


def medians(samples):
    made = {"msPerClick": statistics.median([second for sample in samples for second in sample["seconds"]]) * 1000}
    encodes = [sample["encode"] for sample in samples if "encode" in sample]
    return {**made, "msToEncode": statistics.median(encodes) * 1000} if encodes else made
