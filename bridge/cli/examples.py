"""What people type: examples of each command, at the end of its `--help`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CONFIG: Final = "-c scalebridge.yaml"
EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "run": (
        f"scalebridge run {_CONFIG}",
        f"scalebridge run {_CONFIG} --shard 2/5",
    ),
    "once": (
        f"scalebridge once {_CONFIG}",
        f"scalebridge --repo europe once {_CONFIG} --json",
    ),
    "plan": (f"scalebridge plan {_CONFIG}",),
    "validate": (
        "scalebridge validate policies",
        f"scalebridge validate policies/checkout.yaml {_CONFIG}",
    ),
    "doctor": (
        f"scalebridge doctor {_CONFIG}",
        f"scalebridge doctor {_CONFIG} --url https://scale.example.com",
    ),
    "targets": (f"scalebridge targets {_CONFIG}",),
    "import": (
        "scalebridge import hpa.yaml --output policies",
        "kubectl get hpa --all-namespaces -o yaml | scalebridge import - --report",
    ),
    "schema": ("scalebridge schema policy",),
    "demo": ("scalebridge demo --headless",),
    "explain": (
        f"scalebridge explain checkout {_CONFIG}",
        f"scalebridge explain checkout --at 30m {_CONFIG}",
    ),
    "history": (
        f"scalebridge history --target Deployment/shop/checkout {_CONFIG}",
        f"scalebridge history --since 30d --csv {_CONFIG}",
    ),
    "backtest": (
        "scalebridge backtest web.yaml --trace load.csv --dead-time 3m --plot web.svg",
        "scalebridge backtest web.yaml --prometheus http://localhost:9090 --last 7d",
    ),
    "tune": (
        "scalebridge tune web.yaml --trace may.csv --trace june.csv --max-shortage 2",
        "scalebridge tune web.yaml --trace may.csv --no-forecast --choose 17 --write",
    ),
    "pause": (f"scalebridge pause Deployment/shop/checkout --until 2h {_CONFIG}",),
    "release": (f"scalebridge release Deployment/shop/checkout {_CONFIG}",),
    "set": (
        "scalebridge set apps/checkout.yaml 5 --kind Deployment --name checkout",
        "scalebridge set values.yaml 5 --path web.replicas --stdout",
    ),
}


def epilog(command: str) -> str:
    """As `--help` shows it: a paragraph for each line."""
    return "\n\n".join(["Examples:", *EXAMPLES[command]])
