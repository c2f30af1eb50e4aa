"""Models behind one interface for evaluation: a checkpoint, or a pair of exported ONNX graphs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

Features = Any
"""What ``encode`` returned; only ``decode`` looks inside."""


@dataclass(frozen=True)
class Candidates:
    """One decoder pass: ``logits`` float32 (K, h, w), ``scores`` float32 (K,) or None if the model gives none."""

    logits: np.ndarray
    scores: np.ndarray | None


class ClickModel(Protocol):
    """A click network of family ``clickmask``."""

    size: int
    """Side S of the input, px."""
    grid: int
    """Side of ``logits`` and ``previous``, cells."""

    def encode(self, image: np.ndarray) -> Features:
        """RGB float32 (S, S, 3) in [0, 1]."""

    def decode(self, features: Features, clicks: np.ndarray, previous: np.ndarray) -> Candidates:
        """``clicks`` float32 (N, 3) in input px, ``previous`` float32 (grid, grid)."""


class CheckpointModel:
    """The averaged weights of a checkpoint, run by PyTorch at any size that is a multiple of 16.

    ``without`` names parts (of ``PARTS``) that are silenced, to see how much a trained network leans on them. That is
    no ablation: a network trained without a part would make more of the others.
    """

    PARTS = ("first-click", "similarity", "previous")

    def __init__(self, path: Path, size: int, without: Collection[str] = ()) -> None:
        import torch

        from .checkpoint import load_network

        unknown = set(without) - set(self.PARTS)
        if unknown:
            raise ValueError(f"unknown parts {sorted(unknown)}; expected some of {', '.join(self.PARTS)}")
        self._torch = torch
        self._network = load_network(path)
        decoder = self._network.decoder
        parts = decoder.config
        has = {
            "first-click": parts.first_click_attention,
            "similarity": parts.similarity,
            "previous": parts.previous_mask,
        }
        lacking = sorted(part for part in without if not has[part])
        if lacking:
            raise ValueError(f"this network has no {', '.join(lacking)}")
        if "first-click" in without:
            decoder.first_click.register_forward_hook(lambda module, inputs, output: torch.zeros_like(output))
        if "similarity" in without:
            for similarity in decoder.similarity.values():
                # The values of the maps if there is no click of that kind.
                similarity.register_forward_hook(lambda module, inputs, output: torch.full_like(output, -1.0))
        self._blind = "previous" in without
        self.size = size
        self.grid = size // self._network.decoder.config.output_stride

    def encode(self, image: np.ndarray) -> Features:
        with self._torch.no_grad():
            return self._network.encode(self._torch.from_numpy(image.transpose(2, 0, 1)[None].copy()))

    def decode(self, features: Features, clicks: np.ndarray, previous: np.ndarray) -> Candidates:
        if self._blind:
            previous = np.zeros_like(previous)
        with self._torch.no_grad():
            decoded = self._network.decode(
                features, self._torch.from_numpy(clicks[None]), self._torch.from_numpy(previous[None, None])
            )
        return Candidates(decoded.logits[0].numpy(), decoded.scores[0].numpy())


class OnnxModel:
    """``encoder.onnx`` and ``decoder.onnx`` of a folder, run by onnxruntime on the CPU."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
            for name in ("encoder", "decoder")
        )
        shapes = {tensor.name: tensor.shape for tensor in (*self._encoder.get_inputs(), *self._decoder.get_inputs())}
        self.size = int(shapes["image"][2])
        self.grid = int(shapes["previous"][2])
        self._features = [tensor.name for tensor in self._encoder.get_outputs()]
        self._scored = any(tensor.name == "scores" for tensor in self._decoder.get_outputs())

    def encode(self, image: np.ndarray) -> Features:
        values = self._encoder.run(self._features, {"image": image.transpose(2, 0, 1)[None]})
        return dict(zip(self._features, values))

    def decode(self, features: Features, clicks: np.ndarray, previous: np.ndarray) -> Candidates:
        names = ["logits", "scores"] if self._scored else ["logits"]
        values = self._decoder.run(names, {**features, "clicks": clicks[None], "previous": previous[None, None]})
        return Candidates(values[0][0], values[1][0] if self._scored else None)


def open_model(path: Path, size: int, without: Collection[str] = ()) -> ClickModel:
    """A folder means exported graphs (with a fixed size), a file means a checkpoint."""
    if not path.is_dir():
        return CheckpointModel(path, size, without)
    if without:
        raise ValueError("parts can be silenced in a checkpoint only, not in exported graphs")
    return OnnxModel(path)
