"""Answers as handlers give them."""

import io
import json
import sys
from typing import Any, List, Union

from eisen_worker.contract import FAILED, REFUSED, Answer, Failure

# What clients read; the words are TorchServe's.
NO_LIST = "Invalid model predict output"
WRONG_COUNT = "number of batch response mismatched"
UNKNOWN_TYPE = "Unsupported model output data type."


class BatchFailed(Exception):
    """A batch has no answers, and its clients get a failure instead; the message is for the log."""

    def __init__(self, failure: Failure, message: str):
        super().__init__(message)
        self.failure = failure


def answers_of(values: List[Any], context: Any) -> List[Answer]:
    """What a handler returned, with the status and the header fields that it set in its context.

    :raises BatchFailed: one of them cannot be sent."""
    return [answer_of(value, context, place) for place, value in enumerate(values)]


def answer_of(value: Any, context: Any, place: int) -> Answer:
    """One of the answers; see answers_of."""
    status, reason = context.get_response_status(place)
    fields = context.get_response_headers(place)
    content_type = fields.get("content-type")
    return Answer(
        _bytes_of(value),
        _field(content_type) if content_type else None,
        [(_field(name), _field(text)) for name, text in fields.items() if name != "content-type"],
        _status(200 if status is None else status),
        _field(reason) if reason else None,
    )


def _bytes_of(value: Any) -> Union[bytes, bytearray, memoryview]:
    if isinstance(value, (bytes, bytearray)):
        return value
    try:
        if isinstance(value, str):
            return value.encode("utf-8")
        # Whoever returns a tensor has imported torch.
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            saved = io.BytesIO()
            torch.save(value, saved)
            return saved.getbuffer()
        return json.dumps(value, indent=2).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as problem:
        raise BatchFailed(Failure(REFUSED, UNKNOWN_TYPE), "the handler's answer cannot be sent: %s" % problem) from None


def _status(code: Any) -> int:
    if isinstance(code, int) and 200 <= code <= 599:
        return code
    raise _failed("the handler set the status %r; a status is a number from 200 to 599" % (code,))


def _field(value: Any) -> str:
    text = str(value)
    if text.isprintable():
        return text
    raise _failed("the handler set a header field that cannot be sent: %r" % text[:200])


def _failed(message: str) -> BatchFailed:
    return BatchFailed(Failure(FAILED, message), message)
