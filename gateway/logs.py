"""Log lines: JSON on stderr, words and colours on a terminal. Called by every door.

One line per message and per job, with tenant, channel, key, outcome, trips and duration_ms
(docs/security.md 30 and 31): never a text, a PIN, a code, a token or a URL's query; phone numbers
through `mask`. Lines wait in a deque that a thread writes out every 50 ms, which costs a turn a
third of a queue handler (docs/performance.md); a killed process loses the last of them.
"""

import atexit
import contextlib
import logging
import re
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final, TextIO

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from core.values import mask_phone as mask

__all__ = ["Lines", "configure", "get", "mask", "plainly"]

FLUSH_S: Final = 0.05
VALUE_MAX: Final = 256
WAITING_MAX: Final = 10_000
FRAMES_MAX: Final = 6

Event = MutableMapping[str, Any]

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{7,14}")
_QUERY: Final = re.compile(r"(?<=[\w/])\?[\w.%~-]+=[^\s\"')]*")
_TOKEN: Final = re.compile(r"(/public/[a-z]+/[a-z]+/|/public/callbacks/)[\w-]+")
_QUIET: Final = ("httpx", "httpcore", "asyncio", "alembic", "uvicorn", "transitions")


class Lines:
    """Lines on their way to a stream. `waiting` is bounded: when nobody reads the stream, the
    oldest are dropped and counted, and the process goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque(maxlen=WAITING_MAX)
        self._dropped = 0
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        """Flush every 50 ms, and at exit."""
        self._thread.start()
        atexit.register(self.close)

    def add(self, line: str) -> None:
        """Take a line; never waits."""
        if len(self._waiting) == WAITING_MAX:
            self._dropped += 1
        self._waiting.append(line)

    def flush(self) -> None:
        """Write what waits; a stream that is closed or broken takes nothing and stops nobody."""
        with self._writing:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            dropped, self._dropped = self._dropped, 0
            if dropped:
                lines.append(f'{{"level":"warning","event":"lines_dropped","count":{dropped}}}')
            if lines:
                with contextlib.suppress(OSError, ValueError):
                    self._stream.write("\n".join(lines) + "\n")
                    self._stream.flush()

    def close(self) -> None:
        """Write the last lines and end the thread."""
        self._ended.set()
        self.flush()
        atexit.unregister(self.close)

    def _run(self) -> None:
        while not self._ended.wait(FLUSH_S):
            self.flush()


def configure(level: str, *, pretty: bool, stream: TextIO) -> Lines:
    """Send every line of the process, the libraries' too, to `stream`. Once per process."""
    lines = Lines(stream)
    render = structlog.dev.ConsoleRenderer() if pretty else _render
    number = logging.getLevelNamesMapping()[level.upper()]
    processors = [_stamped, _safe, render]
    structlog.configure(
        processors=processors,
        wrapper_class=(structlog.make_filtering_bound_logger if pretty else _wrapper)(number),
        logger_factory=lambda *_: _Sink(lines),
        cache_logger_on_first_use=True,
    )
    get.cache_clear()
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.basicConfig(level=number, handlers=[_Bridge()], force=True)
    lines.start()
    return lines


@cache
def get(name: str) -> FilteringBoundLogger:
    """The logger of a module: `get("message").info("message", tenant=…, outcome=…)`."""
    logger: FilteringBoundLogger = structlog.get_logger(log=name).bind()
    return logger


def plainly(logger: FilteringBoundLogger, event: str, fields: msgspec.Struct) -> None:
    """`logger.info(event, …)` for the line of every message, a fraction of the work: nothing is
    cleaned. Only for what needs it not: our own names and ids, numbers, masked senders."""
    plain = getattr(logger, "plainly", None)
    if plain is None:  # A terminal's, or nobody's.
        logger.info(event, **msgspec.structs.asdict(fields))
    else:
        plain(event, fields)


def _wrapper(level: int) -> type[FilteringBoundLogger]:
    """structlog's logger from a level on, with the short way of `plainly`."""
    base: Any = structlog.make_filtering_bound_logger(level)

    def quick(self: Any, event: str, fields: msgspec.Struct) -> None:
        told = msgspec.json.encode(fields)[1:].decode()
        head = _plain_head(event, self._context["log"])
        self._logger.info(f'{{"timestamp":"{_now()}",{head},{told}')

    return type("Logger", (base,), {"plainly": quick if level <= logging.INFO else base.info})


@cache
def _plain_head(event: str, log: str) -> str:
    """What such lines have in common after their time."""
    return msgspec.json.encode({"level": "info", "event": event, "log": log})[1:-1].decode()


class _Sink:
    """What structlog calls with a rendered line, by the level's name."""

    def __init__(self, lines: Lines) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = lines.add
        self.msg = self.exception = lines.add


class _Bridge(logging.Handler):
    """Libraries log through the standard library; their lines take the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"text": record.getMessage()}
        if record.exc_info and record.exc_info[1]:
            fields["exc_info"] = record.exc_info[1]
        get(record.name).log(record.levelno, "library", **fields)


def _stamped(_: Any, level: str, event: Event) -> Event:
    # The order of the keys is the order in the line: time, level and event first.
    return {"timestamp": _now(), "level": level, "event": event.pop("event", ""), **event}


def _now() -> str:
    seconds, rest = divmod(time.time_ns(), 10**9)
    return f"{_second(seconds)}.{rest // 1000:06}Z"


@lru_cache(2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _safe(_: Any, level: str, event: Event) -> Event:
    """Make every value one that may be seen: short, printable, without numbers and secrets."""
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = _frames(error)
    for key, value in event.items():
        if not isinstance(value, int | float | None):
            event[key] = _clean(str(value))
    return event


def _frames(error: BaseException) -> str:
    """Where it happened, innermost first; an error's own words may hold what people typed."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    names = (f"{'/'.join(f.filename.split('/')[-2:])}:{f.lineno} {f.name}" for f in frames)
    return " < ".join(reversed(list(names)))


def _clean(text: str) -> str:
    if "+" in text:
        text = _NUMBER.sub(lambda found: mask(found[0]), text)
    if "?" in text:
        text = _QUERY.sub("?…", text)
    if "/public/" in text:
        text = _TOKEN.sub(r"\1•••", text)
    if not text.isprintable():
        # Line ends, terminal escapes, marks that turn the reading direction, half characters.
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:VALUE_MAX])
    return text if len(text) <= VALUE_MAX else text[: VALUE_MAX - 1] + "…"


def _render(_: Any, level: str, event: Event) -> str:
    return msgspec.json.encode(event).decode()
