"""``adapt``: from an export to a model folder that needs fewer clicks on pictures like those."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..checkpoint import Progress, write_weights
from ..config import Phase, TrainConfig
from ..dataset import SampleConfig
from ..evaluation_sets import item_samples
from ..export import export
from ..manifest import REFINEMENT, manifest, refinement_of, write_manifest
from ..suem import SuemConfig
from ..train import RunOptions, train
from . import measure as measured
from . import replay
from .exports import read_export
from .page import write_page
from .project import Split, split, write_items
from .scenes import general_scenes

WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
STEPS_PER_MINUTE = 32
"""What two free cores do at least. The length is counted in steps, so that two runs give the same model."""
STEPS_PER_PICTURE, LEAST_STEPS = 10, 48
"""How many are useful: few pictures tell little, however often they are looked at."""
BATCH = 4
SHARES = (1.0, 0.7, 0.4)
"""Weights of the tuned network in its mean with the base, the bold one first; the best on the check part is kept."""
MOST_CHECKED = 30
"""Objects of the check part that are measured."""
FEW_CHECKED = 8
"""With fewer of them the check says too little to choose by: the cautious share is taken, where it is better at all."""


@dataclass(frozen=True)
class AdaptOptions:
    """The options of the command."""

    source: Path
    out: Path
    pictures: Path | None = None
    base: str = "clickmask-small"
    minutes: float = 10.0
    seed: int = 0
    licence: str = "not stated"
    name: str | None = None
    threads: int = 0
    device: str = "cpu"
    """``cpu``, ``cuda``, or ``auto`` for a GPU where there is one."""
    force: bool = False
    """Write the model although it is not better."""


def base_weights(base: str) -> Path:
    """The weights of a model by name (those that came with the recipe), or in a folder that ``adapt`` wrote."""
    folder = Path(base)
    if folder.is_dir():
        path = folder / "weights.pt"
        if not path.is_file():
            raise FileNotFoundError(f"{folder} holds no weights.pt; only what adapt has written can be adapted further")
        return path
    found = sorted(WEIGHTS.glob(f"{base}-*.pt"))
    if not found:
        raise FileNotFoundError(f"no weights of {base} in {WEIGHTS}; expected clickmask-small or a folder")
    return found[-1]


def schedule(minutes: float, seed: int, pictures: int) -> TrainConfig:
    """Fine-tuning to so many pictures, for so long at most: a low learning rate, the backbone and all statistics as they are."""
    steps = max(1, min(round(STEPS_PER_MINUTE * minutes), max(LEAST_STEPS, STEPS_PER_PICTURE * pictures)))
    return TrainConfig(
        phases=(Phase(1.0, 288, BATCH),),
        samples=BATCH * steps,
        seed=seed,
        backbone_lr=0.0,
        head_lr=2e-3,
        warm_up_steps=max(1, min(20, steps // 4)),
        weight_decay=0.0,
        freeze_blocks=99,
        freeze_statistics=True,
        only_offsets=True,
        ema_decay=0.98,
        refine_probability=0.3,
        # A team labels one kind of things: no joins, and no pasting that makes new kinds.
        sampling=SampleConfig(
            neighbour_probability=0.0,
            suem=SuemConfig(simple=0.1, irrelevant=0.0, image_mixing=0.0),
            shape_probability=0.0,
            source_shares=replay.SHARES,
        ),
    )


def adapt(options: AdaptOptions) -> int:
    """Returns 0 if a model was written, 3 if it was not better and was not written, 1 if the run was stopped."""
    if options.out.exists() and not (options.out / WORK).is_dir():
        raise ValueError(f"{options.out} is there already; choose another folder")
    started = time.monotonic()
    base = base_weights(options.base)
    work = options.out / WORK
    try:
        say("reading", options.source)
        parts = read_parts(options, work)
        say(f"{len(parts.train)} pictures to learn from, {len(parts.check)} to check with")
        tuned = fine_tune(parts, options, base, work)
        if tuned is None:
            say("Stopped. The same command goes on from here.")
            return 1
        result = choose(parts, base, tuned, work)
        best, samples = result.pop("weights"), result.pop("samples")
        if not result["better"] and not options.force:
            say("It is not better than before, so nothing is written. More pictures may help.", table(result))
            return 3
        write_model(options, base, best, parts, result, work)
        result["seconds"] = round(time.monotonic() - started)
        write_page(options.out / "report.html", options.out, result, base, best, samples)
        say(table(result), f"{options.out}: use it with --model {options.out}")
        return 0
    finally:
        # A stopped run keeps its work to be resumed. A finished run leaves no pictures behind.
        if (work / "done").is_file():
            shutil.rmtree(work)
            if options.out.is_dir() and not any(options.out.iterdir()):
                options.out.rmdir()


WORK = ".adapt"
"""Folder of a run that is not finished, inside the one to be written."""


class Remaining:
    """Reports the progress of learning, and the time that is left."""

    def __init__(self, pictures: int, every: float = 10.0) -> None:
        self.pictures, self.every, self.said = pictures, every, 0.0

    def __call__(self, progress: Progress, loss: float) -> None:
        if progress.seconds - self.said < self.every or not progress.pictures:
            return
        self.said = progress.seconds
        left = progress.seconds * (self.pictures / progress.pictures - 1)
        share = progress.pictures / self.pictures
        say(f"learning: {share:4.0%}, loss {loss:.3f}, {left / 60:.1f} minutes left")


def say(*lines: object) -> None:
    for line in lines:
        print(line, flush=True)


def read_parts(options: AdaptOptions, work: Path) -> Split:
    scratch = work / "unpacked"
    labelled = read_export(options.source, options.pictures, scratch)
    items = write_items(labelled, work / "items", options.licence)
    shutil.rmtree(scratch, ignore_errors=True)
    return split(items, options.seed)


def fine_tune(parts: Split, options: AdaptOptions, base: Path, work: Path) -> Path | None:
    """Train, or continue an earlier run of the same command that was stopped. None if this one is stopped."""
    config = schedule(options.minutes, options.seed, len(parts.train))
    run = RunOptions(
        folder=work / "run",
        backbone=None,
        start_from=base,
        workers=0,
        threads=options.threads,
        checkpoint_minutes=0.5,
        report=Remaining(config.samples),
        device=options.device,
    )
    replayed = replay.replay_items(base, work / "replay", measured.SIZE)
    steps = config.samples // BATCH
    say(f"learning: {steps} steps, some {steps / STEPS_PER_MINUTE:.0f} minutes on two free cores")
    return work / "run" / "checkpoint.pt" if train([*parts.train, *replayed], config, run) else None


def choose(parts: Split, base: Path, tuned: Path, work: Path) -> dict:
    """Measure the state before and each share of the tuned weights. Returns the best one that keeps general objects."""
    refinement = refinement_of(REFINEMENT)
    per_picture = max(3, MOST_CHECKED // len(parts.check))
    check = list(item_samples(parts.check, per_picture))[:MOST_CHECKED]
    general = list(general_scenes())
    if not check:
        raise ValueError("the check pictures hold no object of at least 150 px")
    shares = SHARES if len(check) >= FEW_CHECKED else SHARES[-1:]
    say(f"measuring {len(check)} objects of the check part and {len(general)} general ones, {len(shares) + 1} times")
    tell = lambda: print(".", end="", flush=True)
    look = lambda weights, samples: measured.measure(weights, refinement, samples, tell)
    before = {"check": look(base, check), "general": look(base, general)}
    tried = []
    for share in shares:
        weights = work / f"share-{share:g}.pt"
        write_weights(weights, tuned, base, share)
        after = {"check": look(weights, check), "general": look(weights, general)}
        tried.append((share, weights, after))
    print(flush=True)
    numbers = lambda runs: {name: measured.figures(ious) for name, ious in runs.items() if ious}
    was = numbers(before)
    kept = [one for one in tried if measured.keeps(was["general"], numbers(one[2])["general"])]
    rank = lambda one: _rank(numbers(one[2])["check"])
    share, weights, after = min(kept or tried[-1:], key=rank)
    now = numbers(after)
    summary = lambda figures: {name: figures[name].as_dict() for name in figures}
    (work / "done").touch()
    return {
        "weights": weights,
        "samples": check,
        "share": share,
        "tried": [{"share": one, **summary(numbers(runs))} for one, _, runs in tried],
        "before": summary(was),
        "after": summary(now),
        "objects": [
            {"name": sample.name, "before": b, "after": a}
            for sample, b, a in zip(check, before["check"], after["check"])
        ],
        "better": bool(kept) and measured.is_better(was["check"], now["check"]),
    }


def _rank(figures: measured.Figures) -> tuple[float, float]:
    """Fewer clicks first. Both thresholds together, because either alone depends on single objects."""
    return figures.clicks_85 + figures.clicks_90, -figures.early


def table(result: dict) -> str:
    """The figures as lines of text."""
    lines = [f"{'':24}{'before':>9}{'after':>9}"]
    names = {"check": "your pictures", "general": "general objects"}
    for part, title in names.items():
        if part in result["before"]:
            for key, text in (("clicks_85", "clicks to 0.85"), ("iou_1", "IoU after a click")):
                before, after = (result[when][part][key] for when in ("before", "after"))
                lines.append(f"{title + ',':24}{text}\n{'':24}{before:9.2f}{after:9.2f}")
    return "\n".join(lines)


def write_model(options: AdaptOptions, base: Path, weights: Path, parts: Split, result: dict, work: Path) -> None:
    """The model folder: graphs, manifest, weights to adapt further, and what it was made of."""
    digest = sha256(base.read_bytes()).hexdigest()
    graphs = work / "onnx"
    version = f"{base.stem.rsplit('-', 1)[-1]}-{sha256(weights.read_bytes()).hexdigest()[:8]}"
    description = export(weights, graphs, measured.SIZE)
    content = manifest(description, version, "clear", "first")
    content["name"] = model_name(options.name or options.out.resolve().name)
    content["description"] += f", adapted from {base.stem} to {len(parts.train)} pictures"
    content["source"] = {"text": f"Adapted from {base.stem}. Licence of the pictures: {options.licence}."}
    content["licence"] = replace_licence(content["licence"], options.licence)
    result["adapted"] = {
        "from": base.stem,
        "sha256": digest,
        "pictures": {"learned": len(parts.train), "checked": len(parts.check)},
        "objects": sum(len(item.ids) for item in parts.train),
        "licence": options.licence,
        "seed": options.seed,
        "minutes": options.minutes,
    }
    for name in ("encoder.onnx", "decoder.onnx"):
        shutil.move(graphs / name, options.out / name)
    shutil.copyfile(weights, options.out / "weights.pt")
    write_manifest(options.out, content)
    record = {key: result[key] for key in ("adapted", "share", "better", "before", "after", "tried")}
    (options.out / "adapted.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def model_name(text: str) -> str:
    """Letters, digits and ``._-``, as in names of models."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-") or "adapted"


def replace_licence(licence: dict, pictures: str) -> dict:
    """The maker of a model decides what pictures of unknown rights mean for it."""
    return licence | {
        "note": f"Adapted with pictures of the licence: {pictures}. Who hands it on has to look after that."
    }
