"""The decoder's view of clicks: Gaussian maps, and similarity of the features to the clicked ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

FIRST_CLICK_FWHM = 30.0
"""Full width at half maximum of the first-click Gaussian, in px of a picture whose short side is 512 (FCA-Net)."""

LN2_TIMES_4 = 2.772588722


def gaussians(clicks: Tensor, height: int, width: int, stride: int, sigma: float) -> Tensor:
    """One Gaussian per click: (B, N, 3) in input px to (B, N, height, width), padding rows zero.

    ``sigma`` is the standard deviation in input px.
    """
    ys = (torch.arange(height, device=clicks.device, dtype=torch.float32) + 0.5) * stride
    xs = (torch.arange(width, device=clicks.device, dtype=torch.float32) + 0.5) * stride
    dx2 = (xs[None, None] - clicks[:, :, 0:1]) ** 2  # (B, N, width)
    dy2 = (ys[None, None] - clicks[:, :, 1:2]) ** 2  # (B, N, height)
    # Separable: exp of the sum is the outer product of two short exps.
    scale = -0.5 / (sigma * sigma)
    maps = torch.exp(dy2 * scale).unsqueeze(3) * torch.exp(dx2 * scale).unsqueeze(2)
    given = (clicks[:, :, 2] > -0.5).to(maps.dtype)
    return maps * given[:, :, None, None]


def positive(clicks: Tensor) -> Tensor:
    """1 for positive clicks, 0 otherwise: (B, N)."""
    return (clicks[:, :, 2] > 0.5).to(clicks.dtype)


def negative(clicks: Tensor) -> Tensor:
    """1 for negative clicks, 0 otherwise (padding too): (B, N)."""
    return ((clicks[:, :, 2] > -0.5) & (clicks[:, :, 2] < 0.5)).to(clicks.dtype)


def click_maps(per_click: Tensor, clicks: Tensor) -> Tensor:
    """Per-click Gaussians (B, N, h, w) to the maps of positive, negative and first clicks (B, 3, h, w).

    The first click is the anchor only when it is positive: a correction may well start with a negative one.
    """
    is_positive = positive(clicks)[:, :, None, None]
    is_negative = negative(clicks)[:, :, None, None]
    return torch.stack(
        [
            (per_click * is_positive).amax(1),
            (per_click * is_negative).amax(1),
            per_click[:, 0] * is_positive[:, 0],
        ],
        1,
    )


def first_click_map(clicks: Tensor, height: int, width: int, stride: int) -> Tensor:
    """Wide Gaussian about the first click (B, 1, height, width), of FCA-Net's width relative to the picture's side."""
    fwhm = FIRST_CLICK_FWHM * height * stride / 512.0
    sigma = fwhm / (2.0 * LN2_TIMES_4) ** 0.5
    first = gaussians(clicks[:, :1], height, width, stride, sigma)
    return first * positive(clicks)[:, :1, None, None]


class ClickSimilarity(nn.Module):
    """Cosine similarity of every position's embedding to the clicked ones, at one scale (the token idea of MST).

    Output (B, 3, h, w) in [-1, 1]: the nearest positive click, the nearest negative click, the first click.
    The nearest, not the mean, because parts of one object may look quite different from each other.
    """

    def __init__(self, channels: int, embedding: int = 32) -> None:
        super().__init__()
        self.embed = nn.Conv2d(channels, embedding, 1)

    def forward(self, features: Tensor, per_click: Tensor, clicks: Tensor) -> Tensor:
        batch, _, height, width = features.shape
        # Embedding and matching stay in fp32: normalised dot products lose too much in bf16.
        with torch.autocast(features.device.type, enabled=False):
            embedding = self.embed(features.float())
            embedding = embedding * torch.rsqrt((embedding * embedding).sum(1, keepdim=True) + 1e-6)
            flat = embedding.reshape(batch, -1, height * width)  # (B, E, hw)
            # A narrow window: the clicked feature, without its neighbourhood.
            weights = (per_click.float() ** 4).reshape(batch, -1, height * width)  # (B, N, hw)
            clicked = torch.bmm(weights, flat.transpose(1, 2))  # (B, N, E)
            clicked = clicked * torch.rsqrt((clicked * clicked).sum(2, keepdim=True) + 1e-6)
            similarity = torch.bmm(clicked, flat).reshape(batch, -1, height, width)  # (B, N, h, w)
            is_positive = positive(clicks)[:, :, None, None]
            is_negative = negative(clicks)[:, :, None, None]
            # -1 if there is no such click: nothing is similar to it.
            near_positive = (similarity * is_positive - (1.0 - is_positive)).amax(1)
            near_negative = (similarity * is_negative - (1.0 - is_negative)).amax(1)
            first = similarity[:, 0] * is_positive[:, 0] - (1.0 - is_positive[:, 0])
        return torch.stack([near_positive, near_negative, first], 1)
