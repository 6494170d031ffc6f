"""Answers as a real torchserve writes them: what its send_intermediate_predict_response gives context.cl_socket."""

import struct
from typing import Iterator, List, NamedTuple, Tuple

from eisen_worker.contract import Answer

_INTEGER = struct.Struct("!i")


class Response(NamedTuple):
    """A message of torchserve's: a status and a message of the whole, and an answer for each request."""

    code: int
    message: str
    answers: List[Tuple[str, Answer]]
    """Request ids and answers."""


def read(message: bytes) -> Response:
    """Reads a message.

    :raises ValueError: it is none, or not whole."""
    reader = _Reader(message)
    return Response(reader.integer(), reader.text(), list(_answers(reader)))


def _answers(reader: "_Reader") -> Iterator[Tuple[str, Answer]]:
    while True:
        length = reader.integer()
        if length == -1:
            return
        request_id = reader.take(length).decode("utf-8")
        content_type = reader.text()
        status, reason = reader.integer(), reader.text()
        headers = [(reader.text(), reader.text()) for _ in range(reader.integer())]
        content = reader.take(reader.integer())
        fields = [(name, value) for name, value in headers if name != "content-type"]
        yield request_id, Answer(content, content_type or None, fields, status, reason or None)


class _Reader:
    def __init__(self, message: bytes):
        self._rest = memoryview(message)

    def integer(self) -> int:
        return _INTEGER.unpack(self.take(_INTEGER.size))[0]

    def text(self) -> str:
        return self.take(self.integer()).decode("utf-8")

    def take(self, size: int) -> bytes:
        if not 0 <= size <= len(self._rest):
            raise ValueError("torchserve's message of an answer ends too early")
        taken, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return taken
