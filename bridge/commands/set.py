"""`set`: one count in one file, the byte-exact edit alone."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import typer

from bridge.commands.console import DONE, give_up, print_json
from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count, Gap
from bridge.manifest.inside import compiled
from bridge.manifest.locator import SPEC_REPLICAS, Field, KustomizeReplicas, Locator, Marker
from bridge.manifest.path import parse_path
from bridge.manifest.splice import edited
from bridge.manifest.target import Target
from bridge.manifest.tree import MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options that say which count is meant."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    doc: int | None = None
    path: str | None = None
    pattern: str | None = None
    kustomize_replicas: str | None = None
    marker: str | None = None
    allow_anchors: bool = False
    insert: bool = False

    def locator(self) -> Locator:
        """The one place that they name.

        Raises:
            typer.BadParameter: they name none, or do not go together.
        """
        self._check()
        try:
            if self.pattern:
                compiled(self.pattern)
            where = self._where()
        except ManifestUnsupported as error:
            raise typer.BadParameter(str(error)) from error
        return Locator(
            where,
            pattern=self.pattern,
            allow_anchors=self.allow_anchors,
            insert=self.insert,
        )

    def _check(self) -> None:
        field = self.kind or self.path
        if sum(map(bool, (field, self.kustomize_replicas))) + bool(self.marker and not field) != 1:
            raise typer.BadParameter(
                "give one of --kind (with --name), --path, --kustomize-replicas and --marker"
            )
        if not self.kind and (self.name or self.namespace):
            raise typer.BadParameter("--name and --namespace go with --kind")
        if self.kind and not (self.name or self.path):
            raise typer.BadParameter("--kind needs --name, or a --path")
        if self.marker and self.kind and not self.path:
            raise typer.BadParameter("--marker goes with a --path to the text that holds it")
        if self.doc is not None and not field:
            raise typer.BadParameter("--doc goes with --kind or --path")
        if self.pattern and self.kustomize_replicas:
            raise typer.BadParameter("--pattern goes with --path, --kind or --marker")

    def _where(self) -> Field | KustomizeReplicas | Marker:
        if self.kustomize_replicas:
            return KustomizeReplicas(self.kustomize_replicas)
        field = None
        if self.kind or self.path:
            owner = Target(self.kind, self.name or "", self.namespace) if self.kind else None
            path = parse_path(self.path) if self.path else SPEC_REPLICAS
            field = Field(path, owner, self.doc)
        if self.marker:
            return Marker(self.marker, field)
        return field or Field()


def set_count(path: Path, value: int, locator: Locator, *, to_stdout: bool, as_json: bool) -> int:
    """Changes the count in the file, or prints the changed file; returns the exit code."""
    before = _read(path)
    count, content = _edited(before, path, value, locator)
    if to_stdout:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return DONE
    if content != before:
        _write(path.resolve(), content)
    if as_json:
        facts = {"file": str(path), "line": count.line, "from": count.value, "to": value}
        print_json({**facts, "moves": list(count.moves)})
    else:
        was = "no count" if count.value is None else count.value
        typer.echo(f"{path}:{count.line}: {was} → {value}")
        for moved in count.moves:
            typer.echo(f"  moves with it: {moved}")
    return DONE


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        give_up(f"{path}: can't be read: {error.strerror}")


def _edited(before: bytes, path: Path, value: int, locator: Locator) -> tuple[Count | Gap, bytes]:
    try:
        return edited(before, path.name, locator, value)
    except ManifestUnsupported as refusal:
        give_up(f"{path}: {refusal}")


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, with the mode and, where we may, the owner that the file has."""
    if not path.is_file():
        give_up(f"{path}: can't be written: it is no regular file (--stdout prints the change)")
    if not os.access(path, os.W_OK):
        give_up(f"{path}: can't be written: it is read-only")
    try:
        _replace(path, content)
    except OSError as error:
        give_up(f"{path}: can't be written: {error.strerror}")


def _replace(path: Path, content: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
        new = Path(beside.name)
        try:
            beside.write(content)
            beside.flush()
            os.fsync(beside.fileno())
            facts = path.stat()
            with suppress(PermissionError):
                os.chown(new, facts.st_uid, facts.st_gid)
            shutil.copymode(path, new)
            new.replace(path)
        except BaseException:
            new.unlink()
            raise
