"""The limits that docs/security.md tells are those of the code."""

from __future__ import annotations

from pathlib import Path

from bridge.server import events, manners
from bridge.settings.server import ServerSettings

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def test_the_page_tells_the_limits_as_they_are() -> None:
    given = ServerSettings()
    mib = given.max_body / (1 << 20)
    told = {
        "bytes of a body": f"{mib:g} MiB",
        "bytes of all bodies": f"{manners._BODIES * mib:g} MiB",
        "live views of the page": f"{events._MOST}",
        "seconds for a body": f"{given.read_timeout:g} s",
        "seconds for headers": f"{given.idle_timeout:g} s",
        "connections": f"{given.max_connections}",
        "webhooks per second": f"{given.rate_limit}",
        "actions of the page": f"{given.rate_limit}",
        "alerts that wait": f"{given.queue:,}",
    }
    lines = PAGE.read_text("utf-8").partition("## The HTTP side")[2].splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line.startswith("|")]
    shown = {name: row[3] for name in told for row in rows if row[1].startswith(name)}
    assert shown == told
