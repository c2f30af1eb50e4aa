"""The final page: figures, curves, and pictures with the masks after one click, before and after. One file, no scripts."""

from __future__ import annotations

import base64
import html
from pathlib import Path

import cv2
import numpy as np

from ..clicks import next_evaluation_click
from ..evaluation_sets import EvaluationSample
from ..models import CheckpointModel
from ..pipeline import ClickPipeline, Refinement
from .measure import SIZE

SHOWN = 8
"""Objects that are shown, those with the largest change first."""
WIDTH = 300
"""Of a picture, px."""
BEFORE, AFTER = "#8c959f", "#0969da"

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1b1f24; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .35rem .9rem; border-bottom: 1px solid #d8dee4; text-align: right }
th:first-child, td:first-child { text-align: left } .fewer { color: #1a7f37; font-weight: 600 }
figure { margin: 0 } .row { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem; margin: 1rem 0 }
img, svg { max-width: 100%; border-radius: 4px } figcaption { font-size: .85rem; color: #57606a }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3 }
  th, td { border-color: #30363d } figcaption { color: #9198a1 }
}
"""


def write_page(path: Path, model: Path, result: dict, before: Path, after: Path, check: list[EvaluationSample]) -> None:
    """Write the page; ``before`` and ``after`` are checkpoints."""
    adapted = result["adapted"]
    learned, checked = (count(adapted["pictures"][use], "picture") for use in ("learned", "checked"))
    measured = f"Measured on {count(result['after']['check']['objects'], 'object')} of {checked}"
    parent = html.escape(adapted["from"])
    body = [
        f"<h1>{html.escape(model.name)}</h1>",
        f"<p>Adapted from {parent} with {count(adapted['objects'], 'object')} of {learned}, "
        f"in {result['seconds'] / 60:.0f} minutes. {measured} that it did not learn from.</p>"
        if adapted["pictures"]["learned"]
        else f"<p>{parent} with its own weights, since what was learned did not help. {measured}.</p>",
        _zoom_in(result["zoom_in"]),
        _table(result),
        "<h2>Mean IoU by clicks, on your pictures</h2>",
        _curves(result["before"]["check"]["curve"], result["after"]["check"]["curve"]),
        "<h2>After one click</h2>",
        *_pictures(result, before, after, check),
        f"<p>Licence of the pictures, as stated: {html.escape(adapted['licence'])}.</p>",
    ]
    title = f"{html.escape(model.name)}: clicks before and after"
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style>"
    )
    path.write_text(head + "\n".join(body) + "</html>\n", encoding="utf-8")


def count(number: int, noun: str) -> str:
    """Such as "1 object" and "2 objects"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _zoom_in(looked: dict) -> str:
    if not looked["objects"]:
        return ""
    clicks = looked["clicks"]
    return (
        f"<p>Before it learned, {looked['objects']} objects of all your pictures took {clicks['zoom-in']:.2f} clicks to IoU 0.85 "
        f"with zoom-in and {clicks['without']:.2f} without. So it goes {'with' if looked['on'] else 'without'} zoom-in.</p>"
    )


def _table(result: dict) -> str:
    rows = []
    for part, title in (("check", "your pictures"), ("general", "general objects")):
        for key, text in (
            ("clicks_85", "clicks to IoU 0.85"),
            ("clicks_90", "clicks to IoU 0.90"),
            ("iou_1", "IoU after one click"),
        ):
            if part not in result["before"]:
                continue
            before, after = (result[when][part][key] for when in ("before", "after"))
            better = after > before if key == "iou_1" else after < before
            mark = ' class="fewer"' if better else ""
            rows.append(f"<tr><td>{title}, {text}</td><td>{before:.2f}</td><td{mark}>{after:.2f}</td></tr>")
    return "<table><tr><th></th><th>before</th><th>after</th></tr>" + "".join(rows) + "</table>"


def _curves(before: list[float], after: list[float]) -> str:
    def line(values: list[float], colour: str) -> str:
        points = " ".join(f"{40 + 27 * i:.0f},{210 - 200 * v:.1f}" for i, v in enumerate(values))
        return f'<polyline fill="none" stroke="{colour}" stroke-width="2.5" points="{points}"/>'

    grid = "".join(
        f'<line x1="40" x2="560" y1="{210 - 200 * v:.0f}" y2="{210 - 200 * v:.0f}" stroke="#8884"/>'
        f'<text x="4" y="{214 - 200 * v:.0f}" font-size="12" fill="currentColor">{v:.2f}</text>'
        for v in (0.25, 0.5, 0.75, 0.85, 1.0)
    )
    ticks = "".join(
        f'<text x="{36 + 27 * (n - 1)}" y="228" font-size="12" fill="currentColor">{n}</text>'
        for n in (1, 5, 10, 15, 20)
    )
    key = "".join(
        f'<text x="{x}" y="180" font-size="13" fill="{colour}">{text}</text>'
        for x, colour, text in ((430, BEFORE, "before"), (490, AFTER, "after"))
    )
    lines = line(before, BEFORE) + line(after, AFTER)
    label = 'role="img" aria-label="Mean IoU by clicks, before and after"'
    return f'<svg viewBox="0 0 570 235" width="570" {label}>{grid}{ticks}{lines}{key}</svg>'


def _pictures(result: dict, before: Path, after: Path, check: list[EvaluationSample]) -> list[str]:
    by_name = {sample.name: sample for sample in check}
    change = lambda one: one["after"][0] - one["before"][0]
    ordered = sorted(result["objects"], key=change)
    few = min(SHOWN // 3, len(ordered) // 2)
    worst, best = ordered[:few], ordered[few:][::-1][: SHOWN - SHOWN // 3]
    models = [CheckpointModel(path, SIZE) for path in (before, after)]
    rows = []
    for title, group in (("Gained most", best), ("Gained least, or lost", worst)):
        if group:
            rows.append(f"<h3>{title}</h3>")
        for one in group:
            sample = by_name[one["name"]]
            panels = [_panel(sample, sample.truth, None, "accepted by your team")]
            for model, when in zip(models, ("before", "after")):
                mask, click = _first_mask(model, sample)
                panels.append(_panel(sample, mask, click, f"{when}: IoU {one[when][0]:.2f}"))
            rows.append(f'<div class="row">{"".join(panels)}</div>')
    return rows


def _first_mask(model: CheckpointModel, sample: EvaluationSample) -> tuple[np.ndarray, tuple]:
    nothing = np.zeros_like(sample.truth)
    click = next_evaluation_click(nothing, sample.truth, sample.ignore, nothing)
    pipeline = ClickPipeline(model, Refinement(cascade_steps=2, settled_pixels=20, every_click=False), sample.image)
    return pipeline.add(click), click


def _panel(sample: EvaluationSample, mask: np.ndarray, click: tuple | None, caption: str) -> str:
    panel = sample.image.copy()
    panel[mask > 0] = panel[mask > 0] // 2 + np.array([0, 64, 127], np.uint8)
    scale = WIDTH / panel.shape[1]
    panel = cv2.resize(panel, (WIDTH, max(1, round(panel.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    outlines, _ = cv2.findContours(
        cv2.resize(mask, panel.shape[1::-1], interpolation=cv2.INTER_NEAREST), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
    )
    cv2.drawContours(panel, outlines, -1, (255, 255, 255), 1)
    if click is not None:
        at = (int(click[0] * scale), int(click[1] * scale))
        cv2.circle(panel, at, 5, (0, 180, 0), -1)
        cv2.circle(panel, at, 5, (255, 255, 255), 1)
    data = base64.b64encode(cv2.imencode(".jpg", panel[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])[1]).decode()
    return (
        f'<figure><img alt="{caption}" src="data:image/jpeg;base64,{data}"><figcaption>{caption}</figcaption></figure>'
    )
