"""An SSH Git remote: a real SSH server that runs git's two pack commands and nothing else."""

from __future__ import annotations

import asyncio
import shlex
from asyncio.subprocess import PIPE, Process
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import asyncssh

from tests.parts.child import child
from tests.parts.git import environment
from tests.parts.threads import Context, LoopThread, close

_COMMANDS: Final = ("git-upload-pack", "git-receive-pack")
_SETTINGS: Final = {"safe.directory": "*"}
_CHUNK: Final = 1 << 16


class GitSsh(Context):
    """Serves the bare repositories below `root`; keys go to `folder`; a context manager."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root.resolve()
        self.client_key = folder / "client_key"
        self.known_hosts = folder / "known_hosts"
        self.commands: list[str] = []
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Where the root is; a repository's path follows."""
        return f"ssh://git@127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def way_in(self, address: str) -> dict[str, str]:
        """What a configuration's `state_repo` needs besides the URL, by this address."""
        host, port = address.split(":")
        hosts = self.known_hosts.with_name("known_hosts_there")
        key = self.known_hosts.read_text("ascii").partition(" ")[2]
        hosts.write_text(f"[{host}]:{port} {key}", encoding="ascii")
        return {"ssh_key_file": str(self.client_key), "known_hosts_file": str(hosts)}

    @property
    def ssh_command(self) -> str:
        """A value for GIT_SSH_COMMAND: this key, this host, no settings of anybody's."""
        options = ("IdentitiesOnly=yes", "BatchMode=yes", f"UserKnownHostsFile={self.known_hosts}")
        flags = [flag for option in options for flag in ("-o", option)]
        return shlex.join(("ssh", "-F", "none", "-i", str(self.client_key), *flags))

    def url_of(self, repo: Path) -> str:
        """The URL of a repository below the root."""
        return f"{self.url}/{repo.resolve().relative_to(self.root).as_posix()}"

    def _enter(self, stack: ExitStack) -> None:
        thread = stack.enter_context(LoopThread())
        self._server = thread.run(self._listen())
        stack.callback(lambda: thread.run(self._close()))

    async def _listen(self) -> asyncssh.SSHAcceptor:
        host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            authorized_client_keys=asyncssh.import_authorized_keys(_public(client)),
            process_factory=self._run,
            acceptor=self._count,
            encoding=None,
        )
        self.port = server.get_port()
        self._write_keys(host, client)
        return server

    def _count(self, _: asyncssh.SSHServerConnection) -> None:
        self.connections += 1

    def _write_keys(self, host: asyncssh.SSHKey, client: asyncssh.SSHKey) -> None:
        self.client_key.parent.mkdir(parents=True, exist_ok=True)
        self.client_key.touch(mode=0o600)
        client.write_private_key(str(self.client_key))
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {_public(host)}", encoding="ascii")

    async def _close(self) -> None:
        await close(self._server)
        await self._server.wait_closed()

    async def _run(self, session: asyncssh.SSHServerProcess[bytes]) -> None:
        self.commands.append(session.command or "")
        command = self._allowed(session.command or "")
        if command is None:
            session.stderr.write(b"only git-upload-pack and git-receive-pack are served here\n")
            session.exit(128)
            return
        protocol = session.env.get("GIT_PROTOCOL", "")
        env = environment(_SETTINGS, GIT_PROTOCOL=protocol)
        async with child(*command, env=env, stderr=PIPE) as backend:
            session.exit(await _joined(session, backend))

    def _allowed(self, command: str) -> tuple[str, str] | None:
        name, *paths = shlex.split(command) or [""]
        if name not in _COMMANDS or len(paths) != 1:
            return None
        repo = (self.root / paths[0].lstrip("/")).resolve()
        return (name, str(repo)) if repo.is_relative_to(self.root) else None


async def _joined(session: asyncssh.SSHServerProcess[bytes], backend: Process) -> int:
    # Not session.redirect(): it leaves coroutines behind that nobody awaits.
    assert backend.stdin is not None
    assert backend.stdout is not None
    assert backend.stderr is not None
    feeding = asyncio.create_task(_feed(session.stdin, backend.stdin))
    try:
        await asyncio.gather(
            _tell(backend.stdout, session.stdout), _tell(backend.stderr, session.stderr)
        )
        return await backend.wait()
    finally:
        feeding.cancel()


async def _feed(source: asyncssh.SSHReader[bytes], backend: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncssh.Error):
        while chunk := await source.read(_CHUNK):
            backend.write(chunk)
            await backend.drain()
    backend.close()


async def _tell(backend: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    with suppress(ConnectionError, asyncssh.Error):
        while chunk := await backend.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    while await backend.read(_CHUNK):  # a client who left doesn't stop what was received
        pass


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode("ascii")
