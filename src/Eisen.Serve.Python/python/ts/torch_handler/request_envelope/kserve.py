"""The envelope kserve: version 1 of KServe's protocol."""

import json

from ts.torch_handler.request_envelope.base import BaseEnvelope, payload_of


class KServeEnvelope(BaseEnvelope):
    """Gives the handler the first request's instances, and wraps its answers as predictions or explanations."""

    def parse_input(self, data):
        body = payload_of(data[0])
        if isinstance(body, (bytes, bytearray)):
            body = json.loads(body.decode())
        return body.get("instances")

    def format_output(self, data):
        explained = self.context is not None and self.context.get_request_header(0, "explain") == "True"
        return [{"explanations" if explained else "predictions": data}]
