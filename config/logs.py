"""JSON logs, one line an event, with the request id, never with content.

Names, note text, query strings and exception messages do not reach a log: a job's exception is reduced to its
type, because its text may quote what was being processed.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_HERE = str(Path(__file__).resolve().parent.parent)


def _drop_exception_text(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replace exception text by the type and the last place in our code on the way to where it was raised."""
    info = event.pop("exc_info", None)
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    elif info is True:
        info = sys.exc_info()
    if not isinstance(info, tuple) or info[0] is None:
        return event
    kind, _value, trace = info
    event["error"] = kind.__name__
    while trace is not None:
        code = trace.tb_frame.f_code
        if _is_ours(code.co_filename) or "raised_at" not in event:
            event["raised_at"] = f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return event


def _is_ours(path: str) -> bool:
    return path.startswith(_HERE) and "/site-packages/" not in path


# Loggers of packages whose words may quote what was being processed or asked for, and ours instead.
_QUOTING = {
    "django-q": "background task failed",
    "django.request": "request failed",
    "django.security": "request refused as suspicious",
}


def _reduce_quoting_messages(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """django-q2 logs the exception text of a failed task, Django the path or host that was asked for."""
    record = event.get("_record")
    if not isinstance(record, logging.LogRecord):
        return event
    family = next((name for name in _QUOTING if (record.name + ".").startswith(f"{name}.")), "")
    if family and (family != "django-q" or record.levelno >= logging.ERROR):
        event["event"] = _QUOTING[family]
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _reduce_quoting_messages,
    _drop_exception_text,
]


def logging_config(*, debug: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "django-q": {"handlers": ["stderr"], "level": "INFO" if debug else "WARNING", "propagate": False},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "faster_whisper": {"level": "WARNING"},
        },
    }


structlog.configure(
    processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
