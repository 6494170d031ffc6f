"""What handlers measure, on its way to the server.

Our ts gives values; a real torchserve and older handlers log lines:
[METRICS]Name.Unit:value|#Dimension:value,...|#type:GAUGE|#hostname:host,time,request
"""

import logging
import math
import re
from typing import Any, Dict, List, Optional

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

    def add_line(self, line: str) -> None:
        """Takes a line that begins with PREFIX; a line that is no metric is said to be none, and dropped."""
        match = _LINE.fullmatch(line)
        if match is None:
            logger.warning("This is no metric: %s", line[len(PREFIX):])
            return
        kind = (match["type"] or "counter").lower()
        self.add(match["name"], match["value"], match["unit"], kind, _dimensions(match["dimensions"]), match["request"])

    def add(self, name: str, value: Any, unit: str, kind: str, dimensions: Dict[str, str], request_id: Optional[str]) -> None:
        """Takes a value; what is no number is said to be none, and dropped."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            logger.warning("The metric %s is no number: %r", name, value)
        elif len(self._metrics) < MOST:
            self._metrics.append(Metric(name, number, unit, kind, dimensions, request_id))
        else:
            logger.warning("The handler reported more than %d metrics at once; %s is dropped", MOST, name)

    def take(self) -> List[Metric]:
        """What was measured since the last call."""
        # Other threads of the handler may add: exchanging the list is one step for them.
        taken, self._metrics = self._metrics, []
        return taken


def _dimensions(text: str) -> Dict[str, str]:
    pairs = (pair.partition(":") for pair in text.split(",") if pair)
    return {name: value for name, _, value in pairs}
