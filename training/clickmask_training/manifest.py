"""``model.json``: makes a folder of exported graphs a model that the SDK loads."""

from __future__ import annotations

import json
from pathlib import Path

from .pipeline import Refinement, ZoomIn

NAME = "clickmask-small"
REPOSITORY_LICENCE = "Apache-2.0"
UNCLEAR_NOTE = (
    "For research: some of its training pictures state no licence, so it must not be redistributed in a release. "
    "See MODEL_CARD.md."
)
REFINEMENT = {
    # The first click is the weak one. Later ones gain less than a further pass costs.
    "cascade": {"steps": 2, "settledPixels": 20, "clicks": "first"},
    # RITM's numbers. Large objects gain from it once their shape is found: from the fourth click on.
    "zoomIn": {
        "skipClicks": 1,
        "expansion": 1.4,
        "minSize": 200,
        "keepIou": 0.5,
        "threshold": 0.5,
        "largestShare": 0.3,
        "anySizeFrom": 4,
    },
    "flip": False,
    # Small holes that no negative click asked for: a pupil, a window, a reflection.
    "fillHoles": {"share": 0.01},
}
"""What the exported model does unless its user says otherwise."""


def manifest(description: dict, version: str, licences: str, candidate: str) -> dict:
    """The manifest of the graphs that ship.

    ``description`` is that of ``export``; ``licences`` the filter the run was trained with; ``candidate``
    (``first`` or ``best``) says whether the first candidate answers or the best-scored one.
    """
    size = description["size"]
    licence = {"id": REPOSITORY_LICENCE, "commercialUse": licences != "all"}
    if licences == "all":
        licence["note"] = UNCLEAR_NOTE
    return {
        "format": 1,
        "family": "clickmask",
        "name": NAME,
        "version": version,
        "description": f"MobileNetV2 encoder with a feature pyramid, light decoder, three candidates, input {size} x {size}",
        "licence": licence,
        "source": {
            "text": "Trained for this project, by the recipe in training/, from Apache-2.0 MobileNetV2 weights."
        },
        "threshold": 0.5,
        "refinement": REFINEMENT,
        "graphs": {
            name: {"file": f"{name}.onnx", **description["files"][f"{name}.onnx"]} for name in ("encoder", "decoder")
        },
        "options": {"candidate": candidate},
    }


def refinement_of(content: dict) -> Refinement:
    """The ``refinement`` of a manifest, as this recipe's pipeline takes it."""
    cascade, zoom = content["cascade"], content["zoomIn"]
    return Refinement(
        cascade_steps=cascade["steps"],
        settled_pixels=cascade["settledPixels"],
        every_click=cascade["clicks"] == "every",
        flip=content["flip"],
        zoom_in=zoom
        and ZoomIn(
            skip_clicks=zoom["skipClicks"],
            expansion=zoom["expansion"],
            least_side=zoom["minSize"],
            keep_iou=zoom["keepIou"],
            threshold=zoom["threshold"],
            largest_share=zoom.get("largestShare", 1.0),
            any_size_from=zoom.get("anySizeFrom"),
        ),
        fill_holes=content.get("fillHoles", {}).get("share", 0.0),
    )


def write_manifest(folder: Path, content: dict) -> None:
    """Write ``model.json``."""
    (folder / "model.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
