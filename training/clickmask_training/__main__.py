"""Command line: ``python -m clickmask_training <command>``; each command's ``--help`` lists its options."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_DATA = REPOSITORY.parent / "shared" / "data" / "training"
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


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="clickmask_training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    add_train(commands)
    options = parser.parse_args(arguments)
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
