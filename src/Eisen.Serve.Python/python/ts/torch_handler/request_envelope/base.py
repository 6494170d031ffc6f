"""The base of envelopes."""

import abc


class BaseEnvelope(abc.ABC):
    """Stands before a handler: it opens requests for it, and wraps its answers."""

    def __init__(self, handle_fn):
        """:param handle_fn: the handler's entry point."""
        self._handle_fn = handle_fn
        self.context = None

    def handle(self, data, context):
        """Answers a batch of requests, as a handler does."""
        self.context = context
        answers = self._handle_fn(self.parse_input(data) if data else data, context)
        return self.format_output(answers) if answers else answers

    @abc.abstractmethod
    def parse_input(self, data):
        """What the handler gets for the requests."""

    @abc.abstractmethod
    def format_output(self, data):
        """What the clients get for the handler's answers."""


def payload_of(row):
    """The part of a request that handlers read."""
    return row.get("data") or row.get("body")
