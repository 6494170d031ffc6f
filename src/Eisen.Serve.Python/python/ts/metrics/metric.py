"""Metrics as older handlers make them."""

import socket
import time

from ts.metrics.caching_metric import CachingMetric
from ts.metrics.metric_type_enum import MetricTypes


class Metric:
    """A value of a counter, which the handler collects and reports by ts.service.emit_metrics, or by update."""

    def __init__(self, name, value, unit, dimensions, request_id=None, metric_method=None):
        """:param dimensions: a list of Dimension objects."""
        self.metric_type = MetricTypes.COUNTER
        self.dimensions = dimensions
        self.dimension_names = [dimension.name for dimension in dimensions]
        self.dimension_values = [dimension.value for dimension in dimensions]
        self._reported = CachingMetric(name, unit, self.dimension_names, self.metric_type)
        self.name = name
        self.unit = self._reported.unit
        self.value = value
        self.request_id = request_id
        self.metric_method = metric_method

    def update(self, value):
        """Reports a value."""
        self._reported.add_or_update(value, self.dimension_values, self.request_id)

    def reset(self):
        """Reports 0."""
        self.update(0)

    def __str__(self):
        dimensions = ",".join(map(str, self.dimensions))
        line = "%s.%s:%s|#%s|#hostname:%s,%d" % (self.name, self.unit, self.value, dimensions, socket.gethostname(), time.time())
        return "%s,%s" % (line, self.request_id) if self.request_id else line

    def to_dict(self):
        return {
            "MetricName": self.name,
            "Value": self.value,
            "Unit": self.unit,
            "Dimensions": self.dimensions,
            "Timestamp": int(time.time()),
            "HostName": socket.gethostname(),
            "RequestId": self.request_id,
        }
