"""Reads data sets with programs other than Clickmask and says how many pixels of each mask differ from the truth.

Usage: python readers.py FOLDER

FOLDER holds truth.json, a list of {"name", "width", "height", "objects": [{"class", "pixels"}]} with pixels as rows of '.' and
'#', and a folder for each data set, called like its format. Prints a line of JSON for each format.
"""

import base64
import io
import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np
from labelme.utils import shape_to_mask
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from skimage.draw import polygon as fill_polygon


def stem_of(name: str) -> str:
    return str(Path(name).with_suffix(""))


def read_coco(folder: Path) -> dict[str, list]:
    coco = COCO(str(folder / "annotations.json"))
    names = {key: value["name"] for key, value in coco.cats.items()}
    pictures = {}
    for image in coco.loadImgs(coco.getImgIds()):
        found = []
        for entry in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            mask = coco.annToMask(entry)
            assert entry["area"] == mask.sum(), "area"
            assert entry["bbox"] == list(coco_mask.toBbox(coco_mask.encode(np.asfortranarray(mask)))), "bbox"
            found.append((names[entry["category_id"]], mask))
        pictures[stem_of(image["file_name"])] = found
    return pictures


def read_panoptic(folder: Path) -> dict[str, list]:
    file = json.loads((folder / "panoptic.json").read_text())
    names = {entry["id"]: entry["name"] for entry in file["categories"]}
    images = {entry["id"]: entry for entry in file["images"]}
    pictures = {}
    for entry in file["annotations"]:
        colours = np.asarray(Image.open(folder / "panoptic" / entry["file_name"]), np.uint32)
        ids = colours[..., 0] + 256 * colours[..., 1] + 65536 * colours[..., 2]
        found = [(names[segment["category_id"]], ids == segment["id"]) for segment in entry["segments_info"]]
        pictures[stem_of(images[entry["image_id"]]["file_name"])] = found
    return pictures


def read_yolo(folder: Path, truth: list) -> dict[str, list]:
    text = (folder / "data.yaml").read_text()
    names = dict(re.findall(r'^  (\d+): "(.*)"$', text, re.M))
    pictures = {}
    for picture in truth:
        stem = stem_of(picture["name"])
        width, height = picture["width"], picture["height"]
        found = []
        for line in (folder / "labels" / f"{stem}.txt").read_text().splitlines():
            number, *values = line.split()
            points = np.array(values, np.float32).reshape(-1, 2) * np.array([width, height], np.float32)
            mask = np.zeros((height, width), np.uint8)
            # As ultralytics.data.utils.polygon2mask does: whole pixels, then the line and its inside.
            cv2.fillPoly(mask, [np.asarray(points, np.int32)], color=1)
            found.append((names[number], mask))
        pictures[stem] = found
    return pictures


def read_labelme(folder: Path) -> dict[str, list]:
    pictures = {}
    for path in sorted(folder.rglob("*.json")):
        file = json.loads(path.read_text())
        size = (file["imageHeight"], file["imageWidth"])
        found: dict = {}
        for i, shape in enumerate(file["shapes"]):
            if shape["shape_type"] == "mask":
                mask = np.zeros(size, bool)
                (x1, y1), (x2, y2) = shape["points"]
                part = np.asarray(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))) > 0
                mask[y1 : y2 + 1, x1 : x2 + 1] = part
            else:
                mask = shape_to_mask(size, shape["points"], shape["shape_type"])
            key = shape["group_id"] if shape["group_id"] is not None else f"shape {i}"
            label, before = found.get(key, (shape["label"], np.zeros(size, bool)))
            found[key] = (label, before | mask)
        pictures[str(path.relative_to(folder).with_suffix(""))] = list(found.values())
    return pictures


def read_voc(folder: Path) -> dict[str, list]:
    lines = (folder / "labelmap.txt").read_text().splitlines()[1:]
    names = [line.split(":")[0] for line in lines]
    pictures = {}
    for path in sorted((folder / "SegmentationClass").rglob("*.png")):
        stem = str(path.relative_to(folder / "SegmentationClass").with_suffix(""))
        picture = Image.open(path)
        classes = np.asarray(picture)
        colours = np.asarray(picture.convert("RGB"))
        for i, line in enumerate(lines):
            colour = [int(value) for value in line.split(":")[1].split(",")]
            assert (colours[classes == i] == colour).all(), "colours"
        objects = np.asarray(Image.open(folder / "SegmentationObject" / f"{stem}.png"))
        found = [(names[classes[objects == i][0]], objects == i) for i in range(1, objects.max() + 1)]
        pictures[stem] = found
    return pictures


