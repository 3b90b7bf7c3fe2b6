"""Plain geometry in metres: vertices, faces and a material slot a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Shape:
    """A mesh before Blender sees it; `slots` names the material of each face."""

    verts: Array
    faces: list[tuple[int, ...]]
    slots: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.slots:
            object.__setattr__(self, "slots", [0] * len(self.faces))

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Shape:
        return replace(self, verts=self.verts + np.array([x, y, z]))

    def scaled(self, x: float, y: float | None = None, z: float | None = None) -> Shape:
        return replace(self, verts=self.verts * np.array([x, x if y is None else y, z or x]))

    def turned(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Shape:
        """Rotated about the axes in the order x, y, z (radians)."""
        return replace(self, verts=self.verts @ rotation(x, y, z).T)

    def painted(self, slot: int) -> Shape:
        return replace(self, slots=[slot] * len(self.faces))


def rotation(x: float, y: float, z: float) -> Array:
    cx, sx, cy, sy, cz, sz = (f(a) for a in (x, y, z) for f in (np.cos, np.sin))
    rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rz = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(rz @ ry @ rx)


def merged(shapes: Sequence[Shape]) -> Shape:
    """Several shapes as one."""
    faces: list[tuple[int, ...]] = []
    slots: list[int] = []
    base = 0
    for shape in shapes:
        faces += [tuple(i + base for i in face) for face in shape.faces]
        slots += shape.slots
        base += len(shape.verts)
    return Shape(np.concatenate([s.verts for s in shapes]), faces, slots)


def box(w: float, d: float, h: float, bevel: float = 0.0) -> Shape:
    """A box standing on z = 0, centred in x and y, its upright edges and top bevelled."""
    if bevel <= 0:
        return loft([(0, w, d, 0, 0), (h, w, d, 0, 0)], corner_steps=1)
    b = min(bevel, w / 3, d / 3, h / 3)
    small_w, small_d = w - 1.2 * b, d - 1.2 * b
    rings = [
        (0, small_w, small_d, b, 0),
        (b * 0.6, w, d, b, 0),
        (h - b * 0.6, w, d, b, 0),
        (h, small_w, small_d, b, 0),
    ]
    return loft(rings, corner_steps=3)


def ring(w: float, d: float, radius: float, steps: int) -> Array:
    """A rounded rectangle's outline, (n, 2), counter-clockwise."""
    radius = max(min(radius, w / 2, d / 2), 0.0)
    points = []
    for k, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for a in np.linspace(k * np.pi / 2, (k + 1) * np.pi / 2, steps) if steps > 1 else [0.0]:
            cx, cy = sx * (w / 2 - radius), sy * (d / 2 - radius)
            points.append((cx + radius * np.cos(a), cy + radius * np.sin(a)))
    return np.array(points)


def loft(
    rings: Sequence[tuple[float, float, float, float, float]],
    corner_steps: int = 4,
    cap_bottom: bool = True,
    cap_top: bool = True,
) -> Shape:
    """Rounded rectangles (z, width, depth, corner radius, y shift) joined upwards."""
    outlines = []
    for z, w, d, radius, shift in rings:
        flat = ring(w, d, radius, corner_steps)
        outlines.append(np.column_stack([flat[:, 0], flat[:, 1] + shift, np.full(len(flat), z)]))
    return skin(outlines, cap_bottom, cap_top)


def skin(outlines: Sequence[Array], cap_first: bool = False, cap_last: bool = False) -> Shape:
    """Closed outlines of equal length joined into a tube."""
    n = len(outlines[0])
    faces: list[tuple[int, ...]] = []
    for k in range(len(outlines) - 1):
        for i in range(n):
            j = (i + 1) % n
            faces.append((k * n + i, k * n + j, (k + 1) * n + j, (k + 1) * n + i))
    if cap_first:
        faces.append(tuple(reversed(range(n))))
    if cap_last:
        faces.append(tuple(range((len(outlines) - 1) * n, len(outlines) * n)))
    return Shape(np.concatenate(outlines), faces)


