"""MST: picture, click maps and points in, logits out; one fixed square size.

The authors' network chooses tokens by the data: it indexes with masks, writes into slices and resizes its kernels on
every run, which neither exporter of PyTorch follows. `MstNetwork` computes the same from the same weights with masks,
sums and gathering.
"""

import torch
from torch import nn
from torch.nn import functional as F

from . import model_folder as out
from . import random_weights, upstream
from .isegm import example

LICENCE = {"id": "Apache-2.0", "url": "https://github.com/hahamyt/mst", "commercialUse": True}
PATCH = 16
SMALL = 8
LARGE = 32
# Tokens above this score are kept beyond the ten that are given up, as the authors have it.
SURE = 0.65


class MstNetwork(nn.Module):
    """The authors' `net(image, points)`, starting where the click maps are drawn."""

    def __init__(self, net, size):
        super().__init__()
        self.net = net
        self.size = size
        vit = net.backbone
        self.register_buffer("mean", net.normalization.mean.clone())
        self.register_buffer("std", net.normalization.std.clone())
        vit.img_size = (size, size)
        with torch.no_grad():
            for name, patch in (("small", SMALL), ("large", LARGE)):
                self.register_buffer(
                    f"{name}_kernel",
                    vit.patch_embed.resize_patch_embed(vit.patch_embed.proj.weight, (patch, patch)).clone(),
                )
            for name, patch in (("small", SMALL), ("base", PATCH), ("large", LARGE)):
                grid = (size // patch, size // patch)
                self.register_buffer(f"{name}_position", vit.resize_pos_embed(vit.pos_embed, grid)[:, 1:].clone())

    def forward(self, image, coord_features, points):
        net = self.net
        vit = net.backbone
        normal = (image - self.mean) / self.std
        bias = vit.patch_embed.proj.bias
        tokens = lambda kernel, patch: F.conv2d(normal, kernel, bias, stride=patch).flatten(2).transpose(1, 2)
        small = tokens(self.small_kernel, SMALL) + self.small_position
        large = tokens(self.large_kernel, LARGE) + self.large_position
        base = tokens(vit.patch_embed.proj.weight, PATCH) + net.patch_embed_coords(coord_features)
        base = base + self.base_position
        clicked = self.clicked_cells(points)
        for block in vit.blocks:
            if block.use_score:
                base, small, large = self.choose(block, base, small, large, clicked)
            base = base + attend(block.attn, block.norm1(base))
            base = base + block.mlp(block.norm2(base))
        grid = self.size // PATCH
        maps = net.neck(base.transpose(1, 2).reshape(1, base.shape[2], grid, grid))
        return F.interpolate(net.head(maps), size=image.shape[2:], mode="bilinear", align_corners=True)

    def clicked_cells(self, points):
        """The cells of base tokens that hold a positive click, and whether there is such a click: [1, N] each."""
        cells = torch.floor(points[:, : points.shape[1] // 2, :2] / PATCH)
        index = (cells[:, :, 0] * (self.size // PATCH) + cells[:, :, 1]).long()
        there = index >= 0
        return torch.where(there, index, torch.zeros_like(index)), there

    def choose(self, block, base, small, large, clicked):
        """Lets the base tokens see the small and large tokens that are most similar to the clicked ones."""
        keys, values = shared_keys(block.score.cross_attn, block.score.norm2(base))
        wanted = like_clicks(base, clicked)
        expert = block.score.cross_attn.proj
        small, chosen_small = select(block.score, small, self.small_position, keys, values, expert.expert_s, *wanted)
        large, chosen_large = select(block.score, large, self.large_position, keys, values, expert.expert_l, *wanted)
        chosen = (
            chosen_small
            + attend_to(block.score_l_s, block.norm6(chosen_small), block.norm7(chosen_large)) * block.gamma
        )
        base = base + attend_to(block.score_cross_attn, block.norm3(base), block.norm4(chosen)) * block.gamma2
        return base, small, large


def split_heads(x, heads):
    return x.reshape(1, -1, heads, x.shape[2] // heads).permute(0, 2, 1, 3)


def join_heads(x):
    return x.transpose(1, 2).reshape(1, -1, x.shape[1] * x.shape[3])


def attend(layer, x):
    """Self-attention."""
    queries, keys, values = (split_heads(part, layer.num_heads) for part in layer.qkv(x).chunk(3, dim=2))
    return layer.proj(join_heads(((queries @ keys.transpose(2, 3)) * layer.scale).softmax(dim=3) @ values))


def attend_to(layer, x, y):
    """Cross-attention of x to y."""
    queries = split_heads(layer.q(x), layer.num_heads)
    keys, values = (split_heads(part, layer.num_heads) for part in layer.kv(y).chunk(2, dim=2))
    return layer.proj(join_heads(((queries @ keys.transpose(2, 3)) * layer.scale).softmax(dim=3) @ values))


def shared_keys(layer, base):
    """Keys and values of the base tokens, reduced to a coarser grid; small and large tokens share them."""
    side = int(base.shape[1] ** 0.5)
    maps = base.transpose(1, 2).reshape(1, base.shape[2], side, side)
    reduced = layer.norm(layer.sr(maps).flatten(2).transpose(1, 2))
    return tuple(split_heads(part, layer.num_heads) for part in layer.kv(reduced).chunk(2, dim=2))


def like_clicks(base, clicked):
    """One direction [1, 1, C] for the clicked tokens, and whether there are any [1, 1]."""
    cells, there = clicked
    width = base.shape[2]
    tokens = base.gather(1, cells.unsqueeze(2).expand(-1, -1, width)) * there.unsqueeze(2)
    likeness = tokens @ tokens.transpose(1, 2) / width**0.5
    # Finite, so that "nothing clicked" does not become NaN.
    weights = likeness.masked_fill(~there.unsqueeze(1), -1e30).softmax(dim=2)
    count = there.sum(dim=1, keepdim=True)
    mean = ((weights @ tokens) * there.unsqueeze(2)).sum(dim=1, keepdim=True) / count.clamp(min=1).unsqueeze(2)
    return F.normalize(mean, dim=2), (count > 0).float()


def select(score, tokens, positions, keys, values, expert, direction, any_clicked):
    """Refines the tokens of one scale. Returns those most similar to the clicks; the others become zeros."""
    layer = score.cross_attn
    queries = split_heads(layer.q(score.norm1(tokens)), layer.num_heads)
    seen = join_heads(((queries @ keys.transpose(2, 3)) * layer.scale).softmax(dim=3) @ values)
    tokens = tokens + expert(seen)
    tokens = tokens + score.cross_mlp(score.norm3(tokens))
    cosine = (F.normalize(F.normalize(tokens, dim=2), dim=2, eps=1e-8) * F.normalize(direction, dim=2, eps=1e-8)).sum(2)
    scores = (cosine + 1) / 2 * any_clicked
    count = tokens.shape[1] // 16
    best, index = torch.topk(scores, k=count, dim=1)
    kept = (scores > SURE).sum(dim=1, keepdim=True).clamp(min=count - 10, max=count)
    weight = ((torch.arange(count) < kept) & (best > 0)).float().unsqueeze(2)
    places = index.unsqueeze(2).expand(-1, -1, tokens.shape[2])
    return tokens, (tokens.gather(1, places) + positions.gather(1, places)) * weight


VARIANTS = {
    # embedding, depth, heads, channels of the pyramid, channels of the head
    "vit-b": (768, 12, 12, [128, 256, 512, 1024], 256),
    "tiny": (64, 12, 4, [16, 32, 64, 128], 32),
}


def build(arguments):
    upstream.use_checkout(arguments.code)
    from isegm.model.is_adaptivevit_model import AdaptiveVitModel
    from isegm.model.modeling.pos_embed import interpolate_pos_embed_inference

    size = arguments.size or 448
    dim, depth, heads, channels, head = VARIANTS[arguments.variant or "vit-b"]
    random_weights.seed(arguments.random or 0)
    net = AdaptiveVitModel(
        use_disks=True,
        norm_radius=5,
        with_prev_mask=True,
        backbone_params=dict(
            img_size=(448, 448),
            patch_size=(PATCH, PATCH),
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
            channels=head,
        ),
    )
    net.eval()
    if arguments.checkpoint:
        net.load_state_dict(upstream.load_state(arguments.checkpoint)[1], strict=False)
    if size != 448:
        interpolate_pos_embed_inference(net.backbone, (size, size), "cpu")
    module = MstNetwork(net, size).eval()
    if not arguments.checkpoint:
        random_weights.enliven(net.head.conv_seg, lambda: module(*inputs(size).values()))
    return net, module


def inputs(size, positive=((0.5, 0.5),), negative=((0.2, 0.17),)):
    """Points as shares of the input's side; the missing ones are -1."""
    half = max(1, len(positive), len(negative))
    points = torch.full((1, 2 * half, 3), -1.0)
    for first, clicks in ((0, positive), (half, negative)):
        for i, (row, column) in enumerate(clicks):
            points[0, first + i] = torch.tensor([row * size, column * size, i])
    return {**example(size, size), "points": points}


def cases(size):
    """One click each, no positive click at all, several, one of them on the edge."""
    return [
        inputs(size),
        inputs(size, positive=(), negative=((0.2, 0.17), (0.6, 0.3))),
        inputs(size, positive=((0.5, 0.5), (0.31, 0.72), (0.999, 0.0)), negative=((0.2, 0.17),)),
    ]


def export(system, arguments):
    net, module = build(arguments)
    size = arguments.size or 448
    path = arguments.out / "network.onnx"
    out.export_graph(
        module,
        inputs(size),
        path,
        ["logits"],
        {"points": {1: "points"}},
        legacy=True,
        opset=20,
        shapes={"logits": [1, 1, size, size]},
    )
    parity = {
        "network": out.compare(module, path, cases(size), ["logits"]),
        "authorsNetwork": out.compare_with_authors(net, module, cases(size)),
    }
    variant = arguments.variant or "vit-b"
    out.write_folder(
        arguments.out,
        family="isegm",
        name=arguments.name or f"mst-{variant}",
        version="1.0.0",
        description=f"mst {variant}{'' if arguments.checkpoint else ', random weights'}",
        licence=LICENCE,
        source={
            "text": "The authors' checkpoint." if arguments.checkpoint else "Random weights, for tests.",
            "url": LICENCE["url"],
        },
        threshold=0.49,
        refinement={"cascade": out.NO_CASCADE, "zoomIn": out.zoom_in(-1, min_size=20), "flip": True},
        graphs={"network": path},
        options={"encoding": {"kind": "disks", "radius": 5}, "outsideClicks": "drop"},
        parity=parity,
    )
    return net, parity
