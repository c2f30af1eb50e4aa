"""FocalClick: a coarse graph and a refining one, both of one fixed square size.

The authors' own `forward` and `refine` are exported as they are; click maps are drawn outside, and RoiAlign is ONNX's.
"""

import importlib.util
import math
import sys

import torch
from torch import nn

from . import model_folder as out
from . import random_weights, upstream
from .roi_align import roi_align

LICENCE = {"id": "Apache-2.0", "url": "https://github.com/XavierCHEN34/ClickSEG", "commercialUse": True}
# name -> class, its parameters, radius of the coarse pass's disks
VARIANTS = {
    "hrnet18s-s1": ("hrnet", dict(pipeline_version="s1", width=18, ocr_width=48, small=True)),
    "hrnet18s-s2": ("hrnet", dict(pipeline_version="s2", width=18, ocr_width=48, small=True)),
    "hrnet32-s2": ("hrnet", dict(pipeline_version="s2", width=32, ocr_width=128, small=False)),
    "segformer-b0-s1": ("segformer", dict(pipeline_version="s1", model_version="b0")),
    "segformer-b0-s2": ("segformer", dict(pipeline_version="s2", model_version="b0")),
    "segformer-b3-s2": ("segformer", dict(pipeline_version="s2", model_version="b3")),
}
DEFAULT = "hrnet18s-s2"
SIZE = 256
# The authors' validation scripts cut masks at 0.5; zoom-in and focus go by 0.49, the focus by logits.
THRESHOLD = 0.5
ZOOM = out.zoom_in(1, min_size=10, keep_iou=1.0, threshold=0.49)
OPTIONS = {
    "refineRadius": 5,
    "focusExpansion": 1.4,
    "focusThreshold": 1 / (1 + math.exp(-0.49)),
    "previousThreshold": 0.49,
    "localAfter": 10,
}
REFINEMENT = {"cascade": out.NO_CASCADE, "zoomIn": ZOOM, "flip": False, "progressiveMerge": {"whenUnchanged": "keep"}}


class GivenMaps(nn.Module):
    """Replaces the authors' click maps: the inputs are already maps."""

    def forward(self, image, maps):
        return maps


class Coarse(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image, coord_features):
        drawn, self.net.dist_maps_base = self.net.dist_maps_base, GivenMaps()
        result = self.net(torch.cat((image, coord_features[:, :1]), dim=1), coord_features[:, 1:])
        self.net.dist_maps_base = drawn
        return result["instances"], result["feature"]


class Refine(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image, click_maps, logits, feature, focus_box):
        drawn, self.net.dist_maps_refine = self.net.dist_maps_refine, GivenMaps()
        boxes = torch.cat((torch.zeros(1, 1), focus_box), dim=1)
        result = self.net.refine(image, click_maps, feature, logits, boxes)
        self.net.dist_maps_refine = drawn
        return result["instances_refined"]


class Both(nn.Module):
    """Both looks at the whole picture, for training in one: the mean of their answers."""

    def __init__(self, net):
        super().__init__()
        self.coarse = Coarse(net)
        self.refine = Refine(net)

    def forward(self, image, coord_features):
        logits, feature = self.coarse(image, coord_features)
        box = torch.tensor([[0.0, 0.0, image.shape[3], image.shape[2]]])
        return 0.5 * (logits + self.refine(image, coord_features[:, 1:], logits.detach(), feature.detach(), box))


def use_checkout(code):
    upstream.use_checkout(code)
    names = {"IPython", "attr", "skimage"}
    sys.meta_path.append(upstream.Finder({name for name in names if importlib.util.find_spec(name) is None}))
    from isegm.model import is_hrnet_model, is_segformer_model

    for module in (is_hrnet_model, is_segformer_model):
        module.roi_align = roi_align
    return {"hrnet": is_hrnet_model.HRNetModel, "segformer": is_segformer_model.SegFormerModel}


def variant_of(arguments, saved):
    """The requested variant, or the one named in the authors' checkpoint: S1 and S2 have the same weights."""
    config = saved.get("config") if isinstance(saved, dict) else None
    if not config:
        return arguments.variant or DEFAULT
    found = {name: entry["value"] for name, entry in config["params"].items()}
    kind = "segformer" if config["class"].endswith("SegFormerModel") else "hrnet"
    fitting = [
        name
        for name, (its_kind, params) in VARIANTS.items()
        if its_kind == kind and all(found.get(key) == value for key, value in params.items())
    ]
    if not fitting:
        raise SystemExit(
            f"Expected a checkpoint of one of {', '.join(VARIANTS)}, but it is of {config['class']} with {found}."
        )
    if arguments.variant not in (None, fitting[0]):
        raise SystemExit(f"The checkpoint says that it is {fitting[0]}, not {arguments.variant}. Leave out --variant.")
    return fitting[0]


