"""Network, prompts and losses."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from clickmask_training import losses
from clickmask_training.backbone import DilatedDepthwise
from clickmask_training.config import ABLATIONS, SCHEDULES, with_changes
from clickmask_training.decoder import DecoderConfig
from clickmask_training.network import ClickNetwork
from clickmask_training.prompts import click_maps, first_click_map, gaussians

SIZE = 64
CLICKS = torch.tensor([[[20.0, 30.0, 1.0], [50.0, 10.0, 0.0]]])


def test_dilated_depthwise_is_the_same_in_training():
    conv = DilatedDepthwise(4, 4, 3, 1, padding=2, dilation=2, groups=4)
    x = torch.rand(2, 4, 10, 14)
    assert torch.allclose(conv.train()(x), conv.eval()(x), atol=1e-6)


def test_click_maps_peak_at_their_clicks():
    maps = click_maps(gaussians(CLICKS, 16, 16, 4, 5.0), CLICKS)
    for channel, (x, y) in enumerate(((20, 30), (50, 10), (20, 30))):
        row, column = divmod(int(maps[0, channel].argmax()), 16)
        assert abs(row * 4 + 2 - y) <= 2 and abs(column * 4 + 2 - x) <= 2
    # Half the maximum at half the full width, which is 30 px of a picture whose side is 512.
    wide = first_click_map(torch.tensor([[[256.5, 256.5, 1.0]]]), 512, 512, 1)
    assert wide[0, 0, 256, 256 + 15] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("name", [name for name, change in ABLATIONS.items() if "decoder" in change or name == "base"])
def test_shapes_and_padding(name: str):
    config = with_changes(SCHEDULES["smoke"], ABLATIONS[name]).decoder
    torch.manual_seed(0)
    network = ClickNetwork(config).eval()
    grid = SIZE // config.output_stride
    previous = torch.rand(1, 1, grid, grid)
    padded = torch.cat([CLICKS, torch.tensor([[[0.0, 0.0, -1.0]] * 3])], 1)
    with torch.no_grad():
        features = network.encode(torch.rand(1, 3, SIZE, SIZE))
        assert [tuple(f.shape[1:]) for f in features] == [(32, 16, 16), (64, 8, 8), (128, 4, 4)]
        plain, with_padding = (network.decode(features, clicks, previous) for clicks in (CLICKS, padded))
    assert plain.logits.shape == (1, config.candidates, grid, grid) and plain.scores.shape == (1, config.candidates)
    assert ((plain.scores >= 0) & (plain.scores <= 1)).all()
    assert torch.allclose(plain.logits, with_padding.logits, atol=1e-5)
    assert len(plain.similarities) == (3 if config.similarity else 0)


def test_previous_mask_matters_only_where_it_is_read():
    torch.manual_seed(0)
    for wanted in (True, False):
        network = ClickNetwork(DecoderConfig(previous_mask=wanted)).eval()
        with torch.no_grad():
            features = network.encode(torch.rand(1, 3, SIZE, SIZE))
            a, b = (network.decode(features, CLICKS, torch.full((1, 1, 32, 32), v)).logits for v in (0.0, 1.0))
        assert torch.equal(a, b) != wanted


def test_backbone_loads(backbone: Path):
    network = ClickNetwork()
    network.load_backbone(backbone)
    network.encoder.backbone.freeze_until(6)
    assert not network.encoder.backbone.blocks[5].layers[0].weight.requires_grad
    assert network.encoder.backbone.blocks[6].layers[0].weight.requires_grad


LOGITS = torch.tensor([[[[2.0, -1.0], [0.5, -3.0]]]])
HARD = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
ALL = torch.ones(1, 1, 2, 2)


def test_normalized_focal_by_hand():
    p = torch.sigmoid(LOGITS)
    p_t = torch.where(HARD > 0.5, p, 1 - p)
    beta = (1 - p_t) ** 2
    expected = 0.5 * (4 / beta.sum() * beta * -p_t.log()).mean()
    assert losses.normalized_focal(LOGITS, HARD, ALL).item() == pytest.approx(expected.item(), rel=1e-4)


def test_adaptive_focal_by_hand():
    p = torch.sigmoid(LOGITS)
    p_t = torch.where(HARD > 0.5, p, 1 - p)
    gamma = 2 + 1 - p_t[HARD > 0.5].mean()
    beta = (1 - p_t) ** gamma
    multiplier = 4 / ((1 + 0.4 * gamma) * beta.sum())
    expected = 0.5 * (multiplier * -p_t.log() * beta + (1 - p_t) ** (gamma + 1)).mean()
    assert losses.adaptive_focal(LOGITS, HARD, ALL).item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("loss", [losses.normalized_focal, losses.adaptive_focal, losses.dice])
def test_losses_fall_towards_the_target_and_skip_ignored_cells(loss):
    near, far = 8 * (HARD - 0.5), -8 * (HARD - 0.5)
    assert loss(near, HARD, ALL).item() < 0.1 < loss(far, HARD, ALL).item()
    weight = torch.tensor([[[[1.0, 1.0], [0.0, 1.0]]]])
    changed = LOGITS.clone()
    changed[0, 0, 1, 0] = -9.0
    assert loss(LOGITS, HARD, weight).item() == pytest.approx(loss(changed, HARD, weight).item())


def test_click_weights_are_largest_at_clicks_of_the_same_class():
    target = torch.zeros(1, 1, 32, 32)
    target[..., :16] = 1
    weights = losses.click_loss_weights(torch.tensor([[[15.0, 31.0, 1.0], [0.0, 0.0, -1.0]]]), target, SIZE)
    assert weights[0, 0, 15, 7] == pytest.approx(2.0, abs=0.15)
    assert weights[0, 0, 15, 30] == pytest.approx(0.8)  # no negative click
    assert weights.max() <= 2.0 and weights.min() >= 0.8


def test_contrastive_prefers_separated_similarity():
    target = torch.zeros(1, 1, 32, 32)
    target[..., :16] = 1
    inside = torch.nn.functional.adaptive_avg_pool2d(target, 16)
    good = torch.cat([2 * inside - 1, 1 - 2 * inside, 2 * inside - 1], 1)
    weight, has_negative = torch.ones_like(target), torch.ones(1)
    separated, mixed = (losses.contrastive((maps,), target, weight, has_negative).item() for maps in (good, -good))
    assert separated < 0.01 < mixed


def test_boundary_weights_lie_along_the_boundary():
    target = torch.zeros(1, 1, 20, 20)
    target[..., :10] = 1
    weights = losses.boundary_weights(target, 1.5)
    assert weights[0, 0, 5].tolist() == [1.0] * 8 + [2.5] * 4 + [1.0] * 8
    thin = torch.zeros(1, 1, 20, 20)
    thin[..., 10] = 1
    assert (losses.boundary_weights(thin, 1.5)[thin > 0] == 2.5).all()
