"""What a handler knows of its model and of the requests that it is called with."""

import os

_UNSET = object()


class RequestProcessor:
    """The header fields of one request, and the status and header fields of its answer."""

    def __init__(self, request_header):
        """:param request_header: a dictionary of the fields; for each part of the body there is a further entry, with the part's
        name and a dictionary with its content-type."""
        self._request_header = request_header
        self._response_header = {}
        self._status_code = 200
        self._reason_phrase = None

    def get_request_property(self, key):
        """A header field of the request, or None. A field that came in other letter case is found, too."""
        value = self._request_header.get(key, _UNSET)
        if value is not _UNSET:
            return value
        wanted = key.lower()
        for name, value in self._request_header.items():
            if name.lower() == wanted:
                return value
        return None

    def get_request_properties(self):
        """All header fields, as they came."""
        return self._request_header

    def report_status(self, code, reason_phrase=None):
        """Sets the answer's status."""
        self._status_code = code
        self._reason_phrase = reason_phrase

    def get_response_status_code(self):
        return self._status_code

    def get_response_status_phrase(self):
        return self._reason_phrase

    def add_response_property(self, key, value):
        """Sets a header field of the answer."""
        self._response_header[key] = value

    def get_response_header(self, key):
        return self._response_header.get(key)

    def get_response_headers(self):
        return self._response_header


class Context:
    """One object for the life of a worker; what belongs to requests is exchanged before each batch, and counted by the
    request's place in the batch."""

    def __init__(
        self,
        model_name,
        model_dir,
        manifest,
        batch_size,
        gpu,
        mms_version,
        limit_max_image_pixels=True,
        metrics=None,
        model_yaml_config=None,
    ):
        self.model_name = model_name
        self.manifest = manifest
        self.metrics = metrics
        self.model_yaml_config = model_yaml_config
        self.request_ids = None
        self.request_processor = None
        self.stopping_criteria = None
        self.cl_socket = None
        self.header_key_sequence_id = os.environ.get("TS_REQUEST_SEQUENCE_ID", "ts_request_sequence_id")
        self.header_key_sequence_start = os.environ.get("TS_REQUEST_SEQUENCE_START", "ts_request_sequence_start")
        self.header_key_sequence_end = os.environ.get("TS_REQUEST_SEQUENCE_END", "ts_request_sequence_end")
        self._system_properties = {
            "model_dir": model_dir,
            "gpu_id": gpu,
            "batch_size": batch_size,
            # TorchServe calls itself so, and handlers may look.
            "server_name": "MMS",
            "server_version": mms_version,
            "limit_max_image_pixels": limit_max_image_pixels,
        }

    @property
    def system_properties(self):
        """model_dir, gpu_id (None on the CPU), batch_size, server_name, server_version, limit_max_image_pixels."""
        return self._system_properties

    def get_request_id(self, idx=0):
        """The id of a request, or None while the model is loaded."""
        return None if self.request_ids is None else self.request_ids.get(idx)

    def get_request_header(self, idx, key):
        """A header field of a request, or None."""
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx):
        """A dictionary of a request's header fields."""
        return self.request_processor[idx].get_request_properties()

    def get_sequence_id(self, idx):
        """The id of the sequence that a request belongs to, or None."""
        return self.get_request_header(idx, self.header_key_sequence_id)

    def set_response_content_type(self, idx, value):
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx):
        return self.get_response_headers(idx).get("content-type")

    def set_response_header(self, idx, key, value):
        self.request_processor[idx].add_response_property(key, value)

    def get_response_headers(self, idx):
        return self.request_processor[idx].get_response_headers()

    def set_response_status(self, code=200, phrase="", idx=0):
        """Sets the status of one answer."""
        if self.request_processor is not None and self.request_processor[idx] is not None:
            self.request_processor[idx].report_status(code, reason_phrase=phrase)

    def set_all_response_status(self, code=200, phrase=""):
        """Sets the status of all answers of the batch."""
        for processor in self.request_processor:
            processor.report_status(code, reason_phrase=phrase)

    def get_response_status(self, idx):
        """The status code of an answer and its phrase."""
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()

    def __eq__(self, other):
        return isinstance(other, Context) and self.__dict__ == other.__dict__

    __hash__ = object.__hash__
