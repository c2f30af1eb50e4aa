"""Reads exports of Label Studio with libraries that are not ours, and compares them with what the backend answered.

usage: read-exports.py FOLDER, where lie truth.json and one file for each export; prints a row of JSON for each.
"""

import base64
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from label_studio_converter.brush import decode_rle
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask

folder = Path(sys.argv[1])
told = json.loads((folder / "truth.json").read_text("utf8"))
sizes = {name: tuple(size) for name, size in told["sizes"].items()}
tasks = {int(task): name for task, name in told["tasks"].items()}


def picture(name):
    """`f4f506e4-coffee.jpg` and `labels/f4f506e4-coffee.txt` are `coffee`."""
    return Path(name).stem.split("-")[-1]


def filled(rings, size):
    """Polygons in px."""
    flat = [[part for point in ring for part in point] for ring in rings]
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(flat, size[1], size[0]))) > 0


def filled_to_edge(rings, size):
    """Outlines that go through the centres of the outermost pixels."""
    image = Image.new("1", size)
    for ring in rings:
        ImageDraw.Draw(image).polygon([tuple(point) for point in ring], fill=1, outline=1)
    return np.asarray(image)


def corners(x, y, width, height):
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def shape(value, size):
    """The mask of a region's value in Label Studio's JSON."""
    width, height = size
    if "rle" in value:
        return decode_rle(value["rle"]).reshape(height, width, 4)[:, :, 3] > 0
    if "imageDataURL" in value:
        png = base64.b64decode(value["imageDataURL"].split(",")[1])
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[:, :, 3] > 0
    if "points" in value:
        return filled([[(x / 100 * width, y / 100 * height) for x, y in value["points"]]], size)
    box = value["x"], value["y"], value["width"], value["height"]
    x, y, w, h = (part / 100 * side for part, side in zip(box, (width, height, width, height)))
    return filled([corners(x, y, w, h)], size)


def without_holes(mask):
    """Everything that the outside does not reach."""
    image = Image.fromarray(np.pad(mask, 1).astype(np.uint8)).copy()
    ImageDraw.floodfill(image, (0, 0), 2)
    return (np.asarray(image) != 2)[1:-1, 1:-1]


LABELS = ("brushlabels", "polygonlabels", "bitmasklabels", "rectanglelabels", "labels")


def of_results(results, name):
    """Regions as their first item with labels says."""
    labels = {}
    for item in results:
        for key in LABELS:
            if key in item["value"]:
                labels.setdefault(item["id"], item["value"][key][0])
    for item in results:
        if item["from_name"] == "mask":
            yield name, labels[item["id"]], shape(item["value"], sizes[name])


def read_json(path):
    for task in json.loads(path.read_text("utf8")):
        for annotation in task["annotations"]:
            yield from of_results(annotation["result"], tasks[task["id"]])


def of_short(row):
    """A row of JSON_MIN or CSV: regions stand under the name of their tag."""
    name = picture(row["image"])
    column = "mask" if any(key in region for region in row["mask"] for key in LABELS) else "label"
    for region in row[column]:
        label = next(region[key][0] for key in LABELS if key in region)
        yield name, label, shape(region, sizes[name])


def read_json_min(path):
    for row in json.loads(path.read_text("utf8")):
        yield from of_short(row)


def read_table(path, delimiter):
    csv.field_size_limit(10**9)
    for row in csv.DictReader(io.StringIO(path.read_text("utf8")), delimiter=delimiter):
        yield from of_short({key: json.loads(text) if key in ("mask", "label") and text else text for key, text in row.items()})


def read_coco(path):
    with zipfile.ZipFile(path) as archive:
        data = json.loads(archive.read(next(name for name in archive.namelist() if name.endswith(".json"))))
    names = {one["id"]: one["name"] for one in data["categories"]}
    images = {one["id"]: picture(one["file_name"]) for one in data["images"]}
    for one in data["annotations"]:
        name = images[one["image_id"]]
        width, height = sizes[name]
        parts = one["segmentation"]
        if parts and path.name == "BRUSH_TO_COCO":
            mask = filled_to_edge([list(zip(part[::2], part[1::2])) for part in parts], (width, height))
        elif parts:
            objects = coco_mask.frPyObjects(parts, height, width)
            mask = coco_mask.decode(coco_mask.merge(objects if isinstance(objects, list) else [objects])) > 0
        else:
            x, y, w, h = one["bbox"]
            mask = filled([corners(x, y, w, h)], (width, height))
        yield name, names[one["category_id"]], mask


