"""The scene being built: meshes are shared by name, objects are kept by their subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from scripts.samples.shape import Point, Shape


class Stage:
    """An empty Blender file that shapes are put into."""

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.scene = bpy.context.scene
        self.groups: dict[str, list[Any]] = defaultdict(list)
        self._group: str | None = None

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """Objects put inside belong to this box of the truth (inner groups win)."""
        before, self._group = self._group, name
        yield
        self._group = before

    @contextmanager
    def untold(self) -> Iterator[None]:
        """Objects put inside belong to no box."""
        before, self._group = self._group, None
        yield
        self._group = before

    def mesh(
        self, name: str, shape: Shape, materials: Sequence[Any], sharp_deg: float = 40.0
    ) -> Any:
        """Mesh data of this name, made from the shape the first time."""
        known = bpy.data.meshes.get(name)
        if known is not None:
            return known
        data = bpy.data.meshes.new(name)
        data.from_pydata(shape.verts.tolist(), [], shape.faces)
        for material in materials:
            data.materials.append(material)
        data.polygons.foreach_set("material_index", np.array(shape.slots, dtype=np.int32))
        data.polygons.foreach_set("use_smooth", np.ones(len(shape.faces), dtype=bool))
        if sharp_deg < 180:
            data.set_sharp_from_angle(angle=np.radians(sharp_deg))
        data.update()
        return data

    def put(
        self,
        data: Any,
        at: Point,
        turn: Point = (0.0, 0.0, 0.0),
        scale: float | Point = 1.0,
        material: Any = None,
    ) -> Any:
        """One object of a mesh; `material` replaces the mesh's first one for this object only."""
        made = bpy.data.objects.new(data.name, data)
        made.location = at
        made.rotation_euler = turn
        made.scale = (scale,) * 3 if isinstance(scale, float | int) else scale
        self.scene.collection.objects.link(made)
        if material is not None:
            made.material_slots[0].link = "OBJECT"
            made.material_slots[0].material = material
        if self._group is not None:
            self.groups[self._group].append(made)
        return made

    def add(
        self,
        name: str,
        shape: Shape,
        materials: Sequence[Any],
        at: Point = (0.0, 0.0, 0.0),
        turn: Point = (0.0, 0.0, 0.0),
        sharp_deg: float = 40.0,
    ) -> Any:
        return self.put(self.mesh(name, shape, materials, sharp_deg), at, turn)
