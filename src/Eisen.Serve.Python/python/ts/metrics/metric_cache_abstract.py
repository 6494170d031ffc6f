"""What handlers report metrics to: context.metrics."""

import abc

from ts.metrics.dimension import Dimension
from ts.metrics.metric_cache_errors import MetricsCacheKeyError, MetricsCacheValueError
from ts.metrics.metric_type_enum import MetricTypes

_TIME_UNITS = ("ms", "s")
_SIZE_UNITS = ("MB", "kB", "GB", "B")


class MetricCacheAbstract(abc.ABC):
    """The metrics of one worker. In all methods, idx is a request's place in the batch, or None for the whole batch, and
    dimensions are Dimension objects, to which ModelName and Level are added."""

    def __init__(self, config_file_path=None):
        self.config_file_path = config_file_path
        self.cache = {}
        self.store = []
        self.request_ids = None
        self.model_name = None

    def set_request_ids(self, request_ids):
        """What the next values are about.

        :param request_ids: request ids by place in the batch, or one id."""
        self.request_ids = request_ids

    def add_metric(self, name, value, unit, idx=None, dimensions=(), metric_type=MetricTypes.COUNTER):
        """Reports a value of any kind in any unit."""
        self._report(name, value, unit, self._request_of(idx), dimensions, metric_type)

    def add_counter(self, name, value, idx=None, dimensions=()):
        """Adds to a counter."""
        self._report(name, value, "count", self._request_of(idx), dimensions, MetricTypes.COUNTER)

    def add_time(self, name, value, idx=None, unit="ms", dimensions=(), metric_type=MetricTypes.GAUGE):
        """Reports how long something took, in ms or s."""
        if unit not in _TIME_UNITS:
            raise MetricsCacheValueError("the unit of a time is one of %s, not %r" % (", ".join(_TIME_UNITS), unit))
        self._report(name, value, unit, self._request_of(idx), dimensions, metric_type)

    def add_size(self, name, value, idx=None, unit="MB", dimensions=(), metric_type=MetricTypes.GAUGE):
        """Reports how large something is, in MB, kB, GB or B."""
        if unit not in _SIZE_UNITS:
            raise MetricsCacheValueError("the unit of a size is one of %s, not %r" % (", ".join(_SIZE_UNITS), unit))
        self._report(name, value, unit, self._request_of(idx), dimensions, metric_type)

    def add_percent(self, name, value, idx=None, dimensions=(), metric_type=MetricTypes.GAUGE):
        """Reports a share of a hundred."""
        self._report(name, value, "percent", self._request_of(idx), dimensions, metric_type)

    def add_error(self, name, value, dimensions=()):
        """Counts an error, which belongs to no request."""
        self._report(name, value, "", None, dimensions, MetricTypes.COUNTER)

    def _report(self, name, value, unit, request_id, dimensions, metric_type):
        dimensions = list(dimensions) + self._usual_dimensions(request_id, {dimension.name for dimension in dimensions})
        try:
            metric = self.get_metric(name, metric_type)
        except MetricsCacheKeyError:
            metric = self.add_metric_to_cache(name, unit, [dimension.name for dimension in dimensions], metric_type)
        metric.add_or_update(value, [dimension.value for dimension in dimensions], request_id or "")

    def _usual_dimensions(self, request_id, given):
        usual = [("Level", "Error")] if request_id is None else [("ModelName", self.model_name), ("Level", "Model")]
        return [Dimension(name, value) for name, value in usual if name not in given]

    def _request_of(self, idx):
        if isinstance(self.request_ids, dict):
            return self.request_ids[idx] if idx in self.request_ids else ",".join(self.request_ids.values())
        return self.request_ids

    @abc.abstractmethod
    def initialize_cache(self):
        """Makes the metrics that the configuration names."""

    @abc.abstractmethod
    def get_metric(self, metric_name, metric_type=MetricTypes.COUNTER):
        """A metric that there is.

        :raises MetricsCacheKeyError: there is none of this name and kind."""

    @abc.abstractmethod
    def add_metric_to_cache(self, metric_name, unit, dimension_names=(), metric_type=MetricTypes.COUNTER):
        """Makes a metric, or exchanges the one of this name and kind."""
