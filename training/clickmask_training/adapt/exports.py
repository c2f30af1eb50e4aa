"""Pictures with the masks of their objects, read from the exports of labeling tools.

COCO JSON, Label Studio JSON (brush, polygon, bitmask), CVAT for images (XML), LabelMe, and folders of pictures and masks.
Nothing is fetched: pictures are looked for beside the export and in ``pictures``.
"""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlparse
from xml.etree import ElementTree

import cv2
import numpy as np

from . import rle

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
MOST_BYTES = 8 * 2**30
"""Of an unpacked archive."""
LEAST_PIXELS = 20
"""Smaller objects are left out."""

Draw = Callable[[int, int], np.ndarray]
"""The mask of an object, uint8 (height, width), for a picture of (width, height)."""


@dataclass(frozen=True)
class Labelled:
    """A picture, and a function that draws the masks of its objects."""

    path: Path
    objects: tuple[Draw, ...]

    def read(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """BGR picture, and the masks of at least ``LEAST_PIXELS`` px."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"unreadable picture: {self.path}")
        height, width = image.shape[:2]
        rle.check_pixels(width, height)
        masks = [draw(width, height) for draw in self.objects]
        return image, [mask for mask in masks if int(mask.sum()) >= LEAST_PIXELS]


class Pictures:
    """Finds pictures by their names in an export."""

    def __init__(self, folders: list[Path]) -> None:
        self.by_name: dict[str, list[Path]] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix.lower() in PICTURES and path.is_file():
                    self.by_name.setdefault(path.name, []).append(path)

    def find(self, name: str) -> Path | None:
        """By the end of the path; the longest matching end wins. Label Studio adds a prefix to the names of uploads."""
        address = urlparse(name)
        local = parse_qs(address.query).get("d", [address.path])[0]
        parts = PurePosixPath(unquote(local).replace("\\", "/")).parts
        if not parts:
            return None
        candidates = self.by_name.get(parts[-1], [])
        if not candidates and "-" in parts[-1]:
            candidates = self.by_name.get(parts[-1].split("-", 1)[1], [])
        same = lambda path: sum(1 for a, b in zip(reversed(path.parts), reversed(parts)) if a == b)
        return max(candidates, key=same) if candidates else None


def read_export(source: Path, pictures: Path | None, scratch: Path) -> list[Labelled]:
    """What an export holds; an archive is unpacked into ``scratch``.

    Raises ``ValueError``, saying what was looked for, where there is nothing to learn from.
    """
    if not source.exists():
        raise FileNotFoundError(f"no export at {source}")
    if zipfile.is_zipfile(source):
        unpack(source, scratch)
        source = scratch
    folder = source if source.is_dir() else source.parent
    found = Pictures([folder, *([pictures] if pictures is not None else [])])
    files = [source] if source.is_file() else sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".xml"))
    missing: set[str] = set()
    labelled: list[Labelled] = []
    for file in files:
        for name, objects in read_file(file):
            path = found.find(name)
            if path is None:
                missing.add(name)
            elif objects:
                labelled.append(Labelled(path, tuple(objects)))
    if not labelled and not missing and source.is_dir():
        labelled = read_mask_folders(folder)
    if not labelled:
        hint = (
            f"its pictures were not found, such as {sorted(missing)[0]}; point --pictures at their folder"
            if missing
            else "expected COCO JSON, Label Studio JSON, CVAT for images (XML), LabelMe, or pictures with masks"
        )
        raise ValueError(f"no masks to learn from in {source}: {hint}")
    if missing:
        print(f"{len(missing)} pictures were not found and are left out, such as {sorted(missing)[0]}", flush=True)
    return merged(labelled)


def merged(labelled: list[Labelled]) -> list[Labelled]:
    """One entry a picture, in the order of their paths."""
    by_path: dict[Path, list[Draw]] = {}
    for one in labelled:
        by_path.setdefault(one.path, []).extend(one.objects)
    return [Labelled(path, tuple(by_path[path])) for path in sorted(by_path)]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of a stranger: no path leaves the folder, no more than ``MOST_BYTES``."""
    with zipfile.ZipFile(archive) as packed:
        if sum(info.file_size for info in packed.infolist()) > MOST_BYTES:
            raise ValueError(f"{archive} unpacks to more than {MOST_BYTES >> 30} GiB")
        packed.extractall(folder)  # zipfile itself drops ``..`` and drive letters


def read_file(path: Path) -> Iterator[tuple[str, list[Draw]]]:
    """Names of pictures with their objects; nothing for a file of another kind."""
    if path.suffix == ".xml":
        yield from read_cvat(path)
        return
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if isinstance(content, dict) and "annotations" in content and "images" in content:
        yield from read_coco(content)
    elif isinstance(content, dict) and "shapes" in content and "imagePath" in content:
        yield from read_labelme(content)
    elif isinstance(content, list) and content and isinstance(content[0], dict) and "data" in content[0]:
        yield from read_label_studio(content)


def polygon(rings: list[np.ndarray], share: bool = False) -> Draw:
    """An object made of closed rings of corners (x, y), in px or in percent of the picture's sides; even-odd."""

    def draw(width: int, height: int) -> np.ndarray:
        mask = np.zeros((height, width), np.uint8)
        scale = np.array([width, height]) / 100.0 if share else 1.0
        # Corners are at pixel edges, OpenCV's at pixel centres; 4 bits of fraction.
        fixed = [np.rint((ring * scale - 0.5) * 16).astype(np.int32) for ring in rings if len(ring) > 2]
        cv2.fillPoly(mask, fixed, 1, shift=4)
        return mask

    return draw


def fixed_mask(make: Callable[[], np.ndarray]) -> Draw:
    """A mask with its own size, scaled to the picture's if they differ."""

    def draw(width: int, height: int) -> np.ndarray:
        mask = make()
        same = mask.shape == (height, width)
        return mask if same else cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)

    return draw


