"""Logs: constant event names with fields, one line per fact."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from bridge.settings.log import LogSettings


def set_up_logs(settings: LogSettings) -> None:
    """Sends structlog's and the libraries' events to standard error, in the format asked for."""
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    # It writes a traceback for an answer that ends in its headers: the query's error tells of it.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
