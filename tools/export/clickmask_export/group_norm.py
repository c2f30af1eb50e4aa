"""Group normalisation in a form that keeps its precision in ONNX Runtime.

Exported as it is, it becomes InstanceNormalization, whose means over a whole map are summed up in single precision: over
128 channels of 256 x 256 its output is 1.4e-3 away from double precision. Here each mean is taken axis by axis.
"""

from contextlib import contextmanager

import torch
from torch import nn


class StagedGroupNorm(nn.Module):
    """What `norm` computes for x (B, C, H, W)."""

    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, x):
        norm = self.norm
        grouped = x.unflatten(1, (norm.num_groups, -1))
        centred = grouped - mean_of_groups(grouped)
        scaled = (centred / torch.sqrt(mean_of_groups(centred * centred) + norm.eps)).flatten(1, 2)
        return scaled if norm.weight is None else scaled * norm.weight[:, None, None] + norm.bias[:, None, None]


def mean_of_groups(x):
    """(B, G, C, H, W) to (B, G, 1, 1, 1)."""
    return x.mean(4, keepdim=True).mean(3, keepdim=True).mean(2, keepdim=True)


@contextmanager
def staged_group_norms(module):
    """Replaces the group normalisations inside `module` by staged ones for the duration."""
    places = [
        (parent, name)
        for parent in module.modules()
        for name, child in parent.named_children()
        if type(child) is nn.GroupNorm
    ]
    own = [getattr(parent, name) for parent, name in places]
    try:
        for (parent, name), norm in zip(places, own):
            setattr(parent, name, StagedGroupNorm(norm))
        yield
    finally:
        for (parent, name), norm in zip(places, own):
            setattr(parent, name, norm)
