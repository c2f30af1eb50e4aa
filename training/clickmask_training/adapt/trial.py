"""What ``adapt`` gains: it adapts to a few images of a source, and measures on all the others and on GrabCut.

The figures of RESULTS.md come from here. Each step's result is a file in the folder, so a second call goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from ..evaluate import number_of_clicks
from ..evaluation_sets import EvaluationSample, grabcut_samples, item_samples
from ..items import Item
from ..manifest import refinement_of
from .measure import figures, measure
from .refining import refinement_for
from .run import base_weights

PER_PICTURE = 2
"""Objects that are measured of a picture."""
ENOUGH = 0.85
RESAMPLES = 2000

HEADER = (
    "| set, images | share | objects left over | NoC@85 | difference | mIoU after 1, 2, 3 | GrabCut @85 | time, CPU, memory |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


@dataclass(frozen=True)
class Trial:
    """``pictures`` of a source are given to ``adapt``: the first in an order that ``draw``, any text, decides."""

    source: str
    pictures: int
    draw: str

    @property
    def name(self) -> str:
        return f"{self.source}-{self.pictures}"

    def parts(self, items: list[Item]) -> tuple[list[Item], list[Item]]:
        """The pictures that are given, and those left over."""
        own = [item for item in items if item.source == self.source]
        if not 2 <= self.pictures < len(own):
            raise ValueError(f"{self.source} has {len(own)} images; expected 2 to {len(own) - 1}, not {self.pictures}")
        own.sort(key=lambda item: sha256(f"{self.draw}/{item.name}".encode()).hexdigest())
        return own[: self.pictures], own[self.pictures :]


def run_trial(
    trial: Trial, items: list[Item], grabcut: Path | None, folder: Path, base: str, options: list[str]
) -> str:
    """Adapt and measure; the row of a Markdown table. ``options`` are further ones of ``adapt``."""
    given, left = trial.parts(items)
    export, model = folder / f"{trial.name}-export", folder / trial.name
    if not (folder / f"{trial.name}.json").is_file():
        write_export(given, export)
        arguments = ["--from", str(export), "--out", str(model), "--base", base, *options]
        used = timed([sys.executable, "-m", "clickmask_training", "adapt", *arguments], folder / f"{trial.name}.log")
        (folder / f"{trial.name}.json").write_text(json.dumps(used))
    used = json.loads((folder / f"{trial.name}.json").read_text())
    cost = f"{used['seconds']} s, {used['cpu']} s, {used['bytes'] / 1e9:.2f} GB"
    weights = model / "weights.pt"
    samples = list(item_samples(left, PER_PICTURE))
    before = measured(base_weights(base), samples, folder / f"base-{trial.source}.json")
    if not weights.is_file():
        noc, iou = summary(before)
        return f"| {trial.source}, {trial.pictures} | refused | {len(samples)} | {noc:.2f} (0 %) | | {iou} | | {cost} |"
    after = measured(weights, samples, folder / f"{trial.name}-left.json")
    record = json.loads((model / "adapted.json").read_text())
    written = f"{record['share']:g}{'' if record['zoom_in']['on'] else ', no zoom-in'}"
    general = ""
    if grabcut is not None:
        pictures = list(grabcut_samples(grabcut))
        was, now = (
            measured(one, pictures, folder / f"{name}-grabcut.json")
            for one, name in ((base_weights(base), "base"), (weights, trial.name))
        )
        general = f"{summary(was)[0]:.2f} to {summary(now)[0]:.2f}"
    return f"| {trial.source}, {trial.pictures} | {written} | {len(samples)} | {comparison(before, after)} | {general} | {cost} |"


def write_export(items: list[Item], folder: Path) -> None:
    """COCO JSON with run lengths, and the pictures beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number, item in enumerate(items):
        labels = item.read_labels()
        height, width = labels.shape
        name = item.image_path.name
        (folder / name).write_bytes(item.image_path.read_bytes())
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        for value in item.ids:
            column = np.concatenate([[0], (labels == value).T.ravel().astype(np.int8)])
            edges = np.flatnonzero(np.diff(column))
            if len(edges):
                counts = np.diff(np.concatenate([[0], edges, [labels.size]])).tolist()
                rle = {"size": [height, width], "counts": counts}
                entry = {"id": len(annotations) + 1, "image_id": number, "category_id": 1, "iscrowd": 1}
                annotations.append({**entry, "segmentation": rle})
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "object"}]}
    (folder / "export.json").write_text(json.dumps(content))


def timed(command: list[str], log: Path) -> dict:
    """Run a program; its seconds, those of the CPU, and its largest memory in bytes. POSIX only."""
    started = time.monotonic()
    with log.open("a") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=Path(__file__).parents[2])
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise RuntimeError(f"adapt ended with {process.returncode}; see {log}")
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = round(usage.ru_utime + usage.ru_stime)
    return {"seconds": round(time.monotonic() - started), "cpu": cpu, "bytes": usage.ru_maxrss * unit}


def measured(weights: Path, samples: list[EvaluationSample], kept: Path) -> list[list[float]]:
    """IoU after each click with the model's own refinement, a list a sample. ``kept`` has what was measured before."""
    known = json.loads(kept.read_text()) if kept.is_file() else {}
    missing = [sample for sample in samples if sample.name not in known]
    if missing:
        refinement = refinement_of(refinement_for(weights))
        ious = measure(weights, refinement, missing, lambda: None, enough=ENOUGH)
        known |= {sample.name: one for sample, one in zip(missing, ious)}
        kept.write_text(json.dumps(known))
    return [known[sample.name] for sample in samples]


def clicks(ious: list[list[float]]) -> np.ndarray:
    return np.array([number_of_clicks(one, ENOUGH) for one in ious])


def summary(ious: list[list[float]]) -> tuple[float, str]:
    """Mean clicks, and the mean IoU after the first three as text. A sample that has enough keeps its IoU."""
    means = figures(ious)
    return means.clicks_85, " ".join(f"{value:.3f}".lstrip("0") for value in means.curve[:3])


def comparison(before: list[list[float]], after: list[list[float]]) -> str:
    """Cells: clicks before and after, their difference with a paired bootstrap's 95 % interval, and the mean IoU."""
    (was, first), (now, second) = summary(before), summary(after)
    difference = clicks(after) - clicks(before)
    drawn = np.random.default_rng(0).integers(0, len(difference), (RESAMPLES, len(difference)))
    low, high = np.quantile(difference[drawn].mean(1), (0.025, 0.975))
    gain = f"{was:.2f} to {now:.2f} ({100 * (now / was - 1):+.0f} %)"
    return f"{gain} | {difference.mean():+.2f} ({low:+.2f} to {high:+.2f}) | {first} to {second}"
