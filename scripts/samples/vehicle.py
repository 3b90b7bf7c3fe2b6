"""What stands at the kerb: shared bicycles, electric scooters, cars."""

from __future__ import annotations

import numpy as np

from scripts.samples import material
from scripts.samples.material import srgb
from scripts.samples.shape import Array, Shape, box, lathe, loft, merged, skin, tube, wheel
from scripts.samples.stage import Stage


def spokes(radius: float, count: int = 18) -> Shape:
    bars = []
    for a in np.linspace(0, 2 * np.pi, count, endpoint=False):
        end = (radius * np.cos(a), 0.0, radius * np.sin(a))
        bars.append(tube([(0, 0.02 if len(bars) % 2 else -0.02, 0), end], 0.0022, 4))
    return merged(bars)


def bicycle_shape() -> Shape:
    """A shared bicycle along x, its wheels on z = 0; slots: paint, rubber, metal."""
    parts = []
    for x in (-0.53, 0.53):
        tyre = wheel(0.33, 0.045, 0.022).painted(1)
        rim = wheel(0.305, 0.03, 0.012).painted(2)
        hub = lathe([(0.03, -0.05), (0.03, 0.05)], 12).turned(x=np.pi / 2).painted(2)
        arc = np.linspace(0.35, 2.5, 12)
        guard = [(0.36 * float(np.cos(a)), 0.0, 0.36 * float(np.sin(a))) for a in arc]
        wheel_parts = (tyre, rim, spokes(0.3).painted(2), hub, tube(guard, 0.016, 6))
        parts += [part.moved(x=x, z=0.33) for part in wheel_parts]
    head_low, head_high = (0.40, 0.0, 0.62), (0.35, 0.0, 0.95)
    crank, seat = (-0.06, 0.0, 0.29), (-0.22, 0.0, 0.80)
    parts += [
        tube([head_low, crank], 0.032),
        tube([(0.38, 0, 0.72), (0.1, 0, 0.5), (-0.14, 0, 0.55)], 0.024),
        tube([crank, seat], 0.024),
        tube([(-0.53, 0.05, 0.33), crank], 0.014),
        tube([(-0.53, 0.05, 0.33), (-0.2, 0.02, 0.7)], 0.012),
        tube([(0.53, 0.05, 0.33), head_low, head_high], 0.018),
        tube(
            [(0.3, -0.29, 1.05), (0.36, -0.14, 1.02), (0.36, 0.14, 1.02), (0.3, 0.29, 1.05)], 0.013
        ).painted(1),
        loft([(0, 0.2, 0.1, 0.05, 0), (0.04, 0.27, 0.17, 0.06, 0), (0.07, 0.24, 0.14, 0.06, 0)], 5)
        .moved(x=-0.26, z=0.82)
        .painted(1),
        lathe([(0.09, -0.012), (0.09, 0.012)], 20)
        .turned(x=np.pi / 2)
        .moved(x=-0.06, y=-0.05, z=0.29)
        .painted(2),
        tube([(-0.06, -0.1, 0.29), (0.02, -0.11, 0.15)], 0.01).painted(2),
        tube([(-0.06, 0.1, 0.29), (-0.14, 0.11, 0.43)], 0.01).painted(2),
        tube([(-0.1, -0.05, 0.28), (-0.2, -0.16, 0.0)], 0.01).painted(2),
    ]
    basket = []
    for z, w in ((0.72, 0.22), (0.80, 0.26), (0.88, 0.29), (0.95, 0.32)):
        corner = [
            (-w / 2, -w / 2, z),
            (w / 2, -w / 2, z),
            (w / 2, w / 2, z),
            (-w / 2, w / 2, z),
            (-w / 2, -w / 2, z),
        ]
        basket.append(tube(corner, 0.005, 5))
    for a in np.linspace(-0.5, 0.5, 7):
        for across in (True, False):
            for s in (-0.5, 0.5):
                lx, ly = (a, s) if across else (s, a)
                basket.append(
                    tube([(lx * 0.22, ly * 0.22, 0.72), (lx * 0.32, ly * 0.32, 0.95)], 0.004, 4)
                )
    parts.append(merged(basket).moved(x=0.58).painted(1))
    return merged(parts)


def bicycle(
    stage: Stage, x: float, y: float, z: float, turn: float, colour: str = "#d6b21e"
) -> None:
    """A parked shared bicycle, leaning on its stand."""
    paint = material.plain(f"bicycle {colour}", srgb(colour), 0.3, dirt=0.3)
    rubber = material.plain("rubber", srgb("#161616"), 0.7)
    metal = material.plain("steel", srgb("#8d8f90"), 0.35, 0.9)
    data = stage.mesh(f"bicycle {colour}", bicycle_shape(), [paint, rubber, metal])
    stage.put(data, (x, y, z), (0.10, 0, turn))


