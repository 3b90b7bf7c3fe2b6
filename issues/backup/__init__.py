"""Backups: a consistent copy of the store and its evidence, and the way back."""
