"""The envelope body."""

from ts.torch_handler.request_envelope.base import BaseEnvelope, payload_of


class BodyEnvelope(BaseEnvelope):
    """Gives the handler bodies instead of dictionaries with bodies."""

    def parse_input(self, data):
        return [payload_of(row) for row in data]

    def format_output(self, data):
        return data
