"""The worker's life: load, answer batches, end with the server."""

import dataclasses
import logging
import threading
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

from eisen_worker import contract, fences, frames, template
from eisen_worker.contract import Answer, ClientsGone, Failure, LoadOrder, Metric, Part, Request, Service
from eisen_worker.frames import Channel, Frame

logger = logging.getLogger(__name__)

# A longer part of an answer goes in pieces.
_PIECE = frames.LARGEST_TOGETHER


class BatchStream(contract.Stream):
    """Sends parts of a batch's answers."""

    def __init__(self, channel: Channel, count: int):
        self._channel = channel
        self._waiting = set(range(count))
        self._changing = threading.Lock()
        self._is_closed = False

    def close(self) -> None:
        """Lets nothing more through: what a thread of the handler sends or reads now would be taken for the next batch's."""
        with self._changing:
            self._is_closed = True

    def send(self, index: int, part: Answer) -> None:
        with self._changing:
            if self._is_closed:
                raise ClientsGone("the batch is answered already")
            self._send(index, part)

    def _send(self, index: int, part: Answer) -> None:
        frame = self._channel.receive_if_any()
        while frame is not None:
            if frame.kind == frames.GONE:
                self._waiting.discard(frame.head["index"])
            frame = self._channel.receive_if_any()
        if not self._waiting:
            raise ClientsGone("no client waits for the answer any more")
        if index not in self._waiting:
            return
        content = memoryview(part.content)
        for start in range(0, len(content) or 1, _PIECE):
            piece = content[start:start + _PIECE]
            self._channel.send(frames.PART, {"index": index, **_head_of(part, len(piece), None)}, [piece])


def run(channel: Channel, load: Callable[[LoadOrder], Service], adopt: Callable[[LoadOrder], None]) -> None:
    """Loads the model that the server names, and answers batches until the server closes the connection.

    :param load: gives the service; what it raises goes to the server.
    :param adopt: called in a worker that was forked from this process, before it answers.
    :raises EOFError: the server has closed the connection."""
    first = channel.receive()
    if first.kind != frames.LOAD:
        raise ValueError("the first frame is to be LOAD, and is of kind %d" % first.kind)
    order = _order_of(first.head)
    if not order.template:
        fences.end_with_connection(frames.CONNECTION)
    try:
        service = load(order)
    except BaseException as problem:
        from eisen_worker.service import last_line

        logger.error("The model was not loaded.", exc_info=True)
        channel.send(frames.FAILED, {"message": last_line(problem)})
        raise SystemExit(1)
    if order.template:
        # The workers that it forks are orphans, and the server's.
        fences.keep_orphans(False)
        # What was measured while it was loaded, each of its workers reports.
        channel.send(frames.READY, {"unforkable": template.why_not()})
        channel = template.serve(channel)
        adopt(order)
        fences.end_with_connection(frames.CONNECTION)
    channel.send(frames.READY, {"metrics": _metrics_of(service.take_metrics())})
    while True:
        frame = channel.receive()
        # A late GONE is of a batch that is done.
        if frame.kind == frames.BATCH:
            _answer(channel, service, frame, order.max_response_size)


def _answer(channel: Channel, service: Service, frame: Frame, largest: Optional[int]) -> None:
    told = frame.head["requests"]
    answers: Sequence[Union[Answer, Failure]]
    stream = BatchStream(channel, len(told))
    try:
        requests = [_request_of(frame, head) for head in told]
        answers = service.handle(frame.head["kind"], requests, stream)
    except ClientsGone as gone:
        answers = [Failure(contract.FAILED, str(gone))] * len(told)
    except MemoryError:
        logger.error("The requests do not fit into the worker's memory.")
        answers = [Failure(contract.MEMORY, "the requests do not fit into the worker's memory")] * len(told)
    finally:
        stream.close()
    answers = [_not_larger(answer, largest) for answer in answers]
    metrics = _metrics_of(service.take_metrics())
    try:
        _send_done(channel, answers, metrics)
    except (MemoryError, ValueError) as problem:
        logger.error("The answers were not sent: %s", problem)
        _send_done(channel, [Failure(contract.MEMORY, str(problem))] * len(told), [])


def _not_larger(answer: Union[Answer, Failure], largest: Optional[int]) -> Union[Answer, Failure]:
    if largest is None or isinstance(answer, Failure) or len(answer.content) <= largest:
        return answer
    message = "the answer has %d bytes; max_response_size is %d" % (len(answer.content), largest)
    logger.error("An answer was not sent: %s", message)
    return Failure(contract.LARGE, message)


def _send_done(channel: Channel, answers: Sequence[Union[Answer, Failure]], metrics: List[Dict[str, Any]]) -> None:
    offsets, inside = channel.place([answer.content for answer in answers if isinstance(answer, Answer)])
    places = iter(offsets)
    heads = [
        _head_of(answer, len(answer.content), next(places)) if isinstance(answer, Answer) else _failure_head_of(answer)
        for answer in answers
    ]
    channel.send(frames.DONE, {"answers": heads, "metrics": metrics}, inside)


def _order_of(head: Dict[str, Any]) -> LoadOrder:
    # What a newer server tells beyond is left out.
    known = {field.name for field in dataclasses.fields(LoadOrder)}
    return LoadOrder(**{name: value for name, value in head.items() if name in known and value is not None})


def _request_of(frame: Frame, head: Dict[str, Any]) -> Request:
    parts = [Part(part["name"], part.get("type"), frame.take(part["size"], part.get("at"))) for part in head["parts"]]
    return Request(head["id"], head.get("path"), [(name, value) for name, value in head["headers"]], parts)


def _head_of(answer: Answer, size: int, at: Optional[int]) -> Dict[str, Any]:
    return {
        "size": size,
        "at": at,
        "type": answer.content_type,
        "headers": list(answer.headers),
        "status": answer.status,
        "reason": answer.reason,
    }


def _failure_head_of(failure: Failure) -> Dict[str, Any]:
    return {"failure": failure.kind, "message": str(failure.message)[:10_000], "status": failure.status}


def _metrics_of(metrics: Sequence[Metric]) -> List[Dict[str, Any]]:
    return [
        {
            "name": metric.name,
            "value": metric.value,
            "unit": metric.unit,
            "type": metric.type,
            "dimensions": metric.dimensions,
            "request_id": metric.request_id,
        }
        for metric in metrics
    ]
