"""The envelope kservev2: version 2 of KServe's protocol."""

import json

import numpy as np

from ts.torch_handler.request_envelope.base import BaseEnvelope, payload_of

_DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


class KServev2Envelope(BaseEnvelope):
    """Gives the handler the first request's inputs, whose data is then nested as their shape says, and wraps each answer as the
    output of the input in its place."""

    def __init__(self, handle_fn):
        super().__init__(handle_fn)
        self._names = []
        self._id = None

    def parse_input(self, data):
        body = payload_of(data[0])
        if isinstance(body, (bytes, bytearray)):
            body = json.loads(body.decode("utf-8"))
        inputs = body["inputs"]
        for tensor in inputs:
            tensor["data"] = _nested(tensor)
        self._names = [tensor["name"] for tensor in inputs]
        self._id = body.get("id")
        return inputs

    def format_output(self, data):
        model = self.context.manifest["model"]
        return [{
            "id": self._id if self._id and self._id.strip() else self.context.get_request_id(0),
            "model_name": model.get("modelName"),
            "model_version": model.get("modelVersion"),
            "outputs": [_output(self._names[place], answer) for place, answer in enumerate(data)],
        }]


def _nested(tensor):
    if tensor["datatype"] == "BYTES":
        return tensor["data"][0]
    return np.array(tensor["data"]).reshape(tensor["shape"]).tolist()


def _output(name, answer):
    values = np.array(answer).flatten()
    return {
        "name": name,
        # Text and everything else that is no number.
        "datatype": _DATATYPES.get(str(values.dtype), "BYTES"),
        "data": values.tolist(),
        "shape": list(values.shape),
    }
