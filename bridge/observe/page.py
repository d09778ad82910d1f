"""The status page."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, Template, select_autoescape

from bridge.observe.status import Status, told_proposal


@cache
def _template() -> Template:
    loader = PackageLoader("bridge", "observe")
    return Environment(loader=loader, autoescape=select_autoescape(default=True)).get_template(
        "page.html.j2"
    )


def page(status: Status) -> str:
    """The status as HTML."""
    return _template().render(status=status, told_proposal=told_proposal)
