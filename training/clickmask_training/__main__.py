"""Command line: ``python -m clickmask_training <command>``; each command's ``--help`` lists its options."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

from .config import ABLATIONS, SCHEDULES, TrainConfig, with_changes
from .items import HOLD_OUT_SOURCES, Item, read_items, select_items
from .licences import LICENCE_FILTERS

SHARED = Path(__file__).resolve().parents[3] / "shared"
EXAMPLE_PHOTOS = Path(__file__).resolve().parents[2] / "examples" / "photos"
DEFAULT_DATA = SHARED / "data" / "training-640"
DEFAULT_GRABCUT = SHARED / "data" / "grabcut"
DEFAULT_BACKBONE = SHARED / "pretrained" / "mobilenetv2-deeplabv3-pascal.npz"


def add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with items.json and items/")
    parser.add_argument(
        "--licences", choices=tuple(LICENCE_FILTERS), default="clear", help="which items may be used (licences.py)"
    )


def training_items(options: argparse.Namespace) -> list[Item]:
    return select_items(read_items(options.data), options.licences)


def add_train_options(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument("--backbone", type=Path, default=DEFAULT_BACKBONE, help="pretrained backbone, .npz")
    parser.add_argument("--start-from", type=Path, help="checkpoint whose weights a new run starts from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint and log")
    parser.add_argument("--schedule", choices=tuple(SCHEDULES), default="cpu")
    parser.add_argument("--minutes", type=float, help="length by time, instead of the schedule's")
    parser.add_argument("--samples", type=int, help="length by pictures seen, instead of the schedule's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes that prepare samples")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads of the network")
    parser.add_argument("--max-minutes", type=float, help="stop with a checkpoint after this time; run again to resume")


def train_config(options: argparse.Namespace) -> TrainConfig:
    config = replace(SCHEDULES[options.schedule], seed=options.seed)
    if options.minutes is not None:
        config = replace(config, minutes=options.minutes, samples=None)
    if options.samples is not None:
        config = replace(config, samples=options.samples, minutes=None)
    return config


def run_options(options: argparse.Namespace):
    from .train import RunOptions

    return RunOptions(
        folder=options.out,
        backbone=options.backbone,
        start_from=options.start_from,
        workers=options.workers,
        threads=options.threads,
        max_minutes=options.max_minutes,
    )


def run_check(options: argparse.Namespace) -> int:
    from .check import find_problems, summary

    items = read_items(options.data)
    print(summary(items))
    problems = find_problems(items)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(
        f"\n{len(items)} items, {len(select_items(items, options.licences))} for training, {len(problems)} with problems"
    )
    return 1 if problems else 0


def run_train(options: argparse.Namespace) -> int:
    from .train import train

    config = with_changes(train_config(options), ABLATIONS[options.change])
    done = train(training_items(options), config, run_options(options))
    print("complete" if done else "stopped; run the same command to resume", flush=True)
    return 0


def run_average(options: argparse.Namespace) -> int:
    from .checkpoint import write_weights

    if not 0.0 <= options.share <= 1.0:
        raise ValueError(f"--share must lie in 0 to 1, not {options.share}")
    differing = write_weights(options.out, options.newer, options.older, options.share)
    print(
        f"{options.out}: {options.out.stat().st_size} bytes"
        + (f"; of the newer alone: {', '.join(differing)}" if differing else "")
    )
    return 0


def run_evaluate(options: argparse.Namespace) -> int:
    from .evaluate import (
        HEADER,
        READINGS_HEADER,
        VARIANTS,
        click_ious,
        compare_readings,
        evaluate_correction,
        summarise,
    )
    from .evaluation_sets import seen_from_near
    from .models import open_model
    from .pictures import write_worst

    model = open_model(options.model, options.size, options.without.split(",") if options.without else ())
    sets = evaluation_sets(options)
    if options.view is not None:
        sets = {name: [seen_from_near(one, options.view) for one in samples] for name, samples in sets.items()}
    if options.readings:
        print(f"| set | variant {READINGS_HEADER}\n" + "| --- " * 7 + "|")
        for name in options.variants.split(","):
            for set_name, samples in sets.items():
                print(f"| {set_name} | {name} | {compare_readings(model, VARIANTS[name], samples).row()} |", flush=True)
        return 0
    print("| set | samples | variant " + HEADER)
    print("| --- " * 9 + "|")
    for name in options.variants.split(","):
        refinement = replace(VARIANTS[name], candidate=options.candidate, threshold=options.threshold)
        for set_name, samples in sets.items():
            if set_name == "correction":
                corrected, fresh = evaluate_correction(model, refinement, samples)
                print(f"| a mask of IoU 0.75-0.85, corrected | {corrected.samples} | {name} | {corrected.row()} |")
                print(f"| the same, from nothing | {fresh.samples} | {name} | {fresh.row()} |", flush=True)
            else:
                runs = [click_ious(model, refinement, sample) for sample in samples]
                print(f"| {set_name} | {len(samples)} | {name} | {summarise(runs).row()} |", flush=True)
                if options.pictures is not None:
                    write_worst(options.pictures, f"{set_name}-{name}", model, refinement, list(zip(samples, runs)), 6)
    return 0


def evaluation_sets(options: argparse.Namespace) -> dict:
    """Samples by set. A set is read only when it is needed."""
    from .evaluation_sets import grabcut_samples, item_samples, small_samples, thin_samples

    wanted = set(options.sets.split(","))
    unknown = wanted - {"grabcut", "correction", "held-out", "thin", "small"}
    if unknown:
        raise ValueError(f"unknown sets {sorted(unknown)}; expected grabcut, correction, held-out, thin, small")
    sets = {}
    for name in ("grabcut", "correction"):
        if name in wanted:
            sets[name] = list(islice(grabcut_samples(options.grabcut), options.limit))
    if wanted & {"held-out", "thin", "small"}:
        items = select_items(read_items(options.data), held_out=True)
    for name, samples_of in (("thin", thin_samples), ("small", small_samples)):
        if name in wanted:
            sets[name] = list(islice(samples_of(items), options.limit))
    if "held-out" in wanted:
        for source in HOLD_OUT_SOURCES:
            sets[source] = list(islice(item_samples([item for item in items if item.source == source]), options.limit))
    return sets


def run_samples(options: argparse.Namespace) -> int:
    from .samples import write_berkeley, write_corrections

    for name, samples in evaluation_sets(options).items():
        folder = options.out / name
        corrections = name == "correction"
        count = (write_corrections if corrections else write_berkeley)(folder, samples)
        print(f"{folder}: {count} samples, --layout {'davis-585 --start sp' if corrections else 'berkeley'}")
    return 0


def run_failures(options: argparse.Namespace) -> int:
    from .failures import shipped_refinement, write_sheet
    from .models import OnnxModel

    model, refinement = OnnxModel(options.model), shipped_refinement(options.model)
    for line in write_sheet(
        options.out, model, refinement, read_items(options.data), EXAMPLE_PHOTOS, int(options.most_kib * 1024)
    ):
        print(line)
    return 0


def run_export(options: argparse.Namespace) -> int:
    from .export import export
    from .manifest import manifest, write_manifest

    description = export(options.checkpoint, options.out, options.size)
    write_manifest(options.out, manifest(description, options.version, options.licences, options.candidate))
    print(json.dumps({key: description[key] for key in ("size", "parity_max_abs", "milliseconds")}, indent=2))
    for name, file in description["files"].items():
        print(f"{name}: {file['bytes']} bytes, sha256 {file['sha256']}")
    return 0


def run_adapt(options: argparse.Namespace) -> int:
    from .adapt.run import AdaptOptions, adapt

    names = ("out", "pictures", "base", "minutes", "seed", "licence", "name", "threads", "device", "force")
    return adapt(AdaptOptions(source=options.source, **{name: getattr(options, name) for name in names}))


def trial_set(text: str) -> tuple[str, int]:
    """Source and number of ``SOURCE:N``."""
    source, _, count = text.partition(":")
    if not count.isdecimal():
        raise argparse.ArgumentTypeError(f"expected SOURCE:N, such as microctl:20, not {text}")
    return source, int(count)


def run_trial(options: argparse.Namespace) -> int:
    from .adapt.trial import HEADER, Trial, run_trial

    items = read_items(options.data)
    trials = [Trial(source, count, options.draw) for source, count in options.sets]
    grabcut = options.grabcut if options.grabcut.is_dir() else None
    options.out.mkdir(parents=True, exist_ok=True)
    print(HEADER)
    for trial in trials:
        arguments = ["--minutes", str(options.minutes), "--threads", str(options.threads), "--seed", str(options.seed)]
        print(run_trial(trial, items, grabcut, options.out, options.base, arguments), flush=True)
    return 0


def run_ablation(options: argparse.Namespace) -> int:
    from .ablation import run_ablation as run

    names = options.names.split(",") if options.names else list(ABLATIONS)
    unknown = set(names) - set(ABLATIONS)
    if unknown:
        raise ValueError(f"unknown changes {sorted(unknown)}; expected some of {', '.join(ABLATIONS)}")
    print(
        run(
            names,
            training_items(options),
            train_config(options),
            run_options(options),
            evaluation_sets(options),
            options.size,
        )
    )
    return 0


def run_pack(options: argparse.Namespace) -> int:
    from .pack import pack

    items = read_items(options.data)
    chosen = select_items(items, options.licences) + select_items(items, options.licences, held_out=True)
    for part in pack(chosen, options.out, int(options.part_mib * 2**20)):
        print(f"{part.name}: {part.stat().st_size} bytes")
    return 0


def run_unpack(options: argparse.Namespace) -> int:
    from .pack import unpack

    print(f"{unpack(options.parts, options.out)} items in {options.out}")
    return 0


def add_evaluation_options(parser: argparse.ArgumentParser, sets: str) -> None:
    parser.add_argument(
        "--size", type=int, default=384, help="input side for a checkpoint; exported graphs have theirs"
    )
    add_set_options(parser, sets)


def add_set_options(parser: argparse.ArgumentParser, sets: str) -> None:
    parser.add_argument(
        "--sets", default=sets, help="any of grabcut, correction (of wrong masks on GrabCut), held-out, thin, small"
    )
    parser.add_argument("--grabcut", type=Path, default=DEFAULT_GRABCUT)
    parser.add_argument("--limit", type=int, help="only this many samples of each set")


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="clickmask_training", description=__doc__)
    commands = parser.add_subparsers(required=True)

    check = commands.add_parser("check", help="count items per source and licence; fail where one cannot be read")
    add_data_options(check)
    check.set_defaults(run=run_check)

    train = commands.add_parser("train", help="train, or resume the run in --out")
    add_train_options(train)
    train.add_argument("--change", choices=tuple(ABLATIONS), default="base", help="a named change to the schedule")
    train.set_defaults(run=run_train)

    evaluate = commands.add_parser("evaluate", help="NoC protocol, printed as Markdown")
    evaluate.add_argument("model", type=Path, help="a checkpoint, or a folder with encoder.onnx and decoder.onnx")
    evaluate.add_argument("--data", type=Path, default=DEFAULT_DATA)
    evaluate.add_argument(
        "--variants", default="plain,cfr1,acfr4,flip,zoom,zoom+cfr1", help="comma-separated (evaluate.VARIANTS)"
    )
    evaluate.add_argument("--candidate", choices=("first", "score"), default="first", help="which candidate answers")
    evaluate.add_argument(
        "--readings",
        action="store_true",
        help="only compare the candidates after the first click, of a network with three",
    )
    evaluate.add_argument(
        "--without", help="silence parts of a checkpoint's network: first-click, similarity, previous"
    )
    evaluate.add_argument(
        "--threshold",
        type=float,
        default=0.5,
        help="probability above which a pixel is object; the field's code has 0.49",
    )
    evaluate.add_argument(
        "--view",
        type=float,
        help="crop each picture as someone does who zooms in: the object's share of the longer side",
    )
    evaluate.add_argument("--pictures", type=Path, help="folder for strips of the worst six samples of each set")
    add_evaluation_options(evaluate, "grabcut,held-out")
    evaluate.set_defaults(run=run_evaluate)

    average = commands.add_parser(
        "average", help="keep the weights of a run, or the mean of two runs of which one went on from the other"
    )
    average.add_argument("newer", type=Path, help="a checkpoint")
    average.add_argument("older", type=Path, nargs="?", help="the checkpoint that its run started from")
    average.add_argument("--share", type=float, default=0.7, help="weight of the newer one (default 0.7)")
    average.add_argument("--out", type=Path, required=True, help="the file of weights, fp16")
    average.set_defaults(run=run_average)

    samples = commands.add_parser("samples", help="write evaluation sets as folders for clickmask evaluate")
    samples.add_argument("--data", type=Path, default=DEFAULT_DATA)
    samples.add_argument("--out", type=Path, required=True)
    add_set_options(samples, "correction,held-out,thin,small")
    samples.set_defaults(run=run_samples)

    failures = commands.add_parser("failures", help="draw the known failures of the model card (failures.CASES)")
    failures.add_argument("model", type=Path, help="a model folder: encoder.onnx, decoder.onnx, model.json")
    failures.add_argument("--data", type=Path, default=DEFAULT_DATA)
    failures.add_argument("--out", type=Path, required=True, help="the JPEG")
    failures.add_argument("--most-kib", type=float, default=146.0, help="its greatest size")
    failures.set_defaults(run=run_failures)

    export = commands.add_parser("export", help="write a model folder: ONNX graphs, model.json, export.json")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("--out", type=Path, required=True)
    export.add_argument("--size", type=int, default=384)
    export.add_argument("--version", default="0.0.0", help="of the model, for its manifest")
    export.add_argument(
        "--licences", choices=tuple(LICENCE_FILTERS), default="clear", help="what the run was trained with"
    )
    export.add_argument(
        "--candidate",
        choices=("first", "best"),
        default="first",
        help="which candidate answers: the first, or the best-scored",
    )
    export.set_defaults(run=run_export)

    adapt = commands.add_parser(
        "adapt",
        help="fine-tune the shipped model to the masks of a project",
        description="Reads COCO JSON, Label Studio JSON, CVAT for images (XML), LabelMe, or pictures with masks (a file, a "
        "folder or a zip); learns from four pictures of five and measures on the fifth; writes a model folder where "
        "that needs fewer clicks. Nothing leaves this machine. Stopped, the same command goes on. "
        "Ends with 0 for a model, 3 where it was not better, 2 for a bad call.",
    )
    adapt.add_argument("--from", dest="source", type=Path, required=True, help="the export")
    adapt.add_argument("--out", type=Path, required=True, help="the model folder to be written")
    adapt.add_argument("--pictures", type=Path, help="where the pictures are, if not beside the export")
    adapt.add_argument(
        "--minutes",
        type=float,
        default=10.0,
        help="of learning at most (default 10; fewer for few pictures)",
    )
    adapt.add_argument("--base", default="clickmask-small", help="what to start from: a name, or a folder of adapt")
    adapt.add_argument("--name", help="of the model (default: the folder's)")
    adapt.add_argument("--licence", default="not stated", help="of the pictures, for the model's manifest")
    adapt.add_argument("--seed", type=int, default=0)
    adapt.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves PyTorch's choice")
    adapt.add_argument("--device", choices=("cpu", "cuda", "auto"), default="cpu")
    adapt.add_argument("--force", action="store_true", help="write the model although it is not better")
    adapt.set_defaults(run=run_adapt)

    trial = commands.add_parser(
        "trial",
        help="measure what adapt gains: adapt to some images of a source, count clicks on its others and on GrabCut",
        description="Prints a table row for each SOURCE:N. Example: trial microctl:20 granular:10 --out runs/trial. Stopped, the "
        "same command goes on. POSIX only.",
    )
    trial.add_argument(
        "sets", nargs="+", type=trial_set, metavar="SOURCE:N", help="a source of --data, and how many images adapt gets"
    )
    trial.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with items.json and items/")
    trial.add_argument("--draw", default="", help="any text; another one draws other images")
    trial.add_argument("--out", type=Path, required=True, help="a folder for exports, models and results")
    trial.add_argument("--grabcut", type=Path, default=DEFAULT_GRABCUT, help="left out where it is missing")
    trial.add_argument("--base", default="clickmask-small", help="as of adapt")
    trial.add_argument("--minutes", type=float, default=10.0, help="as of adapt")
    trial.add_argument("--seed", type=int, default=0)
    trial.add_argument("--threads", type=int, default=1, help="CPU threads of adapt")
    trial.set_defaults(run=run_trial)

    ablation = commands.add_parser("ablation", help="train and evaluate named changes one by one")
    add_train_options(ablation)
    add_evaluation_options(ablation, "grabcut,held-out")
    ablation.add_argument("--names", help="comma-separated, default all (config.ABLATIONS)")
    ablation.set_defaults(run=run_ablation)

    pack = commands.add_parser("pack", help="repack the data into parts of bounded size")
    add_data_options(pack)
    pack.add_argument("--out", type=Path, required=True)
    pack.add_argument("--part-mib", type=float, default=60.0)
    pack.set_defaults(run=run_pack)

    unpack = commands.add_parser("unpack", help="merge parts into a data folder")
    unpack.add_argument("parts", type=Path, nargs="+")
    unpack.add_argument("--out", type=Path, required=True)
    unpack.set_defaults(run=run_unpack)
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = build_parser().parse_args(arguments)
    try:
        return options.run(options)
    except (FileNotFoundError, ValueError) as error:
        print(f"clickmask_training: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
