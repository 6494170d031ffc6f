"""Metrics as they go to the server.

A value is a line of the log: [METRICS]Name.Unit:value|#Dimension:value,...|#type:GAUGE|#hostname:host,time,request
"""

import functools
import logging
import socket
import time

from ts.metrics.metric_abstract import MetricAbstract
from ts.metrics.metric_type_enum import MetricTypes

logger = logging.getLogger(__name__)

_host_name = functools.lru_cache(maxsize=1)(socket.gethostname)


class CachingMetric(MetricAbstract):
    """A metric that handlers report values of."""

    # Who runs handlers may take the values instead of the log: a function of name, value, unit, kind, dimensions and request id.
    taker = None

    def add_or_update(self, value, dimension_values=(), request_id=""):
        """Reports a value.

        :param dimension_values: as many as the metric has dimensions, in their order.
        :param request_id: the requests that it is about; empty when it is about none."""
        problem = self._problem_with(value, dimension_values)
        if problem:
            logger.error("Metric %s was not updated: %s", self.metric_name, problem)
            return
        pairs = zip(self.dimension_names, dimension_values)
        if self.taker is not None:
            self.taker(self.metric_name, value, self.unit, self.metric_type.value, {name: str(of) for name, of in pairs}, request_id or None)
            return
        dimensions = ",".join("%s:%s" % pair for pair in pairs)
        line = "[METRICS]%s.%s:%s|#%s|#type:%s|#hostname:%s,%d" % (
            self.metric_name, self.unit, value, dimensions, self.metric_type.name, _host_name(), time.time(),
        )
        logger.info("%s,%s", line, request_id) if request_id else logger.info(line)

    def update(self, value, request_id="", dimensions=()):
        """Reports a value and exchanges the metric's dimensions. Older handlers do so.

        :param dimensions: Dimension objects."""
        self.dimension_names = [dimension.name for dimension in dimensions]
        self.add_or_update(value, [dimension.value for dimension in dimensions], request_id)

    def _problem_with(self, value, dimension_values):
        if dimension_values is None or len(dimension_values) != len(self.dimension_names):
            return "its dimensions are %s, not %s" % (self.dimension_names, dimension_values)
        if self.metric_type is MetricTypes.COUNTER and value < 0:
            return "a counter only grows, and %s is negative" % value
        return None