def lathe(profile: Sequence[tuple[float, float]], steps: int = 20) -> Shape:
    """(radius, z) points turned about the z axis; ends are capped."""
    angles = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    outlines = [
        np.column_stack([circle * max(r, 1e-4), np.full(steps, float(z))]) for r, z in profile
    ]
    return skin(outlines, cap_first=True, cap_last=True)


def tube(points: Sequence[Point], radius: float, steps: int = 8, taper: float = 1.0) -> Shape:
    """A round bar along a path; `taper` scales the radius at its end."""
    path = np.array(points, dtype=float)
    outlines = []
    for i, point in enumerate(path):
        along = path[min(i + 1, len(path) - 1)] - path[max(i - 1, 0)]
        along = along / (np.linalg.norm(along) + 1e-9)
        helper = np.array([0.0, 0.0, 1.0]) if abs(along[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
        side = np.cross(along, helper)
        side /= np.linalg.norm(side)
        up = np.cross(side, along)
        r = radius * (1 + (taper - 1) * i / max(len(path) - 1, 1))
        angles = np.linspace(0, 2 * np.pi, steps, endpoint=False)
        outlines.append(point + r * (np.outer(np.cos(angles), side) + np.outer(np.sin(angles), up)))
    return skin(outlines, cap_first=True, cap_last=True)


def wheel(radius: float, width: float, thickness: float, steps: int = 28) -> Shape:
    """A tyre standing in the xz plane, its hub at the origin."""
    angles = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    section = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    outlines = []
    for a in section:
        r = radius - thickness + thickness * np.cos(a)
        y = width / 2 * np.sin(a)
        outlines.append(
            np.column_stack([r * np.cos(angles), np.full(steps, y), r * np.sin(angles)])
        )
    outlines.append(outlines[0])
    return skin(outlines)


def grid(w: float, h: float, nx: int, ny: int) -> Shape:
    """A flat sheet in the xy plane, centred."""
    xs, ys = np.meshgrid(np.linspace(-w / 2, w / 2, nx), np.linspace(-h / 2, h / 2, ny))
    verts = np.column_stack([xs.ravel(), ys.ravel(), np.zeros(nx * ny)])
    faces = [
        (j * nx + i, j * nx + i + 1, (j + 1) * nx + i + 1, (j + 1) * nx + i)
        for j in range(ny - 1)
        for i in range(nx - 1)
    ]
    return Shape(verts, faces)  # type: ignore[arg-type]


def panel(w: float, h: float) -> Shape:
    """An upright rectangle facing -y, standing on z = 0."""
    x = w / 2
    verts = np.array([[-x, 0, 0], [x, 0, 0], [x, 0, h], [-x, 0, h]], dtype=float)
    return Shape(verts, [(0, 1, 2, 3)])


def creases(points: Array, rng: np.random.Generator, folds: int, finest_m: float) -> Array:
    """Crumple heights in about -1..1: sharp random folds, as film and paper make them."""
    bend = np.zeros_like(points)
    for _ in range(4):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction) * finest_m * rng.uniform(3, 6)
        bend += (
            0.35
            * finest_m
            * np.outer(np.sin(points @ direction + rng.uniform(0, 6.3)), rng.normal(size=3))
        )
    warped = points + bend
    total = np.zeros(len(points))
    weight = 0.0
    for k in range(folds):
        period = finest_m * 2.0 ** (2.2 * (1 - k / max(folds - 1, 1)))
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        phase = (warped @ direction) / period + rng.uniform()
        # Folds end somewhere: each fades out along its own length.
        fade = 0.5 + 0.5 * np.sin(warped @ rng.normal(size=3) / (period * 1.7) + rng.uniform(0, 6))
        total += period * fade * (4 * np.abs(phase - np.floor(phase) - 0.5) - 1)
        weight += period * 0.55
    return total / weight


def normals(shape: Shape) -> Array:
    """Unit vertex normals."""
    out = np.zeros_like(shape.verts)
    for count in {len(face) for face in shape.faces}:
        faces = np.array([face for face in shape.faces if len(face) == count])
        a, b, c = (shape.verts[faces[:, k]] for k in range(3))
        across = np.cross(b - a, c - a)
        for k in range(count):
            np.add.at(out, faces[:, k], across)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.maximum(length, 1e-12))
