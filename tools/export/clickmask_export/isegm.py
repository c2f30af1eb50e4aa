"""RITM, SimpleClick and CFR-ICL: picture and click maps in, logits out.

The graphs contain the networks as they are, from the normalisation of the picture to the enlargement of the logits;
click maps are drawn outside.
"""

import torch
from torch import nn
from torch.nn import functional as F

from . import model_folder as out
from . import random_weights, upstream


class MapsNetwork(nn.Module):
    """The authors' `net(image, points)`, starting where the click maps are drawn."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.register_buffer("mean", net.normalization.mean.clone())
        self.register_buffer("std", net.normalization.std.clone())

    def forward(self, image, coord_features):
        net = self.net
        normal = (image - self.mean) / self.std
        if getattr(net, "rgb_conv", None) is not None:
            result = net.backbone_forward(net.rgb_conv(torch.cat((normal, coord_features), dim=1)))
        elif hasattr(net, "maps_transform"):
            result = net.backbone_forward(normal, net.maps_transform(coord_features))
        else:
            result = net.backbone_forward(normal, coord_features)
        return F.interpolate(result["instances"], size=image.shape[2:], mode="bilinear", align_corners=True)


def ritm(arguments):
    """RITM: HRNet with OCR, sizes open."""
    upstream.use_checkout(arguments.code)
    from isegm.model.is_hrnet_model import HRNetModel

    sizes = {"hrnet18s": (18, 48, True), "hrnet18": (18, 64, False), "hrnet32": (32, 128, False)}
    width, ocr_width, small = sizes[arguments.variant or "hrnet18s"]
    random_weights.seed(arguments.random or 0)
    net = HRNetModel(
        width=width,
        ocr_width=ocr_width,
        small=small,
        with_aux_output=True,
        use_leaky_relu=True,
        use_rgb_conv=False,
        use_disks=True,
        norm_radius=5,
        with_prev_mask=True,
    )
    net.eval()
    module = MapsNetwork(net)
    if arguments.checkpoint:
        net.load_state_dict(upstream.load_state(arguments.checkpoint)[1], strict=False)
    else:
        with torch.no_grad():
            net.maps_transform[-1].scale.fill_(1.0)
        head = net.feature_extractor.cls_head
        random_weights.enliven(head, lambda: module(*example(320, 480).values()))
    return net, module


def plain_vit(arguments):
    """SimpleClick and CFR-ICL: plain ViT, one fixed square size."""
    upstream.use_checkout(arguments.code)
    from isegm.model.is_plainvit_model import PlainVitModel

    size = arguments.size or 448
    variants = {
        # embedding, depth, heads, patch
        "tiny": (64, 8, 2, 16),
        "vit-b": (768, 12, 12, 16),
        "vit-l": (1024, 24, 16, 16),
        "vit-h": (1280, 32, 16, 14),
    }
    dim, depth, heads, patch = variants[arguments.variant or "vit-b"]
    channels = {
        64: [16, 32, 64, 128],
        768: [128, 256, 512, 1024],
        1024: [192, 384, 768, 1536],
        1280: [240, 480, 960, 1920],
    }[dim]
    random_weights.seed(arguments.random or 0)
    net = PlainVitModel(
        use_disks=True,
        norm_radius=5,
        with_prev_mask=True,
        backbone_params=dict(
            img_size=(448, 448),
            patch_size=(patch, patch),
            in_chans=3,
            embed_dim=dim,
            depth=depth,
            num_heads=heads,
            mlp_ratio=4,
            qkv_bias=True,
        ),
        neck_params=dict(in_dim=dim, out_dims=channels),
        head_params=dict(
            in_channels=channels,
            in_index=[0, 1, 2, 3],
            dropout_ratio=0.1,
            num_classes=1,
            loss_decode=None,
            align_corners=False,
            upsample="x1",
            channels={64: 32, 768: 256, 1024: 256, 1280: 256}[dim],
        ),
    )
    net.eval()
    module = MapsNetwork(net)
    if arguments.checkpoint:
        net.load_state_dict(upstream.load_state(arguments.checkpoint)[1], strict=False)
    if size != 448:
        adapt_size(net, size, patch)
    if not arguments.checkpoint:
        random_weights.enliven(net.head.conv_seg, lambda: module(*example(size, size).values()))
    return net, module


def adapt_size(net, size, patch):
    """Position embeddings for another input size, resampled as the authors do for DAVIS (672)."""
    grid = size // patch
    positions = net.backbone.pos_embed.detach()
    first, rest = positions[:, :1], positions[:, 1:]
    old = int(rest.shape[1] ** 0.5)
    rest = rest.reshape(1, old, old, -1).permute(0, 3, 1, 2)
    rest = F.interpolate(rest, size=(grid, grid), mode="bicubic", align_corners=False)
    rest = rest.permute(0, 2, 3, 1).flatten(1, 2)
    net.backbone.pos_embed = nn.Parameter(torch.cat((first, rest), dim=1))
    for embed in (net.backbone.patch_embed, net.patch_embed_coords):
        embed.img_size = (size, size)
        embed.grid_size = (grid, grid)
        embed.num_patches = grid * grid


def example(height, width, channels=3):
    return {
        "image": random_weights.test_picture(height, width),
        "coord_features": random_weights.test_click_maps(height, width, previous=channels == 3),
    }


LICENCES = {
    "ritm": {"id": "MIT", "url": "https://github.com/SamsungLabs/ritm_interactive_segmentation", "commercialUse": True},
    "simpleclick": {"id": "MIT", "url": "https://github.com/uncbiag/SimpleClick", "commercialUse": True},
    "cfr-icl": {
        "id": "CC-BY-NC-4.0",
        "url": "https://github.com/TitorX/CFR-ICL-Interactive-Segmentation",
        "commercialUse": False,
        "note": "Non-commercial use only.",
    },
}


def export(system, arguments):
    net, module = ritm(arguments) if system == "ritm" else plain_vit(arguments)
    path = arguments.out / "network.onnx"
    variant = arguments.variant or ("hrnet18s" if system == "ritm" else "vit-b")
    if system == "ritm":
        sides = {2: "height", 3: "width"}
        out.export_graph(module, example(320, 416), path, ["logits"], {"image": sides, "coord_features": sides})
        cases = [example(400, 400), example(267, 400), example(481, 321)]
        options = {
            "encoding": {"kind": "disks", "radius": 5},
            "outsideClicks": "keep",
            "longest": arguments.size or 400,
            "limit": arguments.limit,
        }
        zoom = out.zoom_in(1)
    else:
        size = arguments.size or 448
        out.export_graph(module, example(size, size), path, ["logits"], opset=20)
        cases = [example(size, size)]
        options = {"encoding": {"kind": "disks", "radius": 5}, "outsideClicks": "keep"}
        zoom = out.zoom_in(-1)
    parity = {"network": out.compare(module, path, cases, ["logits"])}
    random = "" if arguments.checkpoint else ", random weights"
    # The authors' released code cascades on the first click only; the paper chose one step.
    cascade = {"steps": 1, "settledPixels": None, "clicks": "first"} if system == "cfr-icl" else out.NO_CASCADE
    out.write_folder(
        arguments.out,
        family="isegm",
        name=arguments.name or f"{system}-{variant}",
        version="1.0.0",
        description=f"{system} {variant}{random}",
        licence=LICENCES[system],
        source={
            "text": "The authors' checkpoint." if arguments.checkpoint else "Random weights, for tests.",
            "url": LICENCES[system]["url"],
        },
        threshold=0.49,
        refinement={"cascade": cascade, "zoomIn": zoom, "flip": True},
        graphs={"network": path},
        options=options,
        parity=parity,
    )
    return net, parity
