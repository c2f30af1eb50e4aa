"""MobileNetV2 1.0 without batch normalisation (folded), at output stride 16.

Layout and weight order are those of the ``.npz`` files named in ``pretrained/SOURCE.md``: ``NN.weight``
(out, in/groups, kh, kw) and ``NN.bias``, NN counting the convolutions in network order. Input is RGB scaled to
[-1, 1]; stride-2 convolutions pad right and bottom only (TensorFlow's SAME on even sizes).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

# (expansion, output channels, blocks, stride of the first block, dilation of the first block, of the others).
# The last two stages trade their stride for dilation; the block that lost its stride is not dilated itself.
STAGES = (
    (1, 16, 1, 1, 1, 1),
    (6, 24, 2, 2, 1, 1),
    (6, 32, 3, 2, 1, 1),
    (6, 64, 4, 2, 1, 1),
    (6, 96, 3, 1, 1, 1),
    (6, 160, 3, 1, 1, 2),
    (6, 320, 1, 1, 2, 2),
)
STEM_CHANNELS = 32

TAPS = {"stride_2": 0, "stride_4": 2, "stride_8": 5, "stride_16": 12, "deep": 16}
"""Block after which each feature map is taken; ``deep`` is at stride 16 too."""
TAP_CHANNELS = {"stride_2": 16, "stride_4": 24, "stride_8": 32, "stride_16": 96, "deep": 320}


class SameConv(nn.Conv2d):
    """Stride-2 3x3 convolution that pads right and bottom only."""

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (0, 1, 0, 1)), self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class DilatedDepthwise(nn.Conv2d):
    """Depthwise 3x3 convolution with dilation 2 and padding 2; even sizes only while training.

    On CPUs the backward pass of a dilated depthwise convolution is an order of magnitude slower than that of an
    undilated one, so training convolves the four interleaved grids as a batch. The result is the same.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        batch, channels, height, width = x.shape
        grids = x.view(batch, channels, height // 2, 2, width // 2, 2).permute(0, 3, 5, 1, 2, 4)
        grids = grids.reshape(batch * 4, channels, height // 2, width // 2).contiguous(
            memory_format=torch.channels_last
        )
        grids = F.conv2d(grids, self.weight, self.bias, 1, 1, 1, self.groups)
        grids = grids.reshape(batch, 2, 2, channels, height // 2, width // 2).permute(0, 3, 4, 1, 5, 2)
        return grids.reshape(batch, channels, height, width).contiguous(memory_format=torch.channels_last)


def _conv3(in_channels: int, out_channels: int, stride: int, dilation: int, groups: int) -> nn.Conv2d:
    if stride == 2:
        return SameConv(in_channels, out_channels, 3, 2, groups=groups)
    if dilation == 2:
        return DilatedDepthwise(in_channels, out_channels, 3, 1, padding=2, dilation=2, groups=groups)
    return nn.Conv2d(in_channels, out_channels, 3, 1, padding=dilation, dilation=dilation, groups=groups)


class InvertedResidual(nn.Module):
    """Expand (1x1), depthwise (3x3), project (1x1), with a shortcut where the shapes agree."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, expansion: int, dilation: int) -> None:
        super().__init__()
        hidden = in_channels * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [nn.Conv2d(in_channels, hidden, 1), nn.ReLU6(inplace=True)]
        layers += [
            _conv3(hidden, hidden, stride, dilation, hidden),
            nn.ReLU6(inplace=True),
            nn.Conv2d(hidden, out_channels, 1),
        ]
        self.layers = nn.Sequential(*layers)
        self.shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(x)
        return x + y if self.shortcut else y


class MobileNetV2(nn.Module):
    """Image [-1, 1] (B, 3, H, W) to a dict of the feature maps named in ``TAPS``."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv3(3, STEM_CHANNELS, 2, 1, 1), nn.ReLU6(inplace=True))
        blocks: list[nn.Module] = []
        channels = STEM_CHANNELS
        for expansion, out_channels, count, first_stride, first_dilation, dilation in STAGES:
            for index in range(count):
                stride, block_dilation = (first_stride, first_dilation) if index == 0 else (1, dilation)
                blocks.append(InvertedResidual(channels, out_channels, stride, expansion, block_dilation))
                channels = out_channels
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        names = {block: name for name, block in TAPS.items()}
        taps: dict[str, Tensor] = {}
        x = self.stem(x)
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in names:
                taps[names[index]] = x
        return taps

    def load(self, path: Path) -> None:
        """Take the weights of an ``.npz`` file (see the module's docstring)."""
        arrays = np.load(path)
        convolutions = [module for module in self.modules() if isinstance(module, nn.Conv2d)]
        with torch.no_grad():
            for index, conv in enumerate(convolutions):
                weight = torch.from_numpy(arrays[f"{index:02d}.weight"].astype(np.float32))
                if weight.shape != conv.weight.shape:
                    raise ValueError(
                        f"{path}: array {index:02d} is {tuple(weight.shape)}, expected {tuple(conv.weight.shape)}"
                    )
                conv.weight.copy_(weight)
                conv.bias.copy_(torch.from_numpy(arrays[f"{index:02d}.bias"].astype(np.float32)))

    def freeze_until(self, block: int) -> None:
        """Stop training the stem and the blocks before ``block``."""
        for module in [self.stem, *self.blocks[:block]]:
            module.requires_grad_(False)
