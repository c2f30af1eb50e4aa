"""Calls a function through CVAT's own lambda_manager, without a CVAT server.

Usage: lambda_manager.py VIEWS_PY FUNCTION_JSON
VIEWS_PY is cvat/apps/lambda_manager/views.py of a CVAT checkout; FUNCTION_JSON describes the function as nuclio's dashboard
does. Reads one call a line from stdin, {"image": FILE, "data": {...}}; writes one answer a line. The first line written is
what the server would list. Needs django, numpy and requests.
"""

import base64
import enum
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import types

import requests
from django.conf import settings

STUBBED = ("cvat", "datumaro", "django_rq", "drf_spectacular", "rest_framework", "rq")


class Anything(type):
    """A class whose every attribute is another such class."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (Stub,), {})


class Stub(metaclass=Anything):
    """Stands for a class, a base class, a decorator and what a decorator's call gives."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return args[0] if args else self


class StubModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (Stub,), {})


class StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in STUBBED:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StubModule(spec.name)

    def exec_module(self, module):
        if module.__name__ == "cvat.apps.lambda_manager.models":
            module.FunctionKind = enum.Enum(
                "FunctionKind", {kind.upper(): kind for kind in ("detector", "interactor", "reid", "tracker")}, type=str
            )
        if module.__name__ == "cvat.utils.http":
            module.make_requests_session = requests.Session


def load_views(path):
    sys.meta_path.insert(0, StubFinder())
    settings.configure(
        NUCLIO={
            "SCHEME": "http",
            "HOST": "localhost",
            "PORT": 1,
            "DEFAULT_TIMEOUT": 120,
            "FUNCTION_NAMESPACE": "nuclio",
            "INVOKE_METHOD": "direct",
        }
    )
    spec = importlib.util.spec_from_file_location("lambda_views", path)
    views = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(views)
    return views


class Task:
    """As much of a task as a call looks at."""

    id = 1

    def get_labels(self, prefetch=False):
        return []


def main():
    views = load_views(sys.argv[1])
    exists = os.path.exists
    # Inside a container the server looks for the function on the host.
    os.path.exists = lambda path: False if path == "/.dockerenv" else exists(path)
    with open(sys.argv[2]) as file:
        function = views.LambdaFunction(views.LambdaGateway(), json.load(file))
    print(json.dumps({"listed": function.to_dict()}), flush=True)
    for line in sys.stdin:
        call = json.loads(line)
        with open(call["image"], "rb") as file:
            image = base64.b64encode(file.read()).decode("utf-8")
        function._get_image = lambda *args, **kwargs: image
        try:
            answer = {"result": function.invoke(Task(), call["data"])}
        except requests.HTTPError as error:
            answer = {"status": error.response.status_code, "error": str(error)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
