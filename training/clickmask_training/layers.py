"""Small building blocks shared by encoder and decoder."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def upsample(x: Tensor, factor: int = 2) -> Tensor:
    """Bilinear upsampling with half-pixel centres."""
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)


def conv_norm(
    in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU; keeps the size when ``stride`` is 1."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class Bottleneck(nn.Module):
    """Residual 1x1, 3x3 (dilated), 1x1 at half the width. No depthwise layer: their backward pass is slow on CPUs."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        half = channels // 2
        self.layers = nn.Sequential(
            conv_norm(channels, half, 1),
            conv_norm(half, half, 3, dilation=dilation),
            nn.Conv2d(half, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class GlobalContext(nn.Module):
    """Adds a projection of the mean over the picture to every position."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.project(x.mean((2, 3), keepdim=True))
