"""The status page."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, Template, select_autoescape

from bridge.observe.status import Status, Statuses, told_proposal


@cache
def _template() -> Template:
    loader = PackageLoader("bridge", "observe")
    return Environment(loader=loader, autoescape=select_autoescape(default=True)).get_template(
        "page.html.j2"
    )


def page(status: Status | Statuses) -> str:
    """The status as HTML."""
    statuses = [status] if isinstance(status, Status) else status.each
    return _template().render(statuses=statuses, told_proposal=told_proposal)
