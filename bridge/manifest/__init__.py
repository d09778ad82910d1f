"""Where a count stands in a file, and splicing it: bytes in, bytes out. Pure.

Start at `locate` (from a locator to the place) and `splice` (the edit); `index` knows a whole tree.
"""
