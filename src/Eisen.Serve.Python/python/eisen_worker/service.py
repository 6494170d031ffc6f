"""TorchServe's ways with a handler: how it is found, loaded, called, and answered for."""

import json
import logging
import os
import sys
import time
import traceback
import uuid
from typing import Any, Dict, List, Optional, Union

from eisen_worker import contract, handlers, torchserve
from eisen_worker.answers import NO_LIST, WRONG_COUNT, BatchFailed, answer_of, answers_of
from eisen_worker.contract import Answer, ClientsGone, Failure, LoadOrder, Metric, Request, Stream
from eisen_worker.inputs import header_of, input_of
from eisen_worker.metrics import MetricCollector

logger = logging.getLogger(__name__)

# The folder with this package and with ts.
PYTHON_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def load(order: LoadOrder, collector: MetricCollector) -> contract.Service:
    """Imports a model's handler and calls its initialize.

    :param collector: gets what the handler measures.
    :raises Exception: the handler cannot be imported, or what it raised."""
    if order.prefer_torchserve:
        # Where the interpreter has no torchserve, ours is found in the end.
        sys.path.remove(PYTHON_FOLDER)
        sys.path.append(PYTHON_FOLDER)
    import ts

    metrics = _metrics(ts, order, collector)
    # Loading belongs to no request, and still has an id in the log of metrics.
    metrics.set_request_ids(str(uuid.uuid4()))
    manifest = _manifest(order.model_dir)
    config = _model_config(manifest, order)
    entry_point, initialize = handlers.find(order.handler, order.model_dir)
    from ts.context import Context

    context = Context(
        order.model_name,
        order.model_dir,
        manifest,
        order.batch_size,
        order.gpu_id,
        ts.__version__,
        order.limit_max_image_pixels,
        metrics,
        config,
    )
    initialize(context)
    return HandlerService(handlers.enveloped(order.envelope, entry_point), context, collector)


def use_threads(count: Optional[int]) -> None:
    """Says how many threads torch may use, where the handler has it."""
    torch = sys.modules.get("torch")
    if torch is not None and count is not None:
        torch.set_num_threads(count)


class HandlerService(contract.Service):
    """A loaded handler with its context."""

    def __init__(self, entry_point: handlers.EntryPoint, context: Any, collector: MetricCollector):
        self._entry_point = entry_point
        self._context = context
        self._collector = collector

    def handle(self, kind: str, requests: List[Request], stream: Stream) -> List[Union[Answer, Failure]]:
        """See contract.Service. A batch that fails is logged here, with the handler's part of the traceback."""
        try:
            return self._answers(kind, requests, stream)
        except ClientsGone:
            raise
        except Exception as problem:
            return [_failure_of(problem)] * len(requests)

    def take_metrics(self) -> List[Metric]:
        return self._collector.take()

    def _answers(self, kind: str, requests: List[Request], stream: Stream) -> List[Union[Answer, Failure]]:
        from ts.context import RequestProcessor

        context = self._context
        context.request_ids = {place: request.id for place, request in enumerate(requests)}
        context.request_processor = [RequestProcessor(header_of(kind, request)) for request in requests]
        context.metrics.request_ids = context.request_ids
        context.cl_socket = PartSender(stream, context.request_ids)
        started = time.perf_counter()
        values = self._entry_point([input_of(request) for request in requests], context)
        if not isinstance(values, list):
            raise BatchFailed(Failure(contract.REFUSED, NO_LIST), "the handler returned %s, not a list of answers" % type(values).__name__)
        if len(values) != len(requests):
            raise BatchFailed(Failure(contract.REFUSED, WRONG_COUNT), "the handler returned %d answers to %d requests" % (len(values), len(requests)))
        context.metrics.add_time("PredictionTime", round((time.perf_counter() - started) * 1000, 2))
        for place in range(len(requests)):
            if context.get_response_headers(place).get("ts_stream_next") == "true":
                context.set_response_header(place, "ts_stream_next", "false")
        return [*answers_of(values, context)]


class PartSender:
    """context.cl_socket: how handlers send parts of answers."""

    def __init__(self, stream: Stream, request_ids: Dict[int, str]):
        self._stream = stream
        self._places = {request_id: place for place, request_id in request_ids.items()}

    def send_parts(self, values: List[Any], request_ids: Dict[int, str], message: str, code: int, context: Any) -> None:
        """See ts.handler_utils.utils.send_intermediate_predict_response."""
        if code != 200:
            raise _ended_with(code, message)
        for place in request_ids:
            context.set_response_header(place, "ts_stream_next", "true")
            self._stream.send(place, answer_of(values[place], context, place))

    def sendall(self, message: bytes) -> None:
        """What a real torchserve sends parts with."""
        response = torchserve.read(message)
        if response.code != 200:
            raise _ended_with(response.code, response.message)
        for request_id, part in response.answers:
            self._stream.send(self._places[request_id], part)


def _ended_with(code: int, message: str) -> BatchFailed:
    return BatchFailed(Failure(contract.REFUSED, message, _code(code)), "the handler ended its answer with %s: %s" % (code, message))


def last_line(problem: BaseException) -> str:
    """The line of a traceback that says what happened."""
    return traceback.format_exception_only(type(problem), problem)[-1].strip()


def _failure_of(problem: Exception) -> Failure:
    from ts.utils.util import PredictionException

    if isinstance(problem, BatchFailed):
        logger.warning("%s", problem)
        return problem.failure
    # The handler's frames come after ours.
    frames = problem.__traceback__
    while frames is not None and frames.tb_next is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    logger.error("The handler failed.", exc_info=(type(problem), problem, frames))
    if isinstance(problem, PredictionException):
        return Failure(contract.REFUSED, str(problem.message), _code(problem.error_code))
    line = last_line(problem)
    # What torch raises when a GPU's memory does not suffice has no type of its own in all versions.
    out_of_memory = isinstance(problem, MemoryError) or "CUDA" in line
    return Failure(contract.MEMORY if out_of_memory else contract.FAILED, line)


def _code(code: Any) -> int:
    return code if isinstance(code, int) and 400 <= code <= 599 else 500


def _metrics(ts: Any, order: LoadOrder, collector: MetricCollector) -> Any:
    from ts.metrics.caching_metric import CachingMetric
    from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl

    # A real torchserve knows nothing of this, and logs its metrics.
    if hasattr(CachingMetric, "taker"):
        CachingMetric.taker = staticmethod(collector.add)
    # A real torchserve brings the file that names its metrics; ours knows them.
    own = os.path.join(os.path.dirname(ts.__file__), "configs", "metrics.yaml")
    metrics = MetricsCacheYamlImpl(config_file_path=order.metrics_config or (own if os.path.exists(own) else None))
    metrics.initialize_cache()
    metrics.model_name = order.model_name
    return metrics


def _manifest(folder: str) -> Optional[Dict[str, Any]]:
    path = os.path.join(folder, "MAR-INF", "MANIFEST.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _model_config(manifest: Optional[Dict[str, Any]], order: LoadOrder) -> Dict[str, Any]:
    """model-config.yaml. PyYAML and the server read some values differently, and handlers are used to PyYAML."""
    name = ((manifest or {}).get("model") or {}).get("configFile")
    if not name:
        return {}
    try:
        import yaml
    except ImportError:
        return order.model_config
    with open(os.path.join(order.model_dir, name), encoding="utf-8") as file:
        return yaml.safe_load(file) or {}
