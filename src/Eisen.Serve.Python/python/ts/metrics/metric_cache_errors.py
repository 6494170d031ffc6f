"""What can be wrong with metrics and their configuration."""


class GeneralMetricsCacheError(Exception):
    """Something that no other class says."""


class MetricsCacheIOError(IOError):
    """The configuration cannot be read."""


class MetricsCachePyYamlError(Exception):
    """The configuration is no YAML."""


class MetricsCacheTypeError(TypeError):
    """An argument has another type than it should."""


class MetricsCacheValueError(ValueError):
    """An argument has a value that it cannot have."""


class MetricsCacheKeyError(KeyError):
    """There is no such metric, or the configuration lacks something."""
