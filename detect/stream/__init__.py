"""Camera feeds: connect, keep the newest key frame, look when a look is due, know when blind.

A feed costs almost nothing between looks: its packets are read, and of them only the newest key
frame is kept, undecoded. When a look is due, that one frame is decoded at the size that the
network needs. Read in this order: ``address``, ``packet``, ``reader``, ``decoding``, ``health``,
``view``, ``schedule``, ``watch``.

Needs the extra ``camera`` (PyAV). Nothing here knows a database.
"""
