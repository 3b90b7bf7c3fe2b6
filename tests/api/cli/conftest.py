"""Fixtures of the command-line tests: see patrol_cli."""

from patrol_cli import environment, tidycity, tiny

__all__ = ["environment", "tidycity", "tiny"]
