"""The training loop: iterative clicks on views that are encoded once.

Losses and simulated clicks live on the grid of the targets (stride 2); soft targets keep what a finer one would tell.
"""

from __future__ import annotations

import json
import math
import random
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader

from .checkpoint import Progress, fitting_weights, load_checkpoint, save_checkpoint
from .clicks import next_training_click
from .config import TrainConfig
from .dataset import MAX_CLICKS, TARGET_STRIDE, BatchSchedule, ClickDataset
from .decoder import Decoded
from .distributed import Group
from .ema import MovingAverage
from .items import Item
from .layers import upsample
from .losses import adaptive_focal, boundary_weights, click_loss_weights, contrastive, dice, normalized_focal, soft_iou
from .network import ClickNetwork

LATE = 0.1
"""Share of the time by which a run with a number of samples may lag behind, before time counts."""


@dataclass(frozen=True)
class RunOptions:
    """Where a run is stored and how it uses the machine. None of it changes what is learned."""

    folder: Path
    backbone: Path | None
    """Pretrained weights of the encoder; None where ``start_from`` has all."""
    start_from: Path | None = None
    """Checkpoint whose averaged weights a new run starts from, instead of the backbone alone."""
    workers: int = 2
    threads: int = 0
    """CPU threads for the network; 0 leaves PyTorch's choice."""
    max_minutes: float | None = None
    """Stop after this time with a checkpoint, to be resumed."""
    checkpoint_minutes: float = 3.0
    device: str = "auto"
    report: Callable[[Progress, float], None] | None = None
    """Told of each step, with its loss, instead of the log's lines on standard output."""


def train(items: list[Item], config: TrainConfig, options: RunOptions) -> bool:
    """Train, or continue if ``options.folder`` holds a checkpoint. True when the schedule is complete."""
    return _Run(items, config, options).run()


