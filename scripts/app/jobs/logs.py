"""Log lines on stderr, as text or as JSON."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from mediagym.data.display import visible

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _OWN},
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line, and its traceback below."""
        more = " ".join(f"{k}={v}" for k, v in vars(record).items() if k not in _OWN)
        clock = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        name = record.name.removeprefix("mediagym.")
        said = visible(f"{record.getMessage()} {more}".rstrip())  # paths may hold line breaks
        line = f"{clock} {record.levelname.lower():7} {name}: {said}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def log_to_stderr(form: Literal["text", "json"]) -> None:
    """Let every logger write lines of one form to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("mediagym").setLevel(logging.INFO)
    for logger in logging.root.manager.loggerDict.values():  # Hydra disables those that it finds
        if isinstance(logger, logging.Logger):
            logger.disabled = False
