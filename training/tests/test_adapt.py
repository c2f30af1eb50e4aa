"""Adapting, on a few made-up pictures and a few steps."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from clickmask_training.__main__ import main
from clickmask_training.adapt import choice, measure, refining, trial
from clickmask_training.adapt import run as adapting
from clickmask_training.adapt.exports import read_export
from clickmask_training.adapt.measure import Figures, is_better, keeps
from clickmask_training.adapt.project import label_map, split, write_items
from clickmask_training.adapt.run import AdaptOptions, adapt, base_weights, model_name
from clickmask_training.adapt.scenes import general_scenes
from clickmask_training.config import Phase
from clickmask_training.items import read_items
from clickmask_training.manifest import REFINEMENT


def export_of(folder: Path, count: int) -> Path:
    """Pictures with a bright disc each, and its mask beside it."""
    folder.mkdir()
    for index in range(count):
        mask = np.zeros((60, 80), np.uint8)
        cv2.circle(mask, (30 + 3 * index, 30), 14, 255, -1)
        picture = np.where(mask[..., None] > 0, 200, 60).astype(np.uint8) + index
        cv2.imwrite(str(folder / f"p{index}.jpg"), np.repeat(picture, 3, 2))
        cv2.imwrite(str(folder / f"p{index}_mask.png"), mask)
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps, one share, one general object."""
    plain = adapting.schedule
    short = lambda *of: replace(plain(*of), samples=2, phases=(Phase(1.0, 64, 1),))
    monkeypatch.setattr(adapting, "schedule", short)
    monkeypatch.setattr(choice, "SHARES", (1.0,))
    monkeypatch.setattr(
        adapting, "choose_refinement", lambda base, usual, items, tell: {"refinement": usual, "objects": 0}
    )
    monkeypatch.setattr(choice, "general_scenes", lambda: islice(general_scenes(), 1))
    monkeypatch.setattr(choice, "MOST_CHECKED", 1)
    monkeypatch.setattr(adapting.replay, "COLUMNS", 2)
    monkeypatch.setattr(adapting.replay, "ROWS", 1)


def test_a_model_folder_is_written_and_can_be_adapted_further(tmp_path: Path, quick: None):
    source = export_of(tmp_path / "export", 3)
    out = tmp_path / "models" / "my discs"
    options = AdaptOptions(source, out, licence="CC0", force=True, threads=1)
    assert adapt(options) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "adapted.json",
        "decoder.onnx",
        "encoder.onnx",
        "model.json",
        "report.html",
        "weights.pt",
    ]
    manifest = json.loads((out / "model.json").read_text())
    assert manifest["name"] == "my-discs" and "CC0" in manifest["licence"]["note"]
    record = json.loads((out / "adapted.json").read_text())
    assert record["adapted"]["pictures"] == {"learned": 2, "checked": 1}
    assert base_weights(str(out)) == out / "weights.pt"
    with pytest.raises(ValueError, match="there already"):
        adapt(options)
    again = tmp_path / "again"
    adapt(AdaptOptions(source, again, licence="CC0", force=True, threads=1))
    assert all(
        (out / name).read_bytes() == (again / name).read_bytes()
        for name in ("weights.pt", "encoder.onnx", "decoder.onnx")
    )


