"""The envelope json: {"instances": [...]} and {"predictions": [...]}, as TensorFlow Serving's REST interface has them."""

import base64
import json

from ts.torch_handler.request_envelope.base import BaseEnvelope, payload_of


class JSONEnvelope(BaseEnvelope):
    """Puts the instances of all requests into one batch for the handler."""

    def __init__(self, handle_fn):
        super().__init__(handle_fn)
        self._lengths = []

    def parse_input(self, data):
        requests = [_instances_of(row) for row in data]
        self._lengths = [len(instances) for instances in requests]
        return [instance for instances in requests for instance in instances]

    def format_output(self, data):
        answers, start = [], 0
        for length in self._lengths:
            answers.append(json.dumps({"predictions": data[start:start + length]}))
            start += length
        return answers


def _instances_of(row):
    instances = (payload_of(row) or row)["instances"]
    return [_decoded(instance) for instance in instances] if isinstance(instances[0], dict) else instances


def _decoded(instance):
    """Bytes for {"b64": text}, as the instance or as one of its values."""
    if _is_base64(instance):
        return base64.b64decode(instance["b64"])
    return {name: base64.b64decode(value["b64"]) if _is_base64(value) else value for name, value in instance.items()}


def _is_base64(value):
    return isinstance(value, dict) and list(value) == ["b64"]
