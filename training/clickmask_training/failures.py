"""The sheet of known failures in the model card: per case the clicks, the mask after one and after five, and the truth.

The cases stand for kinds that any model of this size finds hard. They are chosen by hand, so that the next model
version is shown on the same ones; what it makes of them is measured anew each time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from .clicks import Click, next_evaluation_click
from .evaluation_sets import EvaluationSample, object_sample
from .items import HOLD_OUT_SOURCES, Item
from .licences import Rights, rights_of
from .manifest import refinement_of
from .models import ClickModel
from .perturb import mask_iou
from .pipeline import ClickPipeline, Refinement

Outline = tuple[tuple[int, int], ...]
"""Corners (x, y) of a polygon, px."""

SHOWN_AFTER = (1, 5)
"""Clicks after which the mask is shown."""
REACHED = 0.9
"""The IoU whose number of clicks is told."""
MAX_CLICKS = 20
PANEL = (296, 198)
"""Width and height of a panel, px; four stand side by side. What does not have its aspect leaves some of it white."""
GAP = 4
"""Between panels, px."""
MARGIN = 0.2
"""Shown about clicks, masks and truth, relative to their extent."""
CAPTION = 18
"""Height of the line above a row, px."""


@dataclass(frozen=True)
class Case:
    """``picture`` is an item of a hold-out source with its object ``id``, or an example photo with ``outlines``."""

    kind: str
    picture: str
    id: int | None = None
    outlines: tuple[Outline, ...] = ()


CASES = (
    Case("part for whole: the first click falls on a chip of the board", "microctl_IMG-20190104-164013-jpg", 1),
    Case("touching things: one of many stones", "granular_4902-top-mid-jpg", 84),
    Case("low contrast: a worn patch of road", "pothole_img-0052-jpg", 2),
    Case("small thing in a large picture (enlarged here): a board", "microctl_IMG-20190104-164630-jpg", 3),
    Case(
        "thin structure: a lattice mast",
        "rocket.jpg",
        outlines=(
            (
                (443, 124),
                (448, 124),
                (452, 192),
                (457, 192),
                (459, 226),
                (464, 290),
                (472, 350),
                (478, 400),
                (481, 426),
                (440, 426),
                (440, 330),
                (441, 226),
                (442, 192),
                (446, 192),
            ),
        ),
    ),
    Case(
        "mirroring and partly hidden: a spoon",
        "coffee.jpg",
        outlines=(
            (
                (397, 80),
                (402, 71),
                (411, 67),
                (420, 68),
                (424, 76),
                (420, 95),
                (414, 115),
                (408, 132),
                (407, 118),
                (404, 100),
            ),
            (
                (390, 198),
                (387, 212),
                (384, 228),
                (383, 238),
                (392, 250),
                (402, 264),
                (406, 278),
                (403, 295),
                (392, 311),
                (376, 321),
                (360, 325),
                (345, 321),
                (332, 309),
                (327, 293),
                (327, 278),
                (332, 263),
                (342, 251),
                (358, 245),
                (368, 241),
                (375, 236),
                (376, 222),
                (381, 210),
            ),
        ),
    ),
)


def case_sample(case: Case, items: list[Item], photos: Path) -> EvaluationSample:
    """Picture and truth of a case; raises ``ValueError`` for an item that must not be shown."""
    if case.outlines:
        image = cv2.imread(str(photos / case.picture), cv2.IMREAD_COLOR)
        if image is None:
            raise FileNotFoundError(f"no picture at {photos / case.picture}")
        truth = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(truth, [np.array(outline, np.int32) for outline in case.outlines], 1)
        return EvaluationSample(case.picture, cv2.cvtColor(image, cv2.COLOR_BGR2RGB), truth, np.zeros_like(truth))
    item = next((item for item in items if item.name == case.picture), None)
    if item is None:
        raise ValueError(f"no item {case.picture}")
    if item.source not in HOLD_OUT_SOURCES or rights_of(item.licence) is not Rights.CLEAR:
        raise ValueError(f"{case.picture} is not of a hold-out source with clear rights")
    return object_sample(case.picture, item.read_image(), item.read_labels(), case.id)


def shipped_refinement(folder: Path) -> Refinement:
    """The refinement that the model folder's manifest makes the default."""
    content = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    candidate = "first" if content["options"].get("candidate", "first") == "first" else "score"
    return replace(refinement_of(content["refinement"]), candidate=candidate, threshold=content["threshold"])


def clicked_parts(mask: np.ndarray, clicks: list[Click]) -> np.ndarray:
    """The connected parts that hold a positive click, as the SDK keeps them; all of them where none holds one."""
    _, parts = cv2.connectedComponents(mask, connectivity=8)
    held = {int(parts[int(y), int(x)]) for x, y, label in clicks if label > 0.5} - {0}
    return np.isin(parts, list(held)).astype(np.uint8) if held else mask


@dataclass(frozen=True)
class Course:
    """The result of a case."""

    masks: dict[int, np.ndarray]
    """Number of clicks (of ``SHOWN_AFTER``) to mask."""
    ious: list[float]
    """IoU after each click; ends early where the mask is perfect."""
    clicks: list[Click]

    def reached(self) -> str:
        """When ``REACHED`` is reached, in words."""
        count = next((index for index, iou in enumerate(self.ious, 1) if iou >= REACHED), None)
        return f"IoU {REACHED} after {count} clicks" if count else f"IoU {REACHED} not in {MAX_CLICKS} clicks"


