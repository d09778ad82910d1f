"""Real HPAs, ScaledObjects, Applications and kustomizations, as people have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.manifest.claims.owners import AUTOSCALERS
from bridge.manifest.claims.patches import Patch
from bridge.manifest.claims.reading import FileClaims, claims_in
from tests.parts.gate import shared


def listed() -> Iterator[tuple[Path, dict[str, Any]]]:
    folder = shared("policies")
    for entry in json.loads((folder / "index.json").read_text("utf-8"))["files"]:
        if entry["role"] == "positive":
            yield folder / entry["file"], entry


def test_every_real_autoscaler_owns_what_it_names() -> None:
    checked = 0
    for path, entry in listed():
        owners = claims_in(path.read_bytes(), path.name).owners
        for one in entry["policies"]:
            if one["kind"] not in AUTOSCALERS or "{{" in path.read_text("utf-8"):
                continue
            found = [f"{o.owned.kind}/{o.owned.name}" for o in owners if o.by.name == one["name"]]
            wanted = str(one["target"])
            assert wanted in found, (path.name, one, found)
            checked += 1
    assert checked >= 25


def of(name: str, path: str = "file.yaml") -> FileClaims:
    return claims_in((shared("corpus") / name).read_bytes(), path)


def test_real_kustomizations_and_applications() -> None:
    [overlay] = of("099.yaml", "overlays/production/kustomization.yaml").overlays
    assert overlay.takes == ("base", "overlays/production/namespace.yaml")
    [patch] = overlay.sets
    assert isinstance(patch, Patch)
    assert patch.selector is not None
    assert patch.selector.kind == "Deployment"
    [busy] = of("107.yaml", "kustomization.yaml").overlays
    assert (busy.affixes, len(busy.sets)) == (("test-", "-transform"), 5)
    [chart] = of("009.yaml").overlays
    assert (chart.title, chart.takes) == ("ApplicationSet merge-two-matrixes", ("helm-guestbook",))


def test_no_real_file_is_too_odd_to_be_read() -> None:
    paths = sorted(shared("corpus").glob("*.*"))
    read = [claims_in(path.read_bytes(), f"x/{name}")
            for path in paths for name in (path.name, "kustomization.yaml")]  # fmt: skip
    assert len(read) > 150
    assert sum(bool(one.owners) for one in read) >= 12
