"""How much of what was learned is kept: the share that is best on the check part and keeps general objects."""

from __future__ import annotations

from pathlib import Path

from ..checkpoint import write_weights
from ..evaluation_sets import item_samples
from ..manifest import refinement_of
from . import measure as measured
from .console import say, tell
from .project import Split
from .refining import project_samples
from .scenes import general_scenes

SHARES = (1.0, 0.7, 0.4)
"""Weights of the tuned network in its mean with the base, the bold one first."""
MOST_CHECKED = 30
"""Objects of the check part that are measured."""


def choose(parts: Split, base: Path, tuned: Path, work: Path, refinements: tuple[dict, dict]) -> dict:
    """Measure the state before and each share of the tuned weights. Returns the best one that keeps general objects.

    ``refinements`` are those before and after, as in a manifest.
    """
    usual, chosen = (refinement_of(one) for one in refinements)
    per_picture = max(3, MOST_CHECKED // len(parts.check))
    check = list(item_samples(parts.check, per_picture))[:MOST_CHECKED]
    general = list(general_scenes())
    if not check:
        raise ValueError("the check pictures hold no object of at least 150 px")
    times = len(SHARES) + 1 + (chosen != usual)
    say(f"measuring {len(check)} objects of the check part and {len(general)} general ones, {times} times")
    look = lambda weights, refinement: {
        name: measured.measure(weights, refinement, samples, tell)
        for name, samples in (("check", check), ("general", general))
    }
    before = look(base, usual)
    # What the refinement does alone: with none of the tuned weights.
    untuned = look(base, chosen) if chosen != usual else before
    tried = []
    for share in SHARES:
        weights = work / f"share-{share:g}.pt"
        write_weights(weights, tuned, base, share)
        tried.append((share, weights, look(weights, chosen)))
    print(flush=True)
    numbers = lambda runs: {name: measured.figures(ious) for name, ious in runs.items() if ious}
    was = numbers(before)
    kept = [one for one in tried if measured.keeps(was["general"], numbers(one[2])["general"])]
    plain = numbers(untuned)["check"]
    gain = [one for one in kept if measured.is_better(plain, numbers(one[2])["check"])]
    better = bool(gain)
    # The early masks tell more than clicks, which single objects decide. The bold share comes first where both are alike.
    share, weights, after = max(gain or kept or tried[-1:], key=lambda one: numbers(one[2])["check"].early)
    if not better and chosen != usual:
        share, weights = 0.0, work / "share-0.pt"
        write_weights(weights, tuned, base, share)
        # Nothing of what was learned is in it, so all pictures tell how good it is.
        check = project_samples([*parts.train, *parts.check])
        before, after = (
            {**runs, "check": measured.measure(base, refinement, check, tell)}
            for runs, refinement in ((before, usual), (untuned, chosen))
        )
        was, now = numbers(before), numbers(after)
        better = measured.keeps(was["general"], now["general"]) and measured.is_better(was["check"], now["check"])
    now = numbers(after)
    summary = lambda figures: {name: figures[name].as_dict() for name in figures}
    measurements = [(one, runs) for one, _, runs in tried] + ([(0.0, untuned)] if chosen != usual else [])
    (work / "done").touch()
    return {
        "weights": weights,
        "samples": check,
        "share": share,
        "tried": [{"share": one, **summary(numbers(runs))} for one, runs in measurements],
        "before": summary(was),
        "after": summary(now),
        "objects": [
            {"name": sample.name, "before": b, "after": a}
            for sample, b, a in zip(check, before["check"], after["check"])
        ],
        "better": better,
    }


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