def _ring(numbers: list[float]) -> np.ndarray:
    return np.asarray(numbers, np.float64).reshape(-1, 2)


def read_coco(content: dict) -> Iterator[tuple[str, list[Draw]]]:
    names = {image["id"]: image["file_name"] for image in content["images"]}
    objects: dict[object, list[Draw]] = {}
    for one in content["annotations"]:
        shape = one.get("segmentation")
        if one.get("iscrowd") and not isinstance(shape, dict):
            continue
        if isinstance(shape, dict):
            height, width = shape["size"]
            counts = shape["counts"]
            make = lambda counts=counts, height=height, width=width: rle.from_counts(
                rle.coco_counts(counts) if isinstance(counts, str) else counts, height, width, "F"
            )
            objects.setdefault(one["image_id"], []).append(fixed_mask(make))
        elif shape:
            objects.setdefault(one["image_id"], []).append(polygon([_ring(numbers) for numbers in shape]))
    for key, name in names.items():
        yield name, objects.get(key, [])


def read_labelme(content: dict) -> Iterator[tuple[str, list[Draw]]]:
    groups: dict[object, list[np.ndarray]] = {}
    for index, shape in enumerate(content["shapes"]):
        points = np.asarray(shape["points"], np.float64)
        kind = shape.get("shape_type", "polygon")
        if kind == "circle" and len(points) == 2:
            angles = np.linspace(0, 2 * np.pi, 65)[:-1]
            points = points[0] + np.linalg.norm(points[1] - points[0]) * np.stack([np.cos(angles), np.sin(angles)], 1)
        elif kind != "polygon":
            continue
        group = shape.get("group_id")
        groups.setdefault(("one", index) if group is None else ("group", group, shape.get("label")), []).append(points)
    yield content["imagePath"], [polygon(rings) for rings in groups.values()]


def read_label_studio(tasks: list[dict]) -> Iterator[tuple[str, list[Draw]]]:
    for task in tasks:
        accepted = [one for one in task.get("annotations", []) if not one.get("was_cancelled")]
        results = [region for one in accepted[-1:] for region in one.get("result", [])]
        pictures = [value for value in task["data"].values() if isinstance(value, str) and _is_picture(value)]
        if not pictures:
            continue
        yield pictures[0], [draw for region in results if (draw := _label_studio_region(region)) is not None]


def _is_picture(text: str) -> bool:
    address = urlparse(text)
    local = parse_qs(address.query).get("d", [address.path])[0]
    return PurePosixPath(local).suffix.lower() in PICTURES


