"""Python's logging, as lines that the server writes into the model log with their level."""

import logging
import sys

_MARK = "\x1e"
_LETTERS = ((logging.ERROR, "E"), (logging.WARNING, "W"), (logging.INFO, "I"))


class _LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        letter = next((letter for level, letter in _LETTERS if record.levelno >= level), "D")
        text = super().format(record)
        return "\n".join(_MARK + letter + line for line in text.splitlines() or [""])


class _CurrentOutput(logging.StreamHandler):
    """Writes to what ``sys.stdout`` is at the time: handlers replace it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(_LineFormatter("%(message)s"))

    @property
    def stream(self):
        return sys.stdout


def set_up() -> None:
    """Makes it what ``logging`` does unless the handler sets it up otherwise."""
    logging.basicConfig(level=logging.INFO, handlers=[_CurrentOutput()])
