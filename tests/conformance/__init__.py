"""The replica counts of Kubernetes' HPA and KEDA, case by case, against our decision code.

27 of the cases ask only for what no policy has: `BEYOND` names their operations, and `beyond`,
`per_pod` and `raw_answer` answer them.
"""

from __future__ import annotations

from typing import Final

BEYOND: Final = frozenset(
    {"pods_metric", "keda_prometheus", "keda_cron_validate", "keda_paused_count"}
)
