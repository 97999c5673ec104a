"""How a served site logs: lines of text for people, or one JSON object a line for collectors.

The standard library's logging is enough: a site logs a few lines a day, and the server below it logs there anyway. What
a client sent never gets into the log. The rooms do not log it; and where the HTTP server reports an exception that
nobody expected, only its kind and its place are written, because its message may hold what the client sent.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType

_SERVERS = ("uvicorn", "lionrock.gateways")


class LogFormat(StrEnum):
    """`lionrock serve --log-format`."""

    TEXT = "text"
    JSON = "json"


class _Discreet(logging.Formatter):
    """Exceptions that the HTTP server reports are told without their messages."""

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.name.startswith(_SERVERS):
            record = logging.makeLogRecord(record.__dict__)
            record.exc_text = _without_message(*(record.exc_info or (None, None, None)))
            record.exc_info = None
        return self.written(record)

    def written(self, record: logging.LogRecord) -> str:
        return super().format(record)


class _Json(_Discreet):
    def written(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:
            told["exception"] = record.exc_text
        return json.dumps(told, ensure_ascii=False)


def start_logging(log_format: LogFormat) -> None:
    """Everything from WARNING on goes to standard error in this format."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if log_format is LogFormat.JSON else _Discreet("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _without_message(
    kind: type[BaseException] | None, _error: BaseException | None, place: TracebackType | None
) -> str:
    lines = ["".join(traceback.format_tb(place)).rstrip()] if place else []
    return "\n".join([*lines, kind.__name__ if kind else "no exception"])
