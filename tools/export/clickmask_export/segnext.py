"""SegNext: image encoder, and decoder that fuses a dense map of the prompt, each a graph."""

import torch
from torch import nn
from torch.nn import functional as F

from . import model_folder as out
from . import random_weights, upstream

LICENCE = {"id": "MIT", "url": "https://github.com/uncbiag/SegNext", "commercialUse": True}
RADIUS = 5
# Embedding, depth, heads, blocks of fusion; the default first.
VARIANTS = {"vit-b-sax2": (768, 12, 12, 2), "vit-b-sax1": (768, 12, 12, 1), "tiny": (32, 3, 2, 1)}


class Encoder(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net
        self.register_buffer("mean", net.normalization.mean.clone())
        self.register_buffer("std", net.normalization.std.clone())

    def forward(self, image):
        return self.net.backbone((image - self.mean) / self.std, keep_shape=True)


class Decoder(nn.Module):
    """From the prompt's map to logits on the square input. Scaling to the picture's size happens outside."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image_feats, prompt_mask):
        net = self.net
        tokens = net.visual_prompts_encoder(prompt_mask)
        prompt_feats = tokens.transpose(1, 2).reshape(image_feats.shape)
        logits = net.head(net.neck(net.fusion(image_feats, prompt_feats)))
        return F.interpolate(logits, size=net.target_length, mode="bilinear", align_corners=True)


class Both(nn.Module):
    """From the picture and the prompt's map to logits, for training in one."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, image, coord_features):
        return self.decoder(self.encoder(image), coord_features)


def build(arguments):
    variant = arguments.variant or next(iter(VARIANTS))
    if variant not in VARIANTS:
        raise SystemExit(f"Expected --variant {', '.join(VARIANTS)} but received {variant}.")
    upstream.use_checkout(arguments.code, "segnext")
    from isegm.model.is_plainvit_model import PlainVitModel

    dim, depth, heads, blocks = VARIANTS[variant]
    size = arguments.size or 1024
    channels = [128, 256, 512, 1024] if dim == 768 else [8, 8, 16, 16]
    random_weights.seed(arguments.random or 0)
    net = PlainVitModel(
        use_disks=True,
        norm_radius=RADIUS,
        backbone_params=dict(
            img_size=(size, size),
            patch_size=(16, 16),
            in_chans=3,
            embed_dim=dim,
            depth=depth,
            global_atten_freq=3,
            num_heads=heads,
            mlp_ratio=4,
            qkv_bias=True,
        ),
        neck_params=dict(in_dim=dim, out_dims=channels),
        head_params=dict(
            in_channels=channels,
            in_select_index=[0, 1, 2, 3],
            dropout_ratio=0.1,
            num_classes=1,
            out_channels=256 if dim == 768 else 16,
        ),
        fusion_params=dict(
            type="self_attention", depth=blocks, params=dict(dim=dim, num_heads=heads, mlp_ratio=4, qkv_bias=True)
        ),
    ).eval()
    encoder, decoder = Encoder(net).eval(), Decoder(net).eval()
    if arguments.checkpoint:
        net.load_state_dict(upstream.load_state(arguments.checkpoint)[1])
    else:
        with torch.no_grad():
            features = encoder(random_weights.test_picture(size, size))
        random_weights.enliven(net.head.seg_conv, lambda: decoder(features, random_weights.test_click_maps(size, size)))
    return net, encoder, decoder


def both(arguments):
    """The network, and its two graphs as one module."""
    net, encoder, decoder = build(arguments)
    return net, Both(encoder, decoder)


def export(system, arguments):
    net, encoder, decoder = build(arguments)
    size = net.target_length
    image = {"image": random_weights.test_picture(size, size)}
    with torch.no_grad():
        prompt = {"image_feats": encoder(image["image"]), "prompt_mask": random_weights.test_click_maps(size, size)}
    encoder_path = out.export_graph(
        encoder, image, arguments.out / "encoder.onnx", ["image_feats"], legacy=True, opset=17
    )
    decoder_path = out.export_graph(
        decoder,
        prompt,
        arguments.out / "decoder.onnx",
        ["logits"],
        legacy=True,
        opset=17,
        shapes={"logits": [1, 1, size, size]},
    )
    parity = {
        "encoder": out.compare(encoder, encoder_path, [image], ["image_feats"], 1),
        "decoder": out.compare(decoder, decoder_path, [prompt], ["logits"], 1),
    }
    name = f"segnext-{arguments.variant or next(iter(VARIANTS))}"
    random = not arguments.checkpoint
    out.write_folder(
        arguments.out,
        family="segnext",
        name=arguments.name or name,
        version="1.0.0",
        description=f"{name}{', random weights' if random else ''}",
        licence=LICENCE,
        source={"text": "Random weights, for tests." if random else "The authors' checkpoint.", "url": LICENCE["url"]},
        threshold=0.49,
        refinement={"cascade": out.NO_CASCADE, "zoomIn": None, "flip": False},
        graphs={"encoder": encoder_path, "decoder": decoder_path},
        options={"radius": RADIUS},
        parity=parity,
    )
    return net, parity
