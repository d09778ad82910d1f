"""Secrets in use, and texts without them: each one read is known here, and no error shows it."""

from __future__ import annotations

import json
from threading import Lock
from typing import Final
from urllib.parse import quote

_HIDDEN: Final = "[secret]"
_SHORTEST: Final = 6
"""What is shorter is a word that texts are made of, and no secret."""
_MOST: Final = 1_000
"""Tokens are renewed and files rotate: the oldest are forgotten."""

_lock = Lock()
_known: dict[str, None] = {}


def learn(secret: str) -> None:
    """From now on no text of ours shows it, nor a line of it (private keys have many)."""
    lines = [line.strip() for line in secret.splitlines()]
    new = [one for one in lines if len(one) >= _SHORTEST and not one.startswith("-----")]
    spelt = [spelling for one in new for spelling in _spellings(one)]
    with _lock:
        _known.update(dict.fromkeys(spelt))
        for oldest in list(_known)[:-_MOST]:
            del _known[oldest]


def _spellings(secret: str) -> tuple[str, ...]:
    """As it is, and as bytes, JSON and URLs have it, which is how others echo it."""
    return (secret, repr(secret.encode())[2:-1], json.dumps(secret)[1:-1], quote(secret, safe=""))


def redacted(text: str) -> str:
    """The text with every known secret blotted out; the longest first, for one may hold another."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, _HIDDEN)
    return text
