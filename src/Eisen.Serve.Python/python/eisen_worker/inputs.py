"""Requests as handlers see them."""

import json
import logging
import os
from typing import Any, Dict, List, Union

from eisen_worker.contract import DESCRIBE, EXPLAIN, Part, Request

logger = logging.getLogger(__name__)


def input_of(request: Request) -> Dict[str, Any]:
    """The dictionary that a handler gets: the parts' values by their names. Of parts with one name, the last one counts."""
    return {part.name: _value_of(part) for part in request.parts}


def header_of(kind: str, request: Request) -> Dict[str, Any]:
    """The header fields that a handler can ask for; for each part there is a dictionary with its content type, too."""
    fields: Dict[str, Any] = {part.name: {"content-type": _media_type(part)} for part in request.parts}
    length = str(_length_of(request.parts))
    for name, value in request.headers:
        lower = name.lower()
        if lower == "content-length":
            length = value
        elif lower != "transfer-encoding":
            fields[name] = value
    # TorchServe has the whole body before it asks a handler, and says how long it is even where the client did not.
    fields["content-length"] = length
    if kind == EXPLAIN:
        fields["explain"] = "True"
    elif kind == DESCRIBE:
        fields["describe"] = "True"
    elif request.path is not None:
        fields["explain"] = "False"
    if request.path is not None and kind != DESCRIBE:
        fields["url_path"] = request.path
    return fields


def _length_of(parts: List[Part]) -> int:
    # What came in the path's query belongs to no body; a body in parts was a little longer.
    body = [part for part in parts if part.name == "body"]
    return sum(len(part.content) for part in body or parts)


def _media_type(part: Part) -> str:
    return (part.content_type or "").partition(";")[0].strip()


def _value_of(part: Part) -> Union[bytes, bytearray, Any]:
    """What application/json and text/... stand for; the bytes for all others, and where they cannot be decoded."""
    media_type = _media_type(part)
    if os.environ.get("TS_DECODE_INPUT_REQUEST", "true") != "true":
        return part.content
    try:
        if media_type == "application/json":
            return json.loads(part.content.decode("utf-8"))
        if media_type.startswith("text"):
            return part.content.decode("utf-8")
    except (ValueError, RecursionError) as failure:
        logger.warning("The part %r is no %s, so the handler gets its bytes: %s", part.name, media_type, failure)
    return part.content