def read_cityscapes(folder: Path) -> dict[str, list]:
    numbers = {26: "car", 24: "person"}
    pictures = {}
    for path in sorted(folder.rglob("*_instanceIds.png")):
        ids = np.asarray(Image.open(path))
        labels = np.asarray(Image.open(str(path).replace("instanceIds", "labelIds")))
        assert (labels == np.where(ids >= 1000, ids // 1000, ids)).all(), "labelIds"
        found = [(numbers[value // 1000], ids == value) for value in np.unique(ids) if value > 0]
        pictures[str(path.relative_to(folder)).replace("_gtFine_instanceIds.png", "")] = found
    return pictures


def read_label_map(folder: Path) -> dict[str, list]:
    names = (folder / "classes.txt").read_text().splitlines()
    pictures = {}
    for path in sorted(folder.rglob("*.png")):
        values = np.asarray(Image.open(path))
        found = [(names[value - 1], values == value) for value in np.unique(values) if value > 0]
        pictures[str(path.relative_to(folder).with_suffix(""))] = found
    return pictures


def fill_even_odd(rings: list, size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(size, bool)
    for ring in rings:
        part = np.zeros(size, bool)
        # Pixel centres are whole numbers to scikit-image.
        rows, columns = fill_polygon(np.array(ring)[:, 1] - 0.5, np.array(ring)[:, 0] - 0.5, size)
        part[rows, columns] = True
        mask ^= part
    return mask


def read_via(folder: Path) -> dict[str, list]:
    file = json.loads((folder / "via.json").read_text())
    pictures = {}
    for entry in file["_via_img_metadata"].values():
        size = (entry["file_attributes"]["height"], entry["file_attributes"]["width"])
        found: dict = {}
        for region in entry["regions"]:
            shape, attributes = region["shape_attributes"], region["region_attributes"]
            ring = list(zip(shape["all_points_x"], shape["all_points_y"], strict=True))
            key = attributes["object"]
            label, before = found.get(key, (attributes["class"], np.zeros(size, bool)))
            found[key] = (label, before | fill_even_odd([ring], size))
        pictures[stem_of(entry["filename"])] = list(found.values())
    return pictures


def read_svg(folder: Path) -> dict[str, list]:
    pictures = {}
    for path in sorted(folder.rglob("*.svg")):
        text = path.read_text()
        width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', text).groups())
        found = []
        for label, d in re.findall(r'data-class="([^"]*)".*? d="([^"]*)"', text):
            rings, x, y = [], 0.0, 0.0
            for command, numbers in re.findall(r"([MLHVZ])([^MLHVZ]*)", d):
                values = [float(value) for value in numbers.split()]
                if command == "Z":
                    continue
                x = values[0] if command in "MLH" else x
                y = values[-1] if command in "MLV" else y
                if command == "M":
                    rings.append([])
                rings[-1].append((x, y))
            found.append((label, fill_even_odd(rings, (height, width))))
        pictures[str(path.relative_to(folder).with_suffix(""))] = found
    return pictures


def read_masks(folder: Path) -> dict[str, list]:
    pictures = {}
    for entry in json.loads((folder / "masks.json").read_text()):
        found = [(part["class"], np.asarray(Image.open(folder / part["file"])) == 255) for part in entry["objects"]]
        pictures[stem_of(entry["picture"])] = found
    return pictures


def read_results(folder: Path) -> dict[str, list]:
    pictures = {}
    for line in (folder / "results.jsonl").read_text().splitlines():
        entry = json.loads(line)
        found = [(part["class"], coco_mask.decode(part["rle"])) for part in entry["objects"]]
        pictures[stem_of(entry["picture"])] = found
    return pictures


def read_datumaro(folder: Path, name: str) -> dict[str, list]:
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    dataset = Dataset.import_from(str(folder), name)
    labels = dataset.categories()[AnnotationType.label]
    pictures = {}
    for item in dataset:
        found: dict = {}
        for part in item.annotations:
            if part.type == AnnotationType.mask:
                found[len(found)] = (labels[part.label].name, np.asarray(part.image))
        pictures[item.id] = list(found.values())
    return pictures


def compare(truth: list, pictures: dict[str, list], is_semantic: bool) -> dict:
    differing = 0
    masks = 0
    worst = 0
    for picture in truth:
        wanted = [
            (entry["class"], np.array([[pixel == "#" for pixel in row] for row in entry["pixels"]]))
            for entry in picture["objects"]
        ]
        if is_semantic:
            classes = dict.fromkeys(label for label, _ in wanted)
            wanted = [(name, np.any([mask for label, mask in wanted if label == name], axis=0)) for name in classes]
        found = list(pictures[stem_of(picture["name"])])
        assert len(found) == len(wanted), f"{picture['name']}: {len(found)} objects, not {len(wanted)}"
        for label, mask in wanted:
            rest = [(int((mask != other.astype(bool)).sum()), i) for i, (name, other) in enumerate(found) if name == label]
            wrong, best = min(rest)
            found.pop(best)
            masks += 1
            differing += wrong > 0
            worst = max(worst, wrong)
    return {"masks": masks, "differing": int(differing), "worstPixels": worst}


def main() -> None:
    root = Path(sys.argv[1])
    truth = json.loads((root / "truth.json").read_text())
    readers = {
        "coco": lambda: read_coco(root / "coco"),
        "coco-panoptic": lambda: read_panoptic(root / "coco-panoptic"),
        "yolo-seg": lambda: read_yolo(root / "yolo-seg", truth),
        "labelme": lambda: read_labelme(root / "labelme"),
        "voc": lambda: read_voc(root / "voc"),
        "cityscapes": lambda: read_cityscapes(root / "cityscapes"),
        "label-map": lambda: read_label_map(root / "label-map"),
        "via": lambda: read_via(root / "via"),
        "svg": lambda: read_svg(root / "svg"),
        "masks": lambda: read_masks(root / "masks"),
        "results": lambda: read_results(root / "results"),
        "voc by datumaro": lambda: read_datumaro(root / "voc", "voc_segmentation"),
    }
    for name, read in readers.items():
        output = sys.stdout
        # What a reader prints is not the report.
        sys.stdout = sys.stderr
        try:
            report = compare(truth, read(), name == "label-map")
        except Exception as error:  # a reader that fails is a finding too
            report = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout = output
        print(json.dumps({"format": name, **report}))


main()
