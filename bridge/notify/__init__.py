"""Telling whoever applies the repo to look now, and reading back what became of it.

Start at `reconcilers`; each other file is one system, or what is said to all.
"""
