"""Decoder: one pass per click, features and prompts to candidate masks with scores."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .encoder import FEATURE_CHANNELS
from .layers import Bottleneck, GlobalContext, conv_norm, upsample
from .prompts import ClickSimilarity, click_maps, first_click_map, gaussians, negative, positive

CLICK_SIGMA = {4: 5.0, 8: 8.0, 16: 16.0}
"""Standard deviation of the click Gaussians at each stride, in input px."""


ANCHOR_CHANNELS = 32
"""Channels of first-click attention, the last of those that ``merge_16`` reads."""


@dataclass(frozen=True)
class DecoderConfig:
    """Parts of the decoder that an ablation can switch."""

    first_click_attention: bool = False
    """Wide first-click map with the stride-8 features, carried to stride 16 (FCA-Net)."""
    similarity: bool = True
    """Multi-scale similarity to the clicked features (MST)."""
    candidates: int = 3
    """Masks per click. The first answers for the whole prompt; the others are trained best-of-n (AdaptiveClick)."""
    previous_mask: bool = True
    """Previous probabilities as an input; without it cascade-forward refinement has nothing to work with."""
    output_stride: int = 2
    """2 or 4: stride of ``logits`` and ``previous``. 2 costs one wider convolution at stride 4 (depth-to-space)."""


@dataclass
class Decoded:
    """Output of the decoder."""

    logits: Tensor
    """(B, K, S/stride, S/stride)."""
    scores: Tensor
    """(B, K): estimated IoU of each candidate, in [0, 1]."""
    similarities: tuple[Tensor, ...]
    """Similarity maps at strides 4, 8, 16, each (B, 3, h, w); empty when switched off. For the contrastive loss."""


class FirstClickAttention(nn.Module):
    """Stride-8 features seen through the first click's wide Gaussian, reduced to stride 16 (FCA-Net's side branch)."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv_norm(channels + 1, out_channels, 1), conv_norm(out_channels, out_channels, 3, stride=2)
        )

    def forward(self, features: Tensor, first_click: Tensor) -> Tensor:
        return self.layers(torch.cat([features, first_click.to(features.dtype)], 1))


class ScoreHead(nn.Module):
    """Estimated IoU of each candidate, from what lies under its mask and how well it agrees with the clicks.

    Works at stride 4 on the masks as they are: nothing here changes them, so the head can be trained last.
    """

    def __init__(self, fine_channels: int, context_channels: int, candidates: int) -> None:
        super().__init__()
        self.fine = nn.Linear(fine_channels + 5, 64)
        self.context = nn.Linear(context_channels + 1, 64)
        # Candidates have different roles: the first answers for the whole prompt.
        self.role = nn.Parameter(torch.zeros(candidates, 64))
        self.out = nn.Linear(64, 1)

    def forward(self, fine: Tensor, context: Tensor, logits: Tensor, per_click: Tensor, clicks: Tensor) -> Tensor:
        """fine (B, C, h, w), context (B, D, h/4, w/4), logits (B, K, h, w), per_click (B, N, h, w) to (B, K) in [0, 1]."""
        batch, count = logits.shape[:2]
        p = torch.sigmoid(logits).reshape(batch, count, -1)  # (B, K, hw)
        area = p.sum(2, keepdim=True)
        under_mask = torch.bmm(p, fine.reshape(batch, fine.shape[1], -1).transpose(1, 2)) / (area + 1.0)  # (B, K, C)
        certainty = (p * p).sum(2, keepdim=True) / (area + 1.0)
        share = p.mean(2, keepdim=True)
        first = p[:, :1]
        agreement = torch.minimum(p, first).sum(2, keepdim=True) / (torch.maximum(p, first).sum(2, keepdim=True) + 1.0)

        window = (per_click.float() ** 4).reshape(batch, per_click.shape[1], -1)  # (B, N, hw)
        at_click = torch.bmm(p, window.transpose(1, 2)) / (window.sum(2)[:, None] + 1e-6)  # (B, K, N)
        is_positive, is_negative = positive(clicks)[:, None], negative(clicks)[:, None]  # (B, 1, N)
        missed = ((1.0 - at_click) * is_positive).amax(2, keepdim=True)
        excess = (at_click * is_negative).amax(2, keepdim=True)
        number = (is_positive + is_negative).sum(2) / 10.0  # (B, 1)

        described = torch.cat([under_mask, certainty, share, agreement, missed, excess], 2)
        surroundings = self.context(torch.cat([context.mean((2, 3)), number], 1))[:, None]
        hidden = torch.relu(self.fine(described) + surroundings + self.role)
        return torch.sigmoid(self.out(hidden))[:, :, 0]


