"""What a life goes on in: metrics, a remote over HTTP or SSH, and relays before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.episodes import APPS, GOAL, Loads
from tests.faults.lives import BOUND_S, Life, SetLoads, World, shop
from tests.faults.oracle import prove_never_forced
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.state_repo import StateRepo
from tests.repo.processes import running
from tests.repo.relay import Relay


@contextmanager
def life(
    folder: Path,
    seed: int,
    module: Sequence[str] = ("bridge",),
    bound: float = BOUND_S,
    commits: int = 0,
) -> Iterator[Life]:
    """A service over a fake Prometheus and a real remote: every fourth over SSH."""
    with FakePrometheus() as fake:

        def set_loads(loads: Loads) -> None:
            for app in APPS:
                fake.script(app, samples(loads[app]))

        source = fake.address, set_loads
        repo, over_ssh = shop(folder / "remote", commits=commits), seed % 4 == 3
        with over(folder, repo, source, over_ssh=over_ssh, module=module, bound=bound) as one:
            yield one


@contextmanager
def over(
    folder: Path,
    repo: StateRepo,
    source: tuple[str, SetLoads],
    *,
    over_ssh: bool = False,
    module: Sequence[str] = ("bridge",),
    bound: float = BOUND_S,
) -> Iterator[Life]:
    """A steady service over metrics at an address, and what sets them; proves the history."""
    root = repo.path.parent
    metrics, set_loads = source
    set_loads(dict.fromkeys(APPS, 3 * GOAL))
    with GitSsh(root, folder / "keys") if over_ssh else GitHttp(root) as server:
        with Relay(server.address) as relay:
            world = World(repo, server, relay, metrics, set_loads)
            with Life(folder, world, bound, module) as one:
                one.program.until("steady", within=60, policy=APPS[0])
                yield one
            assert running(relay.address) == []
        prove_never_forced(repo)
