"""The log of a process: a line for each event on standard error, as JSON or as text for a terminal.

Every logger of the standard library ends here. A line has time (UTC), level, logger, event, node and, where there is
one, request_id. Of an exception it has types and places, never the message: that may quote what somebody typed.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

OWN = ("api", "cli", "demo", "engine", "notifications", "web")
"""Our packages: their INFO is written. Of other libraries only warnings: they may log addresses with their queries."""
FIRST = ("time", "level", "logger", "event")
MOST_FRAMES = 30


@contextmanager
def logging_to(stream: TextIO, form: str, node: str) -> Iterator[None]:
    """Send everything that this process logs to `stream`, until the block ends.

    form: json, text, or empty: text on a terminal, JSON elsewhere. node: stands in each line.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(form or ("text" if stream.isatty() else "json"), node))
    root, lost_thread = logging.getLogger(), threading.excepthook
    before, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", *OWN)}
    root.handlers[:], threading.excepthook = [handler], _log_lost_thread
    for name in levels:
        logging.getLogger(name).setLevel(logging.INFO if name else logging.WARNING)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        root.handlers[:], threading.excepthook = before, lost_thread


def _formatter(form: str, node: str) -> logging.Formatter:
    def in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["event"] = "\\n".join(str(event["event"]).splitlines())  # nobody begins a line of their own
        return {**{name: event.pop(name) for name in FIRST}, **event, "node": node}

    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _without_messages,
        in_order,
    ]
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=False, timestamp_key="time")
        if form == "text"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )


def _without_messages(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say of an exception what it is and where it comes from."""
    given = event.pop("exc_info", None)
    fault = given[1] if isinstance(given, tuple) else given
    if isinstance(fault, BaseException):
        event["exception"] = "\n".join(_lines(fault))
    return event


def _lines(fault: BaseException) -> Iterator[str]:
    """The exception and those it comes from, the outermost first, each with its places, the innermost last."""
    seen: set[int] = set()
    found: BaseException | None = fault
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield f"{type(found).__module__}.{type(found).__qualname__}{_code_of(found)}"
        frames = [(frame.f_code, line) for frame, line in walk_tb(found.__traceback__)]
        for code, line in frames[-MOST_FRAMES:]:
            yield f"  {code.co_filename}:{line} {code.co_qualname}"
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _code_of(fault: BaseException) -> str:
    """What an operating system or a database calls the fault: a fixed word."""
    names = ("errno", "sqlite_errorname", "sqlstate")
    known: list[Any] = [value for name in names if (value := getattr(fault, name, None)) is not None]
    return f" [{', '.join(map(str, known))}]" if known else ""


def _log_lost_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and given.exc_type is not SystemExit:
        name = given.thread.name if given.thread else "?"
        logging.getLogger(__name__).error("the thread %s ended by a fault", name, exc_info=given.exc_value)
