"""To the shared branch or into a pull request; the only place that imports github.

Start at `branch` (compare-and-swap, and a lost race redone) and `pull_request`.
"""
