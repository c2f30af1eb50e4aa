"""Schedules and switches of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from .dataset import SampleConfig
from .decoder import DecoderConfig
from .suem import SuemConfig
from .views import ViewConfig


@dataclass(frozen=True)
class Phase:
    """Part of a run with one picture side."""

    until: float
    """Progress at which the phase ends, in (0, 1]."""
    size: int
    """Side S of the training views, px, a multiple of 32."""
    batch: int
    """Pictures per step; each carries ``SampleConfig.targets`` targets."""


@dataclass(frozen=True)
class LossConfig:
    """Loss terms."""

    mask: str = "nfl"
    """``nfl`` or ``afl``."""
    dice: float = 0.5
    click: bool = True
    """Click-loss weighting (FCA-Net) of the mask loss."""
    boundary: float = 1.0
    """Additional weight of the mask loss along the object's boundary."""
    readings: bool = True
    """Part and whole of a single first click are taught to different alternatives, where both are known."""
    contrastive: float = 0.0
    """Weight of the contrastive loss on the similarity maps (MST)."""
    candidates: float = 0.35
    """Weight of the best-of-n term."""
    score: float = 1.0
    iteration_weights: tuple[float, ...] = (1.0, 2.0, 3.0)
    """Iterative click loss; its length is the number of forward passes per sample."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run's outcome, apart from the data."""

    phases: tuple[Phase, ...]
    minutes: float | None = None
    """Length by time, ..."""
    samples: int | None = None
    """... or by pictures seen. Only the second is reproducible to the bit. With both, time only ends a run that is too
    slow; the learning rate has fallen by then.
    """
    seed: int = 0
    backbone_lr: float = 1e-4
    head_lr: float = 1.5e-3
    warm_up_steps: int = 100
    weight_decay: float = 1e-2
    freeze_blocks: int = 6
    """Stem and this many backbone blocks are not trained; 0 trains everything."""
    freeze_statistics: bool = False
    """Normalisation keeps the statistics that it has: for small batches of few pictures."""
    ema_decay: float = 0.99
    clip_norm: float = 1.0
    refine_probability: float = 0.2
    """A further pass gets no new click: cascade-forward refinement has to improve the mask by itself."""
    only_scores: bool = False
    """Train the score head alone, the rest being fixed: a last stage that costs only forward passes."""
    only_offsets: bool = False
    """Train only what is one number a channel, the scales and offsets: so few that few pictures cannot spoil much."""
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    sampling: SampleConfig = field(default_factory=SampleConfig)

    def phase_at(self, progress: float) -> Phase:
        """The phase that a progress in [0, 1] falls into."""
        return next((phase for phase in self.phases if progress < phase.until), self.phases[-1])

    def as_dict(self) -> dict:
        """For checkpoints and reports."""
        return asdict(self)


SCHEDULES: dict[str, TrainConfig] = {
    # About two hours on two cores. Small views first, because steps matter more than detail early on.
    "cpu": TrainConfig(
        phases=(Phase(0.5, 224, 8), Phase(0.85, 288, 8), Phase(1.0, 352, 8)),
        minutes=120.0,
    ),
    # One large GPU. Everything is trained, at the final size in the end.
    "full": TrainConfig(
        phases=(Phase(0.6, 320, 48), Phase(1.0, 384, 48)),
        minutes=24.0,
        freeze_blocks=0,
        backbone_lr=2e-4,
        head_lr=2e-3,
        warm_up_steps=500,
        ema_decay=0.9995,
        sampling=SampleConfig(targets=3),
    ),
    # A further cycle for a finished run (--start-from): larger views earlier, a lower peak of the learning rate, and
    # more passes without a new click, on which the cascade on the first click depends.
    "further": TrainConfig(
        phases=(Phase(0.35, 224, 8), Phase(0.7, 288, 8), Phase(1.0, 384, 8)),
        minutes=100.0,
        head_lr=1e-3,
        warm_up_steps=50,
        refine_probability=0.3,
    ),
    # The score head again, after the masks have settled. Start from a finished run (--start-from).
    "scores": TrainConfig(
        phases=(Phase(1.0, 288, 8),),
        minutes=6.0,
        only_scores=True,
        head_lr=3e-3,
        warm_up_steps=10,
        ema_decay=0.98,
    ),
    # Takes seconds; for tests.
    "smoke": TrainConfig(phases=(Phase(1.0, 64, 2),), samples=8, warm_up_steps=2),
}

ABLATIONS: dict[str, dict[str, dict]] = {
    "base": {},
    "first_click_attention": {"decoder": {"first_click_attention": True}},
    "no_similarity": {"decoder": {"similarity": False}},
    "contrastive": {"loss": {"contrastive": 0.1}},
    "single_candidate": {"decoder": {"candidates": 1}},
    "no_previous_mask": {"decoder": {"previous_mask": False}, "sampling": {"start_mask_probability": 0.0}},
    "stride_4_output": {"decoder": {"output_stride": 4}},
    "afl": {"loss": {"mask": "afl"}},
    "no_click_loss": {"loss": {"click": False}},
    "equal_iteration_weights": {"loss": {"iteration_weights": (1.0, 1.0, 1.0)}},
    "no_boundary_weights": {"loss": {"boundary": 0.0}},
    "no_readings": {"loss": {"readings": False}},
    "enlarged_views": {"sampling": {"views": ViewConfig(sharp_probability=0.0)}},
    "few_unions": {
        "sampling": {"union_probability": 0.6, "neighbour_probability": 0.06, "suem": SuemConfig(union_share=1 / 3)}
    },
    "no_prominence": {"sampling": {"prominence": 1.0}},
    "no_rendered_shapes": {"sampling": {"shape_probability": 0.0}},
}
"""Named changes against a schedule, one at a time: section of ``TrainConfig`` to field to value."""


def with_changes(config: TrainConfig, changes: dict[str, dict]) -> TrainConfig:
    """A copy of ``config`` with the fields of some sections replaced."""
    for section, fields in changes.items():
        config = replace(config, **{section: replace(getattr(config, section), **fields)})
    return config
