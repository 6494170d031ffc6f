"""The real worker as a process, and the server's side of its protocol."""

import json
import mmap
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

PYTHON_FOLDER = Path(__file__).resolve().parents[2] / "src" / "Eisen.Serve.Python" / "python"

LOAD, BATCH, GONE, ROOM = 1, 2, 3, 4
READY, FAILED, PART, GROW, DONE = 64, 65, 66, 67, 68

_START = struct.Struct("<IBI")
# More than a test waits for anything; a worker that hangs fails the test.
_PATIENCE = 120


class Given(NamedTuple):
    """A frame of the worker's."""

    kind: int
    head: Dict[str, Any]
    rest: bytes


class Worker:
    """Starts a worker; the descriptors are those of PROTOCOL.md."""

    def __init__(self, folder: str, interpreter: str = sys.executable, environment: Optional[Dict[str, str]] = None):
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(_PATIENCE)
        self._shared = os.memfd_create("shared")
        self.shared_size = 0
        shared = self._shared

        def place_descriptors() -> None:
            # In two steps: one of them may be where the other is to go.
            first, second = os.dup(theirs.fileno()), os.dup(shared)
            high = os.sysconf("SC_OPEN_MAX") - 2
            os.dup2(first, high)
            os.dup2(second, high + 1)
            os.dup2(high, 3)
            os.dup2(high + 1, 4)
            os.closerange(5, high + 2)

        self.process = subprocess.Popen(
            [interpreter, "-u", str(PYTHON_FOLDER / "eisen_worker")],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            close_fds=False,
            preexec_fn=place_descriptors,
        )
        theirs.close()
        self.out: List[str] = []
        self.errors: List[str] = []
        self._readers = [self._read(self.process.stdout, self.out), self._read(self.process.stderr, self.errors)]

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: Any) -> None:
        self.connection.close()
        try:
            self.process.wait(_PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            for reader in self._readers:
                reader.join()
            self.process.stdout.close()
            self.process.stderr.close()
            os.close(self._shared)

    def send(self, kind: int, head: Dict[str, Any], rest: bytes = b"") -> None:
        encoded = json.dumps(head).encode()
        self.connection.sendall(_START.pack(5 + len(encoded) + len(rest), kind, len(encoded)) + encoded + rest)

    def receive(self) -> Given:
        length, kind, head_length = _START.unpack(self._exactly(_START.size))
        body = self._exactly(length - 5)
        return Given(kind, json.loads(body[:head_length]), body[head_length:])

    def load(self, model_name: str, folder: str, handler: str, **order: Any) -> Given:
        self.send(LOAD, {"model_name": model_name, "model_version": "1.0", "model_dir": folder, "handler": handler, "limits": {}, **order})
        return self.receive()

    def ask(self, *requests: Dict[str, Any], kind: str = "predict") -> Tuple[List[Dict[str, Any]], List[Given]]:
        """Sends a batch.

        :param requests: {"id", "path", "headers", "parts": [(name, type, content)]}, of which all but parts may be left out.
        :return: the answers, each with its content, and the parts that came before."""
        self.send_batch(*requests, kind=kind)
        return self.take_answers()

    def send_batch(self, *requests: Dict[str, Any], kind: str = "predict") -> None:
        heads, small, large = [], [], []
        offset = 0
        for place, request in enumerate(requests):
            parts = []
            for name, content_type, content in request["parts"]:
                part = {"name": name, "type": content_type, "size": len(content)}
                if len(content) < 65536:
                    small.append(content)
                else:
                    part["at"] = offset
                    large.append((offset, content))
                    offset += len(content)
                parts.append(part)
            heads.append({"id": request.get("id", "request-%d" % place), "path": request.get("path", ""), "headers": request.get("headers", []), "parts": parts})
        self.grow(offset)
        for at, content in large:
            os.pwrite(self._shared, content, at)
        self.send(BATCH, {"kind": kind, "shared": self.shared_size, "requests": heads}, b"".join(small))

    def take_answers(self) -> Tuple[List[Dict[str, Any]], List[Given]]:
        parts: List[Given] = []
        while True:
            given = self.receive()
            if given.kind == PART:
                parts.append(given)
            elif given.kind == GROW:
                self.grow(given.head["shared"])
                self.send(ROOM, {"shared": self.shared_size})
            elif given.kind == DONE:
                self.metrics = given.head["metrics"]
                return self._with_contents(given), parts
            else:
                raise AssertionError("a frame of kind %d" % given.kind)

    def grow(self, size: int) -> None:
        if size > self.shared_size:
            os.ftruncate(self._shared, size)
            self.shared_size = size

    def log(self) -> str:
        return "\n".join(self.out + self.errors)

    def _with_contents(self, done: Given) -> List[Dict[str, Any]]:
        rest = done.rest
        answers = []
        for answer in done.head["answers"]:
            if "failure" not in answer:
                if answer.get("at") is None:
                    content, rest = rest[:answer["size"]], rest[answer["size"]:]
                else:
                    content = os.pread(self._shared, answer["size"], answer["at"])
                answer = {**answer, "content": content}
            answers.append(answer)
        if rest:
            raise AssertionError("%d bytes more than the head tells of" % len(rest))
        return answers

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.connection.recv(size - len(data))
            if not more:
                raise EOFError("the worker has closed the connection:\n" + self.log())
            data += more
        return data

    @staticmethod
    def _read(stream: Any, lines: List[str]) -> threading.Thread:
        def read() -> None:
            for line in stream:
                lines.append(line.decode("utf-8", "replace").rstrip("\n"))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        return reader
