"""Rendered scenes that teach and test the models for which no open labelled set exists."""
