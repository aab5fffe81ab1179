"""JSON log lines on standard output, one object a line, with the request and the trace they belong to."""

import logging
import sys
from typing import Any

import msgspec
import structlog

from fairground_common.context import current_origin

_LIBRARY_LEVEL = logging.WARNING
"""Libraries speak from this level on; our own loggers from LOG_LEVEL on."""


def configure_logs(service: str, level: str) -> None:
    """Set up structlog and route the standard library's loggers through it. Called once, in an entry point."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_the_origin(service),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_IntoStructlog()], level=_LIBRARY_LEVEL, force=True)


class _IntoStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def _name_the_origin(service: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        origin = current_origin()
        if origin.request_id is not None:
            event.setdefault("request_id", origin.request_id)
        if origin.trace_id is not None:
            event.setdefault("trace_id", origin.trace_id)
        return event

    return add


def _dumps(value: object, **_options: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
