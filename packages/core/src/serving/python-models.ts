/** For Triton's Python backend: runs the ONNX graph beside the file. */
export const tritonPythonModel = `"""Runs the ONNX graph beside this file, for servers without Triton's own backend for ONNX."""

import json
import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # Read when onnxruntime is imported.
import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        parameters = {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(parameters.get("intra_op_thread_count", 0))
        # Threads spin while a graph runs, a quarter of its time less, and sleep between runs.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        on_gpu = args["model_instance_kind"] == "GPU"
        providers = ["CPUExecutionProvider"]
        if on_gpu:
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": int(args["model_instance_device_id"])}))
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=providers)
        self.inputs = [tensor.name for tensor in self.session.get_inputs()]
        self.can_batch = config.get("max_batch_size", 0) > 1

    def execute(self, requests):
        feeds = [
            {name: pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs}
            for request in requests
        ]
        wanted = [request.requested_output_names() for request in requests]
        if self.can_batch and len(feeds) > 1 and same(wanted) and same([shapes(feed) for feed in feeds]):
            return self.together(feeds, wanted[0])
        return [self.answer(self.session.run(names, feed), names) for feed, names in zip(feeds, wanted)]

    def together(self, feeds, names):
        counts = np.cumsum([next(iter(feed.values())).shape[0] for feed in feeds])[:-1]
        joined = {name: np.concatenate([feed[name] for feed in feeds]) for name in self.inputs}
        parts = [np.split(output, counts) for output in self.session.run(names, joined)]
        return [self.answer([part[i] for part in parts], names) for i in range(len(feeds))]

    def answer(self, outputs, names):
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, output) for name, output in zip(names, outputs)])


def shapes(feed):
    return {name: value.shape for name, value in feed.items()}


def same(values):
    return all(value == values[0] for value in values)
`;

/** For MLServer: a runtime for ONNX graphs, because it has none. */
export const mlserverRuntime = `"""An MLServer runtime for ONNX graphs: pip install mlserver onnxruntime."""

import asyncio
import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # Read when onnxruntime is imported.
import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from mlserver.utils import get_model_uri


class OnnxRuntime(MLModel):
    async def load(self) -> bool:
        extra = self.settings.parameters.extra or {}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(extra.get("threads", 0))
        # A thread that waits would else burn the core that another one needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = await get_model_uri(self.settings)
        self.session = onnxruntime.InferenceSession(path, options, providers=extra["providers"])
        self.types = {tensor.name: TYPES[tensor.type] for tensor in self.session.get_inputs()}
        self.known = [tensor.name for tensor in self.session.get_outputs()]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        feeds = {
            tensor.name: np.asarray(NumpyCodec.decode_input(tensor), self.types[tensor.name]).reshape(tensor.shape)
            for tensor in payload.inputs
        }
        asked = [output.name for output in payload.outputs or []]
        names = [name for name in self.known if name in asked] or self.known
        # Beside the event loop, which answers whether the server lives.
        results = await asyncio.get_running_loop().run_in_executor(None, self.session.run, names, feeds)
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[NumpyCodec.encode_output(name, result) for name, result in zip(names, results)],
        )


TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
`;
