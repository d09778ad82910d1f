"""All stages at work: `serve` runs a `pipeline` for each state repo.

Start at `serve`, `pipeline`, `watching` (ticks to outcomes), `rounds` (one look and decision for
all), `committing` (outcomes to a commit). Most of the others are what one command or page asks.
"""
