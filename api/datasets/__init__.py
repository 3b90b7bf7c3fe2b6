"""Data sets as pages: what is wrong in them, what they are made of. One file each, no script."""
