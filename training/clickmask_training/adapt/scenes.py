"""Rendered scenes of everyday shapes, made by code: general objects that no training has seen.

Each scene is a signed distance field that rays march through (Hart, "Sphere tracing", 1996), lit by one lamp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..evaluation_sets import EvaluationSample

WIDTH, HEIGHT = 320, 240
STEPS, FAR, NEAR = 56, 14.0, 0.004
"""Steps of a ray, and distances: where it leaves the scene, and where it has met a surface."""

Distance = Callable[[np.ndarray], np.ndarray]
"""Points float32 (N, 3) to distances float32 (N), in scene units of about a decimetre. y points up."""


def ball(at: tuple, radius: float) -> Distance:
    return lambda p: np.linalg.norm(p - np.float32(at), axis=1) - radius


def box(at: tuple, half: tuple, round_by: float = 0.03) -> Distance:
    def distance(p: np.ndarray) -> np.ndarray:
        q = np.abs(p - np.float32(at)) - (np.float32(half) - round_by)
        return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(1), 0) - round_by

    return distance


def rod(start: tuple, end: tuple, radius: float) -> Distance:
    a, along = np.float32(start), np.float32(end) - np.float32(start)

    def distance(p: np.ndarray) -> np.ndarray:
        t = np.clip((p - a) @ along / (along @ along), 0, 1)
        return np.linalg.norm(p - a - t[:, None] * along, axis=1) - radius

    return distance


def ring(at: tuple, radius: float, thickness: float, axis: int) -> Distance:
    def distance(p: np.ndarray) -> np.ndarray:
        q = p - np.float32(at)
        height = q[:, axis]
        flat = np.linalg.norm(np.delete(q, axis, 1), axis=1) - radius
        return np.hypot(flat, height) - thickness

    return distance


def barrel(at: tuple, radius: float, half: float) -> Distance:
    def distance(p: np.ndarray) -> np.ndarray:
        q = p - np.float32(at)
        d = np.stack([np.hypot(q[:, 0], q[:, 2]) - radius, np.abs(q[:, 1]) - half], 1)
        return np.linalg.norm(np.maximum(d, 0), axis=1) + np.minimum(d.max(1), 0) - 0.02

    return distance


def joined(*parts: Distance) -> Distance:
    return lambda p: np.min([part(p) for part in parts], axis=0)


def legs(x: float, z: float, width: float, depth: float, height: float, radius: float) -> list[Distance]:
    return [
        rod((x + i * width, 0, z + k * depth), (x + i * width, height, z + k * depth), radius)
        for i in (-1, 1)
        for k in (-1, 1)
    ]


MUG = joined(barrel((0, 0.55, 0), 0.5, 0.5), ring((0.55, 0.55, 0), 0.3, 0.08, 2))
CHAIR = joined(
    box((0, 1.0, 0), (0.6, 0.06, 0.6)), box((0, 1.75, 0.55), (0.6, 0.7, 0.06)), *legs(0, 0, 0.5, 0.5, 1.0, 0.07)
)
TABLE = joined(box((0, 1.0, 0), (1.2, 0.06, 0.7)), *legs(0, 0, 1.05, 0.55, 1.0, 0.08))
LAMP = joined(barrel((0, 0.06, 0), 0.4, 0.05), rod((0, 0, 0), (0, 1.6, 0), 0.06), ball((0, 1.75, 0), 0.45))
DUMBBELL = joined(rod((-0.8, 0.4, 0), (0.8, 0.4, 0), 0.1), ball((-0.9, 0.4, 0), 0.4), ball((0.9, 0.4, 0), 0.4))
TYRE = ring((0, 0.75, 0), 0.55, 0.22, 2)
FIGURE = joined(
    ball((0, 1.75, 0), 0.27),
    rod((0, 0.9, 0), (0, 1.3, 0), 0.3),
    rod((-0.2, 0.1, 0), (-0.15, 0.8, 0), 0.13),
    rod((0.25, 0.1, 0), (0.15, 0.8, 0), 0.13),
    rod((-0.75, 0.9, 0), (-0.3, 1.35, 0), 0.1),
    rod((0.7, 1.7, 0), (0.3, 1.35, 0), 0.1),
)
STACK = joined(box((0, 0.3, 0), (0.7, 0.3, 0.5)), box((0.08, 0.8, 0), (0.55, 0.2, 0.45)))

SCENES: dict[str, tuple[Distance, tuple[int, int, int]]] = {
    "mug": (MUG, (196, 62, 48)),
    "chair": (CHAIR, (150, 98, 52)),
    "table": (TABLE, (176, 142, 98)),
    "lamp": (LAMP, (222, 206, 150)),
    "dumbbell": (DUMBBELL, (62, 66, 74)),
    "tyre": (TYRE, (44, 44, 48)),
    "figure": (FIGURE, (66, 104, 168)),
    "parcels": (STACK, (188, 150, 104)),
}
"""The object of each scene and its colour, RGB 0 to 255."""


def general_scenes() -> Iterator[EvaluationSample]:
    """A sample a scene: the object among others, on a floor before a wall."""
    for index, (name, (shape, colour)) in enumerate(SCENES.items()):
        image, labels = render(shape, colour, np.random.default_rng(index))
        truth = (labels == 1).astype(np.uint8)
        yield EvaluationSample(name, image, truth, np.zeros_like(truth))


def render(shape: Distance, colour: tuple, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Image uint8 (H, W, 3), and labels uint8 (H, W): 1 is the object."""
    beside = [
        box((-1.9, 0.5, 0.9), (0.4, 0.5, 0.4)),
        ball((1.8, 0.4, 1.1), 0.4),
        barrel((0.9, 0.6, 2.0), 0.3, 0.6),
    ]
    parts = [shape, *beside, lambda p: p[:, 1], lambda p: 3.2 - p[:, 2]]
    colours = np.float32([colour, *rng.integers(60, 220, (3, 3)), rng.integers(90, 170, 3), rng.integers(120, 210, 3)])
    eye = np.float32([rng.uniform(-1.6, 1.6), rng.uniform(1.8, 2.6), -4.2])
    rays = camera(eye, np.float32([0, 0.9, 0]))
    points = march(joined(*parts), np.broadcast_to(eye, rays.shape), rays)
    owner = np.argmin([part(points) for part in parts], axis=0)
    normals = slopes(joined(*parts), points)
    lamp = np.float32([rng.uniform(-3, 3), 6, -3]) - points
    length = np.linalg.norm(lamp, axis=1, keepdims=True)
    start = points + normals * 0.03
    lit = np.linalg.norm(march(joined(*parts[:-1]), start, lamp / length) - start, axis=1) > length[:, 0] * 0.9
    light = 0.35 + 0.65 * lit * np.maximum((normals * lamp / length).sum(1), 0)
    grain = 1 + 0.12 * np.sin(points * 9).prod(1) + rng.normal(0, 0.03, len(points))
    shaded = colours[owner] * (light * grain)[:, None]
    labels = (owner == 0).astype(np.uint8).reshape(HEIGHT, WIDTH)
    return np.clip(shaded, 0, 255).astype(np.uint8).reshape(HEIGHT, WIDTH, 3), labels


