"""What every metric has."""

import abc

from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.unit import Units

_UNITS = Units().units


class MetricAbstract(abc.ABC):
    """A metric: a name, a unit, and the names of what its values are told apart by."""

    def __init__(self, metric_name, unit, dimension_names=None, metric_type=MetricTypes.COUNTER):
        self.metric_name = metric_name
        self.unit = _UNITS.get(unit, unit)
        self.dimension_names = dimension_names or []
        self.metric_type = metric_type

    @abc.abstractmethod
    def add_or_update(self, value, dimension_values, request_id=""):
        """Reports a value."""
