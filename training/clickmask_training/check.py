"""Data check: counts per source and licence, and that every item is readable and matches its index entry."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .items import HOLD_OUT_SOURCES, IGNORE_ID, Item
from .licences import LICENCE_FILTERS, rights_of


def problem_of(item: Item) -> str | None:
    """The fault of an item, or None."""
    try:
        image, labels = item.read_image(), item.read_labels()
    except ValueError as error:
        return str(error)
    if image.shape[:2] != labels.shape:
        return f"{item.name}: picture {image.shape[:2]} and label map {labels.shape} differ in size"
    if not item.ids:
        return f"{item.name}: no object ids"
    missing = sorted(set(item.ids) - set(np.unique(labels).tolist()))
    if missing or IGNORE_ID in item.ids or 0 in item.ids:
        return f"{item.name}: ids {missing or item.ids} are not objects of its label map"
    return None


def find_problems(items: list[Item], workers: int = 2) -> list[str]:
    """All problems, in item order."""
    with ThreadPoolExecutor(workers) as pool:
        return [problem for problem in pool.map(problem_of, items) if problem is not None]


def summary(items: list[Item]) -> str:
    """Markdown table: pictures and objects per source, with rights and use."""
    pictures: Counter[tuple[str, str]] = Counter()
    objects: Counter[tuple[str, str]] = Counter()
    for item in items:
        pictures[item.source, item.licence] += 1
        objects[item.source, item.licence] += len(item.ids)
    lines = [
        "| source | pictures | objects | rights | use | licence as stated |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (source, licence), count in sorted(pictures.items()):
        rights = rights_of(licence)
        use = (
            "left out"
            if rights not in LICENCE_FILTERS["clear"]
            else "hold-out"
            if source in HOLD_OUT_SOURCES
            else "training"
        )
        lines.append(f"| {source} | {count} | {objects[source, licence]} | {rights.value} | {use} | {licence} |")
    return "\n".join(lines)