def camera(eye: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Unit directions float32 (H*W, 3), row by row, through the centres of the pixels."""
    ahead = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross([0, 1, 0], ahead)
    right /= np.linalg.norm(right)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    across, up = (x + 0.5 - WIDTH / 2) / HEIGHT, (HEIGHT / 2 - y - 0.5) / HEIGHT
    rays = ahead + across.reshape(-1, 1) * right + up.reshape(-1, 1) * np.cross(ahead, right)
    return (rays / np.linalg.norm(rays, axis=1, keepdims=True)).astype(np.float32)


def march(distance: Distance, start: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Where rays meet the scene, or end at ``FAR``."""
    reached = np.zeros(len(rays), np.float32)
    active = np.arange(len(rays))
    for _ in range(STEPS):
        step = distance(start[active] + reached[active, None] * rays[active])
        reached[active] += step
        active = active[(step > NEAR) & (reached[active] < FAR)]
        if len(active) == 0:
            break
    return start + np.minimum(reached, FAR)[:, None] * rays


def slopes(distance: Distance, points: np.ndarray) -> np.ndarray:
    """Unit normals float32 (N, 3) by central differences."""
    eps = np.eye(3, dtype=np.float32) * 0.01
    normals = np.stack([distance(points + e) - distance(points - e) for e in eps], 1)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
