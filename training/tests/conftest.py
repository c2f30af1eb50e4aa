"""Synthetic data for the tests: a few pictures with coloured shapes, and a backbone file with random weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")

SIDE = 96


def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """RGB picture and label map with two objects and an ignored band."""
    random = np.random.default_rng(seed)
    image = random.integers(60, 100, (SIDE, SIDE + 32, 3)).astype(np.uint8)
    labels = np.zeros(image.shape[:2], np.uint8)
    cv2.circle(labels, (30, 40), 22, 255, -1)
    cv2.circle(labels, (30, 40), 20, 1, -1)
    cv2.rectangle(labels, (70, 20), (110, 70), 2, -1)
    image[labels == 1] = random.integers(150, 255, 3)
    image[labels == 2] = random.integers(0, 60, 3)
    return image, labels


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two training sources, one hold-out source and one of unclear rights."""
    root = tmp_path_factory.mktemp("data")
    (root / "items").mkdir()
    entries = []
    sources = [
        ("pets", "CC BY-SA 4.0", 3),
        ("ccp", "Apache-2.0 (annotations and photos as published)", 2),
        ("microctl", "MIT", 1),
        ("sysu", "none stated", 1),
    ]
    for source, licence, count in sources:
        for index in range(count):
            name = f"{source}_{index}"
            image, labels = draw(len(entries))
            kind = "jpg" if index else "webp"  # both are read
            cv2.imwrite(str(root / "items" / f"{name}.{kind}"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
            cv2.imwrite(str(root / "items" / f"{name}.png"), labels)
            entries.append(
                {"n": name, "src": source, "ids": [1, 2], "licence": licence, "thin": [2] if source == "ccp" else []}
            )
    (root / "items.json").write_text(json.dumps(entries))
    return root


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random backbone weights in the file layout."""
    torch = pytest.importorskip("torch")
    from clickmask_training.backbone import MobileNetV2

    torch.manual_seed(1)
    convolutions = [module for module in MobileNetV2().modules() if isinstance(module, torch.nn.Conv2d)]
    arrays = {}
    for index, conv in enumerate(convolutions):
        arrays[f"{index:02d}.weight"] = conv.weight.detach().numpy()
        arrays[f"{index:02d}.bias"] = conv.bias.detach().numpy()
    path = tmp_path_factory.mktemp("backbone") / "backbone.npz"
    np.savez(path, **arrays)
    return path
