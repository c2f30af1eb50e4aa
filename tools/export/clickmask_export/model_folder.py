"""Writes a model folder: ONNX files, model.json with hashes, and a parity report."""

import datetime
import hashlib
import json
import os
import pathlib
import statistics
import time

import numpy as np
import onnx
import onnxruntime
import torch

from .group_norm import staged_group_norms


def export_graph(module, inputs, path, outputs, dynamic=None, opset=18, legacy=False, shapes=None):
    """Exports `module(*inputs.values())`.

    inputs: name -> example tensor. dynamic: input name -> {axis: name}. shapes: output name -> its shape, where tracing
    loses it.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    module.eval()
    args = tuple(inputs.values())
    with torch.no_grad(), staged_group_norms(module):
        if legacy:
            torch.onnx.export(
                module,
                args,
                str(path),
                input_names=list(inputs),
                output_names=outputs,
                dynamic_axes=dynamic or {},
                opset_version=opset,
                dynamo=False,
            )
        else:
            open_sizes = None
            if dynamic:
                dims = {}
                open_sizes = tuple(
                    {
                        axis: dims.setdefault(name, torch.export.Dim(name, min=32, max=8192))
                        for axis, name in dynamic.get(key, {}).items()
                    }
                    for key in inputs
                )
            torch.onnx.export(
                module,
                args,
                str(path),
                input_names=list(inputs),
                output_names=outputs,
                dynamic_shapes=open_sizes,
                opset_version=opset,
                dynamo=True,
                external_data=False,
                optimize=True,
                verbose=False,
            )
    # The file contains neither paths of this machine nor traces of Python code.
    model = onnx.load(path)
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.doc_string = ""
        del value.metadata_props[:]
    for value in model.graph.output:
        if value.name in (shapes or {}):
            for dimension, size in zip(value.type.tensor_type.shape.dim, shapes[value.name]):
                dimension.dim_value = size
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    model.doc_string = ""
    model.graph.doc_string = ""
    model.producer_name = "clickmask-export"
    onnx.save(model, path)
    onnx.checker.check_model(str(path))
    return path


def session_of(path, threads=2):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def compare(module, path, cases, outputs, repeats=3):
    """Runs both on each case (name -> tensor). The report has their difference and the time of each."""
    session = session_of(path)
    report = []
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    for inputs in cases:
        with torch.no_grad():
            expected = module(*inputs.values())
        expected = expected if isinstance(expected, (tuple, list)) else (expected,)
        feeds = {name: tensor.numpy() for name, tensor in inputs.items()}
        found = session.run(outputs, feeds)
        torch_ms, onnx_ms = [], []
        for _ in range(repeats):
            start = time.perf_counter()
            with torch.no_grad():
                module(*inputs.values())
            middle = time.perf_counter()
            session.run(outputs, feeds)
            torch_ms.append((middle - start) * 1000)
            onnx_ms.append((time.perf_counter() - middle) * 1000)
        report.append(
            {
                "inputs": {name: list(tensor.shape) for name, tensor in inputs.items()},
                "outputs": {
                    name: {"maxAbsDiff": float(np.abs(a.numpy() - b).max()), "maxAbs": float(np.abs(a.numpy()).max())}
                    for name, a, b in zip(outputs, expected, found)
                },
                "torchMs": round(statistics.median(torch_ms), 1),
                "onnxMs": round(statistics.median(onnx_ms), 1),
            }
        )
    return report


def compare_with_authors(net, module, cases):
    """The difference between the exported module and the authors' own network, called as their predictors call it.

    Their network draws its click maps itself: from the points of a case, or from the two of the example's maps.
    """
    report = []
    for inputs in cases:
        image, maps = inputs["image"], inputs["coord_features"]
        points = inputs.get("points")
        if points is None:
            height, width = image.shape[2:]
            points = torch.tensor([[[height // 2, width // 2, 0], [height // 5, width // 6, 1]]], dtype=torch.float32)
        with torch.no_grad():
            maps = torch.cat((maps[:, :1], net.dist_maps(image, points.clone())), dim=1)
            expected = net(torch.cat((image, maps[:, :1]), dim=1), points.clone())["instances"]
            found = module(*{**inputs, "coord_features": maps}.values())
        found = found[0] if isinstance(found, tuple) else found
        report.append({"maxAbsDiff": float((expected - found).abs().max()), "maxAbs": float(expected.abs().max())})
    return report


def describe_tensor(info):
    types = {
        "tensor(float)": "float32",
        "tensor(float16)": "float16",
        "tensor(int32)": "int32",
        "tensor(int64)": "int64",
        "tensor(uint8)": "uint8",
        "tensor(bool)": "bool",
    }
    shape = [size if isinstance(size, (int, str)) else f"{info.name}_{axis}" for axis, size in enumerate(info.shape)]
    return {"name": info.name, "type": types[info.type], "shape": shape}


def describe_graph(path):
    """File, hash and tensors, with the shapes inferred by the runtime."""
    path = pathlib.Path(path)
    data = path.read_bytes()
    session = session_of(path)
    return {
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "inputs": [describe_tensor(info) for info in session.get_inputs()],
        "outputs": [describe_tensor(info) for info in session.get_outputs()],
    }


def write_folder(
    folder, *, family, name, version, description, licence, source, threshold, refinement, graphs, options, parity=None
):
    """graphs: graph name -> path of its ONNX file, in the folder."""
    folder = pathlib.Path(folder)
    manifest = {
        "format": 1,
        "family": family,
        "name": name,
        "version": version,
        "description": description,
        "licence": licence,
        "source": source,
        "threshold": threshold,
        "refinement": refinement,
        "graphs": {key: describe_graph(path) for key, path in graphs.items()},
        "options": options,
    }
    (folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
    if parity is not None:
        report = {
            "made": datetime.date.today().isoformat(),
            "torch": torch.__version__.split("+")[0],
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
            "threads": 2,
            "graphs": parity,
        }
        (folder / "parity.json").write_text(json.dumps(report, indent=2) + "\n")
    return manifest


def zoom_in(skip_clicks, min_size=200, expansion=1.4, keep_iou=0.5, threshold=0.5):
    return {
        "skipClicks": skip_clicks,
        "expansion": expansion,
        "minSize": min_size,
        "keepIou": keep_iou,
        "threshold": threshold,
    }


NO_CASCADE = {"steps": 0, "settledPixels": None, "clicks": "first"}
