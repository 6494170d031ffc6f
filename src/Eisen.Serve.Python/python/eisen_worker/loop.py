"""The worker's life: load, then batch after batch, until the server closes the connection."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from typing import Any, Dict, List, Set, Union

from eisen_worker import fences, frames, modellog
from eisen_worker.contract import FAILED, MEMORY, Answer, ClientsGone, Failure, LoadOrder, Metric, Part, Request, Service, Stream
from eisen_worker.frames import Connection
from eisen_worker.sharedmemory import SharedMemory

_CONNECTION = 3
_SHARED_MEMORY = 4

_LARGE_BODY = 64 << 10
_MOST_IN_FRAME = 1 << 20
_LARGE = "large"
"""The failure of an answer that is larger than the server takes."""


def run() -> int:
    """Runs the worker to its end; returns the exit code."""
    modellog.set_up()
    fences.close_connection_in_children(_CONNECTION, _SHARED_MEMORY)
    connection = Connection(_CONNECTION)
    frame = connection.receive()
    if frame is None:
        return 0
    order = dict(frame[1])
    most = order.pop("max_response_size")
    try:
        # Late: it may import torch.
        from eisen_worker import service

        loaded = service.load(LoadOrder(**order))
    except BaseException as failure:  # SystemExit, too: a handler may exit while it is imported
        traceback.print_exc()
        connection.send(frames.FAILED, {"message": _last_line(failure)})
        return 1
    connection.send(frames.READY, {"metrics": _metrics(loaded)})
    return _Loop(connection, SharedMemory(_SHARED_MEMORY), loaded, most).run()


class _Loop(Stream):
    def __init__(self, connection: Connection, shared: SharedMemory, service: Service, most: int) -> None:
        self._connection = connection
        self._shared = shared
        self._service = service
        self._most = most
        self._count = 0
        self._gone: Set[int] = set()

    def run(self) -> int:
        while True:
            frame = self._connection.receive()
            if frame is None:
                return 0
            kind, head, content = frame
            # A client that left may be told of after its batch is done.
            if kind == frames.BATCH:
                self._answer(head, content)

    def send(self, index: int, part: Answer) -> None:
        if not 0 <= index < self._count:
            raise IndexError("there is no request %d in a batch of %d" % (index, self._count))
        self._look_who_left()
        if index in self._gone:
            if len(self._gone) == self._count:
                raise ClientsGone("no client of the batch waits any more")
            return
        content = part.content
        if len(content) > self._most:
            raise ValueError("a part has %d bytes; max_response_size is %d" % (len(content), self._most))
        if len(content) < _MOST_IN_FRAME:
            self._connection.send(frames.PART, dict(_head(part), index=index), (content,))
            return
        # The server copies it when it reads the frame, before it answers the next one.
        self._reserve(len(content))
        self._shared.write(0, content)
        self._connection.send(frames.PART, dict(_head(part), index=index, at=0))
        self._reserve(self._shared.capacity + 1)

    def _answer(self, head: Dict[str, Any], content: memoryview) -> None:
        self._shared.grown_to(head["shared"])
        requests = self._requests(head["requests"], content)
        self._count = len(requests)
        self._gone.clear()
        answers = self._ask(head["kind"], requests)
        if len(answers) != len(requests):
            message = "the handler gave %d answers to %d requests" % (len(answers), len(requests))
            answers = [Failure(FAILED, message)] * len(requests)
        self._send(answers)

    def _ask(self, kind: str, requests: List[Request]) -> List[Union[Answer, Failure]]:
        try:
            return self._service.handle(kind, requests, self)
        except ClientsGone as gone:
            return [Failure(FAILED, str(gone))] * len(requests)
        except MemoryError as failure:
            traceback.print_exc()
            return [Failure(MEMORY, _last_line(failure))] * len(requests)
        except Exception as failure:
            traceback.print_exc()
            return [Failure(FAILED, _last_line(failure))] * len(requests)

    def _requests(self, heads: List[Dict[str, Any]], content: memoryview) -> List[Request]:
        requests = []
        used = 0
        for head in heads:
            parts = []
            for part in head["parts"]:
                size = part["size"]
                if "at" in part:
                    body = self._shared.read(part["at"], size)
                else:
                    body = bytearray(content[used : used + size])
                    used += size
                parts.append(Part(part["name"], part.get("type"), body))
            requests.append(Request(head["id"], head["path"], [(name, value) for name, value in head["headers"]], parts))
        return requests

    def _send(self, answers: List[Union[Answer, Failure]]) -> None:
        heads: List[Dict[str, Any]] = []
        contents = []
        in_frame = 0
        shared = 0
        large = []
        for answer in answers:
            if isinstance(answer, Answer) and len(answer.content) > self._most:
                message = "the answer has %d bytes; max_response_size is %d" % (len(answer.content), self._most)
                logging.error(message)
                answer = Failure(_LARGE, message)
            head = _head(answer)
            heads.append(head)
            if isinstance(answer, Failure):
                continue
            size = len(answer.content)
            if size < _LARGE_BODY and in_frame + size <= _MOST_IN_FRAME:
                contents.append(answer.content)
                in_frame += size
            else:
                head["at"] = shared
                large.append((shared, answer.content))
                shared = SharedMemory.next(shared + size)
        self._reserve(shared)
        for offset, content in large:
            self._shared.write(offset, content)
        self._connection.send(frames.DONE, {"answers": heads, "metrics": _metrics(self._service)}, contents)

    def _reserve(self, capacity: int) -> None:
        if capacity <= self._shared.capacity:
            return
        self._connection.send(frames.GROW, {"shared": capacity})
        while True:
            frame = self._connection.receive()
            if frame is None:
                # Nobody is left to answer.
                os._exit(0)
            kind, head, _ = frame
            if kind == frames.ROOM:
                self._shared.grown_to(head["shared"])
                return
            self._note(kind, head)

    def _look_who_left(self) -> None:
        while self._connection.has_frame():
            frame = self._connection.receive()
            if frame is None:
                raise ClientsGone("the server has gone")
            self._note(frame[0], frame[1])

    def _note(self, kind: int, head: Dict[str, Any]) -> None:
        if kind == frames.GONE:
            self._gone.add(head["index"])


def _head(answer: Union[Answer, Failure]) -> Dict[str, Any]:
    if isinstance(answer, Failure):
        return {"failure": answer.kind, "message": answer.message, "status": answer.status}
    head: Dict[str, Any] = {"size": len(answer.content)}
    if answer.content_type:
        head["type"] = answer.content_type
    if answer.headers:
        head["headers"] = [[str(name), str(value)] for name, value in answer.headers]
    if answer.status != 200 or answer.reason:
        head["status"] = answer.status
        head["reason"] = answer.reason
    return head


def _metrics(service: Service) -> List[Dict[str, Any]]:
    return [_metric(metric) for metric in service.take_metrics()]


def _metric(metric: Metric) -> Dict[str, Any]:
    return {
        "name": metric.name,
        "value": float(metric.value),
        "unit": metric.unit,
        "type": metric.type,
        "dimensions": metric.dimensions,
        "request_id": metric.request_id,
    }


def _last_line(failure: BaseException) -> str:
    lines = traceback.format_exception_only(type(failure), failure)
    return lines[-1].strip() or type(failure).__name__


if sys.version_info < (3, 8):
    raise RuntimeError("Python workers need Python 3.8 or newer; this is %d.%d" % sys.version_info[:2])