class _Run:
    def __init__(self, items: list[Item], config: TrainConfig, options: RunOptions) -> None:
        if config.minutes is None and config.samples is None:
            raise ValueError("a schedule has minutes, samples, or both")
        if options.threads:
            torch.set_num_threads(options.threads)
        # The loop's own OpenCV calls are tiny. Its threads would only compete with PyTorch's.
        cv2.setNumThreads(0)
        torch.manual_seed(config.seed)
        self.config, self.options = config, options
        self.group = Group()
        self.device = torch.device(
            ("cuda" if torch.cuda.is_available() else "cpu") if options.device == "auto" else options.device
        )
        self.progress = Progress()
        self.dataset = ClickDataset(items, config.sampling, config.seed)
        self.network = ClickNetwork(config.decoder)
        if options.backbone is not None:
            self.network.load_backbone(options.backbone)
        if options.start_from is not None:
            self._take_weights(options.start_from)
        self.network.to(self.device, memory_format=torch.channels_last)
        self.network.encoder.backbone.freeze_until(config.freeze_blocks)
        if config.only_scores:
            self.network.requires_grad_(False)
            self.network.decoder.score.requires_grad_(True)
        if config.only_offsets:
            for parameter in self.network.parameters():
                parameter.requires_grad_(parameter.requires_grad and parameter.dim() == 1)
        backbone = [p for p in self.network.encoder.backbone.parameters() if p.requires_grad]
        known = {id(p) for p in self.network.encoder.backbone.parameters()}
        heads = [p for p in self.network.parameters() if p.requires_grad and id(p) not in known]
        self.base_lr = [config.backbone_lr, config.head_lr]
        self.optimizer = torch.optim.AdamW(
            [{"params": backbone, "lr": config.backbone_lr}, {"params": heads, "lr": config.head_lr}],
            weight_decay=config.weight_decay,
        )
        self.average = MovingAverage(self.network, config.ema_decay)
        self.threads = ThreadPoolExecutor(max(1, options.workers)) if self.device.type == "cuda" else None
        self.stopping = False
        self.path = options.folder / "checkpoint.pt"
        self.settings = json.loads(json.dumps(config.as_dict()))
        options.folder.mkdir(parents=True, exist_ok=True)
        if self.path.is_file():
            self._resume()

    def _resume(self) -> None:
        state = load_checkpoint(self.path, self.device)
        # Only the length of a run and of its phases may change between stops.
        length = ("minutes", "samples", "phases")
        if any(state["config"][name] != value for name, value in self.settings.items() if name not in length):
            raise ValueError(f"{self.path} was made with another configuration; use another --out or the same options")
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])

    def _take_weights(self, path: Path) -> None:
        """Averaged weights of another run. What does not fit, or is missing there, keeps its initial values."""
        mine = self.network.state_dict()
        fitting = fitting_weights(load_checkpoint(path)["average"]["average"], mine)
        left = sorted({name.rsplit(".", 1)[0] for name in mine if name not in fitting})
        self.network.load_state_dict(fitting, strict=False)
        print(f"started from {path.name}, new: {', '.join(left) or 'nothing'}", flush=True)

    def share_done(self) -> float:
        """Progress in [0, 1], by pictures or by time, whichever is further."""
        seen = self.progress.pictures / self.config.samples if self.config.samples is not None else 0.0
        spent = self.progress.seconds / (60.0 * self.config.minutes) if self.config.minutes is not None else 0.0
        if self.config.samples is not None:
            # A slow first step must not count, so that a run that is in time repeats to the bit.
            spent = (spent - LATE) / (1.0 - LATE)
        return min(1.0, max(seen, spent))

    def run(self) -> bool:
        previous_handler = signal.signal(signal.SIGTERM, self._ask_to_stop)
        try:
            return self._loop()
        finally:
            signal.signal(signal.SIGTERM, previous_handler)
            if self.threads is not None:
                self.threads.shutdown()
            self.group.close()

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def _loop(self) -> bool:
        started = last_save = time.monotonic()
        before = self.progress.seconds
        log = _Log(self.options.folder / "log.jsonl")
        phase, batches = None, None
        self.share = self.group.agree(self.share_done(), self.device)
        while self.share < 1.0:
            wanted = self.config.phase_at(self.share)
            if wanted != phase:
                phase, batches = wanted, self._batches(wanted.size, wanted.batch)
            self._set_learning_rate()
            report = self._step(next(batches))
            now = time.monotonic()
            self.progress.step += 1
            self.progress.pictures += phase.batch * self.group.size
            self.progress.targets += phase.batch * self.group.size * self.config.sampling.targets
            self.progress.seconds = before + now - started
            log.add(report)
            if self.options.report is not None:
                self.options.report(self.progress, report["loss"])
            elif self.group.leads and self.progress.step % 50 == 0:
                log.write(self.progress, phase.size, self.optimizer.param_groups[1]["lr"])
            if self.options.max_minutes is not None and now - started > 60 * self.options.max_minutes:
                self.stopping = True
            if now - last_save > 60 * self.options.checkpoint_minutes:
                self._save()
                last_save = now
            # The leader's clock and signals decide for all. A stop is sent as a negative share.
            self.share = self.group.agree(-1.0 if self.stopping else self.share_done(), self.device)
            if self.share < 0.0:
                break
        self._save()
        return self.share >= 1.0

    def _batches(self, size: int, batch: int) -> Iterator[dict[str, Tensor]]:
        loader = DataLoader(
            self.dataset,
            batch_sampler=BatchSchedule(
                self.progress.pictures + self.group.rank * batch, batch, size, batch * self.group.size
            ),
            num_workers=self.options.workers,
            prefetch_factor=4 if self.options.workers else None,
            pin_memory=self.device.type == "cuda",
            worker_init_fn=_quiet_worker,
        )
        return iter(loader)

    def _set_learning_rate(self) -> None:
        cosine = 0.5 * (1.0 + math.cos(math.pi * self.share))
        warm_up = min(1.0, (self.progress.step + 1) / self.config.warm_up_steps)
        for group, base in zip(self.optimizer.param_groups, self.base_lr):
            group["lr"] = base * cosine * warm_up

    def _save(self) -> None:
        if self.group.leads:
            save_checkpoint(self.path, self.network, self.average, self.optimizer, self.progress, self.settings)

    def _step(self, batch: dict[str, Tensor]) -> dict[str, float]:
        # When only the score head trains, normalisation keeps the statistics that the masks were trained with.
        self.network.train(not (self.config.only_scores or self.config.freeze_statistics))
        config, loss_config = self.config, self.config.loss
        image = (
            batch["image"]
            .to(self.device, non_blocking=True)
            .float()
            .div_(255.0)
            .contiguous(memory_format=torch.channels_last)
        )
        size = image.shape[-1]
        flatten = lambda name: batch[name].to(self.device, non_blocking=True).flatten(0, 1)  # (B, T, ...) to (B T, ...)
        target, weight = flatten("target")[:, None].float() / 255.0, flatten("weight")[:, None].float() / 255.0
        reading = flatten("reading")[:, None].float() / 255.0 if loss_config.readings else None
        previous = flatten("start")[:, None].float() / 255.0
        if config.decoder.output_stride == 4:
            previous = F.avg_pool2d(previous, 2)
        clicks = batch["clicks"].flatten(0, 1).clone()  # stays on the CPU, where clicks are simulated
        truth = (target[:, 0] > 0.5).to(torch.uint8).cpu().numpy()
        undefined = (weight[:, 0] < 0.5).to(torch.uint8).cpu().numpy()

        with self._autocast():
            features = self.network.encode(image)
        targets = batch["target"].shape[1]
        features = tuple(
            f.repeat_interleave(targets, 0).contiguous(memory_format=torch.channels_last) for f in features
        )

        total = image.new_zeros(())
        report: dict[str, float] = {}
        weights = loss_config.iteration_weights
        for index, iteration_weight in enumerate(weights):
            placed = clicks.to(self.device, non_blocking=True)
            with self._autocast():
                decoded = self.network.decode(features, placed, previous)
            logits = decoded.logits if config.decoder.output_stride == TARGET_STRIDE else upsample(decoded.logits)
            loss, iou = self._loss(decoded, logits, target, weight, placed, size, reading if index == 0 else None)
            total = total + loss * (iteration_weight / sum(weights))
            report[f"iou_{index + 1}"] = iou[:, 0].mean().item()
            if index + 1 < len(weights):
                previous = torch.sigmoid(decoded.logits[:, :1].detach())
                predicted = (logits[:, 0] > 0).to(torch.uint8).cpu().numpy()
                self._add_clicks(index, clicks, predicted, truth, undefined)
        report["iou_best"] = iou.amax(1).mean().item()
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.group.average_gradients(self.network.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), config.clip_norm)
        if torch.isfinite(norm):
            self.optimizer.step()
            self.average.update(self.network)
        report["loss"] = total.item()
        return report

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16)

    def _loss(
        self,
        decoded: Decoded,
        logits: Tensor,
        target: Tensor,
        weight: Tensor,
        clicks: Tensor,
        size: int,
        reading: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """Loss of one pass, and IoU of each candidate (B, K). ``reading`` is another target of the same click, or zeros."""
        config = self.config.loss
        target_k = target.expand_as(logits)
        mask_weight = weight * click_loss_weights(clicks, target, size) if config.click else weight
        mask_loss = normalized_focal if config.mask == "nfl" else adaptive_focal
        if config.boundary:
            mask_weight = mask_weight * boundary_weights(target, config.boundary)
        per_candidate = mask_loss(logits, target_k, mask_weight) + config.dice * dice(logits, target_k, weight)
        loss = per_candidate[:, 0].mean()
        if logits.shape[1] > 1:
            # Best of n: only the closest alternative learns from this sample, so that they diverge.
            alternatives = per_candidate[:, 1:].amin(1)
            if reading is not None and logits.shape[1] == 3:
                reading_k = reading.expand(-1, 2, -1, -1)
                other = mask_loss(logits[:, 1:], reading_k, weight) + config.dice * dice(
                    logits[:, 1:], reading_k, weight
                )
                # One of the two learns the target, the other one the other reading, whichever way costs less.
                both = (per_candidate[:, 1:] + other.flip(1)).amin(1)
                alternatives = torch.where(reading.amax((1, 2, 3)) > 0.5, both, alternatives)
            loss = loss + config.candidates * alternatives.mean()
        iou = soft_iou(logits, target_k, weight)
        loss = loss + config.score * (decoded.scores - iou).square().mean()
        if config.contrastive and decoded.similarities:
            has_negative = ((clicks[..., 2] > -0.5) & (clicks[..., 2] < 0.5)).any(1).to(loss.dtype)
            loss = loss + config.contrastive * contrastive(decoded.similarities, target, weight, has_negative).mean()
        return loss, iou

    def _add_clicks(
        self, iteration: int, clicks: Tensor, predicted: np.ndarray, truth: np.ndarray, undefined: np.ndarray
    ) -> None:
        """Append a simulated click to each sample that gets one; coordinates go from the target grid to input px."""
        # Drawn from the sample's number and not from a running state, so a resumed run continues exactly.
        first = self.progress.targets + self.group.rank * len(clicks)

        def simulate(index: int):
            rng = random.Random(f"{self.config.seed}/{first + index}/{iteration}")
            if rng.random() < self.config.refine_probability:
                return None
            return next_training_click(predicted[index], truth[index], undefined[index], rng)

        simulated = (self.threads.map if self.threads else map)(simulate, range(len(clicks)))
        used = (clicks[..., 2] >= 0).sum(1).tolist()
        for index, click in enumerate(simulated):
            if click is not None and used[index] < MAX_CLICKS:
                x, y, label = click
                clicks[index, used[index]] = torch.tensor([x * TARGET_STRIDE, y * TARGET_STRIDE, label])


def _quiet_worker(_: int) -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


class _Log:
    """Running means, printed and appended to a file as JSON lines."""

    def __init__(self, path: Path, window: int = 200) -> None:
        self.path = path
        self.recent: deque[dict[str, float]] = deque(maxlen=window)

    def add(self, report: dict[str, float]) -> None:
        self.recent.append(report)

    def write(self, progress: Progress, size: int, lr: float) -> None:
        means = {name: round(float(np.mean([r[name] for r in self.recent])), 4) for name in self.recent[-1]}
        line = json.dumps(
            {
                "step": progress.step,
                "pictures": progress.pictures,
                "targets": progress.targets,
                "seconds": round(progress.seconds),
                "size": size,
                "lr": round(lr, 6),
                **means,
            }
        )
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
