"""What the metrics and alerts say: the only place that asks Prometheus and Alertmanager.

Start at `asking` (one pass over many policies) and `reading` (what an answer may be).
"""
