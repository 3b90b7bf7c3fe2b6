"""From looks through cameras to issues: zones, confirmation, what is remembered of each place.

Read in this order: ``zone``, ``confirmation``. Nothing here reads a pixel.
"""
