"""The kinds of metrics."""

import enum


class MetricTypes(enum.Enum):
    """A counter adds what is reported, a gauge shows the last of it, a histogram counts how often it was how large."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