def build(arguments):
    """The authors' network."""
    classes = use_checkout(arguments.code)
    saved, state = upstream.load_state(arguments.checkpoint) if arguments.checkpoint else (None, None)
    variant = arguments.variant = variant_of(arguments, saved)
    kind, params = VARIANTS[variant]
    random_weights.seed(arguments.random or 0)
    net = classes[kind](
        use_leaky_relu=True,
        use_rgb_conv=False,
        use_disks=True,
        norm_radius=5,
        with_prev_mask=True,
        with_aux_output=True,
        **params,
    ).eval()
    if arguments.checkpoint:
        try:
            missing, _ = net.load_state_dict(state, strict=False)
        except RuntimeError as error:
            missing = [str(error).splitlines()[-1].strip()]
        if missing:
            raise SystemExit(
                f"Expected a checkpoint of variant {variant}, but this one lacks or has otherwise: "
                f"{', '.join(missing[:3])}. Choose another --variant: {', '.join(VARIANTS)}."
            )
    else:
        make_lively(net, kind, arguments.size or SIZE)
    return net


def both(arguments):
    """The network, and both of its looks as one module."""
    net = build(arguments)
    return net, Both(net)


def make_lively(net, kind, size):
    coarse, refine = Coarse(net), Refine(net)
    with torch.no_grad():
        if kind == "hrnet":
            net.maps_transform[-1].scale.fill_(1.0)
            last = net.feature_extractor.cls_head
        else:
            last = net.feature_extractor.decode_head.linear_pred
            # Makes masks follow clicks.
            net.feature_extractor.backbone.patch_embed_side1.norm.weight.mul_(6)
            net.refiner.image_conv1.conv.weight[:, 3:5].mul_(6)
        random_weights.enliven(last, lambda: coarse(*coarse_example(size).values())[0])
        example = refine_example(coarse, size)
        random_weights.enliven(net.refiner.refine_pred, lambda: refined_alone(net, refine, example))


def refined_alone(net, refine, example):
    """The second look's answer if it trusted only itself."""
    trimap = net.refiner.refine_trimap
    kept = trimap.weight.clone(), trimap.bias.clone()
    trimap.weight.zero_()
    trimap.bias.fill_(50.0)
    result = refine(*example.values())
    trimap.weight.copy_(kept[0])
    trimap.bias.copy_(kept[1])
    return result


def coarse_example(size):
    return {
        "image": random_weights.test_picture(size, size),
        "coord_features": random_weights.test_click_maps(size, size),
    }


def refine_example(coarse, size, box=(0.11, 0.2, 0.83, 0.75)):
    with torch.no_grad():
        logits, feature = coarse(*coarse_example(size).values())
    return {
        "image": random_weights.test_picture(size, size, 2),
        "click_maps": random_weights.test_click_maps(size, size, previous=False),
        "logits": logits,
        "feature": feature,
        "focus_box": torch.tensor([box], dtype=torch.float32) * size,
    }


def export(system, arguments):
    net = build(arguments)
    variant = arguments.variant
    size = arguments.size or SIZE
    coarse, refine = Coarse(net).eval(), Refine(net).eval()
    first, second = coarse_example(size), refine_example(coarse, size)
    graphs = {
        "coarse": out.export_graph(
            coarse, first, arguments.out / "coarse.onnx", ["logits", "feature"], legacy=True, opset=17
        ),
        "refine": out.export_graph(
            refine, second, arguments.out / "refine.onnx", ["refined_logits"], legacy=True, opset=17
        ),
    }
    boxes = [(0, 0, 1, 1), (0.4, 0.3, 0.45, 0.38), (0.9, 0, 1, 0.2)]
    parity = {
        "coarse": out.compare(coarse, graphs["coarse"], [first], ["logits", "feature"]),
        "refine": out.compare(
            refine,
            graphs["refine"],
            [second] + [refine_example(coarse, size, box) for box in boxes],
            ["refined_logits"],
        ),
    }
    out.write_folder(
        arguments.out,
        family="focalclick",
        name=arguments.name or f"focalclick-{variant}",
        version="1.0.0",
        description=f"FocalClick {variant}{'' if arguments.checkpoint else ', random weights'}",
        licence=LICENCE,
        source={
            "text": "The authors' checkpoint." if arguments.checkpoint else "Random weights, for tests.",
            "url": LICENCE["url"],
        },
        threshold=THRESHOLD,
        refinement=REFINEMENT,
        graphs=graphs,
        options={"radius": net.dist_maps_base.norm_radius, **OPTIONS},
        parity=parity,
    )
    return net, parity
