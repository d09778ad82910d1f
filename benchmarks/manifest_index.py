"""Indexing a state repo's manifests: ours against PyYAML's C composer over the same files.

Prints as its last line one JSON object:
  `files`                      how many manifests
  `cold_ratio_to_compose`      our cold index / composing every file once (below 1: faster)
  `warm_speedup_over_cold`     cold index / index after one changed file
  `warm_ms`                    the latter, in milliseconds
Run: python benchmarks/manifest_index.py [--quick]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Mapping

import yaml

from bridge.manifest.index import Catalogue

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{number}
  namespace: team-{team}
  labels: {{app: service-{number}, team: team-{team}}}
spec:
  replicas: {replicas}  # kept by scalebridge
  selector:
    matchLabels: {{app: service-{number}}}
  template:
    metadata:
      labels: {{app: service-{number}}}
    spec:
      containers:
        - name: main
          image: example/service-{number}:1.2.{number}
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
          env:
            - name: LOG_LEVEL
              value: info
---
apiVersion: v1
kind: Service
metadata: {{name: service-{number}, namespace: team-{team}}}
spec:
  selector: {{app: service-{number}}}
  ports: [{{port: 80, targetPort: 8080}}]
"""


def manifests(count: int) -> dict[str, bytes]:
    """Files by path, a Deployment and its Service in each."""
    return {
        f"teams/{number % 50}/service-{number}.yaml": DEPLOYMENT.format(
            number=number, team=number % 50, replicas=number % 30
        ).encode()
        for number in range(count)
    }


def tree(files: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Blob id by path, and content by blob id."""
    blobs = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    return blobs, {blobs[path]: content for path, content in files.items()}


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compose_all(files: Mapping[str, bytes]) -> None:
    """The named alternative: every document of every file, composed once."""
    for content in files.values():
        for _ in yaml.compose_all(content, Loader=yaml.CSafeLoader):
            pass


def measure(files: dict[str, bytes]) -> tuple[float, float, float]:
    """Seconds for composing, for a cold index, and for a warm one after one changed file."""
    blobs, contents = tree(files)
    catalogue = Catalogue()

    def read(wanted: list[str]) -> list[tuple[str, bytes | None]]:
        return [(blob, contents[blob]) for blob in wanted]

    composed = seconds(lambda: compose_all(files))
    cold = seconds(lambda: catalogue.index(blobs, read))
    path = next(iter(files))
    changed, contents = tree({**files, path: files[path].replace(b"replicas: 0", b"replicas: 9")})
    return composed, cold, seconds(lambda: catalogue.index(changed, read))


def main() -> None:
    """Measures interleaved rounds and prints their medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="2,000 files instead of 20,000")
    quick = parser.parse_args().quick
    files = manifests(2_000 if quick else 20_000)
    rounds = [measure(files) for _ in range(3 if quick else 5)]
    composed, cold, warm = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(
        f"{len(files)} files: compose {composed:.2f} s, "
        f"cold index {cold:.2f} s, warm {warm * 1000:.1f} ms"
    )
    result = {
        "files": len(files),
        "cold_ratio_to_compose": round(cold / composed, 3),
        "warm_speedup_over_cold": round(cold / warm, 1),
        "warm_ms": round(warm * 1000, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
