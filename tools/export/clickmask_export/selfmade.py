"""Weights for comparisons where the authors' checkpoint is not at hand: random ones that answer to clicks.

python -m clickmask_export.selfmade SYSTEM --code CHECKOUT --random SEED --out weights.pth

Masks of random weights hardly change with a click, so that clicks simulated from them say little. A few minutes of
training on drawn scenes give no useful network, but one whose masks follow clicks and colours. The file is taken by
`--checkpoint`, as the authors' own. `--steps 0 --strengthen patch_embed_coords 6` is for networks too large to be
trained in minutes: still random, but the clicks weigh more.
"""

import argparse
import pathlib

import torch
from torch.nn import functional as F

from . import adaptiveclick, fcanet, focalclick, isegm, mst, segnext


def scene(size, generator):
    """A picture [1, 3, H, W] of a few shapes, its object [1, 1, H, W], click maps [1, 3, H, W] and the clicks."""
    number = lambda low, high: low + (high - low) * float(torch.rand(1, generator=generator))
    picture = F.interpolate(torch.rand(1, 3, 7, 7, generator=generator), (size, size), mode="bicubic")
    picture = 0.25 + 0.5 * picture
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    shapes = []
    for _ in range(3):
        height, width = size * number(0.1, 0.3), size * number(0.1, 0.3)
        row, column = number(0.2, 0.8) * size, number(0.2, 0.8) * size
        power = number(1.5, 6.0)
        shape = ((rows - row).abs() / height) ** power + ((columns - column).abs() / width) ** power <= 1
        colour = torch.rand(1, 3, 1, 1, generator=generator)
        texture = 0.1 * torch.rand(1, 3, size, size, generator=generator)
        picture = torch.where(shape, 0.8 * colour + texture, picture)
        shapes = [(other & ~shape) for other in shapes] + [shape]
    shown = [shape for shape in shapes if shape.sum() > 400]
    target = shown[int(number(0, len(shown) - 0.01))]

    def some(mask):
        """A pixel inside the object, not at its edge if possible."""
        inner = -F.max_pool2d(-mask.float()[None, None], 21, 1, 10)[0, 0] > 0
        places = (inner if inner.any() else mask).nonzero()
        return tuple(int(v) for v in places[int(number(0, len(places) - 0.01))])

    positive = [some(target) for _ in range(1 + int(number(0, 2.99)))]
    negative = [some(~target) for _ in range(int(number(0, 2.99)))]
    previous = torch.zeros(size, size)
    if number(0, 1) > 0.4:
        shift = tuple(int(number(-0.08, 0.08) * size) for _ in range(2))
        previous = 0.9 * torch.roll(target.float(), shift, (0, 1)) + 0.05
    disks = []
    for clicks in (positive, negative):
        disk = torch.zeros(size, size, dtype=torch.bool)
        for row, column in clicks:
            disk |= (rows - row) ** 2 + (columns - column) ** 2 <= 25
        disks.append(disk.float())
    return picture.clamp(0, 1), target.float()[None, None], torch.stack((previous, *disks))[None], (positive, negative)


def points_of(positive, negative):
    half = max(1, len(positive), len(negative))
    points = torch.full((1, 2 * half, 3), -1.0)
    for first, clicks in ((0, positive), (half, negative)):
        for i, (row, column) in enumerate(clicks):
            points[0, first + i] = torch.tensor([row, column, i], dtype=torch.float32)
    return points


def inputs_of(system, picture, maps, clicks):
    if system == "mst":
        return picture, maps, points_of(*clicks)
    if system == "fcanet":
        height, width = picture.shape[2:]
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")

        def distance(places):
            nearest = torch.full((height, width), 255.0)
            for row, column in places:
                nearest = torch.minimum(nearest, ((rows - row) ** 2 + (columns - column) ** 2).float().sqrt())
            return nearest[None, None]

        return picture, distance(clicks[0]), distance(clicks[1]), distance(clicks[0][:1])
    return picture, maps


def teach(system, module, size, steps):
    """A short training on drawn scenes, one at a time. Prints the mean loss of the last fifty."""
    generator = torch.Generator().manual_seed(11)
    weights = [value for value in module.parameters() if value.requires_grad]
    optimiser = torch.optim.Adam(weights, lr=1e-3)
    recent = []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1.0, (step + 1) / 50) * (1 - step / steps)
        picture, target, maps, clicks = scene(size, generator)
        made = module(*inputs_of(system, picture, maps, clicks))
        logits = F.interpolate(made[0] if isinstance(made, tuple) else made, scale_factor=0.25, mode="area")
        goal = F.interpolate(target, logits.shape[2:], mode="area")
        share = logits.sigmoid()
        loss = F.binary_cross_entropy_with_logits(logits, goal)
        loss = loss + 1 - 2 * (share * goal).sum() / (share.sum() + goal.sum() + 1)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        recent.append(loss.item())
        if (step + 1) % 50 == 0:
            print(f"{step + 1} of {steps}: {sum(recent[-50:]) / 50:.3f}", flush=True)


BUILDERS = {
    "ritm": isegm.ritm,
    "simpleclick": isegm.plain_vit,
    "cfr-icl": isegm.plain_vit,
    "mst": mst.build,
    "adaptiveclick": adaptiveclick.build,
    "fcanet": fcanet.build,
    "focalclick": focalclick.both,
    "segnext": segnext.both,
}
SIZES = {"ritm": 192, "fcanet": 192, "focalclick": focalclick.SIZE, "segnext": 1024}


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("system", choices=sorted(BUILDERS))
    parse.add_argument("--code", required=True, type=pathlib.Path)
    parse.add_argument("--random", required=True, type=int, metavar="SEED")
    parse.add_argument("--variant")
    parse.add_argument("--steps", type=int, default=500)
    parse.add_argument(
        "--strengthen",
        nargs=2,
        metavar=("PART", "FACTOR"),
        help="multiplies a part's weights before the training: that which reads the clicks, for networks "
        "too large to be trained",
    )
    parse.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parse.parse_args()
    arguments.checkpoint, arguments.size = None, None
    net, module = BUILDERS[arguments.system](arguments)
    if arguments.strengthen:
        part, factor = arguments.strengthen
        for value in net.get_submodule(part).parameters():
            value.data.mul_(float(factor))
    teach(arguments.system, module, SIZES.get(arguments.system, 448), arguments.steps)
    torch.save({"state_dict": net.state_dict()}, arguments.out)
    print(f"Wrote {arguments.out}")


if __name__ == "__main__":
    main()
