"""The review console: NiceGUI pages mounted on the app, all assets local, Chinese and English."""

from api.console.mount import mount_console

__all__ = ["mount_console"]
