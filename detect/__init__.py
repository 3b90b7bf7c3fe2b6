"""Pixels to observations: sources, engines, tiling, quality, privacy, batch, training.

This package knows no database and no HTTP route.
"""