def test_what_is_not_better_is_not_written(tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(choice.measured, "is_better", lambda before, after: False)
    out = tmp_path / "out"
    assert adapt(AdaptOptions(export_of(tmp_path / "export", 2), out, threads=1)) == 3
    assert not out.exists()


@pytest.mark.parametrize("better", [True, False], ids=["learning helps", "only the refinement helps"])
def test_the_refinement_that_suits_is_written(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch, better: bool, capsys: pytest.CaptureFixture[str]
):
    chosen = {"objects": 9, "clicks": {"zoom-in": 6.0, "without": 4.5}}
    monkeypatch.setattr(
        adapting,
        "choose_refinement",
        lambda base, usual, items, tell: chosen | {"refinement": usual | {"zoomIn": None}},
    )
    verdicts = iter([better, True])
    monkeypatch.setattr(choice.measured, "is_better", lambda before, after: next(verdicts))
    monkeypatch.setattr(choice.measured, "keeps", lambda before, after: True)
    out = tmp_path / "out"
    assert adapt(AdaptOptions(export_of(tmp_path / "export", 3), out, threads=1)) == 0
    assert "Without zoom-in your objects take fewer clicks" in capsys.readouterr().out
    assert json.loads((out / "model.json").read_text())["refinement"]["zoomIn"] is None
    assert refining.refinement_for(out / "weights.pt")["zoomIn"] is None
    record = json.loads((out / "adapted.json").read_text())
    assert record["zoom_in"] == chosen | {"on": False} and "took 6.00 clicks" in (out / "report.html").read_text()
    assert [one["share"] for one in record["tried"]] == [1.0, 0.0]
    assert record["share"] == (1.0 if better else 0.0)
    assert record["adapted"]["pictures"] == ({"learned": 2, "checked": 1} if better else {"learned": 0, "checked": 3})
    assert record["after"]["check"]["objects"] == (1 if better else 3)
    base, written = (
        torch.load(path, weights_only=True)["average"]["average"]
        for path in (base_weights("clickmask-small"), out / "weights.pt")
    )
    assert all(torch.equal(base[name], value) for name, value in written.items()) != better


def test_zoom_in_goes_where_that_is_clear():
    clear, doubtful, small = ([[6, 4]] * 9 + [[5, 6]], [[6, 4], [3, 9], [9, 3]], [[20, 20]] * 9 + [[5, 4]])
    assert [refining.is_clear(np.array(one)) for one in (clear, doubtful, small)] == [True, False, False]
    assert refining.refinement_for(base_weights("clickmask-small")) == REFINEMENT
    without = REFINEMENT | {"zoomIn": None}
    assert refining.choose_refinement(Path("none"), without, [], print) == {"refinement": without, "objects": 0}


def test_zoom_in_is_measured_on_the_base(data: Path, monkeypatch: pytest.MonkeyPatch):
    def ious(model: object, refinement: object, sample: object, enough: float) -> list[float]:
        return [0.5, 0.5, 0.9 if refinement.zoom_in is None else 0.5, 0.9]

    monkeypatch.setattr(refining, "click_ious", ious)
    choose = lambda items: refining.choose_refinement(base_weights("clickmask-small"), REFINEMENT, items, lambda: None)
    items = read_items(data)
    looked = choose(items)
    assert looked["refinement"] == REFINEMENT | {"zoomIn": None} and looked["clicks"] == {"zoom-in": 4, "without": 3}
    assert choose(items[:1]) == {"refinement": REFINEMENT, "objects": 0}  # two objects tell too little


def test_replay_holds_what_the_base_is_sure_of(tmp_path: Path):
    from clickmask_training.adapt.replay import label_maps, replay_items
    from clickmask_training.items import IGNORE_ID

    items = replay_items(base_weights("clickmask-small"), tmp_path, 128)
    assert {item.name.split("-")[0] for item in items} == {"astronaut", "cat", "coffee", "rocket"}
    assert {item.source for item in items} == {"outlined", "seen"}
    assert sum(len(item.ids) for item in items if item.source == "outlined") == 7
    assert all(set(item.ids) == set(np.unique(item.read_labels())) - {0, IGNORE_ID} for item in items)
    large, small, apart = (np.zeros((20, 20), np.float32) for _ in range(3))
    large[:, :15], small[5:10, 5:10], apart[:, 17:], apart[:, 16] = 0.9, 0.9, 0.9, 0.5
    first, second = label_maps([small, large, apart])
    assert set(np.unique(first)) == {0, 1, 2, IGNORE_ID} and first[3, 16] == IGNORE_ID and first[7, 7] == 1
    assert second[7, 7] == 1 and (second > 0).sum() == 25


def test_figures_decide():
    base = Figures(5, 4.0, 6.0, 0.5, [0.5, 0.6, 0.7, 0.9])
    assert base.early == pytest.approx(0.6)
    assert is_better(base, Figures(5, 4.0, 9.0, 0.5, [0.5, 0.6, 0.72]))
    assert is_better(base, Figures(5, 3.9, 9.0, 0.5, [0.5, 0.6, 0.7]))
    assert not is_better(base, Figures(5, 4.0, 1.0, 0.5, [0.5, 0.6, 0.7]))
    assert not is_better(base, Figures(5, 3.0, 1.0, 0.5, [0.5, 0.6, 0.6]))
    assert not is_better(base, Figures(5, 4.3, 1.0, 0.9, [0.9, 0.9, 0.9]))
    assert is_better(base, Figures(5, 4.1, 9.0, 0.5, [0.5, 0.6, 0.8]))
    assert not is_better(base, Figures(5, 4.1, 1.0, 0.5, [0.5, 0.6, 0.77]))
    assert keeps(base, Figures(5, 9.0, 9.0, 0.1, [0.4, 0.45, 0.53]))
    assert not keeps(base, Figures(5, 1.0, 1.0, 0.9, [0.4, 0.45, 0.47]))


def test_smaller_objects_lie_on_larger_ones():
    small, large = np.zeros((2, 20, 30), np.uint8)
    large[2:18, 2:28] = 1
    small[5:10, 5:10] = 1
    labels = label_map([small, large], (30, 20))
    assert labels[7, 7] == 2 and labels[15, 15] == 1 and labels[0, 0] == 0


def test_split_goes_by_the_pictures(tmp_path: Path):
    from clickmask_training.adapt.exports import read_export

    labelled = read_export(export_of(tmp_path / "export", 10), None, tmp_path)
    items = write_items(labelled, tmp_path / "items", "CC0")
    first, second = split(items, 0), split(items[::-1], 0)
    assert [item.name for item in first.check] == [item.name for item in second.check]
    assert len(first.check) == 2 and len(first.train) == 8
    with pytest.raises(ValueError, match="at least 2"):
        split(items[:1], 0)


def test_general_scenes_are_the_same_each_time():
    first, again = next(general_scenes()), next(general_scenes())
    assert 0.02 < first.truth.mean() < 0.2
    # A mug: one thing, whose handle has a hole.
    pieces, _ = cv2.connectedComponents(first.truth)
    background, _ = cv2.connectedComponents(1 - first.truth)
    assert (pieces, background) == (2, 3)
    assert np.array_equal(first.image, again.image) and np.array_equal(first.truth, again.truth)


def test_names_of_models():
    assert model_name("my boards/2026") == "my-boards-2026"
    assert model_name("...") == "adapted"


def test_a_trial_measures_what_is_left_over(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def adapts(command: list[str], log: Path) -> dict:
        """Stands for the process: the export can be read, and the weights are as before."""
        of = lambda name: Path(command[command.index(name) + 1])
        labelled = read_export(of("--from"), None, tmp_path)
        seen.append(sum(int(mask.sum()) for one in labelled for mask in one.read()[1]))
        of("--out").mkdir()
        shutil.copy(base_weights("clickmask-small"), of("--out") / "weights.pt")
        (of("--out") / "adapted.json").write_text('{"share": 0.7, "zoom_in": {"on": false}}')
        return {"seconds": 60, "cpu": 50, "bytes": 1_300_000_000}

    seen: list[int] = []
    monkeypatch.setattr(trial, "timed", adapts)
    monkeypatch.setattr(measure, "SIZE", 64)
    call = ["trial", "pets:2", "--data", str(data), "--out", str(tmp_path / "out"), "--grabcut", str(tmp_path / "none")]
    assert main(call) == 0
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.startswith("| pets, 2 | 0.7, no zoom-in | 2 | ") and "(+0 %) | +0.00 (+0.00 to +0.00) |" in row
    assert row.endswith("| 60 s, 50 s, 1.30 GB |")
    given, left = trial.Trial("pets", 2, "").parts(read_items(data))
    assert len(given) == 2 and len(left) == 1 and left[0] not in given
    assert seen == [sum(int(np.isin(one.read_labels(), one.ids).sum()) for one in given)]
    with pytest.raises(SystemExit):
        main([*call[:1], "pets", *call[2:]])
    assert "such as microctl:20" in capsys.readouterr().err
    assert main([*call[:1], "pets:3", *call[2:]]) == 2 and "has 3 images" in capsys.readouterr().err


def test_a_trial_tells_what_a_program_used(tmp_path: Path):
    used = trial.timed([sys.executable, "-c", "print('a' * 5); raise SystemExit(3)"], tmp_path / "log")
    assert used["bytes"] > 1e6 and (tmp_path / "log").read_text() == "aaaaa\n"
    with pytest.raises(RuntimeError, match="ended with 2"):
        trial.timed([sys.executable, "-c", "raise SystemExit(2)"], tmp_path / "log")


def test_more_clicks_are_more():
    few, many = [[0.9] * 20] * 4, [[0.5, 0.9] + [0.9] * 18] * 4
    assert trial.comparison(few, many).startswith("1.00 to 2.00 (+100 %) | +1.00 (+1.00 to +1.00) | ")
