"""Reading exports: every format draws the same two objects."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from clickmask_training.adapt import rle
from clickmask_training.adapt.exports import read_export

WIDTH, HEIGHT = 48, 32
BOXES = ((4, 5, 20, 15), (30, 10, 12, 18))
"""x, y, width, height of the two objects."""


def truth(box: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    x, y, w, h = box
    mask[y : y + h, x : x + w] = 1
    return mask


def corners(box: tuple[int, int, int, int]) -> list[list[float]]:
    x, y, w, h = box
    return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]


def flat(box: tuple[int, int, int, int]) -> list[float]:
    return [value for corner in corners(box) for value in corner]


def counts(mask: np.ndarray, order: str) -> list[int]:
    flat = mask.ravel(order)
    ends = np.flatnonzero(np.diff(flat.astype(np.int8))) + 1
    lengths = np.diff([0, *ends, flat.size]).tolist()
    return [0, *lengths] if flat[0] else lengths


def brush(mask: np.ndarray) -> list[int]:
    """Label Studio's run lengths, written bit by bit: each pixel's four bytes as a repeated value."""
    bits = f"{mask.size * 4:032b}" + f"{7:05b}" + f"{15:04b}" * 4
    for value in mask.ravel():
        bits += "1" + "00" + f"{3:016b}" + f"{255 * value:08b}"
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


def coco_text(values: list[int]) -> str:
    """COCO's compressed counts."""
    text = ""
    for index, value in enumerate(values):
        value -= values[index - 2] if index > 2 else 0
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text += chr((bits | (0x20 if more else 0)) + 48)
    return text


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((HEIGHT, WIDTH, 3), 90, np.uint8))


def coco(folder: Path, shape) -> None:
    picture(folder / "images" / "a.png")
    content = {
        "images": [{"id": 7, "file_name": "a.png"}],
        "annotations": [{"image_id": 7, "segmentation": shape(box)} for box in BOXES],
    }
    (folder / "result.json").write_text(json.dumps(content))


def label_studio(folder: Path, value) -> None:
    picture(folder / "images" / "a.png")
    size = {"original_width": WIDTH, "original_height": HEIGHT}
    result = [{**size, "value": value(box)} for box in BOXES]
    task = {"data": {"image": "/data/upload/1/0a1b2c3d-a.png"}, "annotations": [{"result": result}]}
    (folder / "export.json").write_text(json.dumps([task]))


def cvat(folder: Path, shape) -> None:
    picture(folder / "images" / "a.png")
    shapes = "".join(shape(box) for box in BOXES)
    (folder / "annotations.xml").write_text(f'<annotations><image id="0" name="a.png">{shapes}</image></annotations>')


def cvat_mask(box: tuple[int, int, int, int]) -> str:
    x, y, w, h = box
    return f'<mask label="a" rle="0, {w * h}" left="{x}" top="{y}" width="{w}" height="{h}"/>'


def percent(box: tuple[int, int, int, int]) -> dict:
    return {"points": [[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in corners(box)]}


def bitmap(box: tuple[int, int, int, int]) -> dict:
    data = cv2.imencode(".png", truth(box) * 255)[1]
    return {"imageDataURL": "data:image/png;base64," + base64.b64encode(data).decode()}


def labelme(folder: Path) -> None:
    picture(folder / "a.png")
    shapes = [{"label": "x", "points": corners(box), "shape_type": "polygon"} for box in BOXES]
    (folder / "a.json").write_text(json.dumps({"imagePath": "a.png", "shapes": shapes}))


def mask_folder(folder: Path) -> None:
    picture(folder / "images" / "a.jpg")
    (folder / "masks").mkdir()
    for index, box in enumerate(BOXES):
        cv2.imwrite(str(folder / "masks" / f"a_{index}.png"), truth(box) * 255)


def mask_beside(folder: Path) -> None:
    picture(folder / "a.jpg")
    cv2.imwrite(str(folder / "a_mask.png"), truth(BOXES[0]) * 3 + truth(BOXES[1]) * 9)


FORMATS = {
    "coco polygons": lambda folder: coco(folder, lambda box: [flat(box)]),
    "coco runs": lambda folder: coco(folder, lambda box: {"size": [HEIGHT, WIDTH], "counts": counts(truth(box), "F")}),
    "coco text": lambda folder: coco(
        folder, lambda box: {"size": [HEIGHT, WIDTH], "counts": coco_text(counts(truth(box), "F"))}
    ),
    "label studio polygons": lambda folder: label_studio(folder, percent),
    "label studio brush": lambda folder: label_studio(folder, lambda box: {"format": "rle", "rle": brush(truth(box))}),
    "label studio bitmask": lambda folder: label_studio(folder, bitmap),
    "cvat polygons": lambda folder: cvat(
        folder, lambda box: f'<polygon label="a" points="{";".join(f"{x},{y}" for x, y in corners(box))}"/>'
    ),
    "cvat masks": lambda folder: cvat(folder, cvat_mask),
    "labelme": labelme,
    "mask folder": mask_folder,
    "mask beside": mask_beside,
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_every_format_gives_the_same_objects(name: str, packed: bool, tmp_path: Path):
    source = tmp_path / "export"
    FORMATS[name](source)
    if packed:
        with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
            for path in source.rglob("*"):
                archive.write(path, path.relative_to(source))
        source = tmp_path / "export.zip"
    [one] = read_export(source, None, tmp_path / "scratch")
    image, masks = one.read()
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert len(masks) == 2
    for mask, box in zip(masks, BOXES):
        # OpenCV's polygons cover the pixels on their outline too.
        assert np.abs(mask.astype(int) - truth(box)).sum() <= 2 * (box[2] + box[3])


def test_what_cannot_be_read_is_said(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        read_export(tmp_path / "none", None, tmp_path / "scratch")
    coco(tmp_path / "export", lambda box: [flat(box)])
    (tmp_path / "export" / "images" / "a.png").unlink()
    with pytest.raises(ValueError, match="point --pictures"):
        read_export(tmp_path / "export", None, tmp_path / "scratch")
    picture(tmp_path / "elsewhere" / "a.png")
    assert len(read_export(tmp_path / "export" / "result.json", tmp_path / "elsewhere", tmp_path / "scratch")) == 1


@pytest.mark.parametrize(
    "broken",
    [
        lambda: rle.from_counts([3, 4], 2, 2, "C"),
        lambda: rle.from_counts([-1, 5], 2, 2, "C"),
        lambda: rle.from_counts([1], 100_000, 100_000, "C"),
        lambda: rle.coco_counts("o"),
        lambda: rle.label_studio([0, 0, 0, 16, 63, 255], 2, 2),
        lambda: rle.label_studio(brush(np.ones((2, 2), np.uint8)), 3, 3),
    ],
)
def test_broken_run_lengths_are_refused(broken):
    with pytest.raises(ValueError):
        broken()
