"""Data sets as people have them: other tools' formats, what is wrong in them, what to label next.

``detect/training`` reads one layout only (``dataset.py`` there); this package brings pictures and
labels into it and out of it again.
"""
