"""`scalebridge demo`: the real service and Git over a simulated shop. Start at `run`."""
