"""NoC protocol, refinement pipeline, export."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from clickmask_training.evaluate import (
    VARIANTS,
    click_ious,
    compare_readings,
    evaluate_correction,
    number_of_clicks,
    rank_correlation,
    readings_of,
    summarise,
)
from clickmask_training.evaluation_sets import EvaluationSample, grabcut_samples, seen_from_near
from clickmask_training.models import Candidates
from clickmask_training.pictures import write_worst
from clickmask_training.pipeline import ClickPipeline, Refinement, ZoomIn, fill_holes, zoom_region
from clickmask_training.samples import write_berkeley, write_corrections

GRABCUT = Path(__file__).resolve().parents[3] / "shared" / "data" / "grabcut"


def sample(height: int = 90, width: int = 120) -> EvaluationSample:
    """Two discs, the one of 20 px the object."""
    truth = np.zeros((height, width), np.uint8)
    cv2.circle(truth, (40, 45), 20, 1, -1)
    image = np.full((height, width, 3), 40, np.uint8)
    image[truth > 0] = 220
    cv2.circle(image, (95, 45), 12, (220, 220, 220), -1)
    return EvaluationSample("discs", image, truth, np.zeros_like(truth))


class BrightNetwork:
    """A stand-in: bright where a positive click is, minus a disc about each negative click. Second candidate: all of it."""

    size, grid = 64, 32

    def __init__(self) -> None:
        self.encoded: list[np.ndarray] = []

    def encode(self, image: np.ndarray) -> np.ndarray:
        self.encoded.append(image)
        return cv2.resize(image, (self.grid, self.grid), interpolation=cv2.INTER_AREA)[..., 0]

    def decode(self, features: np.ndarray, clicks: np.ndarray, previous: np.ndarray) -> Candidates:
        logits = (features - 0.5) * 20
        ys, xs = np.mgrid[0 : self.grid, 0 : self.grid] + 0.5
        for x, y, label in clicks:
            if label == 0:
                logits = np.where((xs - x / 2) ** 2 + (ys - y / 2) ** 2 < 64, -10.0, logits)
        everything = np.full_like(logits, 10.0)
        return Candidates(np.stack([logits, everything]).astype(np.float32), np.array([0.1, 0.9], np.float32))


def test_noc():
    assert number_of_clicks([0.5, 0.86, 0.91], 0.85) == 2
    assert number_of_clicks([0.5] * 20, 0.85) == 20
    report = summarise([[0.5] * 19 + [0.96], [0.96] * 20])
    assert report.noc[0.9] == 10.5 and report.failures[0.9] == 1 and report.curve[1] == pytest.approx(0.73)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_segments_the_disc(name: str):
    ious = click_ious(BrightNetwork(), VARIANTS[name], sample(), max_clicks=6)
    assert max(ious) > 0.85 and len(ious) == 6


def test_strips_of_the_worst(tmp_path: Path):
    network, one = BrightNetwork(), sample()
    write_worst(tmp_path, "set", network, Refinement(), [(one, [0.9] * 20), (one, [0.1] * 20)], 1)
    (path,) = tmp_path.iterdir()
    assert cv2.imread(str(path)).shape == (90, 120 * 4, 3)


def test_a_view_from_near_holds_the_object_at_its_share():
    one = sample()
    near = seen_from_near(one, 0.7)
    side = np.ptp(np.nonzero(one.truth)[0]) + 1
    assert near.truth.sum() == one.truth.sum()
    assert side / near.truth.shape[0] == pytest.approx(0.7, abs=0.02)
    assert near.image.shape[:2] == near.truth.shape == near.ignore.shape
    assert seen_from_near(near, 0.4) is near


def test_candidate_by_score_or_first():
    pipeline = ClickPipeline(BrightNetwork(), Refinement(candidate="score"), sample().image)
    assert pipeline.add((40.5, 45.5, 1.0)).all()
    assert not ClickPipeline(BrightNetwork(), Refinement(), sample().image).add((40.5, 45.5, 1.0)).all()


def test_readings_of_the_first_click():
    (first, second), scores = readings_of(BrightNetwork(), Refinement(), sample(), count=2)
    whole = click_ious(BrightNetwork(), Refinement(), sample(), max_clicks=1)
    assert [first] == whole and second == pytest.approx(sample().truth.mean())
    assert scores == pytest.approx([0.1, 0.9])


def test_scores_that_rank_the_wrong_way(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readings_of, "__defaults__", (2,))
    readings = compare_readings(BrightNetwork(), Refinement(), [sample(), sample()])
    assert readings.first == readings.best > readings.scored == pytest.approx(sample().truth.mean())
    assert [readings.correlation, readings.within] == pytest.approx([-1.0, -1.0])


def test_rank_correlation():
    assert rank_correlation(np.array([1.0, 2.0, 9.0]), np.array([0.1, 0.2, 0.3])) == pytest.approx(1.0)
    # scipy.stats.spearmanr([1, 2, 2, 4], [4, 1, 2, 3])
    assert rank_correlation(np.array([1, 2, 2, 4]), np.array([4, 1, 2, 3])) == pytest.approx(-0.316228, abs=1e-6)
    assert rank_correlation(np.array([1, 1]), np.array([1, 2])) == 0.0


def test_flip_mirrors_picture_clicks_and_result():
    network = BrightNetwork()
    plain = ClickPipeline(network, Refinement(), sample().image)
    flipped = ClickPipeline(network, Refinement(flip=True), sample().image)
    for click in ((40.5, 45.5, 1.0), (95.5, 45.5, 0.0)):
        a, b = plain.add(click), flipped.add(click)
    assert (a != b).mean() < 0.01
    assert np.array_equal(network.encoded[1], network.encoded[2][:, ::-1])


def test_zoom_region_follows_the_published_rule():
    mask = np.zeros((300, 400), bool)
    mask[100:200, 50:350] = True
    # Height 100 expands to the least side 200 (both ends half-way, rounded to even), width 300 to 420, clamped.
    assert zoom_region(mask, [(200.5, 150.5, 1.0)], None, ZoomIn()) == (0, 50, 400, 201)
    kept = (0, 40, 400, 210)
    assert zoom_region(mask, [(200.5, 150.5, 1.0)], kept, ZoomIn()) == kept
    assert zoom_region(mask, [(200.5, 20.5, 1.0)], kept, ZoomIn()) != kept  # a positive click outside


def test_zoom_leaves_large_objects_alone():
    def regions(largest_share: float, any_size_from: int | None = None) -> list:
        zoom = ZoomIn(least_side=20, largest_share=largest_share, any_size_from=any_size_from)
        pipeline = ClickPipeline(BrightNetwork(), Refinement(zoom_in=zoom), sample().image)
        taken = []
        for click in ((40.5, 45.5, 1.0), (42.5, 45.5, 1.0)):
            pipeline.add(click)
            taken.append(pipeline._grid[0])
        return taken

    height, width = sample().image.shape[:2]
    whole = (0, 0, width, height)
    first, second = regions(1.0)
    assert first == whole and second != whole
    share = second[2] * second[3] / (width * height)
    assert regions(share) == [first, second]
    assert regions(share * 0.99) == [whole, whole]
    assert regions(share * 0.99, any_size_from=2) == [first, second]
    assert regions(share * 0.99, any_size_from=3) == [whole, whole]


def test_holes_that_nobody_asked_for_are_filled():
    mask = np.ones((20, 20), np.uint8)
    mask[5:8, 5:8] = mask[10:12, 10:12] = mask[15:, 3] = mask[2, 15] = mask[3, 16] = 0
    filled = fill_holes(mask, 4, [(11.0, 11.5, 0.0)])
    expected = mask.copy()
    expected[2, 15] = expected[3, 16] = 1
    assert np.array_equal(filled, expected)


def test_correction_starts_from_the_given_mask():
    corrected, fresh = evaluate_correction(BrightNetwork(), Refinement(), [sample()])
    assert corrected.samples == fresh.samples == 1


@pytest.mark.skipif(not GRABCUT.is_dir(), reason="GrabCut is not here")
def test_grabcut_decoding():
    samples = list(grabcut_samples(GRABCUT))
    assert len(samples) == 50
    assert all(s.truth.any() and not (s.truth & s.ignore).any() for s in samples)
    assert sum(bool(s.ignore.any()) for s in samples) == 41  # the others have no band to ignore


def test_samples_as_data_sets(tmp_path: Path):
    discs = sample()
    discs.ignore[0] = 1
    assert write_berkeley(tmp_path / "plain", [discs]) == 1
    mask = cv2.imread(str(tmp_path / "plain" / "masks" / "discs.png"), cv2.IMREAD_UNCHANGED)
    assert (mask[0] == 128).all() and ((mask == 255) == (discs.truth > 0)).all()
    picture = cv2.imread(str(tmp_path / "plain" / "images" / "discs.png"))
    assert (picture[..., ::-1] == discs.image).all()
    assert write_corrections(tmp_path / "wrong", [discs]) == 1
    start = cv2.imread(str(tmp_path / "wrong" / "discs" / "init_sp_1_00000.png"), cv2.IMREAD_UNCHANGED) > 128
    truth = cv2.imread(str(tmp_path / "wrong" / "discs" / "1_00000.png"), cv2.IMREAD_UNCHANGED) > 128
    assert 0.74 <= (start & truth).sum() / (start | truth).sum() <= 0.86


def test_export_matches_pytorch(data: Path, backbone: Path, tmp_path: Path):
    pytest.importorskip("torch")
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    from dataclasses import replace

    from clickmask_training.config import SCHEDULES
    from clickmask_training.decoder import DecoderConfig
    from clickmask_training.export import FEATURES, PARITY, example_clicks, export, open_sessions
    from clickmask_training.items import read_items, select_items
    from clickmask_training.manifest import manifest
    from clickmask_training.models import open_model
    from clickmask_training.train import RunOptions, train

    # All parts at once, also those that schedules leave out.
    config = replace(SCHEDULES["smoke"], samples=2, decoder=DecoderConfig(first_click_attention=True))
    train(select_items(read_items(data)), config, RunOptions(tmp_path, backbone, workers=0, threads=1, device="cpu"))
    description = export(tmp_path / "checkpoint.pt", tmp_path / "onnx", 64)
    outputs = {t["name"]: t["shape"] for t in description["files"]["encoder.onnx"]["outputs"]}
    assert outputs["features_4"] == ["batch", 32, 16, 16]  # numbers, as the SDK's manifest wants them
    written = manifest(description, "1.2.3", "all", "first")
    assert written["graphs"]["decoder"]["sha256"] == description["files"]["decoder.onnx"]["sha256"]
    assert written["licence"]["note"] and not written["licence"]["commercialUse"]
    assert "note" not in manifest(description, "1.2.3", "clear", "first")["licence"]
    assert description["parity_max_abs"]["fp32"] <= PARITY
    assert description["files"]["decoder.onnx"]["bytes"] < 0.6 * description["files"]["decoder.fp32.onnx"]["bytes"]
    tensors = {t["name"]: t["shape"] for t in description["files"]["decoder.onnx"]["inputs"]}
    assert tensors["clicks"] == ["batch", "clicks", 3] and tensors["previous"] == ["batch", 1, 32, 32]
    for name in ("encoder", "decoder"):
        nodes = onnx.load(tmp_path / "onnx" / f"{name}.onnx").graph.node
        assert not any(node.op_type == "Pad" for node in nodes)
        for node in nodes:
            if node.op_type == "Conv":
                assert {a.name for a in node.attribute} >= {"dilations", "strides", "pads", "group", "kernel_shape"}
    # Two requests at once are answered as one by one.
    encoder, decoder = open_sessions(tmp_path / "onnx", threads=1)
    generator = np.random.default_rng(0)
    images, previous = generator.random((2, 3, 64, 64), np.float32), generator.random((2, 1, 32, 32), np.float32)
    clicks = np.concatenate([example_clicks(3, 64, seed).numpy() for seed in (1, 2)])

    def answers(part: slice) -> list[np.ndarray]:
        features = dict(zip(FEATURES, encoder.run(FEATURES, {"image": images[part]})))
        return decoder.run(["logits", "scores"], {**features, "clicks": clicks[part], "previous": previous[part]})

    joined, single = answers(slice(0, 2)), [answers(slice(i, i + 1)) for i in range(2)]
    for k in range(2):
        np.testing.assert_allclose(joined[k], np.concatenate([one[k] for one in single]), atol=1e-4)
    # Both kinds of model go through the same pipeline to the same mask.
    masks = [
        ClickPipeline(open_model(path, 64), Refinement(cascade_steps=1), sample().image).add((40.5, 45.5, 1.0))
        for path in (tmp_path / "checkpoint.pt", tmp_path / "onnx")
    ]
    assert (masks[0] != masks[1]).mean() < 1e-3
    # A silenced part changes what the network sees, and only a known part can be.
    image, clicks = np.full((64, 64, 3), 0.5, np.float32), np.array([[30, 30, 1]], np.float32)
    previous = np.full((32, 32), 0.7, np.float32)

    def logits(without: tuple[str, ...] = ()) -> np.ndarray:
        model = open_model(tmp_path / "checkpoint.pt", 64, without)
        return model.decode(model.encode(image), clicks, previous).logits

    whole = logits()
    for part in ("first-click", "similarity", "previous"):
        assert np.abs(logits((part,)) - whole).max() > 1e-4
    with pytest.raises(ValueError, match="unknown parts"):
        open_model(tmp_path / "checkpoint.pt", 64, ("clicks",))
    with pytest.raises(ValueError, match="checkpoint only"):
        open_model(tmp_path / "onnx", 64, ("previous",))
