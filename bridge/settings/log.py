"""The section `log`."""

from __future__ import annotations

from typing import Literal

from bridge.settings.fields import Section


class LogSettings(Section):
    """How the service speaks to its operator."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"
