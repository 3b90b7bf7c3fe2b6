"""Issues to people and systems: command line, HTTP API, review console, tracker feed.

This package holds no rule of the domain.
"""
