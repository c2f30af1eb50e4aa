"""Export to ONNX: two graphs with weights stored as fp16, the same in fp32, and ``export.json`` that describes them.

What ships stores fp16 and keeps fp32 inputs, outputs and arithmetic: each stored weight passes through a Cast that the
runtime folds when it loads the graph. So it halves the download and still runs on engines without fp16 kernels.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import time
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from .checkpoint import load_checkpoint, load_network
from .network import ClickNetwork

OPSET = 17
PARITY = 1e-4
"""Largest accepted difference of logits between PyTorch and the fp32 graphs."""
FEATURES = ["features_4", "features_8", "features_16"]
STORAGE = {"fp16_weights": "", "fp32": ".fp32"}
"""What comes before ``.onnx`` in the names of the files, by how their weights are stored."""
MIN_FP16_ELEMENTS = 256
"""Smaller tensors stay fp32: nothing to gain, and some hold constants of the geometry."""


class _DecoderGraph(nn.Module):
    """The decoder with plain outputs."""

    def __init__(self, network: ClickNetwork) -> None:
        super().__init__()
        self.decoder = network.decoder

    def forward(self, f4: Tensor, f8: Tensor, f16: Tensor, clicks: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
        decoded = self.decoder(f4, f8, f16, clicks, previous)
        return decoded.logits, decoded.scores


def example_clicks(count: int, size: int, seed: int = 0) -> Tensor:
    """Clicks (1, count, 3) inside the input: the first positive, a padding row last where there is room."""
    random = np.random.default_rng(seed)
    clicks = np.stack([random.uniform(0, size, count), random.uniform(0, size, count), random.integers(0, 2, count)], 1)
    clicks[0, 2] = 1
    if count > 2:
        clicks[-1, 2] = -1
    return torch.from_numpy(clicks.astype(np.float32))[None]


def export(checkpoint: Path, folder: Path, size: int) -> dict:
    """Write the graphs of a checkpoint's averaged network for input side ``size``; returns the description."""
    if size % 16:
        raise ValueError(f"size must be a multiple of 16, not {size}")
    folder.mkdir(parents=True, exist_ok=True)
    network = load_network(checkpoint)
    grid = size // network.decoder.config.output_stride
    image = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    previous = torch.zeros(1, 1, grid, grid)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        features = network.encode(image)
        torch.onnx.export(
            network.encoder,
            (image,),
            folder / "encoder.onnx",
            input_names=["image"],
            output_names=FEATURES,
            opset_version=OPSET,
            dynamo=False,
        )
        torch.onnx.export(
            _DecoderGraph(network).eval(),
            (*features, example_clicks(3, size), previous),
            folder / "decoder.onnx",
            input_names=[*FEATURES, "clicks", "previous"],
            output_names=["logits", "scores"],
            dynamic_axes={"clicks": {1: "clicks"}},
            opset_version=OPSET,
            dynamo=False,
        )
    for name in ("encoder", "decoder"):
        path = folder / f"{name}.onnx"
        graph = onnx.load(path)
        fold_padding(graph)
        fold_scalars(graph)
        complete_convolutions(graph)
        free_batch(graph)
        onnx.checker.check_model(graph, full_check=True)
        onnx.save(graph, folder / f"{name}{STORAGE['fp32']}.onnx")
        onnx.save(with_fp16_weights(graph), path)
    difference = parity(network, folder, size)
    if difference["fp32"] > PARITY:
        raise RuntimeError(f"exported graphs differ from PyTorch by {difference['fp32']:.2e}, more than {PARITY:.0e}")
    description = describe(folder, size) | {
        "training": {
            "config": load_checkpoint(checkpoint)["config"],
            "progress": load_checkpoint(checkpoint)["progress"],
        },
        "decoder_config": asdict(network.decoder.config),
        "parity_max_abs": difference,
        "milliseconds": {kind: timing(folder, suffix) for kind, suffix in STORAGE.items()},
    }
    (folder / "export.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return description


def fold_padding(model: onnx.ModelProto) -> None:
    """Move the backbone's right-and-bottom padding from Pad nodes (and their computed pads) into the Convs."""
    graph = model.graph
    pads = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Pad"}
    for node in graph.node:
        if node.op_type != "Conv" or node.input[0] not in pads:
            continue
        node.input[0] = pads[node.input[0]]
        for attribute in node.attribute:
            if attribute.name == "pads":
                attribute.ints[:] = [0, 0, 1, 1]
    _remove_unused(graph)


def fold_scalars(model: onnx.ModelProto) -> None:
    """Compute Casts and Reciprocals of constants: the exporter leaves scalars in fp64, which WebGPU lacks."""
    graph = model.graph
    known: dict[str, np.ndarray] = {}
    for node in graph.node:
        if node.op_type == "Constant":
            known[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
            continue
        if node.op_type not in ("Cast", "Reciprocal") or node.input[0] not in known:
            continue
        value = known[node.input[0]]
        if node.op_type == "Cast":
            value = value.astype(helper.tensor_dtype_to_np_dtype(node.attribute[0].i))
        else:
            value = (1.0 / value).astype(value.dtype)
        known[node.output[0]] = value
        name = node.output[0]
        node.CopyFrom(helper.make_node("Constant", [], [name], name=node.name, value=numpy_helper.from_array(value)))
    _remove_unused(graph)
    types = {numpy_helper.to_array(node.attribute[0].t).dtype for node in graph.node if node.op_type == "Constant"}
    if np.dtype(np.float64) in types:
        raise RuntimeError("the graph computes in fp64, which browsers' engines do not have")


def _remove_unused(graph: onnx.GraphProto) -> None:
    """Drop nodes whose outputs are unused."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if any(output in needed for output in node.output):
            needed.update(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))


def complete_convolutions(model: onnx.ModelProto) -> None:
    """Write every Conv attribute that has a default, because some engines (WebGPU) do not fill them in."""
    shapes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != "Conv":
            continue
        kernel = shapes[node.input[1]][2:]
        present = {attribute.name for attribute in node.attribute}
        defaults = {"dilations": [1, 1], "strides": [1, 1], "pads": [0, 0, 0, 0], "group": 1, "kernel_shape": kernel}
        node.attribute.extend(
            helper.make_attribute(name, value) for name, value in defaults.items() if name not in present
        )


def free_batch(model: onnx.ModelProto) -> None:
    """Let the first dimension of every input and output be any: for servers that join the requests of several people.

    The exporter writes the 1 that it saw into the shapes of Reshapes; 0 there means what the input has. Nothing else
    changes, so that a batch of one gives what it gave before, to the last bit.
    """
    graph = model.graph
    makers = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        if node.op_type != "Reshape":
            continue
        shape = makers[node.input[1]]
        if shape.op_type == "Concat":
            shape = makers[shape.input[0]]
        if shape.op_type != "Constant":
            raise RuntimeError(f"{node.name}: cannot see whether its first dimension is the batch")
        sizes = numpy_helper.to_array(shape.attribute[0].t).copy()
        if sizes[0] == 1:
            sizes[0] = 0
            shape.attribute[0].t.CopyFrom(numpy_helper.from_array(sizes))
    for tensor in (*graph.input, *graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = "batch"
    del graph.value_info[:]


def with_fp16_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose large weights are stored as fp16 behind a Cast to fp32."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    casts = []
    for tensor in result.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or int(np.prod(tensor.dims)) < MIN_FP16_ELEMENTS:
            continue
        name = tensor.name
        values = numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(values, f"{name}.fp16"))
        casts.append(helper.make_node("Cast", [f"{name}.fp16"], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *result.graph.node]
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    onnx.checker.check_model(result)
    return result


def open_sessions(
    folder: Path, suffix: str = "", threads: int = 2
) -> tuple[onnxruntime.InferenceSession, onnxruntime.InferenceSession]:
    """Encoder and decoder on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    encoder, decoder = (
        onnxruntime.InferenceSession(folder / f"{name}{suffix}.onnx", options, providers=["CPUExecutionProvider"])
        for name in ("encoder", "decoder")
    )
    return encoder, decoder


def parity(network: ClickNetwork, folder: Path, size: int) -> dict[str, float]:
    """Largest difference of logits and scores against PyTorch, over several numbers of clicks, through both graphs."""
    largest = dict.fromkeys(STORAGE, 0.0)
    grid = size // network.decoder.config.output_stride
    for kind, suffix in STORAGE.items():
        encoder, decoder = open_sessions(folder, suffix)
        for count in (1, 2, 5, 20):
            generator = torch.Generator().manual_seed(count)
            image = torch.rand(1, 3, size, size, generator=generator)
            clicks = example_clicks(count, size, count)
            previous = torch.rand(1, 1, grid, grid, generator=generator)
            with torch.no_grad():
                expected = network(image, clicks, previous)
            features = dict(zip(FEATURES, encoder.run(FEATURES, {"image": image.numpy()})))
            logits, scores = decoder.run(
                ["logits", "scores"], {**features, "clicks": clicks.numpy(), "previous": previous.numpy()}
            )
            for got, wanted in ((logits, expected.logits), (scores, expected.scores)):
                largest[kind] = max(largest[kind], float(np.abs(got - wanted.numpy()).max()))
    return largest


def timing(folder: Path, suffix: str = "", repeats: int = 15) -> dict[str, float]:
    """Median milliseconds of each graph on two threads, with three clicks."""
    encoder, decoder = open_sessions(folder, suffix)
    size = int(encoder.get_inputs()[0].shape[2])
    image = {"image": np.random.default_rng(0).random((1, 3, size, size), np.float32)}
    features = dict(zip(FEATURES, encoder.run(FEATURES, image)))
    grid = next(tensor.shape[2] for tensor in decoder.get_inputs() if tensor.name == "previous")
    feeds = {
        **features,
        "clicks": example_clicks(3, size).numpy(),
        "previous": np.zeros((1, 1, grid, grid), np.float32),
    }
    return {
        "encoder": _median_ms(lambda: encoder.run(None, image), repeats),
        "decoder": _median_ms(lambda: decoder.run(None, feeds), repeats),
    }


def _median_ms(call, repeats: int) -> float:
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return round(statistics.median(times), 2)


def describe(folder: Path, size: int) -> dict:
    """Hashes, sizes, tensor names and shapes of the files in ``folder``; shapes as the runtime finds them."""
    files = {}
    for suffix in STORAGE.values():
        for name, session in zip(("encoder", "decoder"), open_sessions(folder, suffix)):
            path = folder / f"{name}{suffix}.onnx"
            data = path.read_bytes()
            files[path.name] = {
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
                "inputs": [_tensor(value) for value in session.get_inputs()],
                "outputs": [_tensor(value) for value in session.get_outputs()],
            }
    return {"size": size, "opset": OPSET, "files": files}


def _tensor(value: onnxruntime.NodeArg) -> dict:
    return {"name": value.name, "type": "float32", "shape": list(value.shape)}
