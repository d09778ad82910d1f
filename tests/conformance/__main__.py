"""`python -m tests.conformance FILE_OR_DIR...`: runs cases, prints one line each and the sum."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.conformance.cases import FOLDER, load_cases
from tests.conformance.ops import verdict


def main(arguments: list[str]) -> int:
    """The exit code: 1 if a case failed."""
    cases = load_cases([Path(argument) for argument in arguments] or [FOLDER])
    failed = 0
    for case in cases:
        fault = verdict(case)
        failed += bool(fault)
        print(f"FAIL {case.id}: {fault}" if fault else f"pass {case.id}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
