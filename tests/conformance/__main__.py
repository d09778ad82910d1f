"""`python -m tests.conformance FILE_OR_DIR...`: runs cases, prints one line each and the sum."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.cases import FOLDER, SCHEMA, case_files, cases_in
from tests.conformance.ops import verdict


def main(arguments: list[str]) -> int:
    """The exit code: 1 if a case failed, or a file holds none that can be read."""
    passed = failed = 0
    for path in case_files([Path(argument) for argument in arguments] or [FOLDER]):
        for name, fault in _verdicts(path):
            failed += bool(fault)
            passed += not fault
            print(f"FAIL {name}: {fault}" if fault else f"pass {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _verdicts(path: Path) -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it; one broken file must not hide the others."""
    try:
        cases = cases_in(path)
    except ValueError as error:
        yield str(path), f"expected cases of schema {SCHEMA} got {error}"
        return
    for case in cases:
        yield case.id, verdict(case)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
