"""The sample patrol: rendered street photos, their truth, areas and a camera clip.

Needs `bpy` (Blender as a module) and Pillow; nothing in tidycity itself imports this.
"""