def scooter_shape() -> Shape:
    """An electric scooter along x; slots: paint, black, chrome, lamp."""
    parts = []
    for x in (-0.56, 0.62):
        parts.append(wheel(0.225, 0.09, 0.045).moved(x=x, z=0.225).painted(1))
        hub = lathe([(0.14, -0.03), (0.1, 0.0), (0.14, 0.03)], 20).turned(x=np.pi / 2)
        parts.append(hub.moved(x=x, z=0.225).painted(2))

    def rounded(rows: list[tuple[float, float, float, float]]) -> Shape:
        """Cross-sections (x, z middle, width, height) joined along x."""
        outlines: list[Array] = []
        for x, z, w, h in rows:
            a = np.linspace(0, 2 * np.pi, 20, endpoint=False)
            c, s = np.cos(a), np.sin(a)
            flat = np.sign(c) * np.abs(c) ** 0.6 * w / 2, np.sign(s) * np.abs(s) ** 0.6 * h / 2
            outlines.append(np.column_stack([np.full(20, x), flat[0], flat[1] + z]))
        return skin(outlines, True, True)

    parts += [
        rounded(
            [
                (-0.85, 0.62, 0.10, 0.08),
                (-0.78, 0.6, 0.22, 0.2),
                (-0.45, 0.52, 0.30, 0.36),
                (-0.15, 0.45, 0.28, 0.36),
                (-0.05, 0.4, 0.24, 0.2),
            ]
        ),
        rounded([(-0.12, 0.29, 0.26, 0.1), (0.1, 0.27, 0.3, 0.08), (0.32, 0.3, 0.28, 0.1)]),
        rounded(
            [
                (-0.72, 0.76, 0.16, 0.05),
                (-0.6, 0.77, 0.24, 0.11),
                (-0.2, 0.74, 0.25, 0.12),
                (0.02, 0.72, 0.16, 0.07),
            ]
        ).painted(1),
        rounded([(0.5, 0.46, 0.12, 0.04), (0.62, 0.475, 0.13, 0.05), (0.8, 0.36, 0.1, 0.03)]),
    ]
    shield = loft(
        [
            (0.28, 0.28, 0.10, 0.05, 0),
            (0.55, 0.36, 0.12, 0.05, 0),
            (0.8, 0.3, 0.12, 0.05, 0),
            (0.96, 0.2, 0.14, 0.06, 0),
        ],
        5,
    )
    parts.append(shield.turned(z=-np.pi / 2).turned(y=-0.25).moved(x=0.55, z=0.04))
    lamp = lathe([(0.075, 0), (0.06, 0.03), (0.01, 0.045)], 18).turned(y=np.pi / 2)
    parts.append(lamp.moved(x=0.46, z=0.93).painted(3))
    parts += [
        tube([(0.62, 0.05, 0.225), (0.5, 0.04, 0.6)], 0.02).painted(2),
        tube(
            [(0.24, -0.34, 1.06), (0.36, -0.15, 1.04), (0.36, 0.15, 1.04), (0.24, 0.34, 1.06)],
            0.018,
        ).painted(1),
        rounded([(0.24, 1.03, 0.16, 0.06), (0.38, 1.0, 0.24, 0.12), (0.48, 0.95, 0.14, 0.1)]),
        tube([(0.34, -0.2, 1.05), (0.3, -0.26, 1.25)], 0.006).painted(1),
        tube([(0.34, 0.2, 1.05), (0.3, 0.26, 1.25)], 0.006).painted(1),
        box(0.02, 0.13, 0.09, 0.01).moved(x=0.3, y=-0.3, z=1.22).painted(1),
        box(0.02, 0.13, 0.09, 0.01).moved(x=0.3, y=0.3, z=1.22).painted(1),
        tube([(-0.1, -0.1, 0.25), (-0.15, -0.22, 0.0)], 0.012).painted(1),
        box(0.34, 0.34, 0.3, 0.03).moved(x=-0.78, z=0.8).painted(1),
    ]
    return merged(parts)


def scooter(
    stage: Stage, x: float, y: float, z: float, turn: float, colour: str = "#b8bcc0"
) -> None:
    paint = material.plain(f"scooter {colour}", srgb(colour), 0.22, dirt=0.35)
    mats = [
        paint,
        material.plain("rubber", srgb("#161616"), 0.7),
        material.plain("steel", srgb("#8d8f90"), 0.35, 0.9),
        material.plain("lamp", srgb("#dfe4e6"), 0.08),
    ]
    stage.put(stage.mesh(f"scooter {colour}", scooter_shape(), mats), (x, y, z), (0.09, 0, turn))


