"""Steps of a handler that overlap: while one part of a batch is in the model, the next one is prepared."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

HANDLER_METHODS = ("preprocess", "inference", "postprocess")


class MicroBatching:
    """Takes the place of a handler's handle: it cuts the batch into micro batches, and runs each step in threads of its own.

    A handler uses it as handle = MicroBatching(handler, micro_batch_size)."""

    def __init__(self, parent_handler, micro_batch_size=1, parallelism=None):
        """:param parent_handler: a handler with the three steps, such as a BaseHandler.
        :param micro_batch_size: how many requests a micro batch has.
        :param parallelism: how many threads a step has, by its name; 1 for those that are not in it."""
        self.handler = parent_handler
        self.micro_batch_size = micro_batch_size
        self._local = threading.local()
        self._parallelism = {}
        self._pools = {}
        self.parallelism = parallelism or {}

    @property
    def parallelism(self):
        """How many threads the steps have, as far as it was set."""
        return dict(self._parallelism)

    @parallelism.setter
    def parallelism(self, parallelism):
        unknown = set(parallelism) - set(HANDLER_METHODS)
        if unknown:
            raise ValueError("the steps are %s, not %s" % (", ".join(HANDLER_METHODS), ", ".join(sorted(unknown))))
        self._parallelism.update(parallelism)
        self.shutdown()
        self._pools = {step: ThreadPoolExecutor(self._parallelism.get(step, 1), step) for step in HANDLER_METHODS}

    def shutdown(self):
        """Ends the threads."""
        for pool in self._pools.values():
            pool.shutdown()

    def get_micro_batch_idx(self):
        """The place of the micro batch that the calling step works on, or None outside of steps."""
        return getattr(self._local, "place", None)

    def handle(self, data):
        """Runs the three steps.

        :param data: the requests.
        :return: an answer for each.
        :raises Exception: what a step raised."""
        size = self.micro_batch_size
        pending = [_done(data[start:start + size]) for start in range(0, len(data), size)]
        for step in HANDLER_METHODS:
            pool = self._pools[step]
            pending = [pool.submit(self._run, step, place, before) for place, before in enumerate(pending)]
        return [answer for answers in pending for answer in answers.result()]

    def __call__(self, data, context):
        """What BaseHandler.handle does."""
        started = time.perf_counter()
        handler = self.handler
        handler.context = context
        if handler._is_describe():
            answers = [handler.describe_handle()]
        elif handler._is_explain():
            answers = handler.explain_handle(handler.preprocess(data), data)
        else:
            answers = self.handle(data)
        context.metrics.add_time("HandlerTime", round((time.perf_counter() - started) * 1000, 2), None, "ms")
        return answers

    def _run(self, step, place, before):
        # A step's threads take micro batches in their order, and wait only for the step before.
        data = before.result()
        self._local.place = place
        return getattr(self.handler, step)(data)


def _done(value):
    future = Future()
    future.set_result(value)
    return future
