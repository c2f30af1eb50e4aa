"""``adapt``: from an export to a model folder that needs fewer clicks on pictures like those."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..checkpoint import Progress, load_checkpoint
from ..config import Phase, TrainConfig
from ..dataset import SampleConfig
from ..export import export
from ..manifest import manifest, write_manifest
from ..suem import SuemConfig
from ..train import RunOptions, train
from . import measure as measured
from . import replay
from .choice import choose, table
from .console import say, tell
from .exports import read_export
from .page import write_page
from .project import Split, split, write_items
from .refining import choose_refinement, refinement_for

WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
STEPS_PER_MINUTE = 32
"""What two free cores do at least. The length is counted in steps, so that two runs give the same model. Where a
machine has no free cores, the time ends the run.
"""
STEPS_PER_PICTURE, LEAST_STEPS = 10, 48
"""How many are useful: few pictures tell little, however often they are looked at."""
BATCH = 4


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
    """Fine-tuning to so many pictures, for so long at most: few weights, the backbone and all statistics as they are."""
    steps = max(1, min(round(STEPS_PER_MINUTE * minutes), max(LEAST_STEPS, STEPS_PER_PICTURE * pictures)))
    return TrainConfig(
        phases=(Phase(1.0, 288, BATCH),),
        minutes=minutes,
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
        usual = refinement_for(base)
        looked = suiting_refinement(parts, base, usual, work)
        refinement = looked.pop("refinement")
        tuned = fine_tune(parts, options, base, work)
        if tuned is None:
            say("Stopped. The same command goes on from here.")
            return 1
        result = choose(parts, base, tuned, work, (usual, refinement)) | {
            "zoom_in": looked | {"on": bool(refinement["zoomIn"])}
        }
        best, samples = result.pop("weights"), result.pop("samples")
        if not result["better"] and not options.force:
            say("It is not better than before, so nothing is written. More pictures may help.", table(result))
            return 3
        write_model(options, base, best, parts, result, refinement, work)
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

    def __init__(self, pictures: int, minutes: float, every: float = 10.0) -> None:
        self.pictures, self.seconds, self.every, self.said = pictures, 60 * minutes, every, 0.0

    def __call__(self, progress: Progress, loss: float) -> None:
        if progress.seconds - self.said < self.every or not progress.pictures:
            return
        self.said = progress.seconds
        left = progress.seconds * (self.pictures / progress.pictures - 1)
        left = max(0.0, min(left, self.seconds - progress.seconds))
        share = progress.seconds / (progress.seconds + left)
        say(f"learning: {share:4.0%}, loss {loss:.3f}, {left / 60:.1f} minutes left")


def read_parts(options: AdaptOptions, work: Path) -> Split:
    scratch = work / "unpacked"
    labelled = read_export(options.source, options.pictures, scratch)
    items = write_items(labelled, work / "items", options.licence)
    shutil.rmtree(scratch, ignore_errors=True)
    return split(items, options.seed)


def suiting_refinement(parts: Split, base: Path, usual: dict, work: Path) -> dict:
    """As ``choose_refinement``; a run that was stopped does not measure again."""
    kept = work / "refinement.json"
    if not kept.is_file():
        say("measuring with and without zoom-in")
        chosen = choose_refinement(base, usual, [*parts.train, *parts.check], tell)
        print(flush=True)
        kept.write_text(json.dumps(chosen), encoding="utf-8")
    chosen = json.loads(kept.read_text(encoding="utf-8"))
    if chosen["refinement"] != usual:
        say("Without zoom-in your objects take fewer clicks, so the model goes without it.")
    return chosen


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
        report=Remaining(config.samples, options.minutes),
        device=options.device,
    )
    replayed = replay.replay_items(base, work / "replay", measured.SIZE)
    steps = config.samples // BATCH
    say(f"learning: {steps} steps, some {steps / STEPS_PER_MINUTE:.0f} minutes on two free cores")
    tuned = work / "run" / "checkpoint.pt"
    if not train([*parts.train, *replayed], config, run):
        return None
    done = load_checkpoint(tuned)["progress"]["step"]
    if done < steps:
        say(
            f"The time was up after {done} steps. A machine with less to do learns more, and --minutes gives more time."
        )
    return tuned


def write_model(
    options: AdaptOptions, base: Path, weights: Path, parts: Split, result: dict, refinement: dict, work: Path
) -> None:
    """The model folder: graphs, manifest, weights to adapt further, and what it was made of."""
    digest = sha256(base.read_bytes()).hexdigest()
    graphs = work / "onnx"
    version = f"{base.stem.rsplit('-', 1)[-1]}-{sha256(weights.read_bytes()).hexdigest()[:8]}"
    description = export(weights, graphs, measured.SIZE)
    content = manifest(description, version, "clear", "first")
    content["refinement"] = refinement
    content["name"] = model_name(options.name or options.out.resolve().name)
    learned, checked = (
        (len(parts.train), len(parts.check)) if result["share"] else (0, len(parts.train) + len(parts.check))
    )
    content["description"] += f", adapted from {base.stem} to {learned or checked} pictures"
    content["source"] = {"text": f"Adapted from {base.stem}. Licence of the pictures: {options.licence}."}
    content["licence"] = replace_licence(content["licence"], options.licence)
    result["adapted"] = {
        "from": base.stem,
        "sha256": digest,
        "pictures": {"learned": learned, "checked": checked},
        "objects": sum(len(item.ids) for item in parts.train) if learned else 0,
        "licence": options.licence,
        "seed": options.seed,
        "minutes": options.minutes,
        "steps": load_checkpoint(weights)["progress"]["step"],
    }
    for name in ("encoder.onnx", "decoder.onnx"):
        shutil.move(graphs / name, options.out / name)
    shutil.copyfile(weights, options.out / "weights.pt")
    write_manifest(options.out, content)
    record = {key: result[key] for key in ("adapted", "zoom_in", "share", "better", "before", "after", "tried")}
    (options.out / "adapted.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def model_name(text: str) -> str:
    """Letters, digits and ``._-``, as in names of models."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-") or "adapted"


def replace_licence(licence: dict, pictures: str) -> dict:
    """The maker of a model decides what pictures of unknown rights mean for it."""
    return licence | {
        "note": f"Adapted with pictures of the licence: {pictures}. Who hands it on has to look after that."
    }
