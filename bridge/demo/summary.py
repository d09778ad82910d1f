"""The summary at the end of the demo: what it did, what it cost, where to look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from bridge.demo.simulator import Shop
from bridge.demo.story import Story


def summary(story: Story, shop: Shop, caption: str, folder: Path) -> str:
    """Plain text, some ten lines."""
    own = [commit for _, commit in story.commits if commit.by_scalebridge]
    ups = sum(commit.scales_up for commit in own)
    unscaled = fmean(running.unscaled_seconds for running in shop) / shop.seconds
    refused = sum(running.refused for running in shop)
    repo = folder / "shop.git"
    if "STAND-IN" in caption:
        caption += ": not the real thing, but the simulator's own recorded series"
    lines = (
        f"monitoring         {caption}",
        f"commits            {len(own)} by scalebridge: {ups} up, {len(own) - ups} down",
        f"alert to commit    {_reaction(story)}",
        f"under-provisioned  {_shares(shop)}",
        f"without scaling    {unscaled:.1%} of the time, at the same load",
        f"requests refused   {refused:,.0f} while pods were short",
        f"state repo         {repo}",
        f"look at it         git -C {repo} log -p",
        f"service's log      {folder / 'scalebridge.log'}",
    )
    return "\n".join((*lines, *_verdict(story)))


def _reaction(story: Story) -> str:
    if story.fired_at is None or story.answer is None:
        return "there was none"
    text = f"{story.answer[0] - story.fired_at:.1f} s"
    if story.relieved_at is not None:
        text += f", and {story.relieved_at - story.fired_at:.1f} s to be back under target"
    return text


def _shares(shop: Shop) -> str:
    shares = {running.workload.name: running.short_seconds / shop.seconds for running in shop}
    each = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    return f"{fmean(shares.values()):.1%} of the time ({each})"


def _verdict(story: Story) -> Iterator[str]:
    missing = story.missing()
    if not missing:
        yield "verdict            load rose, an alert fired, Git scaled, the load is on target"
    for complaint in missing:
        yield f"FAILED             {complaint}"
