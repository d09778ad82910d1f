"""Wait a little, commit once: a batcher without a clock, and a budget from the log. Pure."""
