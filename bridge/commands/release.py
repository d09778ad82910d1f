"""`release`: ends a target's hold."""

from __future__ import annotations

import getpass

import typer

from bridge.commands.console import DONE, awaited, give_up, print_json
from bridge.observe.logs import set_up_logs
from bridge.repo.trailers import ScaleRelease
from bridge.service.serve import utc_now
from bridge.service.stepping_in import Ordered, release
from bridge.settings.configuration import Settings


def release_target(settings: Settings, target: str, reason: str, *, as_json: bool) -> int:
    """Commits the release, tells of it, and returns the exit code; nothing held is no error."""
    set_up_logs(settings.log)
    order = ScaleRelease(target=target, by=whoever_asks(), reason=" ".join(reason.split()))
    done = awaited(release(settings, order, utc_now))
    if target not in done.governed:
        some = _instead(done) if done.held else there_are(done)
        give_up(f"{target}: no policy governs it{some}")
    if as_json:
        count = done.hold.override.count if done.hold else None
        print_json({"target": target, "commit": done.commit, "heldAt": count})
    elif done.hold and done.commit:
        held = f"was held at {done.hold.override.count} until {done.hold.until:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"released {target} in {done.commit[:12]}: it {held}")
    else:
        typer.echo(f"nothing to release: {target} is not held{_instead(done)}")
    return DONE


def _instead(done: Ordered) -> str:
    return f"; held now: {', '.join(sorted(done.held))}" if done.held else "; nothing is held"


def there_are(done: Ordered) -> str:
    """What is governed, for whoever mistyped a target."""
    return f"; there are: {', '.join(sorted(done.governed)[:20])}" if done.governed else ""


def whoever_asks() -> str:
    """The login name; containers may run as a user without one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
