"""Clickmask for CVAT's auto-annotation agents: an interaction function that asks `clickmask-cvat serve`.

The agent connects out to CVAT (2.71 or later, where it offers agents) and needs neither nuclio nor an open port:

    npx clickmask-cvat serve clickmask-function --port 8080
    cvat-cli function create-native Clickmask --function-file clickmask_agent.py -p url=str:http://127.0.0.1:8080
    cvat-cli function run-agent FUNCTION_ID --function-file clickmask_agent.py -p url=str:http://127.0.0.1:8080
"""

import base64
import io
import json
import urllib.error
import urllib.request

import cvat_sdk.auto_annotation as cvataa
import PIL.Image
from cvat_sdk import models


class ClickmaskFunction:
    """Clicks and boxes become a mask. Replies have to be of the form `shapes`, which `init --cvat 2.71` chooses."""

    # Everything is optional: with nothing to go by the mask is empty, and a box alone is enough.
    spec = cvataa.InteractionFunctionSpec(min_pos_points=0, min_neg_points=0, min_bounding_boxes=0)

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout

    def preprocess_image(self, context: cvataa.InteractionFunctionContext, image: PIL.Image.Image) -> str:
        """The picture as the function takes it. The agent keeps it for the clicks that follow."""
        file = io.BytesIO()
        image.convert("RGB").save(file, "PNG", compress_level=1)
        return base64.b64encode(file.getvalue()).decode("ascii")

    def detect(
        self,
        context: cvataa.InteractionFunctionContext,
        pp_image: str,
        prompts: cvataa.InteractionPrompts,
    ) -> list[cvataa.InteractionResultShape]:
        """The mask, as no shape or one."""
        box = prompts.bounding_box
        reply = self._post(
            {
                "image": pp_image,
                "pos_points": [list(point) for point in prompts.pos_points],
                "neg_points": [list(point) for point in prompts.neg_points],
                "obj_bbox": [] if box is None else [list(corner) for corner in box],
            }
        )
        if "shapes" not in reply:
            raise cvataa.BadFunctionError(
                f"Expected a reply with shapes but received {', '.join(reply)}. "
                "Make the function's folder with init --cvat 2.71, or set CLICKMASK_REPLY to shapes."
            )
        return [
            cvataa.InteractionResultShape(
                type=shape["type"],
                points=shape["points"],
                attributes=[models.AttributeValRequest(**attribute) for attribute in shape["attributes"]],
            )
            for shape in reply["shapes"]
        ]

    def _post(self, request: dict) -> dict:
        body = json.dumps(request).encode("utf-8")
        headers = {"content-type": "application/json"}
        call = urllib.request.Request(self._url, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(call, timeout=self._timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            # The function says why; the status alone would help nobody.
            raise RuntimeError(f"{self._url} answered {error.code}: {error.read(500).decode('utf-8', 'replace')}") from None


def create(url: str = "http://127.0.0.1:8080", timeout: float = 60) -> ClickmaskFunction:
    """Makes the function; the parameters come from `-p NAME=TYPE:VALUE` of cvat-cli."""
    return ClickmaskFunction(url, timeout)
