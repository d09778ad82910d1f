"""Where in a document: a JSON pointer (RFC 6901) or a dotted path, as a tuple of keys."""

from __future__ import annotations

import re

from bridge.errors import ManifestUnsupported

Path = tuple[str, ...]

_PART = re.compile(r"""\.?([^.\[\]"'\s]+)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]""")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPE = re.compile(r"~(?![01])")


def parse_path(text: str) -> Path:
    """`/spec/replicas`, `spec.replicas`, `items[1].spec.replicas` or `data["a.b"]`.

    Raises:
        ManifestUnsupported: neither a JSON pointer nor a dotted path.
    """
    if text.startswith("/"):
        if _ESCAPE.search(text):
            raise ManifestUnsupported(f"{text!r}: ~ is written ~0 and / is written ~1")
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))
    keys, position = [], 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            break
        keys += [part for part in match.groups() if part is not None]
        position = match.end()
    if position < len(text) or not keys:
        raise ManifestUnsupported(f"{text!r} is neither a JSON pointer nor a dotted path")
    return tuple(keys)


def pointer(path: Path) -> str:
    """The JSON pointer."""
    return "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in path)


def shown(path: Path) -> str:
    """For people: dotted where that is plain, else the pointer."""
    return ".".join(path) if all(map(_PLAIN.fullmatch, path)) else pointer(path)
