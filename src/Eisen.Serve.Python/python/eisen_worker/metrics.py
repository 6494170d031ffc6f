"""What handlers measure: lines that ts logs, and that the server gets as values.

Our ts and a real torchserve write the same lines: [METRICS]Name.Unit:value|#Dimension:value,...|#type:GAUGE|#hostname:host,time,request
"""

import logging
import math
import re
from typing import Dict, List, Optional

from eisen_worker.contract import Metric

PREFIX = "[METRICS]"

# More of them between two batches are a mistake of the handler's.
MOST = 10_000

logger = logging.getLogger(__name__)

_LINE = re.compile(
    r"\[METRICS\](?P<name>[^\s.:|]+)\.(?P<unit>[^\s:|]*):(?P<value>[^|]+)\|#(?P<dimensions>[^|]*)"
    r"(?:\|#type:(?P<type>[A-Za-z]+))?\|#hostname:[^,]*,\d+(?:,(?P<request>.*))?"
)


class MetricCollector:
    """Keeps what was measured until the server gets it."""

    def __init__(self) -> None:
        self._metrics: List[Metric] = []

    def add(self, line: str) -> None:
        """Takes a line that begins with PREFIX; a line that is no metric is said to be none, and dropped."""
        metric = _parse(line)
        if metric is None:
            logger.warning("This is no metric: %s", line[len(PREFIX):])
        elif len(self._metrics) < MOST:
            self._metrics.append(metric)
        else:
            logger.warning("The handler reported more than %d metrics at once; %s is dropped", MOST, metric.name)

    def take(self) -> List[Metric]:
        """What was measured since the last call."""
        # Other threads of the handler may add: exchanging the list is one step for them.
        taken, self._metrics = self._metrics, []
        return taken


def _parse(line: str) -> Optional[Metric]:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        value = float(match["value"])
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return Metric(match["name"], value, match["unit"], (match["type"] or "counter").lower(), _dimensions(match["dimensions"]), match["request"])


def _dimensions(text: str) -> Dict[str, str]:
    pairs = (pair.partition(":") for pair in text.split(",") if pair)
    return {name: value for name, _, value in pairs}
