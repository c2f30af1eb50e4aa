"""AdaptiveClick: picture and click maps in; logits out, and the masks and scores of its ten queries.

The authors' decoder reads sizes out of tensors, indexes with masks and mixes whole numbers with floats, which the
exporters of PyTorch or the runtime do not follow. `AdaptiveClickNetwork` computes the same from the same weights with
sizes that are constants.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from . import model_folder as out
from . import random_weights, upstream
from .isegm import adapt_size, example

LICENCE = {"id": "MIT", "url": "https://github.com/lab206/AdaptiveClick", "commercialUse": True}
OUTPUTS = ["logits", "candidate_masks", "candidate_scores"]


def combine(classes, masks, size):
    """The authors' answer: all masks, enlarged, each weighted by its query's probability of being an object."""
    enlarged = F.interpolate(masks, size=(size, size), mode="bilinear", align_corners=True)
    return (classes.sigmoid()[:, :, 1, None, None] * enlarged).sum(dim=1, keepdim=True)


class AdaptiveClickNetwork(nn.Module):
    """The authors' `net(image, points)`, starting where the click maps are drawn."""

    def __init__(self, net, size):
        super().__init__()
        self.net = net
        self.size = size
        self.register_buffer("mean", net.normalization.mean.clone())
        self.register_buffer("std", net.normalization.std.clone())
        pixel, decoder = net.pixel_decoder, net.click_aware_decoder
        grid = net.backbone.patch_embed.grid_size[0]
        # Coarsest first. The levels of the deformable attention are also the decoder's first ones.
        self.sides = [grid // 2, grid, grid * 2]
        with torch.no_grad():
            positions, places = [], []
            for level, side in enumerate(self.sides):
                shape = torch.zeros(1, 1, side, side)
                position = pixel.pe_layer(shape).flatten(2).transpose(1, 2)
                positions.append(position + pixel.transformer.level_embed[level].view(1, 1, -1))
                self.register_buffer(f"position{level}", decoder.pe_layer(shape).flatten(2).permute(2, 0, 1).clone())
                centre = torch.linspace(0.5, side - 0.5, side) / side
                row, column = torch.meshgrid(centre, centre, indexing="ij")
                places.append(torch.stack((column.reshape(-1), row.reshape(-1)), dim=1))
            self.register_buffer("level_positions", torch.cat(positions, dim=1))
            self.register_buffer("places", torch.cat(places)[None, :, None, None, None])
            self.register_buffer("level_sides", torch.tensor(self.sides).float().view(1, 1, 1, -1, 1, 1))

    def forward(self, image, coord_features):
        net = self.net
        grid = self.size // net.backbone.patch_embed.patch_size[0]
        normal = (image - self.mean) / self.std
        tokens = net.backbone.forward_backbone(normal, net.patch_embed_coords(coord_features))
        pyramid = net.pixel_decoder.neck(tokens.transpose(1, 2).reshape(1, tokens.shape[2], grid, grid))
        levels, mask_features = self.pixel_levels(pyramid)
        classes, masks = self.queries(levels, mask_features, coord_features[:, 1:2])
        return combine(classes, masks, self.size), masks, classes

    def pixel_levels(self, pyramid):
        """Takes the finest map first and returns the coarsest first: three levels after deformable attention, and the
        mask features.
        """
        decoder = self.net.pixel_decoder
        used = pyramid[:0:-1]
        tokens = torch.cat(
            [project(level).flatten(2).transpose(1, 2) for project, level in zip(decoder.input_proj, used)], dim=1
        )
        for layer in decoder.transformer.encoder.layers:
            seen = self.deformable(layer.self_attn, tokens + self.level_positions, tokens)
            tokens = layer.norm1(tokens + seen)
            tokens = layer.norm2(tokens + layer.linear2(layer.activation(layer.linear1(tokens))))
        levels = [
            part.transpose(1, 2).reshape(1, -1, side, side)
            for part, side in zip(tokens.split([side * side for side in self.sides], dim=1), self.sides)
        ]
        finest = levels[-1]
        fine = pyramid[: decoder.num_fpn_levels][::-1]
        for lateral, output, level in zip(decoder.lateral_convs, decoder.output_convs, fine):
            side = lateral(level)
            finest = output(side + F.interpolate(finest, size=side.shape[2:], mode="bilinear", align_corners=False))
        return levels, decoder.mask_features(finest)

    def deformable(self, layer, queries, tokens):
        """Multi-scale deformable attention by grid sampling."""
        heads, levels, points = layer.n_heads, layer.n_levels, layer.n_points
        count = tokens.shape[1]
        width = layer.d_model // heads
        values = layer.value_proj(tokens).view(1, count, heads, width)
        offsets = layer.sampling_offsets(queries).view(1, count, heads, levels, points, 2)
        weights = layer.attention_weights(queries).view(1, count, heads, levels * points).softmax(dim=3)
        grids = 2 * (self.places + offsets / self.level_sides) - 1
        sampled = []
        parts = values.split([side * side for side in self.sides], dim=1)
        for level, (part, side) in enumerate(zip(parts, self.sides)):
            maps = part.flatten(2).transpose(1, 2).reshape(heads, width, side, side)
            grid = grids[0, :, :, level].transpose(0, 1)
            sampled.append(F.grid_sample(maps, grid, mode="bilinear", padding_mode="zeros", align_corners=False))
        weights = weights[0].transpose(0, 1).reshape(heads, 1, count, levels * points)
        seen = (torch.stack(sampled, dim=3).flatten(3) * weights).sum(dim=3)
        return layer.output_proj(seen.reshape(1, heads * width, count).transpose(1, 2))

    def queries(self, levels, mask_features, clicks):
        """Class logits [1, Q, 2] and mask logits [1, Q, h, w] of the queries after the last layer."""
        decoder = self.net.click_aware_decoder
        embed = decoder.query_embed.weight.unsqueeze(1)
        state = decoder.query_feat.weight.unsqueeze(1)
        sources = [
            (project(level).flatten(2) + decoder.level_embed.weight[i][None, :, None]).permute(2, 0, 1)
            for i, (project, level) in enumerate(zip(decoder.input_proj, levels))
        ]
        count = len(sources)
        classes, masks, hidden = self.heads(state, mask_features, self.sides[0], clicks)
        for i in range(decoder.num_layers):
            level = i % count
            # If everything is hidden, hide nothing.
            hidden = hidden & ~hidden.all(dim=2, keepdim=True)
            state = decoder.transformer_cross_attention_layers[i](
                state, sources[level], memory_mask=hidden, pos=getattr(self, f"position{level}"), query_pos=embed
            )
            state = decoder.transformer_self_attention_layers[i](state, query_pos=embed)
            state = decoder.transformer_ffn_layers[i](state)
            classes, masks, hidden = self.heads(state, mask_features, self.sides[(i + 1) % count], clicks)
        return classes, masks

    def heads(self, state, mask_features, side, clicks):
        """The queries' present answers, and the cells that the next layer hides from them: [heads, Q, cells]."""
        decoder = self.net.click_aware_decoder
        normal = decoder.decoder_norm(state).transpose(0, 1)
        classes = decoder.class_embed(normal)
        masks = torch.einsum("bqc,bchw->bqhw", decoder.mask_embed(normal), mask_features)
        outside = F.interpolate(masks, size=(side, side), mode="bilinear", align_corners=False).sigmoid() < 0.5
        # Only queries that mean an object see the clicks.
        near = classes.argmax(dim=2).float()[:, :, None, None] * clicks
        for _ in range(int(math.log(self.size / side, 2))):
            near = F.max_pool2d(near, kernel_size=3, stride=2, padding=1)
        near = F.interpolate(near, size=(side, side), mode="bilinear", align_corners=False)
        hidden = (outside & (near < 0.5)).flatten(2)
        return classes, masks, hidden.unsqueeze(1).expand(-1, decoder.num_heads, -1, -1).flatten(0, 1)


VARIANTS = {
    # embedding, depth, heads, patch, channels of the pyramid, hidden width, attention heads, feed-forward width,
    # deformable layers, decoder layers and one
    "vit-b": (768, 12, 12, 16, [256, 512, 1024, 2048], 256, 8, 2048, 4, 10),
    "vit-h": (1280, 32, 16, 14, [512, 1024, 2048, 4096], 256, 8, 2048, 4, 10),
    "tiny": (64, 8, 2, 16, [16, 32, 64, 128], 64, 4, 128, 1, 4),
}
QUERIES = 10


def build(arguments):
    upstream.use_checkout(arguments.code)
    from isegm.model.is_adaptiveclick_model import AdaptiveClickModel

    size = arguments.size or 448
    dim, depth, heads, patch, channels, hidden, attention, wide, pixel_layers, layers = VARIANTS[
        arguments.variant or "vit-b"
    ]
    random_weights.seed(arguments.random or 0)
    config = upstream.Attributes(
        {
            "device": "cpu",
            "random_split": False,
            "crop_size": (448, 448),
            "MODEL": {
                "BACKBONE": dict(
                    PATCH_SIZE=[patch, patch],
                    IN_CHANS=3,
                    EMBED_DIM=dim,
                    DEPTH=depth,
                    NUM_HEADS=heads,
                    MLP_RATIO=4,
                    QKV_BIAS=True,
                ),
                "SIMPLE_FEATURE_PYRAMID": dict(IN_DIM=dim, OUT_DIMS=channels),
                "SEM_SEG_HEAD": dict(
                    NUM_CLASSES=1,
                    CONVS_DIM=hidden,
                    MASK_DIM=hidden,
                    IN_FEATURES=["res2", "res3", "res4", "res5"],
                    DEFORMABLE_TRANSFORMER_ENCODER_IN_FEATURES=["res3", "res4", "res5"],
                    COMMON_STRIDE=4,
                    TRANSFORMER_ENC_LAYERS=pixel_layers,
                ),
                "MASK_FORMER": dict(
                    DEEP_SUPERVISION=True,
                    NO_OBJECT_WEIGHT=0.1,
                    CLASS_WEIGHT=2.0,
                    MASK_WEIGHT=5.0,
                    DICE_WEIGHT=5.0,
                    HIDDEN_DIM=hidden,
                    NUM_OBJECT_QUERIES=QUERIES,
                    NHEADS=attention,
                    DROPOUT=0.0,
                    DIM_FEEDFORWARD=wide,
                    PRE_NORM=False,
                    DEC_LAYERS=layers,
                    TRAIN_NUM_POINTS=12544,
                    OVERSAMPLE_RATIO=3.0,
                    IMPORTANCE_SAMPLE_RATIO=0.75,
                ),
            },
        }
    )
    net = AdaptiveClickModel(config, with_prev_mask=True, use_disks=True, norm_radius=5)
    # The authors' train() ignores its argument, so eval() has no effect.
    for module in net.modules():
        module.training = False
    if arguments.checkpoint:
        net.load_state_dict(upstream.load_state(arguments.checkpoint)[1], strict=False)
    if size != 448:
        adapt_size(net, size, patch)
    module = AdaptiveClickNetwork(net, size)
    for part in module.modules():
        part.training = False
    if not arguments.checkpoint:
        enliven(net, module, size)
    return net, module


def enliven(net, module, size, spread=3.0):
    """Scales and centres the mask of every query, because random ones all have one sign. The scores differ too."""
    features = net.pixel_decoder.mask_features
    classes = net.click_aware_decoder.class_embed
    with torch.no_grad():
        classes.weight.mul_(4.0)
        # Masks steer the attention that makes them: a few rounds until both agree.
        for _ in range(6):
            logits, _, _ = module(*example(size, size).values())
            features.weight.mul_(spread / float(logits.std()))
            features.bias.mul_(0)
            _, masks, _ = module(*example(size, size).values())
            rows = []
            hook = net.click_aware_decoder.mask_embed.register_forward_hook(
                lambda layer, given, made, rows=rows: rows.append(made[0])
            )
            module(*example(size, size).values())
            hook.remove()
            features.bias.copy_(-torch.linalg.pinv(rows[-1]) @ masks.mean(dim=(2, 3))[0])


def export(system, arguments):
    net, module = build(arguments)
    size = arguments.size or 448
    path = arguments.out / "network.onnx"
    out.export_graph(module, example(size, size), path, OUTPUTS, opset=20)
    parity = {
        "network": out.compare(module, path, [example(size, size)], OUTPUTS),
        "authorsNetwork": out.compare_with_authors(net, module, [example(size, size)]),
    }
    variant = arguments.variant or "vit-b"
    out.write_folder(
        arguments.out,
        family="isegm",
        name=arguments.name or f"adaptiveclick-{variant}",
        version="1.0.0",
        description=f"adaptiveclick {variant}{'' if arguments.checkpoint else ', random weights'}",
        licence=LICENCE,
        source={
            "text": "The authors' checkpoint." if arguments.checkpoint else "Random weights, for tests.",
            "url": LICENCE["url"],
        },
        threshold=0.49,
        refinement={"cascade": out.NO_CASCADE, "zoomIn": out.zoom_in(-1), "flip": True},
        graphs={"network": path},
        options={"encoding": {"kind": "disks", "radius": 5}, "outsideClicks": "keep"},
        parity=parity,
    )
    return net, parity
