"""context.metrics, and the metrics that a metrics.yaml gives it."""

import logging

from ts.metrics.caching_metric import CachingMetric
from ts.metrics.metric_cache_abstract import MetricCacheAbstract
from ts.metrics.metric_cache_errors import (
    MetricsCacheIOError,
    MetricsCacheKeyError,
    MetricsCachePyYamlError,
    MetricsCacheTypeError,
    MetricsCacheValueError,
)
from ts.metrics.metric_type_enum import MetricTypes

logger = logging.getLogger(__name__)

# TorchServe's own metrics.yaml names these.
_USUAL_METRICS = {"gauge": [{"name": name, "unit": "ms", "dimensions": ["ModelName", "Level"]} for name in ("HandlerTime", "PredictionTime")]}


class MetricsCacheYamlImpl(MetricCacheAbstract):
    """The metrics of one worker."""

    def __init__(self, config_file_path=None):
        """:param config_file_path: a metrics.yaml, or None for the metrics that every model has."""
        super().__init__(config_file_path)
        self._model_metrics = self._read(config_file_path) if config_file_path else _USUAL_METRICS

    def initialize_cache(self):
        for kind, metrics in self._model_metrics.items():
            try:
                metric_type = MetricTypes(kind)
            except ValueError as unknown:
                raise MetricsCacheKeyError("model_metrics has %r; the kinds are counter, gauge and histogram" % kind) from unknown
            for metric in metrics:
                try:
                    self.add_metric_to_cache(metric["name"], metric["unit"], metric["dimensions"], metric_type)
                except KeyError as missing:
                    raise MetricsCacheKeyError("a %s in model_metrics has no %s" % (kind, missing)) from missing

    def get_metric(self, metric_name, metric_type=MetricTypes.COUNTER):
        _check_types(metric_name, metric_type)
        try:
            return self.cache[metric_type][metric_name]
        except KeyError:
            raise MetricsCacheKeyError("there is no %s named %s" % (metric_type.value, metric_name)) from None

    def add_metric_to_cache(self, metric_name, unit, dimension_names=(), metric_type=MetricTypes.COUNTER):
        _check_types(metric_name, metric_type)
        if not isinstance(unit, str):
            raise MetricsCacheTypeError("unit is to be a text, not %r" % (unit,))
        if not isinstance(dimension_names, (list, tuple)):
            raise MetricsCacheTypeError("dimension_names is to be a list, not %r" % (dimension_names,))
        metric = CachingMetric(metric_name, unit, list(dimension_names), metric_type)
        if self.cache.setdefault(metric_type, {}).get(metric_name) is not None:
            logger.warning("The %s %s takes the place of another one", metric_type.value, metric_name)
        self.cache[metric_type][metric_name] = metric
        return metric

    def cache_keys(self):
        """The metrics that there are, as kind:name."""
        return ["%s:%s" % (kind.value, name) for kind, metrics in self.cache.items() for name in metrics]

    @staticmethod
    def _read(path):
        from ts.utils.util import get_yaml_config

        try:
            config = get_yaml_config(path)
        except OSError as failure:
            raise MetricsCacheIOError("%s cannot be read: %s" % (path, failure)) from failure
        except ValueError as failure:
            raise MetricsCachePyYamlError("%s is no YAML: %s" % (path, failure)) from failure
        if not isinstance(config, dict) or "model_metrics" not in config:
            raise MetricsCacheKeyError("%s has no model_metrics" % path)
        if not config["model_metrics"]:
            raise MetricsCacheValueError("model_metrics in %s is empty" % path)
        return config["model_metrics"]


def _check_types(metric_name, metric_type):
    if not isinstance(metric_name, str):
        raise MetricsCacheTypeError("metric_name is to be a text, not %r" % (metric_name,))
    if not isinstance(metric_type, MetricTypes):
        raise MetricsCacheTypeError("metric_type is to be one of MetricTypes, not %r" % (metric_type,))
