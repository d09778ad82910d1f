"""What is shown of it all: logs, metrics, the status page, plans and explanations as text.

Stages return facts; here they become words. Start at `events` (all that the
log can say) and `status`.
"""
