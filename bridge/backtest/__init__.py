"""The same decisions over recorded load, in a simulated loop. Pure.

Start at `closed_loop`; `contest` plays several side by side, `search` looks for better settings.
"""
