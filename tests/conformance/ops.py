"""One case put to the decision code."""

from __future__ import annotations

import json

from tests.conformance import keda, kubernetes
from tests.conformance.cases import Case, mismatches

_OPS = {**kubernetes.OPS, **keda.OPS}


def verdict(case: Case) -> str:
    """Empty if the case passes, otherwise `expected … got …`."""
    try:
        got = _OPS[case.op](case.inputs)
    except Exception as error:  # noqa: BLE001 - one broken case must not hide the others
        return f"expected {_text(case.expected)} got {type(error).__name__}: {error}"
    wrong = mismatches(case.expected, got)
    if not wrong:
        return ""
    return f"expected {_text({key: case.expected[key] for key in wrong})} got {_text(wrong)}"


def _text(value: object) -> str:
    return json.dumps(value, default=str, sort_keys=True)
