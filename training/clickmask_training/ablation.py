"""Ablations: the same short run with one part switched at a time, then the same evaluation."""

from __future__ import annotations

from dataclasses import replace

from .config import ABLATIONS, TrainConfig, with_changes
from .evaluate import HEADER, VARIANTS, evaluate
from .evaluation_sets import EvaluationSample
from .items import Item
from .models import CheckpointModel
from .train import RunOptions, train


def run_ablation(
    names: list[str],
    items: list[Item],
    config: TrainConfig,
    options: RunOptions,
    sets: dict[str, list[EvaluationSample]],
    size: int,
    variants: tuple[str, ...] = ("plain", "cfr1"),
) -> str:
    """Train and evaluate each named change; returns a Markdown table. Runs that are complete are not trained again."""
    lines = ["| change | set | variant " + HEADER, "| --- " * 9 + "|"]
    for name in names:
        folder = options.folder / name
        if not train(items, with_changes(config, ABLATIONS[name]), replace(options, folder=folder)):
            lines.append(f"| {name} | stopped, not complete: run again |")
            break
        model = CheckpointModel(folder / "checkpoint.pt", size)
        for set_name, samples in sets.items():
            for variant in variants:
                lines.append(
                    f"| {name} | {set_name} | {variant} | {evaluate(model, VARIANTS[variant], samples).row()} |"
                )
        (options.folder / "ablation.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "\n".join(lines)
