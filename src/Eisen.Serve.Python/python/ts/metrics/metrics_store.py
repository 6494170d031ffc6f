"""The metrics of a handler, as older handlers collect them."""

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric

_TIME_UNITS = ("ms", "s")
_SIZE_UNITS = ("MB", "kB", "GB", "B")


class MetricsStore:
    """Collects metrics in its store, for ts.service.emit_metrics. In all methods, idx is a request's place in the batch, or
    None for the whole batch, and dimensions is a list of Dimension objects, to which ModelName and Level are added."""

    def __init__(self, request_ids, model_name):
        """:param request_ids: request ids by place in the batch."""
        self.store = []
        self.cache = {}
        self.request_ids = request_ids
        self.model_name = model_name

    def add_counter(self, name, value, idx=None, dimensions=None):
        self._add(name, value, self._request_of(idx), "count", dimensions, "counter")

    def add_time(self, name, value, idx=None, unit="ms", dimensions=None):
        if unit not in _TIME_UNITS:
            raise ValueError("the unit of a time is one of %s, not %r" % (", ".join(_TIME_UNITS), unit))
        self._add(name, value, self._request_of(idx), unit, dimensions)

    def add_size(self, name, value, idx=None, unit="MB", dimensions=None):
        if unit not in _SIZE_UNITS:
            raise ValueError("the unit of a size is one of %s, not %r" % (", ".join(_SIZE_UNITS), unit))
        self._add(name, value, self._request_of(idx), unit, dimensions)

    def add_percent(self, name, value, idx=None, dimensions=None):
        self._add(name, value, self._request_of(idx), "percent", dimensions)

    def add_error(self, name, value, dimensions=None):
        self._add(name, value, None, "", dimensions)

    def add_metric(self, name, value, unit, idx=None, dimensions=None):
        self._add(name, value, self._request_of(idx), unit, dimensions)

    def _add(self, name, value, request_id, unit, dimensions, metric_method=None):
        if dimensions is not None and not isinstance(dimensions, list):
            raise ValueError("dimensions is to be a list of Dimension objects, not %r" % (dimensions,))
        usual = [Dimension("Level", "Error")] if request_id is None else [Dimension("ModelName", self.model_name), Dimension("Level", "Model")]
        dimensions = (dimensions or []) + usual
        key = (name, unit, request_id) + tuple(map(str, dimensions))
        if key in self.cache:
            self.cache[key].update(value)
            return
        self.cache[key] = Metric(name, value, unit, dimensions, request_id, metric_method)
        self.store.append(self.cache[key])

    def _request_of(self, idx):
        if isinstance(self.request_ids, dict):
            return self.request_ids[idx] if idx in self.request_ids else ",".join(self.request_ids.values())
        return self.request_ids
