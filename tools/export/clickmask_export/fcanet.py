"""FCA-Net: picture and three distance maps in, logits out; sizes open."""

import sys

import scipy.ndimage
import torch
from torch import nn

from . import model_folder as out
from . import random_weights, upstream

NAMES = ["image", "pos_dist", "neg_dist", "first_dist"]
LICENCE = {
    "id": "LicenseRef-FCA-Net",
    "url": "https://github.com/frazerlin/fcanet",
    "commercialUse": False,
    "note": "Research and education only; commercial use needs the permission of the authors.",
}

# As in the released code; the paper says 8-connected.
INTEGRITY = {"structuralIntegrity": {"connectivity": 4, "whenNoneHit": "empty"}}


class DistanceNetwork(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image, pos_dist, neg_dist, first_dist):
        return self.net([image, pos_dist, neg_dist, first_dist])


def use_checkout(code):
    upstream.use_checkout(code)
    # Older SciPy has the distance transform here.
    sys.modules["scipy.ndimage.morphology"] = scipy.ndimage


def example(height, width):
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    distance = lambda row, column: ((rows - row) ** 2 + (columns - column) ** 2).sqrt().clamp(max=255)[None, None]
    first = distance(height // 2, width // 2)
    return {
        "image": random_weights.test_picture(height, width),
        "pos_dist": torch.minimum(first, distance(height // 3, width // 2)),
        "neg_dist": distance(height // 8, width // 8),
        "first_dist": first,
    }


def build(arguments):
    use_checkout(arguments.code)
    from model.fcanet import FCANet

    random_weights.seed(arguments.random or 0)
    net = FCANet(backbone=arguments.variant or "resnet").eval()
    module = DistanceNetwork(net)
    if arguments.checkpoint:
        net.load_state_dict(upstream.load_state(arguments.checkpoint)[1])
    else:
        random_weights.enliven(net.pred_decoder.pred_conv[-1], lambda: module(*example(256, 320).values()))
    return net, module


def export(system, arguments):
    net, module = build(arguments)
    path = arguments.out / "network.onnx"
    sides = {2: "height", 3: "width"}
    out.export_graph(module, example(256, 320), path, ["logits"], dict.fromkeys(NAMES, sides), legacy=True, opset=17)
    size = arguments.size or 512
    parity = {"network": out.compare(module, path, [example(size, size), example(size, size * 4 // 3)], ["logits"], 1)}
    variant = arguments.variant or "resnet"
    out.write_folder(
        arguments.out,
        family="fcanet",
        name=arguments.name or f"fcanet-{variant}",
        version="1.0.0",
        description=f"FCA-Net {variant}{'' if arguments.checkpoint else ', random weights'}",
        licence=LICENCE,
        source={
            "text": "The authors' checkpoint." if arguments.checkpoint else "Random weights, for tests.",
            "url": LICENCE["url"],
        },
        threshold=0.5,
        refinement={"cascade": out.NO_CASCADE, "zoomIn": None, "flip": False, **INTEGRITY},
        graphs={"network": path},
        options={"shortest": size},
        parity=parity,
    )
    return net, parity
