"""The patrol's story: which places are visited when, in what light, and what is there."""

from __future__ import annotations

from dataclasses import dataclass, field

from scripts.samples import light
from scripts.samples.light import Light
from scripts.samples.view import View


@dataclass(frozen=True)
class Subject:
    """Something that may be found; `kind` is a scene function, `codes` its boxes' categories."""

    name: str
    kind: str
    x: float
    y: float
    options: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """One photo: date and time (UTC+8), light, and the state of each subject that is not absent."""

    day: str
    time: str
    light: Light
    states: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """One place of the fictional town; `ground_m` is the pavement's height where subjects stand."""

    id: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    street: str
    variant: int
    view: View
    subjects: tuple[Subject, ...]
    extras: tuple[tuple[str, float, float, float], ...]
    visits: tuple[Visit, ...]
    expected: str


OCT26, NOV02, NOV09 = "2026-10-26", "2026-11-02", "2026-11-09"
NO_GPS = {("p04", NOV09)}
ROTATED = {("p09", NOV02)}


def _two(
    first: tuple[str, Light, dict[str, str]], second: tuple[str, Light, dict[str, str]]
) -> tuple[Visit, ...]:
    return (Visit(NOV02, *first), Visit(NOV09, *second))


HERE = "there"
PLACES: tuple[Place, ...] = (
    Place(
        "p01", "东门街口", "East Gate corner", 31.23140, 117.28160, "shops", 0,
        View((-2.4, -2.6, 1.55), (0.5, 1.6, 0.85), 0.8),
        (Subject("bins", "bins", 0.55, 1.3,
            {"colours": ("green", "blue", "grey"), "turn": -0.15}),),
        (("scooter", 4.6, 2.6, 2.0), ("bicycle", 6.2, 2.5, 1.8), ("fallen", 0, 0, 0)),
        _two(("08:41:10", light.MORNING, {"bins": "closed"}),
            ("14:02:33", light.HAZY, {"bins": "closed"})),
        "clean",
    ),
    Place(
        "p02", "清水里 3 号楼", "Qingshui block 3", 31.23140, 117.28270, "houses", 0,
        View((-0.8, -1.6, 1.6), (0.25, 1.6, 0.5), -1.2),
        (Subject("pile", "pile", 0.3, 1.65, {"width_m": 2.7, "depth_m": 1.3,
             "bags": 34, "thrown": 40, "loose": 130, "cartons": 4, "sacks": 1}),),
        (("scooter", -4.2, 1.8, 0.3), ("weeds", 0, 0, 0)),
        _two(("08:52:47", light.HAZY, {"pile": HERE}), ("14:16:05", light.NOON, {"pile": HERE})),
        "persists",
    ),
    Place(
        "p03", "文明路南段", "South Wenming Road", 31.23140, 117.28380, "compound", 0,
        View((0.9, -1.9, 1.6), (-0.1, 1.6, 0.6), 1.0),
        (
            Subject("bin", "overflow", -0.7, 1.75, {"colours": ("green", "green"), "turn": 0.1}),
            Subject("around", "pile", 0.75, 1.1, {"width_m": 2.1, "depth_m": 1.0,
             "bags": 16, "thrown": 24, "loose": 80, "cartons": 2}),
        ),
        (("fallen", 0, 0, 0),),
        _two(("09:05:20", light.NOON, {"bin": "overflow", "around": HERE}),
             ("14:29:48", light.OVERCAST, {"bin": "overflow", "around": HERE})),
        "persists",
    ),
    Place(
        "p04", "滨河绿带", "Riverside hedge", 31.23140, 117.28490, "hedge", 0,
        View((-1.6, -1.7, 1.6), (0.5, 0.3, 0.0), -0.6),
        (Subject("strewn", "scatter", 0.6, -0.32, {"width_m": 4.6, "depth_m": 0.95, "count": 42}),
         Subject("strewn2", "scatter", 1.0, 1.1, {"width_m": 3.6, "depth_m": 1.3, "count": 16})),
        (("fallen", 0, 0, 0), ("drain", -0.9, 0, 0), ("car", 8.5, -1.2, 3.2)),
        _two(("09:17:02", light.OVERCAST, {"strewn": HERE, "strewn2": HERE}),
             ("14:41:30", light.HAZY, {"strewn": HERE, "strewn2": HERE})),
        "persists",
    ),
    Place(
        "p05", "老街 18 号", "18 Old Street", 31.23140, 117.28600, "shops", 1,
        View((1.9, -1.7, 1.6), (-0.5, 1.2, 0.5), 1.4),
        (Subject("pile", "pile", -0.5, 1.0, {"width_m": 2.3, "depth_m": 1.3,
             "bags": 34, "thrown": 26, "loose": 80, "cartons": 4, "sacks": 2}),),
        (("scooter", -5.4, 2.8, 1.2), ("tree", -2.6, 0.7, 1), ("fallen", 0, 0, 0)),
        _two(("09:30:55", light.HAZY, {"pile": HERE}), ("14:55:12", light.LATE, {})),
        "fixed",
    ),
    Place(
        "p06", "工人新村", "Workers' estate", 31.23250, 117.28160, "houses", 1,
        View((-1.3, -1.7, 1.6), (0.2, 1.6, 0.65), -0.8),
        (Subject("bin", "overflow", 0.1, 1.75, {"colours": ("blue", "green", "grey"), "turn": 0.0,
                                                "full": 2}),
         Subject("around", "pile", 0.75, 0.95, {"width_m": 1.9, "depth_m": 0.8,
             "bags": 13, "thrown": 16, "loose": 50, "cartons": 1})),
        (("bicycle", -4.4, 1.9, 0.2), ("scooter", 3.6, 1.8, 2.9)),
        _two(("09:44:18", light.LATE, {"bin": "overflow", "around": HERE}),
             ("15:08:40", light.OVERCAST, {"bin": "closed"})),
        "fixed",
    ),
    Place(
        "p07", "农贸市场西门", "Market west gate", 31.23250, 117.28270, "shops", 2,
        View((-1.2, -1.2, 1.6), (0.5, 1.6, 0.1), 0.5),
        (Subject("strewn", "scatter", 0.5, 1.5, {"width_m": 4.4, "depth_m": 2.4, "count": 60}),),
        (("scooter", 4.4, 3.2, 0.4), ("scooter2", 5.9, 3.1, 0.3), ("fallen", 0, 0, 0)),
        _two(("10:01:36", light.OVERCAST, {"strewn": HERE}), ("15:20:27", light.NOON, {})),
        "fixed",
    ),
    Place(
        "p08", "北巷围墙", "North Lane wall", 31.23250, 117.28380, "compound", 1,
        View((-1.1, -1.6, 1.6), (0.2, 1.9, 0.45), -1.0),
        (Subject("pile", "pile", 0.2, 2.0, {"width_m": 2.8, "depth_m": 1.3,
             "bags": 30, "thrown": 44, "loose": 130, "cartons": 4, "sacks": 2}),),
        (("fallen", 0, 0, 0),),
        _two(("10:15:09", light.NOON, {}), ("15:33:51", light.HAZY, {"pile": HERE})),
        "new",
    ),
    Place(
        "p09", "公园路站", "Park Road stop", 31.23250, 117.28490, "hedge", 1,
        View((-2.6, -2.0, 1.6), (0.9, 1.7, 0.75), 0.7, 26, True),
        (),
        (("bicycle", 0.2, 1.3, 1.45), ("bicycle2", 0.85, 1.3, 1.5), ("bicycle", 1.5, 1.35, 1.42),
         ("bicycle2", 2.2, 1.3, 1.5), ("scooter", 3.4, 1.3, 1.4), ("fallen", 0, 0, 0)),
        _two(("10:28:44", light.HAZY, {}), ("15:47:16", light.LATE, {})),
        "clean",
    ),
    Place(
        "p10", "中心小学门前", "Primary school gate", 31.23250, 117.28600, "compound", 2,
        View((-2.0, -3.2, 1.6), (0.3, 1.3, 1.0), 0.6),
        (Subject("stall", "stall", 0.0, 1.2),
         Subject("goods", "goods", 2.9, 2.2, {"width_m": 1.6})),
        (("scooter", -3.4, 1.6, 0.5), ("fallen", 0, 0, 0)),
        _two(("10:40:58", light.NOON, {"stall": HERE, "goods": HERE}),
             ("16:01:20", light.HAZY, {"stall": HERE, "goods": HERE})),
        "persists",
    ),
    Place(
        "p11", "后街配电箱旁", "Back Street switch box", 31.23360, 117.28160, "houses", 2,
        View((1.2, -1.7, 1.6), (-0.2, 1.5, 0.5), 1.1),
        (Subject("pile", "pile", -0.2, 1.55, {"width_m": 2.3, "depth_m": 1.3,
             "bags": 32, "thrown": 26, "loose": 90, "cartons": 2, "sacks": 1}),),
        (("bicycle", 3.7, 1.9, 3.0), ("weeds", 0, 0, 0)),
        (Visit(OCT26, "09:12:31", light.OVERCAST, {"pile": HERE}),
         Visit(NOV02, "10:55:40", light.HAZY, {}),
         Visit(NOV09, "16:14:09", light.LATE, {"pile": "again"})),
        "returned",
    ),
    Place(
        "p12", "批发部门口", "Wholesale depot", 31.23360, 117.28270, "shops", 4,
        View((-2.2, -2.4, 1.6), (0.2, 2.4, 0.8), -0.9),
        (Subject("goods", "goods", 0.3, 2.9, {"width_m": 3.2}),),
        (("scooter", 4.6, 2.7, 1.9), ("tree", -3.4, -3.4, 2), ("fallen", 0, 0, 0)),
        _two(("11:08:13", light.SHADE, {"goods": HERE}),
            ("16:27:55", light.OVERCAST, {"goods": HERE})),
        "persists",
    ),
    Place(
        "p13", "村口路边", "Village road", 31.23720, 117.28900, "rural", 1,
        View((-0.8, -1.75, 1.6), (0.3, 1.3, 0.35), 0.9),
        (Subject("pile", "pile", 0.3, 1.2, {"width_m": 3.2, "depth_m": 1.5,
             "bags": 46, "thrown": 60, "loose": 130, "cartons": 4, "sacks": 1}),),
        (),
        _two(("11:24:37", light.HAZY, {"pile": HERE}), ("16:44:03", light.LATE, {"pile": HERE})),
        "persists",
    ),
    Place(
        "p14", "电影院停车带", "Cinema parking strip", 31.23360, 117.28430, "hedge", 2,
        View((1.1, -1.6, 1.55), (-0.1, 1.2, 0.5), -1.3),
        (Subject("bins", "bins", -0.9, 1.5, {"colours": ("grey", "green"), "turn": 0.1}),
         Subject("bags", "bagged", 0.75, 1.25, {"count": 9})),
        (("car", 6.4, -1.1, 0.05), ("fallen", 0, 0, 0)),
        _two(("11:37:26", light.OVERCAST, {"bins": "closed"}),
             ("16:58:45", light.HAZY, {"bins": "closed", "bags": HERE})),
        "new",
    ),
)  # fmt: skip
