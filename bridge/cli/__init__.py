"""The commands. Imports of the pipeline stay inside them, so that `--help` is quick."""

from bridge.cli.program import main

__all__ = ["main"]
