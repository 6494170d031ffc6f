"""How long the steps of a handler take."""

import functools
import sys
import time


def timed(func):
    """Makes a handler's method report how long it takes, as the metric ts_handler_<method>, when model-config.yaml has
    handler: {profile: true}."""

    @functools.wraps(func)
    def call(self, *args, **kwargs):
        if not _is_wanted(getattr(self, "context", None)):
            return func(self, *args, **kwargs)
        started = _now()
        result = func(self, *args, **kwargs)
        self.context.metrics.add_time("ts_handler_" + func.__name__, (_now() - started) * 1000)
        return result

    return call


def _is_wanted(context):
    config = getattr(context, "model_yaml_config", None) or {}
    handler = config.get("handler")
    return isinstance(handler, dict) and bool(handler.get("profile"))


def _now():
    # A GPU works on while Python goes on: what it was given belongs to the step.
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
