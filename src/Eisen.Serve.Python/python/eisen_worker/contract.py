"""What the worker's loop and the code that runs handlers say to each other.

The loop (``loop.py``) speaks to the server; ``service.py`` knows TorchServe's ways with handlers and offers

    def load(order: LoadOrder, collector: MetricCollector) -> Service

which imports the handler and initializes it. What it raises keeps the worker from starting: the traceback goes to the
model log, its last line into the worker's status.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

PREDICT = "predict"
EXPLAIN = "explain"
DESCRIBE = "describe"

FAILED = "failed"
REFUSED = "refused"
MEMORY = "memory"
LARGE = "large"


@dataclass
class LoadOrder:
    """The model that this worker is for."""

    model_name: str
    model_version: str
    model_dir: str
    """The archive's folder, with MAR-INF/MANIFEST.json in it; it is the working folder, too."""
    handler: str
    """As the manifest names it: ``handler.py``, ``handler.py:function``, ``image_classifier``."""
    batch_size: int = 1
    gpu_id: Optional[int] = None
    limit_max_image_pixels: bool = True
    envelope: Optional[str] = None
    """The request envelope: ``body``, ``json``, ``kserve``, ``kservev2``; None for none."""
    template: bool = False
    """Whether this process only loads the model, and workers are forked from it."""
    threads: Optional[int] = None
    """How many threads torch may use in a forked worker; a template uses one. None for torch's own choice."""
    prefer_torchserve: bool = False
    """Whether the interpreter's own torchserve, where it has one, goes before our ``ts``."""
    model_config: Dict[str, Any] = field(default_factory=dict)
    """The archive's model-config.yaml as the server read it; an interpreter with PyYAML reads it itself."""
    max_response_size: Optional[int] = None
    """The largest answer, in bytes; None for no limit."""
    metrics_config: Optional[str] = None
    """The setting of this name: a file in TorchServe's form whose ``model_metrics`` handlers find by name."""


@dataclass
class Part:
    """A piece of a request: the whole body, called ``body``, or a part of a multipart body."""

    name: str
    content_type: Optional[str]
    content: Union[bytes, bytearray]


@dataclass
class Request:
    id: str
    path: Optional[str]
    """What follows the model and its version in the path below ``/predictions`` and ``/explanations``. None for other routes:
    there TorchServe tells handlers no ``url_path``, and ``explain: False`` only where the server adds that header field (for
    KServe's routes)."""
    headers: List[Tuple[str, str]]
    """In the order in which they came, with the names as they came."""
    parts: List[Part]


@dataclass
class Answer:
    """What a client gets."""

    content: Union[bytes, bytearray, memoryview]
    content_type: Optional[str] = None
    headers: Sequence[Tuple[str, str]] = ()
    status: int = 200
    reason: Optional[str] = None


@dataclass
class Failure:
    """Why a client gets no content."""

    kind: str
    """FAILED: 503 "Prediction failed". MEMORY: 507 "Out of resources". REFUSED: the status and the message below.
    LARGE: the answer is larger than it may be, 500 "Worker died." as TorchServe says it."""
    message: str
    status: int = 503


class ClientsGone(Exception):
    """Raised by ``Stream.send`` when no client of the batch waits any more, or the batch is answered already: the handler need
    not go on."""


class Stream:
    """Sends parts of answers while the handler is still busy."""

    def send(self, index: int, part: Answer) -> None:
        """Sends a part of a request's answer, and waits while the client is slower.

        ``index`` is the request's place in the batch. The status, content type and headers of a request's first part
        hold for the whole answer; the answer that ``handle`` returns for it is the last part.
        """
        raise NotImplementedError


class Service:
    """A loaded handler."""

    def handle(self, kind: str, requests: List[Request], stream: Stream) -> List[Union[Answer, Failure]]:
        """Answers a batch, all of one kind: as many answers as requests, in their order.

        What it raises fails the whole batch: MemoryError is MEMORY, anything else FAILED, and its traceback is logged.
        """
        raise NotImplementedError

    def take_metrics(self) -> List["Metric"]:
        """What the handler measured since the last call. Called after ``load`` and after each batch."""
        return []


@dataclass
class Metric:
    """A value that a handler measured."""

    name: str
    value: float
    unit: str
    """As TorchServe's log has it: ``Count``, ``Milliseconds``, ``Megabytes``, ``Percent``, ..."""
    type: str
    """``counter``, ``gauge`` or ``histogram``."""
    dimensions: Dict[str, str] = field(default_factory=dict)
    request_id: Optional[str] = None
