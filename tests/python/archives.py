"""Small archives for tests: folders as the server unpacks them."""

import json
import tempfile
import textwrap
from pathlib import Path
from typing import Any, Dict, Optional


class Archive:
    """A folder with files and a manifest."""

    def __init__(self, files: Dict[str, str], manifest: Optional[Dict[str, Any]] = None):
        self._folder = tempfile.TemporaryDirectory()
        self.path = self._folder.name
        self.write("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python", "model": {"modelName": "m", "modelVersion": "1.0", **(manifest or {})}}))
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = Path(self.path) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: Any) -> None:
        self._folder.cleanup()
