"""Observations to issues: catalogue, place, areas, lifecycle, scoring, store, exports.

This package reads no pixels, except in ``issues/verify`` through detect's functions.
"""