def car_shape() -> Shape:
    """A saloon along x, its nose towards +x; slots: paint, glass, rubber, alloy, lamp, black."""

    def band(rows: list[tuple[float, float, float, float]]) -> Shape:
        outlines: list[Array] = []
        for x, low, high, half in rows:
            mid = (low + high) / 2
            ys = np.array([-0.86, -1.0, -1.0, -0.9, 0.9, 1.0, 1.0, 0.86]) * half
            zs = np.array(
                [
                    low,
                    low + 0.12 * (high - low),
                    mid + 0.2 * (high - low),
                    high,
                    high,
                    mid + 0.2 * (high - low),
                    low + 0.12 * (high - low),
                    low,
                ]
            )
            outlines.append(np.column_stack([np.full(8, x), ys, zs]))
        return skin(outlines, True, True)

    body = band(
        [
            (-2.28, 0.45, 0.85, 0.70),
            (-2.2, 0.28, 0.98, 0.82),
            (-1.7, 0.22, 1.02, 0.88),
            (-0.9, 0.2, 0.98, 0.9),
            (0.9, 0.2, 0.94, 0.9),
            (1.7, 0.22, 0.86, 0.87),
            (2.15, 0.28, 0.74, 0.8),
            (2.28, 0.36, 0.6, 0.66),
        ]
    )
    cabin = []
    for z, x0, x1, half in (
        (0.93, -1.75, 1.15, 0.80),
        (1.2, -1.35, 0.62, 0.72),
        (1.42, -0.95, 0.2, 0.60),
    ):
        a = np.array([(x0, -half), (x1, -half), (x1, half), (x0, half)])
        cabin.append(np.column_stack([a, np.full(4, z)]))
    windows = skin(cabin, False, False).painted(1)
    roof = loft([(1.41, 1.17, 1.2, 0.12, 0), (1.46, 1.0, 1.02, 0.15, 0)], 5).moved(x=-0.375)
    parts = [body, windows, roof]
    for s in (-1, 1):
        for a, b in (
            ((-1.75, 0.93), (-0.95, 1.43)),
            ((1.15, 0.93), (0.2, 1.43)),
            ((-0.3, 0.93), (-0.33, 1.43)),
        ):
            parts.append(tube([(a[0], s * 0.805, a[1]), (b[0], s * 0.61, b[1])], 0.035, 6))
        parts.append(tube([(-0.95, s * 0.6, 1.43), (0.2, s * 0.6, 1.43)], 0.035, 6))
        for x in (-1.4, 1.4):
            arch = lathe([(0.37, -0.02), (0.37, 0.02)], 28).turned(x=np.pi / 2)
            parts.append(arch.moved(x=x, y=s * 0.885, z=0.34).painted(5))
            tyre = wheel(0.32, 0.2, 0.09, 32).moved(x=x, y=s * 0.82, z=0.32).painted(2)
            alloy = lathe([(0.2, -0.01), (0.21, 0.01), (0.05, 0.03)], 20).turned(x=s * np.pi / 2)
            parts += [tyre, alloy.moved(x=x, y=s * 0.9, z=0.32).painted(3)]
        parts.append(box(0.1, 0.36, 0.13, 0.03).moved(x=2.17, y=s * 0.58, z=0.58).painted(4))
        parts.append(box(0.1, 0.34, 0.16, 0.03).moved(x=-2.2, y=s * 0.6, z=0.74).painted(6))
        parts.append(box(0.14, 0.2, 0.12, 0.03).moved(x=0.75, y=s * 0.98, z=0.95))
        parts.append(box(0.18, 0.02, 0.03, 0.005).moved(x=-0.1, y=s * 0.9, z=0.8).painted(3))
    parts.append(box(0.03, 0.44, 0.14).moved(x=2.28, z=0.34).painted(7))
    parts.append(box(0.03, 0.44, 0.14).moved(x=-2.29, z=0.52).painted(7))
    parts.append(box(0.06, 0.9, 0.12, 0.02).moved(x=2.25, z=0.5).painted(5))
    return merged(parts)


def car(stage: Stage, x: float, y: float, turn: float, colour: str = "#d9dadb") -> None:
    paint = material.plain(f"car {colour}", srgb(colour), 0.18, dirt=0.15)
    mats = [
        paint,
        material.glass("car glass"),
        material.plain("rubber", srgb("#161616"), 0.7),
        material.plain("alloy", srgb("#a5a7a9"), 0.3, 0.9),
        material.plain("lamp", srgb("#dfe4e6"), 0.08),
        material.plain("black", srgb("#0c0c0d"), 0.5),
        material.plain("tail lamp", srgb("#7a0d10"), 0.15),
        material.plain("plate", srgb("#1c4fa0"), 0.35),
    ]
    stage.put(stage.mesh(f"car {colour}", car_shape(), mats, 35), (x, y, 0), (0, 0, turn))
