"""Calls the agent's function as cvat-cli's own driver does; prints what it would send to CVAT as JSON.

Usage: agent_driver.py FUNCTION_FILE URL PICTURE REQUEST..., each request a JSON object as CVAT sends it.
"""

import json
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import PIL.Image
from cvat_cli._internal import agent_driver
from cvat_cli._internal.agent_driver_interaction import AgentInteractionFunctionDriver
from cvat_cli._internal.common import FunctionLoader

file, url, picture, *requests = sys.argv[1:]


class Driver(AgentInteractionFunctionDriver):
    """The real one, on a picture of this machine in place of a task of a server."""

    loaded = 0

    def _get_sample_from_ar_params(self, ar_params):
        def load_image():
            Driver.loaded += 1
            return PIL.Image.open(picture)

        return SimpleNamespace(media=SimpleNamespace(load_image=load_image)), None


pool = ThreadPoolExecutor(1)
executor = SimpleNamespace(submit=pool.submit, result=lambda future: future.result())
function = FunctionLoader(None, pathlib.Path(file), {"url": url}).load()
agent_driver.set_worker_current_function(function)
Driver.init_worker(None)
driver = Driver(None, executor, function.spec)
driver.validate_function_compatibility(
    {"startswith_box": False, "startswith_box_optional": False, "min_neg_points": -1, **Driver.get_remote_function_fields(function.spec)}
)
results = []
for text in requests:
    request = {"type": "interact", "task": 1, "frame": 0, **json.loads(text)}
    result = driver.calculate_result_for_ar(request, lambda **_: None)
    for shape in result["shapes"]:
        shape["attributes"] = [attribute.to_dict() for attribute in shape["attributes"]]
    results.append(result)
print(json.dumps({"loaded": Driver.loaded, "results": results}))
