"""What a real TorchServe answered, as requests to a worker and its answers."""

import base64
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qsl, urlsplit

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "torchserve-reference"

# The server's part of the answer's header fields.
_SERVERS_FIELDS = {"x-request-id", "pragma", "cache-control", "expires", "content-length", "connection", "transfer-encoding", "content-type"}


class Case(NamedTuple):
    """A recorded request to a handler."""

    name: str
    config: str
    model: str
    kind: str
    request: Dict[str, Any]
    response: Dict[str, Any]

    @property
    def content(self) -> bytes:
        """The body that TorchServe answered with."""
        return _bytes_of(self.response)

    @property
    def fields(self) -> Dict[str, str]:
        """The header fields that the handler set."""
        fields = self.response["headers"]
        return {name: value for name, value in fields if name.lower() not in _SERVERS_FIELDS and not name.startswith("access-control-")}

    @property
    def content_type(self) -> Optional[str]:
        return {name.lower(): value for name, value in self.response["headers"]}.get("content-type")


def cases() -> Iterator[Case]:
    """The cases that a handler answered, or failed on."""
    for path in sorted((FOLDER / "cases").glob("*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        case = _case_of(path.stem, recorded)
        if case is not None:
            yield case


def unpack(model: str, folder: str) -> Dict[str, Any]:
    """Unpacks an archive, and gives its manifest's model section."""
    archive = FOLDER / "model_store" / model
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
    else:
        with tarfile.open(archive) as packed:
            packed.extractall(folder)
    return json.loads((Path(folder) / "MAR-INF" / "MANIFEST.json").read_text(encoding="utf-8"))["model"]


def _case_of(name: str, recorded: Dict[str, Any]) -> Optional[Case]:
    request, response = recorded["request"], recorded.get("response")
    if not response or response.get("status") in (None, 100) or request.get("method") in (None, "OPTIONS") or request.get("body_len"):
        return None
    # What the body looked like on its way is the server's affair.
    if any(name.lower() == "transfer-encoding" for name, _ in request["headers"]):
        return None
    url = urlsplit(request["path"])
    route = _route_of(request["port"], url.path, url.query)
    if route is None or response["status"] in (400, 405, 413) or (response["status"] == 404 and "NotFoundException" in str(response)):
        return None
    kind, model, path, adds, reads_query = route
    # A crash, and a worker that is not there, are the server's to answer.
    if response["status"] >= 500 and _message_of(response) not in _HANDLERS_MESSAGES:
        return None
    parts = _parts_of(request, url.query if reads_query else "", kind)
    if not model:
        model = next((content.decode() for part, _, content in parts if part == "model_name"), "")
    if not (FOLDER / "model_store" / (model + ".mar")).exists():
        return None
    return Case(name, Path(recorded["config"]).stem, model, kind, {"path": path, "headers": request["headers"] + adds, "parts": parts}, response)


_HANDLERS_MESSAGES = {
    "Prediction failed",
    "Out of resources",
    "Some Prediction Error",
    "number of batch response mismatched",
    "Unsupported model output data type.",
    "Invalid model predict output",
    None,
}


def _message_of(response: Dict[str, Any]) -> Optional[str]:
    body = response.get("body_json")
    return body.get("message") if isinstance(body, dict) and "code" in body else None


def _route_of(port: str, path: str, query: str) -> Optional[Tuple[str, str, Optional[str], List[List[str]], bool]]:
    """What is asked, of which model, the rest of the path, the header fields that the server adds, whether the query is read."""
    steps = path.strip("/").split("/")
    if port == "management":
        return ("describe", steps[1], None, [], False) if steps[0] == "models" and len(steps) == 2 and query == "customized=true" else None
    if port != "inference":
        return None
    if steps[0] in ("predictions", "explanations") and len(steps) > 1:
        return ("explain" if steps[0] == "explanations" else "predict", steps[1], "/".join(steps[3:]), [], False)
    if steps[0] == "v1" and len(steps) == 3 and ":" in steps[2]:
        model, what = steps[2].split(":")
        return ("explain" if what == "explain" else "predict", model, None, [["explain", "False"]], False)
    if steps[0] == "v2" and len(steps) == 4 and steps[3] in ("infer", "explain"):
        return ("explain" if steps[3] == "explain" else "predict", steps[2], None, [["explain", "False"]], False)
    if steps[-1] == "predict" and len(steps) in (2, 3):
        return ("predict", steps[0], None, [], True)
    if steps[0] == "models" and steps[-1] == "invoke":
        return ("predict", steps[1], None, [], True)
    if steps == ["invocations"]:
        return ("predict", dict(parse_qsl(query)).get("model_name", ""), None, [], True)
    return None


def _parts_of(request: Dict[str, Any], query: str, kind: str) -> List[Tuple[str, Optional[str], bytes]]:
    parts: List[Tuple[str, Optional[str], bytes]] = [(name, None, value.encode()) for name, value in parse_qsl(query, keep_blank_values=True)]
    content_type = next((value for name, value in request["headers"] if name.lower() == "content-type"), None)
    if kind == "describe":
        return parts
    if "multipart" in request:
        # A field without a file name has no type, whatever it says.
        return parts + [(part["name"], part.get("type") if "filename" in part else None, _bytes_of(part)) for part in request["multipart"]]
    if content_type and content_type.startswith("application/x-www-form-urlencoded"):
        return parts + [(name, None, value.encode()) for name, value in parse_qsl(_bytes_of(request).decode(), keep_blank_values=True)]
    if content_type and content_type.startswith("multipart/form-data;"):
        return parts
    return parts + [("body", content_type, _bytes_of(request))]


def _bytes_of(recorded: Dict[str, Any]) -> bytes:
    for key in ("body_file", "file"):
        if key in recorded:
            return (FOLDER / recorded[key]).read_bytes()
    if recorded.get("body_b64") is not None:
        return base64.b64decode(recorded["body_b64"])
    return (recorded.get("body_text") or recorded.get("content") or "").encode()
