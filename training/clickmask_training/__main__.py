"""Command line: ``python -m clickmask_training <command>``; each command's ``--help`` lists its options."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_DATA = REPOSITORY.parent / "shared" / "data" / "training"
DEFAULT_GRABCUT = REPOSITORY.parent / "shared" / "data" / "grabcut"
DEFAULT_BACKBONE = REPOSITORY.parent / "shared" / "pretrained" / "mobilenetv2-deeplabv3-pascal.npz"


def add_train(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("train", help="train, or resume the run in --out")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with items.json and items/")
    parser.add_argument("--licences", choices=("strict", "clear", "all"), default="clear", help="which items may be used")
    parser.add_argument("--backbone", type=Path, default=DEFAULT_BACKBONE, help="pretrained backbone, .npz")
    parser.add_argument("--pseudo", type=Path, help="folder of pseudo-objects (command `pseudo`); none without it")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint and log")
    parser.add_argument("--schedule", choices=("cpu", "full", "smoke"), default="cpu")
    parser.add_argument("--minutes", type=float, help="length by time, instead of the schedule's")
    parser.add_argument("--samples", type=int, help="length by pictures seen, instead of the schedule's")
    parser.add_argument("--change", default="base", help="a named change to the schedule (see config.ABLATIONS)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes that prepare samples")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads of the network")
    parser.add_argument("--max-minutes", type=float, help="stop with a checkpoint after this time; run again to resume")
    parser.set_defaults(run=run_train)


def run_train(options: argparse.Namespace) -> int:
    from .config import ABLATIONS, SCHEDULES, with_changes
    from .items import read_items, select_items
    from .train import RunOptions, train

    config = with_changes(replace(SCHEDULES[options.schedule], seed=options.seed), ABLATIONS[options.change])
    if options.minutes is not None:
        config = replace(config, minutes=options.minutes, samples=None)
    if options.samples is not None:
        config = replace(config, samples=options.samples, minutes=None)
    items = select_items(read_items(options.data), options.licences)
    done = train(items, config, RunOptions(
        folder=options.out, backbone=options.backbone, pseudo=options.pseudo, workers=options.workers,
        threads=options.threads, max_minutes=options.max_minutes,
    ))
    print("complete" if done else "stopped; run the same command to resume", flush=True)
    return 0


def add_evaluate(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("evaluate", help="NoC protocol on GrabCut and on the hold-out sources, as Markdown")
    parser.add_argument("model", type=Path, help="a checkpoint, or a folder with encoder.onnx and decoder.onnx")
    parser.add_argument("--size", type=int, default=384, help="input side for a checkpoint")
    parser.add_argument("--variants", default="plain,cfr1,acfr4,flip,zoom,zoom+cfr1", help="comma-separated, see evaluate.VARIANTS")
    parser.add_argument("--sets", default="grabcut,held-out", help="any of grabcut, held-out, correction")
    parser.add_argument("--candidate", choices=("score", "first"), default="score")
    parser.add_argument("--threshold", type=float, default=0.5, help="probability above which a pixel is object; the field's code uses 0.49")
    parser.add_argument("--grabcut", type=Path, default=DEFAULT_GRABCUT)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, help="only this many samples of each set")
    parser.set_defaults(run=run_evaluate)


def run_evaluate(options: argparse.Namespace) -> int:
    from itertools import islice

    from .evaluate import HEADER, VARIANTS, evaluate, evaluate_correction
    from .evaluation_sets import grabcut_samples, item_samples
    from .items import HOLD_OUT_SOURCES, read_items, select_items
    from .models import open_model

    model = open_model(options.model, options.size)
    wanted = options.sets.split(",")
    sets = {}
    if "grabcut" in wanted or "correction" in wanted:
        sets["grabcut"] = list(islice(grabcut_samples(options.grabcut), options.limit))
    if "held-out" in wanted:
        items = select_items(read_items(options.data), held_out=True)
        for source in HOLD_OUT_SOURCES:
            of_source = [item for item in items if item.source == source]
            sets[source] = list(islice(item_samples(of_source), options.limit))
    print("| set | samples | variant " + HEADER)
    print("| --- " * 9 + "|")
    for name in options.variants.split(","):
        refinement = replace(VARIANTS[name], candidate=options.candidate, threshold=options.threshold)
        for set_name, samples in sets.items():
            if set_name != "grabcut" or "grabcut" in wanted:
                print(f"| {set_name} | {len(samples)} | {name} | {evaluate(model, refinement, samples).row()} |", flush=True)
        if "correction" in wanted:
            corrected, fresh = evaluate_correction(model, refinement, sets["grabcut"])
            print(f"| correcting a mask of IoU 0.75-0.85 | {corrected.samples} | {name} | {corrected.row()} |")
            print(f"| the same from nothing | {fresh.samples} | {name} | {fresh.row()} |", flush=True)
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="clickmask_training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    add_train(commands)
    add_evaluate(commands)
    options = parser.parse_args(arguments)
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