def read_yolo(path):
    with zipfile.ZipFile(path) as archive:
        classes = archive.read("classes.txt").decode("utf8").split("\n")
        for file in archive.namelist():
            if not (file.startswith("labels/") and file.endswith(".txt")):
                continue
            name = picture(file)
            width, height = sizes[name]
            for line in archive.read(file).decode("utf8").splitlines():
                kind, *rest = line.split()
                values = [float(one) for one in rest]
                if len(values) == 4:
                    x, y, w, h = values
                    ring = corners(x - w / 2, y - h / 2, w, h)
                else:
                    ring = list(zip(values[::2], values[1::2]))
                yield name, classes[int(kind)], filled([[(x * width, y * height) for x, y in ring]], sizes[name])


def read_voc(path):
    with zipfile.ZipFile(path) as archive:
        for file in archive.namelist():
            if not file.endswith(".xml"):
                continue
            tree = ElementTree.fromstring(archive.read(file))
            name = picture(tree.findtext("filename"))
            for one in tree.iter("object"):
                x1, y1, x2, y2 = (float(one.findtext(f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax"))
                yield name, one.findtext("name"), filled([corners(x1, y1, x2 - x1, y2 - y1)], sizes[name])


def read_brush(path, decode):
    with zipfile.ZipFile(path) as archive:
        for file in archive.namelist():
            task, label = re.match(r"task-(\d+)-annotation-\d+-by-\d+-mask-(.+)-\d+\.\w+$", Path(file).name).groups()
            yield tasks[int(task)], label, decode(io.BytesIO(archive.read(file))) > 0


def decode_png(file):
    return np.asarray(Image.open(file))


READERS = {
    "JSON": read_json,
    "JSON_MIN": read_json_min,
    "CSV": lambda path: read_table(path, ","),
    "TSV": lambda path: read_table(path, "\t"),
    "COCO": read_coco,
    "YOLO": read_yolo,
    "YOLO_OBB": read_yolo,
    "VOC": read_voc,
    "BRUSH_TO_COCO": read_coco,
    "BRUSH_TO_PNG": lambda path: read_brush(path, decode_png),
    "BRUSH_TO_NUMPY": lambda path: read_brush(path, np.load),
}


def union(regions):
    """One mask for each picture and class."""
    together = {}
    for where, label, mask in regions:
        together[where, label] = together.get((where, label), False) | mask
    return [(*key, mask) for key, mask in together.items()]


def compare(name, found):
    """Each answered region and the nearest of the same picture and class among those that were read."""
    expected = [(one["picture"], one["label"], shape(one["value"], sizes[one["picture"]])) for one in told["regions"]]
    left = list(found)
    if name == "BRUSH_TO_COCO":
        # Each part of a mask becomes an object of its own there, and holes are filled.
        expected = union((where, label, without_holes(mask)) for where, label, mask in expected)
        left = union(left)
    count = len(left)
    worst = 1.0
    missing = 0
    for where, label, mask in expected:
        same = [index for index, one in enumerate(left) if one[:2] == (where, label)]
        scores = {index: iou(mask, left[index][2]) for index in same}
        if not scores:
            missing += 1
            continue
        best = max(scores, key=scores.get)
        worst = min(worst, scores[best])
        left.pop(best)
    return {"export": name, "expected": len(expected), "found": count, "missing": missing, "iou": round(worst, 4)}


def iou(a, b):
    return float((a & b).sum() / max(1, (a | b).sum()))


for export in told["exports"]:
    path = folder / export
    try:
        row = compare(export, READERS[export](path))
    except Exception as error:
        row = {"export": export, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(row))

# The same JSON by Label Studio's own converter, outside of the server.
for export in told["converted"]:
    out = folder / f"converted-{export}"
    converter = Path(sys.executable).with_name("label-studio-converter")
    command = [converter, "export", "-i", folder / "JSON", "-c", folder / "config.xml", "-o", out, "-f", export]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(json.dumps({"export": f"converter {export}", "error": done.stderr[-300:]}))
        continue
    packed = folder / f"converted-{export}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in out.rglob("*"):
            if file.is_file():
                archive.write(file, file.relative_to(out))
    try:
        row = compare(export, READERS[export](packed))
    except Exception as error:
        row = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps({**row, "export": f"converter {export}"}))