class Decoder(nn.Module):
    """Features, clicks (B, N, 3) and previous probabilities (B, 1, S/stride, S/stride) to ``Decoded``."""

    def __init__(self, config: DecoderConfig = DecoderConfig()) -> None:
        super().__init__()
        if config.output_stride not in (2, 4):
            raise ValueError(f"output_stride must be 2 or 4, not {config.output_stride}")
        self.config = config
        c4, c8, c16 = (FEATURE_CHANNELS[stride] for stride in (4, 8, 16))
        self.unshuffle = 4 // config.output_stride
        previous = self.unshuffle**2 if config.previous_mask else 0
        prompt = 3 + previous
        matches = 3 if config.similarity else 0
        anchor = ANCHOR_CHANNELS if config.first_click_attention else 0

        self.prompt_4 = nn.Sequential(nn.Conv2d(prompt, 16, 3, padding=1), nn.ReLU(inplace=True))
        self.prompt_8 = nn.Sequential(nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(inplace=True))
        self.prompt_16 = nn.Sequential(nn.Conv2d(32, 32, 3, 2, 1), nn.ReLU(inplace=True))
        if config.similarity:
            self.similarity = nn.ModuleDict({str(s): ClickSimilarity(c) for s, c in FEATURE_CHANNELS.items()})
        if config.first_click_attention:
            self.first_click = FirstClickAttention(c8, anchor)

        self.merge_16 = conv_norm(c16 + 32 + 3 + matches + anchor, c16, 1)
        self.refine_16 = nn.Sequential(GlobalContext(c16), Bottleneck(c16), Bottleneck(c16, 2), Bottleneck(c16, 4))
        self.down_to_8 = nn.Conv2d(c16, c8, 1)
        self.merge_8 = conv_norm(c8 + 32 + 3 + matches + c8, c8, 1)
        self.refine_8 = nn.Sequential(Bottleneck(c8), Bottleneck(c8, 2))
        self.down_to_4 = nn.Conv2d(c8, c4, 1)
        self.merge_4 = conv_norm(c4 + 16 + matches + prompt + c4, c4, 1)
        self.refine_4 = nn.Sequential(Bottleneck(c4), Bottleneck(c4, 2), conv_norm(c4, c4))
        self.mask = nn.Conv2d(c4, config.candidates * self.unshuffle**2, 3, padding=1)
        self.score = ScoreHead(c4, c16, config.candidates)

    def forward(self, f4: Tensor, f8: Tensor, f16: Tensor, clicks: Tensor, previous: Tensor) -> Decoded:
        config = self.config
        height, width = f4.shape[2:]
        per_click = {
            stride: gaussians(clicks, height * 4 // stride, width * 4 // stride, stride, CLICK_SIGMA[stride])
            for stride in (4, 8, 16)
        }
        # Maps take the features' type, because a wider type would widen every concatenation below.
        kind = f4.dtype
        previous = previous.to(kind)
        maps = {stride: click_maps(value, clicks).to(kind) for stride, value in per_click.items()}
        similarities: dict[int, Tensor] = {}
        if config.similarity:
            for stride, features in ((4, f4), (8, f8), (16, f16)):
                similarities[stride] = self.similarity[str(stride)](features, per_click[stride], clicks)
        matches = {stride: [similarities[stride].to(kind)] if similarities else [] for stride in (4, 8, 16)}

        prompt = [maps[4]]
        if config.previous_mask:
            prompt.append(F.pixel_unshuffle(previous, self.unshuffle) if self.unshuffle > 1 else previous)
        prompt_0 = torch.cat(prompt, 1)
        prompt_4 = self.prompt_4(prompt_0)
        prompt_8 = self.prompt_8(prompt_4)
        prompt_16 = self.prompt_16(prompt_8)

        anchor = []
        if config.first_click_attention:
            anchor = [self.first_click(f8, first_click_map(clicks, height // 2, width // 2, 8))]

        x16 = self.refine_16(self.merge_16(torch.cat([f16, prompt_16, maps[16], *matches[16], *anchor], 1)))
        x8 = torch.cat([f8, prompt_8, maps[8], *matches[8], upsample(self.down_to_8(x16))], 1)
        x8 = self.refine_8(self.merge_8(x8))
        x4 = torch.cat([f4, prompt_4, *matches[4], prompt_0, upsample(self.down_to_4(x8))], 1)
        x4 = self.refine_4(self.merge_4(x4))
        packed = self.mask(x4).float()
        logits = F.pixel_shuffle(packed, self.unshuffle) if self.unshuffle > 1 else packed
        # The score is trained on the masks as they are; it must not change them.
        coarse = F.avg_pool2d(logits.detach(), self.unshuffle) if self.unshuffle > 1 else logits.detach()
        with torch.autocast(logits.device.type, enabled=False):
            scores = self.score(x4.detach().float(), x16.detach().float(), coarse, per_click[4], clicks)
        return Decoded(logits, scores, tuple(similarities.values()))
