"""Seeded weights for networks without a checkpoint, scaled so that masks react to pictures and clicks."""

import torch


def seed(number):
    torch.manual_seed(number)


def enliven(last_layer, run, spread=3.0):
    """Scales the last layer so that the logits of `run()` have mean 0 and the given spread over the picture."""
    with torch.no_grad():
        logits = run()
        factor = spread / float(logits.std())
        shift = -float(logits.mean()) * factor
        last_layer.weight.mul_(factor)
        if last_layer.bias is None:
            raise ValueError("The last layer has no bias to centre the logits with.")
        last_layer.bias.mul_(factor).add_(shift)


def test_picture(height, width, seed_number=1):
    """A smooth random picture [1, 3, H, W], from 0 to 1."""
    generator = torch.Generator().manual_seed(seed_number)
    coarse = torch.rand(1, 3, 9, 9, generator=generator)
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True).clamp(0, 1)


def test_click_maps(height, width, previous=True):
    """[1, 3, H, W]: a previous blob, one positive and one negative disk."""
    rows = torch.arange(height)[:, None]
    columns = torch.arange(width)[None, :]
    disk = lambda row, column, radius: ((rows - row) ** 2 + (columns - column) ** 2 <= radius**2).float()
    maps = [disk(height // 2, width // 2, 5), disk(height // 5, width // 6, 5)]
    if previous:
        maps.insert(0, 0.8 * disk(height // 2, width // 2, min(height, width) // 4))
    return torch.stack(maps)[None]
