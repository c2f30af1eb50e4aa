"""Losses on logits with soft targets.

All of them take ``logits`` and ``target`` (B, K, h, w), the target being the share of each cell that the object
covers, in [0, 1], and ``weight`` (B, 1, h, w), the share of each cell where ground truth is defined. With soft
targets the probability of the truth is ``p_t = 1 - |target - p|``; on hard targets this is the usual definition.
They return one value per mask, (B, K).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

ALPHA = 0.5
"""Balance of positive and negative pixels in NFL and AFL (both papers: 0.5)."""
GAMMA = 2.0
AFL_DELTA = 0.4
AFL_ALPHA = 1.0
LARGEST_MULTIPLIER = 20.0
"""Bound of the normaliser: on a nearly perfect mask it would blow the last few pixels' noise up without limit."""


def _mean(value: Tensor, weight: Tensor) -> Tensor:
    return (value * weight).sum((2, 3)) / (weight.sum((2, 3)) + 1e-6)


def truth_probability(logits: Tensor, target: Tensor) -> Tensor:
    """``p_t`` of each cell."""
    return 1.0 - (target - torch.sigmoid(logits)).abs()


def normalized_focal(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Normalised focal loss (RITM): focal weights scaled to sum up to the number of pixels; the scale has no gradient."""
    focal = (1.0 - truth_probability(logits, target)).square()  # GAMMA is 2
    multiplier = (1.0 / (_mean(focal.detach(), weight) + 1e-6)).clamp(max=LARGEST_MULTIPLIER)
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return multiplier * ALPHA * _mean(focal * entropy, weight)


def adaptive_focal(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Adaptive focal loss (AdaptiveClick): the exponent grows with how hard the mask is, the normaliser with it.

    gamma' = gamma + 1 - mean p_t over the object; beta = (1 - p_t)^gamma';
    loss = eps [ N / ((1 + delta gamma') sum beta) * BCE * beta + alpha (1 - p_t)^(gamma' + 1) ], eps 0.5 for both classes.
    """
    p_t = truth_probability(logits, target)
    inside = weight * target
    hardness = 1.0 - (p_t * inside).sum((2, 3)) / (inside.sum((2, 3)) + 1e-6)
    gamma = (GAMMA + hardness.detach())[:, :, None, None]
    miss = (1.0 - p_t).clamp(min=1e-6)
    beta = miss**gamma
    normaliser = (1.0 + AFL_DELTA * gamma[:, :, 0, 0]) * _mean(beta.detach(), weight) + 1e-6
    multiplier = (1.0 / normaliser).clamp(max=LARGEST_MULTIPLIER)
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return ALPHA * (multiplier * _mean(entropy * beta, weight) + AFL_ALPHA * _mean(beta * miss, weight))


def dice(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """1 - soft Dice coefficient with squared terms."""
    p = torch.sigmoid(logits)
    overlap = (p * target * weight).sum((2, 3))
    total = (p * p * weight).sum((2, 3)) + (target * target * weight).sum((2, 3))
    return 1.0 - (2.0 * overlap + 1.0) / (total + 1.0)


def click_loss_weights(clicks: Tensor, target: Tensor, side: int) -> Tensor:
    """Global click-loss weights of FCA-Net, (B, 1, h, w): alpha + psi (beta - alpha), near clicks of the pixel's own class.

    psi = 1 - min(distance, tau) / tau; tau = 100 px of a picture with short side 512, alpha 0.8, beta 2.0.
    ``clicks`` are in px of a square of side ``side``.
    """
    height, width = target.shape[2:]
    ys = (torch.arange(height, device=clicks.device) + 0.5) * side / height
    xs = (torch.arange(width, device=clicks.device) + 0.5) * side / width
    distance = torch.sqrt(
        (xs[None, None, None] - clicks[:, :, 0, None, None]) ** 2
        + (ys[None, None, :, None] - clicks[:, :, 1, None, None]) ** 2
    )
    tau = 100.0 * side / 512.0
    label = clicks[:, :, 2, None, None]

    def psi(chosen: Tensor) -> Tensor:
        nearest = torch.where(chosen, distance, torch.full_like(distance, tau)).amin(1, keepdim=True)
        return 1.0 - nearest.clamp(max=tau) / tau

    inside = target > 0.5
    return 0.8 + torch.where(inside, psi(label > 0.5), psi((label > -0.5) & (label < 0.5))) * (2.0 - 0.8)


def boundary_weights(target: Tensor, extra: float) -> Tensor:
    """``1 + extra`` within two cells of the object's boundary, 1 elsewhere, (B, 1, h, w): thin things are all boundary."""
    wide = {"kernel_size": 5, "stride": 1, "padding": 2}
    spread = F.max_pool2d(target, **wide) + F.max_pool2d(-target, **wide)
    return 1.0 + extra * (spread > 0.5).to(target.dtype)


def contrastive(similarities: tuple[Tensor, ...], target: Tensor, weight: Tensor, has_negative: Tensor) -> Tensor:
    """Soft-margin triplet loss on the similarity maps (MST's contrastive loss), one value per sample (B,).

    At each scale, positions inside the object should be more similar to the nearest positive click than the
    hardest quarter of those outside, and the other way round for negative clicks where there are any (``has_negative`` (B,)).
    """
    terms = []
    for maps in similarities:
        size = maps.shape[2:]
        share = F.adaptive_avg_pool2d(target, size)[:, 0]
        valid = F.adaptive_avg_pool2d(weight, size)[:, 0] > 0.99
        inside = ((share > 0.9) & valid).to(maps.dtype)
        outside = ((share < 0.1) & valid).to(maps.dtype)
        terms.append(_margin(maps[:, 0], inside, outside))
        terms.append(_margin(maps[:, 1], outside, inside) * has_negative)
    return torch.stack(terms).mean(0)


def _margin(similarity: Tensor, like: Tensor, unlike: Tensor, temperature: float = 0.2) -> Tensor:
    flat, like, unlike = similarity.flatten(1), like.flatten(1), unlike.flatten(1)
    near = (flat * like).sum(1) / (like.sum(1) + 1e-6)
    # A softmax-weighted mean leans on the most similar of the wrong positions.
    attention = torch.softmax(flat.detach() / temperature - 1e4 * (1.0 - unlike), 1) * unlike
    far = (flat * attention).sum(1)
    both = ((like.sum(1) > 0) & (unlike.sum(1) > 0)).to(flat.dtype)
    return F.softplus((far - near) / temperature) * temperature * both


def soft_iou(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """IoU of the thresholded masks, without gradient, (B, K)."""
    with torch.no_grad():
        predicted = (logits > 0).to(logits.dtype)
        truth = (target > 0.5).to(logits.dtype)
        overlap = (predicted * truth * weight).sum((2, 3))
        union = (torch.maximum(predicted, truth) * weight).sum((2, 3))
        return (overlap + 1e-6) / (union + 1e-6)
