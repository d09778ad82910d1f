"""Git's smart HTTP spoken by hand, as little of it as a push needs: what a push can cost at least.

One connection that is kept; the pack is made by `git pack-objects`. Only for measuring: it knows no
redirects, proxies, shallow remotes or hooks' messages.
Protocol: gitprotocol-http and gitprotocol-pack, of git's own documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

Git = Callable[..., bytes]
"""Runs git with these arguments, and `given` on its standard input."""

_SERVICE = "git-receive-pack"


class RawPush:
    """Pushes over one kept connection to a repository's URL."""

    def __init__(self, url: str, authorization: str) -> None:
        parts = urlsplit(url)
        self._path = parts.path
        self._headers = {"Authorization": authorization}
        self._connection = HTTPConnection(parts.netloc, timeout=60)

    def push(self, git: Git, commit: str, branch: str) -> None:
        """Moves the branch to the commit from where the remote says that it is."""
        advertised = self._asked("GET", f"info/refs?service={_SERVICE}")
        ref = f"refs/heads/{branch}"
        before = _refs(advertised)[ref]
        revisions = f"{commit}\n^{before}\n".encode()
        pack = git("pack-objects", "--revs", "--stdout", "--thin", "-q", given=revisions)
        command = _line(f"{before} {commit} {ref}\0 report-status".encode())
        answer = self._asked("POST", _SERVICE, command + b"0000" + pack)
        if list(_lines(answer)) != [b"unpack ok\n", f"ok {ref}\n".encode()]:
            raise RuntimeError(f"the push was refused: {answer!r}")

    def _asked(self, method: str, what: str, body: bytes | None = None) -> bytes:
        typed = {} if body is None else {"Content-Type": f"application/x-{_SERVICE}-request"}
        headers = {**self._headers, **typed}
        self._connection.request(method, f"{self._path}/{what}", body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {what}: {response.status}: {answer!r}")
        return answer


def _line(content: bytes) -> bytes:
    return b"%04x%b" % (len(content) + 4, content)


def _lines(stream: bytes) -> Iterator[bytes]:
    """The packet lines' contents, without the flushes between them."""
    at = 0
    while at < len(stream):
        length = int(stream[at : at + 4], 16)
        if length:
            yield stream[at + 4 : at + length]
        at += max(length, 4)


def _refs(advertised: bytes) -> dict[str, str]:
    """The commit of each ref, behind the line that names the service."""
    pairs = (line.rstrip(b"\n").partition(b"\0")[0].split() for line in _lines(advertised))
    return {ref.decode(): commit.decode() for commit, ref in pairs if commit != b"#"}
