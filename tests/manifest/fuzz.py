"""A fuzz target over finding and splicing: `python -m tests.manifest.fuzz SEEDS`.

Whatever the bytes are: a refusal, or exactly the digits change, and changing them back gives
the same bytes. Any other exception is a crash.
"""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no wheel has types, and not each machine has it

with atheris.instrument_imports(include=["bridge.manifest"]):
    from bridge.errors import ManifestUnsupported
    from bridge.manifest.count import Count, Gap
    from bridge.manifest.locator import Field, KustomizeReplicas, Locator, Marker
    from bridge.manifest.outline import outlined
    from bridge.manifest.splice import edited
    from bridge.manifest.survey import surveyed
    from bridge.manifest.target import Target
    from bridge.manifest.workload import workloads

NAMES = ("a.yaml", "a.json", "a.toml", "a.tf")
WHERE = (
    Field(owner=Target("Deployment", "web")),
    Field(("web", "replicas")),
    Field(("a", "0")),
    KustomizeReplicas("web"),
    Marker("web"),
)
LOCATORS = [
    *(Locator(where) for where in WHERE),
    *(Locator(where, allow_anchors=True, insert=True) for where in WHERE),
    Locator(WHERE[1], pattern=r"=(\d+)"),
]
SEEDS = (
    b"\0kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3 # c\n---\nkind: Service\n",
    b"\0apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    a: b\nspec:\n"
    b"  replicas: '3'\n  x: |\n    y: 1\n",
    b"\0web: {replicas: &r}\nd: {<<: [*r]}\n",
    b"\0web: {replicas: &r 3}\na: [*r, 4]\nb: &b {c: *r}\nd: {<<: *b}\n",
    b"\0web:\n  replicas: |\n    web=3\n    x=y\n",
    b"\0resources: [a]\nreplicas:\n- name: web\n  count: 3\n",
    b"\0kind: List\nitems:\n- kind: Deployment\n  metadata: {name: web}\n  spec:\n    a: 1\n",
    b'\1{"kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3}}',
    b"\2[web]\nreplicas = 3 # web\n[[a]]\nb = '3'\n",
    b"\3count = 3 # scalebridge: web\n",
    "\0\ufeffweb: # ä\r\n  replicas: '3'\r\n".encode(),
)


def once(data: bytes) -> None:
    """One input: the first byte chooses the file's name."""
    name, content = NAMES[data[0] % len(NAMES)] if data else NAMES[0], data[1:]
    survey = surveyed(content, f".{name.partition('.')[2]}")
    for locator in LOCATORS:
        try:
            count, result = edited(content, name, locator, 7)
        except ManifestUnsupported:
            continue
        _check(content, result, count)
        if isinstance(count, Count):
            assert edited(result, name, locator, count.value)[1] == content
    if name == "a.yaml" and not survey.refusal:
        _check_outline(content)


def _check(content: bytes, result: bytes, count: Count | Gap) -> None:
    written = count.written(7)
    assert result == content[: count.start] + written + content[count.end :]
    if isinstance(count, Count):
        assert content[count.start : count.end] == str(count.value).encode()


def _check_outline(content: bytes) -> None:
    """Where both know something, they know the same."""
    try:
        found, exact = outlined(content.decode()), workloads(content)
    except (ManifestUnsupported, UnicodeDecodeError):
        return
    assert found is None or found == exact


if __name__ == "__main__":
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()