def _label_studio_region(region: dict) -> Draw | None:
    value = region.get("value", {})
    if "points" in value:
        return polygon([np.asarray(value["points"], np.float64)], share=True)
    if "rle" in value:
        width, height = region["original_width"], region["original_height"]
        return fixed_mask(lambda: rle.label_studio(value["rle"], height, width))
    if "imageDataURL" in value:
        return fixed_mask(lambda: _bitmask(value["imageDataURL"]))
    return None


def _bitmask(url: str) -> np.ndarray:
    """A PNG in a data URL: what is opaque, if it has alpha; else what is not black."""
    data = np.frombuffer(base64.b64decode(url.split(",", 1)[-1]), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("a bitmask that is no picture")
    if picture.ndim == 3:
        picture = picture[..., 3] if picture.shape[2] == 4 else picture.max(2)
    return (picture > 0).astype(np.uint8)


def read_cvat(path: Path) -> Iterator[tuple[str, list[Draw]]]:
    text = path.read_text(encoding="utf-8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError(f"{path} declares entities, which an export of CVAT does not")
    root = ElementTree.fromstring(text)
    if root.tag != "annotations":
        return
    for image in root.iter("image"):
        objects: dict[object, list] = {}
        for index, shape in enumerate(image):
            group = shape.get("group_id")
            key = ("group", group, shape.get("label")) if group not in (None, "0") else ("one", index)
            if shape.tag == "polygon":
                corners = [[float(v) for v in point.split(",")] for point in shape.get("points", "").split(";")]
                objects.setdefault(key, []).append(polygon([np.asarray(corners)]))
            elif shape.tag == "mask":
                objects.setdefault(key, []).append(_cvat_mask(shape))
        yield image.get("name", ""), [_union(parts) for parts in objects.values()]


def _cvat_mask(shape: ElementTree.Element) -> Draw:
    left, top, width, height = (int(shape.get(name, "0")) for name in ("left", "top", "width", "height"))
    counts = [int(count) for count in shape.get("rle", "").split(",")]

    def draw(full_width: int, full_height: int) -> np.ndarray:
        mask = np.zeros((full_height, full_width), np.uint8)
        part = rle.from_counts(counts, height, width, "C")[: full_height - top, : full_width - left]
        mask[top : top + part.shape[0], left : left + part.shape[1]] = part
        return mask

    return draw


def _union(parts: list[Draw]) -> Draw:
    return parts[0] if len(parts) == 1 else lambda width, height: np.maximum.reduce([p(width, height) for p in parts])


MASK_FOLDERS = ("masks", "labels", "annotations", "SegmentationObject", "SegmentationClass")
"""Names of folders of masks beside one of pictures; by the order of preference."""


def read_mask_folders(folder: Path) -> list[Labelled]:
    """``images/x.jpg`` with ``masks/x.png`` (or ``x_1.png``, ...), or ``x.jpg`` with ``x_mask.png`` in one folder.

    Of a mask of two values the brighter one is the object; of one of more each value but 0 and 255 is an object.
    """
    masks = next((folder / name for name in MASK_FOLDERS if (folder / name).is_dir()), None)
    files = sorted(p for p in (masks or folder).rglob("*.png") if masks is not None or p.stem.endswith("_mask"))
    pictures = sorted(
        p for p in folder.rglob("*") if p.suffix.lower() in PICTURES and p not in files and (masks not in p.parents)
    )
    by_stem = {path.stem: path for path in pictures}
    labelled = []
    for file in files:
        stem = file.stem.removesuffix("_mask")
        while stem not in by_stem and "_" in stem:
            stem = stem.rsplit("_", 1)[0]
        if stem in by_stem:
            labelled.append(Labelled(by_stem[stem], tuple(_mask_objects(file))))
    return labelled


def _mask_objects(file: Path) -> list[Draw]:
    values = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise ValueError(f"unreadable mask: {file}")
    if values.ndim == 3:
        # Colours as numbers: each one is an object.
        values = values[..., :3].astype(np.int32) @ np.array([1, 256, 65536])
    found = [int(value) for value in np.unique(values) if value != 0]
    objects = found if len(found) == 1 else [value for value in found if value != 255]
    return [fixed_mask(lambda value=value: (values == value).astype(np.uint8)) for value in objects]
