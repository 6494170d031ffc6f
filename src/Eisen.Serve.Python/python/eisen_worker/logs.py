"""The model log: what handlers log and print."""

import io
import logging
import os
import sys
import threading

from eisen_worker.metrics import PREFIX, MetricCollector

_MARK = "\u001e"


class ServerLog(logging.Handler):
    """Writes records to standard output as lines that begin with a mark and their level; see PROTOCOL.md. Metrics among them go
    to a collector instead."""

    def __init__(self, descriptor: int, collector: MetricCollector):
        super().__init__()
        self._descriptor = descriptor
        self._collector = collector
        self._writing = threading.Lock()

    def follow(self) -> None:
        """Writes to what is standard output now."""
        os.dup2(1, self._descriptor, inheritable=False)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            if text.startswith(PREFIX):
                self._collector.add_line(text)
            else:
                self._write(_MARK + _letter_of(record.levelno), text)
        except Exception:
            self.handleError(record)

    def _write(self, start: str, text: str) -> None:
        lines = "".join(start + line + "\n" for line in text.splitlines() or [""])
        rest = memoryview(lines.encode("utf-8", "backslashreplace"))
        with self._writing:
            while rest:
                rest = rest[os.write(self._descriptor, rest):]


def set_up(collector: MetricCollector) -> ServerLog:
    """Makes logging, print and warnings write to the model log."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Without buffers, print writes each of its arguments alone, and lines of several threads get mixed.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True, write_through=False)
    # A descriptor of its own: handlers close or exchange standard output, and are still to log.
    log = ServerLog(os.dup(1), collector)
    root = logging.getLogger()
    root.addHandler(log)
    root.setLevel(logging.INFO)
    return log


def _letter_of(level: int) -> str:
    if level >= logging.ERROR:
        return "E"
    if level >= logging.WARNING:
        return "W"
    return "I" if level >= logging.INFO else "D"
