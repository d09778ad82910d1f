"""Logs: constant event names with fields, one line per fact, without any secret in use."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog

from bridge.secrecy import redacted
from bridge.settings.log import LogSettings


def set_up_logs(settings: LogSettings) -> None:
    """Sends our events and the libraries' to standard error, in the format asked for."""
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, without_secrets, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _tell_crash
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()])
    # It writes a traceback for an answer that ends in its headers: the query's error tells of it.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


def without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For structlog: whatever the fields hold, however deep, shows no secret."""
    for name, value in event.items():
        event[name] = _shown(value)
    return event


def _shown(value: Any) -> Any:
    match value:
        case str():
            return redacted(value)
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {redacted(str(key)): _shown(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_shown(inner) for inner in value]
        case _:
            return redacted(str(value))


def _tell_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A traceback is an event as well, and shows no secret either."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log = structlog.get_logger()
    log.error("crashed", exc_info=(kind, error, trace))


class _Libraries(logging.Handler):
    """Their warnings, as events like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        facts = {"logger": record.name, "text": record.getMessage()}
        log.log(record.levelno, "library_said", **facts, exc_info=record.exc_info)
