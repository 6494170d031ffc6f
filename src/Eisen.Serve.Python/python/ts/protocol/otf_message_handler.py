"""The streaming of answers, where handlers written for older versions of TorchServe look for it."""

from ts.handler_utils.utils import send_intermediate_predict_response as _send
from ts.utils.util import deprecated


@deprecated(version="1.0", replacement="ts.handler_utils.utils.send_intermediate_predict_response")
def send_intermediate_predict_response(ret, req_id_map, message, code, context=None):
    """See ts.handler_utils.utils.send_intermediate_predict_response."""
    _send(ret, req_id_map, message, code, context)
