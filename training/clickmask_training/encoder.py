"""Encoder: one pass per region of interest, a feature pyramid over MobileNetV2."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .backbone import TAP_CHANNELS, MobileNetV2
from .layers import Bottleneck, GlobalContext, conv_norm, upsample

FEATURE_CHANNELS = {4: 32, 8: 64, 16: 128}
"""Channels of the feature map at each stride."""

Features = tuple[Tensor, Tensor, Tensor]
"""``features_4`` (B, 32, S/4, S/4), ``features_8`` (B, 64, S/8, S/8), ``features_16`` (B, 128, S/16, S/16)."""


class Encoder(nn.Module):
    """RGB in [0, 1] (B, 3, S, S), S a multiple of 16, to ``Features``; the scaling to [-1, 1] is part of the graph.

    The stride-2 map is folded into stride 4 by space-to-depth: what a fine output needs to know about thin
    parts is kept, at the price of a 1x1 convolution.
    """

    def __init__(self) -> None:
        super().__init__()
        c4, c8, c16 = (FEATURE_CHANNELS[stride] for stride in (4, 8, 16))
        self.backbone = MobileNetV2()
        self.lateral_4 = conv_norm(TAP_CHANNELS["stride_4"] + 4 * TAP_CHANNELS["stride_2"], c4, 1)
        self.lateral_8 = conv_norm(TAP_CHANNELS["stride_8"], c8, 1)
        self.lateral_16 = conv_norm(TAP_CHANNELS["stride_16"] + TAP_CHANNELS["deep"], c16, 1)
        self.refine_16 = nn.Sequential(GlobalContext(c16), Bottleneck(c16), Bottleneck(c16, 2))
        self.down_to_8 = nn.Conv2d(c16, c8, 1)
        self.smooth_8 = conv_norm(c8, c8)
        self.down_to_4 = nn.Conv2d(c8, c4, 1)
        self.smooth_4 = conv_norm(c4, c4)

    def forward(self, image: Tensor) -> Features:
        taps = self.backbone(image * 2.0 - 1.0)
        fine = torch.cat([taps["stride_4"], F.pixel_unshuffle(taps["stride_2"], 2)], 1)
        f16 = self.refine_16(self.lateral_16(torch.cat([taps["stride_16"], taps["deep"]], 1)))
        f8 = self.smooth_8(self.lateral_8(taps["stride_8"]) + upsample(self.down_to_8(f16)))
        f4 = self.smooth_4(self.lateral_4(fine) + upsample(self.down_to_4(f8)))
        return f4, f8, f16
