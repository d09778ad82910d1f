"""The state repo: the only place that imports git.

Start at `state_repo` (for the event loop), `mirror` below it and `git` at the bottom. `walk` and
`log` read the branch's log, `trailers` what we wrote there, `fast_import` makes a commit.
"""
