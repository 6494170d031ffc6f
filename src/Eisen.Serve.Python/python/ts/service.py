"""The reporting of metrics that a handler has collected, where older handlers look for it."""

import logging

logger = logging.getLogger(__name__)

PREDICTION_METRIC = "PredictionTime"


def emit_metrics(metrics):
    """Reports metrics.

    :param metrics: ts.metrics.metric.Metric objects, as in MetricsStore.store."""
    for metric in metrics or ():
        logger.info("[METRICS]%s", metric)
