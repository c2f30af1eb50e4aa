"""Training loop: runs, resumes to the same weights, refuses another configuration."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from clickmask_training import train as training
from clickmask_training.__main__ import main
from clickmask_training.checkpoint import fitting_weights, load_checkpoint, load_network
from clickmask_training.config import ABLATIONS, SCHEDULES, Phase, with_changes
from clickmask_training.decoder import DecoderConfig
from clickmask_training.items import read_items, select_items
from clickmask_training.models import open_model
from clickmask_training.network import ClickNetwork

SMOKE = replace(SCHEDULES["smoke"], phases=(Phase(0.5, 64, 2), Phase(1.0, 96, 2)))


def run(data: Path, backbone: Path, folder: Path, config=SMOKE, **options) -> bool:
    items = select_items(read_items(data))
    return training.train(
        items,
        config,
        training.RunOptions(folder=folder, backbone=backbone, workers=0, threads=1, device="cpu", **options),
    )


def test_resumed_run_ends_as_an_uninterrupted_one(data: Path, backbone: Path, tmp_path: Path):
    assert run(data, backbone, tmp_path / "whole")
    parts = 0
    while not run(data, backbone, tmp_path / "parts", max_minutes=0.0):  # one step each
        parts += 1
    assert parts >= 2
    whole, pieces = (load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("whole", "parts"))
    assert whole["progress"]["pictures"] == pieces["progress"]["pictures"] == 8
    for name, value in whole["average"]["average"].items():
        assert torch.equal(value, pieces["average"]["average"][name]), name
    assert not load_network(tmp_path / "whole" / "checkpoint.pt").training


@pytest.mark.parametrize(("second", "steps"), [(1.0, 4), (20.0, 3)], ids=["in time", "too slow"])
def test_time_ends_a_run_that_is_too_slow(
    data: Path, backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: float, steps: int
):
    now = itertools.count(0.0, second)
    monkeypatch.setattr(training.time, "monotonic", lambda: next(now))
    assert run(data, backbone, tmp_path / "timed", config=replace(SMOKE, minutes=1.0))
    timed = load_checkpoint(tmp_path / "timed" / "checkpoint.pt")
    assert timed["progress"]["step"] == steps
    if steps == 4:
        assert run(data, backbone, tmp_path / "whole")
        whole = load_checkpoint(tmp_path / "whole" / "checkpoint.pt")["average"]["average"]
        assert all(torch.equal(value, timed["average"]["average"][name]) for name, value in whole.items())


def test_another_configuration_is_refused(data: Path, backbone: Path, tmp_path: Path):
    run(data, backbone, tmp_path, max_minutes=0.0)
    with pytest.raises(ValueError, match="another configuration"):
        run(data, backbone, tmp_path, config=replace(SMOKE, seed=1))


@pytest.mark.parametrize("name", [name for name in ABLATIONS if name != "base"])
def test_every_ablation_trains(data: Path, backbone: Path, tmp_path: Path, name: str):
    config = replace(with_changes(SCHEDULES["smoke"], ABLATIONS[name]), samples=2)
    assert run(data, backbone, tmp_path / "run", config=config)


def test_an_unknown_ablation_is_named_at_once(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["ablation", "--data", str(data), "--out", str(tmp_path)]
    assert main([*arguments, "--names", "nothing"]) == 2 and "unknown changes" in capsys.readouterr().err


def test_phases_by_progress():
    assert [SMOKE.phase_at(share).size for share in (0.0, 0.49, 0.5, 1.0)] == [64, 96 - 32, 96, 96]


@pytest.mark.parametrize("config", SCHEDULES.values(), ids=SCHEDULES)
def test_schedules_are_usable(config):
    assert (config.minutes is None) != (config.samples is None)
    assert config.phases[-1].until == 1.0
    assert all(phase.size % 32 == 0 for phase in config.phases)


def test_offsets_alone(data: Path, backbone: Path, tmp_path: Path):
    run(data, backbone, tmp_path / "all")
    start = tmp_path / "all" / "checkpoint.pt"
    run(data, backbone, tmp_path / "few", config=replace(SMOKE, only_offsets=True), start_from=start)
    before, after = (
        load_checkpoint(path)["average"]["average"] for path in (start, tmp_path / "few" / "checkpoint.pt")
    )
    changed = {name for name in before if "running" not in name and not torch.equal(before[name], after[name])}
    assert changed and all(before[name].dim() < 2 for name in changed)


def test_score_stage_leaves_the_masks(data: Path, backbone: Path, tmp_path: Path):
    run(data, backbone, tmp_path / "masks")
    start = tmp_path / "masks" / "checkpoint.pt"
    config = replace(SCHEDULES["scores"], phases=SMOKE.phases, minutes=None, samples=8)
    run(data, backbone, tmp_path / "scores", config=config, start_from=start)
    before, after = (
        load_checkpoint(path)["average"]["average"] for path in (start, tmp_path / "scores" / "checkpoint.pt")
    )
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed and all(name.startswith("decoder.score.") for name in changed)


@pytest.mark.parametrize("gains", [True, False])
def test_a_network_that_gains_or_loses_first_click_attention_keeps_the_rest(
    gains: bool, data: Path, backbone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    before, after = (replace(SMOKE, decoder=DecoderConfig(first_click_attention=value)) for value in (not gains, gains))
    run(data, backbone, tmp_path / "before", config=before)
    start = load_network(tmp_path / "before" / "checkpoint.pt").state_dict()
    fresh = ClickNetwork(after.decoder).state_dict()
    taken = fitting_weights(start, fresh)
    merge = "decoder.merge_16.0.weight"
    assert taken[merge].shape == fresh[merge].shape
    shared = min(start[merge].shape[1], fresh[merge].shape[1])
    assert torch.equal(taken[merge][:, :shared], start[merge][:, :shared])
    assert torch.equal(taken[merge][:, shared:], fresh[merge][:, shared:])
    assert all(torch.equal(value, start[name]) for name, value in taken.items() if name != merge)
    assert {name.split(".")[1] for name in fresh.keys() - taken.keys()} == ({"first_click"} if gains else set())
    # Other inputs that come or go stand in the middle: the layer starts anew.
    assert merge not in fitting_weights(start, ClickNetwork(replace(after.decoder, similarity=False)).state_dict())
    run(data, backbone, tmp_path / "after", config=after, start_from=tmp_path / "before" / "checkpoint.pt")
    assert f"new: {'decoder.first_click.' if gains else 'nothing'}" in capsys.readouterr().out
    with pytest.raises(ValueError, match="has no first-click"):
        open_model(tmp_path / ("before" if gains else "after") / "checkpoint.pt", 64, ("first-click",))


@pytest.mark.parametrize("counts", [(3, 1), (1, 3)])
def test_a_network_with_other_candidates_keeps_those_that_both_have(counts: tuple[int, int]):
    start, fresh = (ClickNetwork(DecoderConfig(candidates=count)).state_dict() for count in counts)
    taken = fitting_weights(start, fresh)
    for name in ("decoder.mask.weight", "decoder.mask.bias", "decoder.score.role"):
        shared = min(len(start[name]), len(fresh[name]))
        assert len(taken[name]) == len(fresh[name])
        assert torch.equal(taken[name][:shared], start[name][:shared]) and torch.equal(
            taken[name][shared:], fresh[name][shared:]
        )
    assert taken.keys() == fresh.keys()


def test_average_of_two_runs(data: Path, backbone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    older, newer, out = tmp_path / "older", tmp_path / "newer", tmp_path / "weights.pt"
    run(data, backbone, older)
    run(data, backbone, newer, start_from=older / "checkpoint.pt", config=replace(SMOKE, seed=3))
    arguments = [
        "average",
        str(newer / "checkpoint.pt"),
        str(older / "checkpoint.pt"),
        "--share",
        "0.75",
        "--out",
        str(out),
    ]
    assert main(arguments) == 0
    a, b, mean = (
        load_checkpoint(path)["average"]["average"] for path in (newer / "checkpoint.pt", older / "checkpoint.pt", out)
    )
    assert mean.keys() == a.keys()
    for name, value in mean.items():
        wanted = 0.75 * a[name] + 0.25 * b[name] if value.is_floating_point() else a[name]
        torch.testing.assert_close(value.to(wanted.dtype), wanted, rtol=2e-3, atol=1e-4)
    assert (
        load_network(out)(torch.zeros(1, 3, 64, 64), torch.tensor([[[9.0, 9.0, 1.0]]]), torch.zeros(1, 1, 32, 32))
        .logits.isfinite()
        .all()
    )
    # Alone: as it is, in half the bytes and without the optimiser.
    assert main(["average", str(newer / "checkpoint.pt"), "--out", str(out)]) == 0
    torch.testing.assert_close(
        load_network(out).state_dict(), load_network(newer / "checkpoint.pt").state_dict(), rtol=2e-3, atol=1e-4
    )
    assert out.stat().st_size < (newer / "checkpoint.pt").stat().st_size / 3
    # Where a part went, what read it is the newer run's.
    capsys.readouterr()
    run(data, backbone, tmp_path / "other", config=replace(SMOKE, decoder=DecoderConfig(first_click_attention=True)))
    assert (
        main(["average", str(newer / "checkpoint.pt"), str(tmp_path / "other" / "checkpoint.pt"), "--out", str(out)])
        == 0
    )
    assert capsys.readouterr().out.endswith("of the newer alone: decoder.merge_16\n")
    mean, other = (load_network(path).state_dict() for path in (out, tmp_path / "other" / "checkpoint.pt"))
    torch.testing.assert_close(mean["decoder.merge_16.0.weight"], a["decoder.merge_16.0.weight"], rtol=2e-3, atol=1e-4)
    name = "decoder.merge_8.0.weight"
    torch.testing.assert_close(mean[name], 0.7 * a[name] + 0.3 * other[name], rtol=2e-3, atol=1e-4)
    assert main([*arguments[:-4], "--share", "1.5", "--out", str(out)]) == 2
    assert "--share must lie in 0 to 1" in capsys.readouterr().err