def run_case(model: ClickModel, refinement: Refinement, sample: EvaluationSample) -> Course:
    """Simulated clicks, as in ``evaluate``, on masks as the SDK gives them by default."""
    pipeline = ClickPipeline(model, refinement, sample.image)
    clicked = np.zeros_like(sample.truth)
    mask, masks, ious = pipeline.mask, {}, []
    while len(ious) < MAX_CLICKS:
        click = next_evaluation_click(mask, sample.truth, sample.ignore, clicked)
        if click is None:
            break
        clicked[int(click[1]), int(click[0])] = 1
        mask = clicked_parts(pipeline.add(click), pipeline.clicks)
        ious.append(mask_iou(mask, sample.truth, sample.ignore))
        masks[len(ious)] = mask
    shown = {count: masks[min(count, len(ious))] for count in SHOWN_AFTER}
    return Course(shown, ious, pipeline.clicks)


def view_of(sample: EvaluationSample, course: Course) -> tuple[slice, slice]:
    """Rows and columns to show: clicks, masks and truth with a margin, in a panel's aspect if the picture allows."""
    seen = sample.truth.copy()
    for mask in course.masks.values():
        seen |= mask
    for x, y, _ in course.clicks[: max(SHOWN_AFTER)]:
        seen[int(y), int(x)] = 1
    extents = [np.flatnonzero(seen.any(axis)) for axis in (1, 0)]
    lengths = [(1 + 2 * MARGIN) * (int(extent[-1]) - int(extent[0]) + 1) for extent in extents]
    height = max(lengths[0], lengths[1] * PANEL[1] / PANEL[0])
    wanted = (height, height * PANEL[0] / PANEL[1])
    view = []
    for extent, length, limit in zip(extents, wanted, seen.shape):
        whole = min(limit, round(length))
        start = round((int(extent[0]) + int(extent[-1]) + 1 - whole) / 2)
        start = min(max(start, 0), limit - whole)
        view.append(slice(start, start + whole))
    return view[0], view[1]


def row(letter: str, case: Case, sample: EvaluationSample, course: Course) -> np.ndarray:
    """Clicks, masks and truth of one case below a line of text, RGB uint8."""
    last = max(SHOWN_AFTER)
    views = [
        (None, course.clicks[:last], f"{len(course.clicks[:last])} clicks"),
        *(
            (course.masks[count], course.clicks[:count], f"after {count}: IoU {_iou(course, count):.2f}")
            for count in SHOWN_AFTER
        ),
        (sample.truth, [], "truth"),
    ]
    shown = view_of(sample, course)
    panels = np.concatenate([_panel(sample.image, mask, clicks, text, shown) for mask, clicks, text in views], 1)
    line = _text(
        np.full((CAPTION, panels.shape[1], 3), 255, np.uint8), f"{letter}  {case.kind}; {course.reached()}", 13
    )
    return np.concatenate([line, panels])


def _iou(course: Course, count: int) -> float:
    return course.ious[min(count, len(course.ious)) - 1]


def _panel(
    image: np.ndarray, mask: np.ndarray | None, clicks: list[Click], text: str, shown: tuple[slice, slice]
) -> np.ndarray:
    rows, columns = shown
    scale = min(PANEL[0] / (columns.stop - columns.start), PANEL[1] / (rows.stop - rows.start))
    size = (round((columns.stop - columns.start) * scale), round((rows.stop - rows.start) * scale))
    picture = cv2.resize(image[shown], size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if mask is not None:
        inside = cv2.resize(mask[shown], size, interpolation=cv2.INTER_NEAREST)
        # Grey and faded outside: the mask stands out, and the file stays small.
        faded = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) // 2 + 100, cv2.COLOR_GRAY2RGB)
        picture = np.where(inside[..., None] > 0, picture // 2 + np.array([0, 64, 127], np.uint8), faded)
        outline, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, outline, -1, (255, 255, 255), 1)
    for x, y, label in clicks:
        spot = (int((x - columns.start) * scale), int((y - rows.start) * scale))
        cv2.circle(picture, spot, 4, (0, 200, 0) if label > 0.5 else (220, 0, 0), -1)
        cv2.circle(picture, spot, 4, (255, 255, 255), 1)
    panel = np.full((PANEL[1] + CAPTION, PANEL[0] + GAP, 3), 255, np.uint8)
    panel[: size[1], : size[0]] = picture
    return _text(panel, text, PANEL[1] + 13)


def _text(image: np.ndarray, text: str, bottom: int) -> np.ndarray:
    return cv2.putText(image, text, (4, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)


def write_sheet(
    path: Path, model: ClickModel, refinement: Refinement, items: list[Item], photos: Path, most_bytes: int
) -> list[str]:
    """Write all cases as one JPEG of at most ``most_bytes`` and return a line of text on each."""
    rows, lines = [], []
    for index, case in enumerate(CASES):
        sample = case_sample(case, items, photos)
        course = run_case(model, refinement, sample)
        letter = "abcdefghij"[index]
        rows.append(row(letter, case, sample, course))
        lines.append(f"{letter}: {case.kind} ({case.picture}); {course.reached()}")
    sheet = cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR)
    for quality in range(90, 30, -5):
        _, encoded = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
        if len(encoded) <= most_bytes:
            path.write_bytes(encoded.tobytes())
            return lines
    raise ValueError(f"the sheet does not fit into {most_bytes} bytes")
