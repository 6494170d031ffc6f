"""The real worker as a process, and the server's side of its protocol."""

import array
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

PYTHON_FOLDER = Path(__file__).resolve().parents[2] / "src" / "Eisen.Serve.Python" / "python"

LOAD, BATCH, GONE, ROOM, FORK = 1, 2, 3, 4, 5
READY, FAILED, PART, GROW, DONE, FORKED = 64, 65, 66, 67, 68, 69

_START = struct.Struct("<IBI")
# More than a test waits for anything; a worker that hangs fails the test.
_PATIENCE = 120


class Given(NamedTuple):
    """A frame of the worker's."""

    kind: int
    head: Dict[str, Any]
    rest: bytes


class Peer:
    """The server's side of a connection to a worker."""

    def __init__(self) -> None:
        self.connection, self._theirs = socket.socketpair()
        self.connection.settimeout(_PATIENCE)
        self._shared = os.memfd_create("shared")
        self.shared_size = 0
        self._written = threading.Condition()
        self.out: List[str] = []
        self.errors: List[str] = []
        self.metrics: List[Dict[str, Any]] = []

    def send(self, kind: int, head: Dict[str, Any], rest: bytes = b"") -> None:
        encoded = json.dumps(head).encode()
        self.connection.sendall(_START.pack(5 + len(encoded) + len(rest), kind, len(encoded)) + encoded + rest)

    def receive(self) -> Given:
        length, kind, head_length = _START.unpack(self._exactly(_START.size))
        body = self._exactly(length - 5)
        return Given(kind, json.loads(body[:head_length]), body[head_length:])

    def load(self, model_name: str, folder: str, handler: str, **order: Any) -> Given:
        self.send(LOAD, {"model_name": model_name, "model_version": "1.0", "model_dir": folder, "handler": handler, **order})
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

    def wait_for_line(self, part: str) -> None:
        """Waits until the worker has written a line with the part."""
        with self._written:
            if not self._written.wait_for(lambda: part in self.log(), _PATIENCE):
                raise AssertionError("no line with %r:\n%s" % (part, self.log()))

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

    def _read(self, stream: Any, lines: List[str]) -> threading.Thread:
        def read() -> None:
            for line in stream:
                with self._written:
                    lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                    self._written.notify_all()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        return reader


class Worker(Peer):
    """Starts a worker; the descriptors are those of PROTOCOL.md."""

    def __init__(self, folder: str, interpreter: str = sys.executable, environment: Optional[Dict[str, str]] = None, memory: Optional[int] = None):
        """:param memory: the most address space, in bytes; None for no limit."""
        super().__init__()
        theirs, shared = self._theirs, self._shared

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
        if memory is not None:
            resource.prlimit(self.process.pid, resource.RLIMIT_AS, (memory, memory))
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


class Template(Worker):
    """Starts a process that loads a model for others."""

    unforkable: Optional[str] = None

    def __init__(self, folder: str):
        super().__init__(folder, environment={**os.environ, "OMP_NUM_THREADS": "1"})

    def fork(self) -> "Forked":
        worker = Forked(self)
        loaded = worker.receive()
        if loaded.kind != READY:
            raise AssertionError(loaded.head)
        worker.metrics = loaded.head["metrics"]
        return worker


class Forked(Peer):
    """A worker that a template makes."""

    def __init__(self, template: Template):
        super().__init__()
        out, errors = os.pipe(), os.pipe()
        given = [out[1], errors[1], self._theirs.fileno(), self._shared]
        head = b"{}"
        frame = _START.pack(5 + len(head), FORK, len(head)) + head
        template.connection.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", given))])
        told = template.receive()
        if told.kind != FORKED:
            raise AssertionError(told)
        self.pid: int = told.head["pid"]
        self._theirs.close()
        os.close(out[1])
        os.close(errors[1])
        self._streams = [os.fdopen(out[0], "rb"), os.fdopen(errors[0], "rb")]
        self._readers = [self._read(stream, lines) for stream, lines in zip(self._streams, (self.out, self.errors))]

    def wait_for_end(self) -> None:
        """Waits until the worker and all that it has started have closed their output."""
        for reader in self._readers:
            reader.join(_PATIENCE)
            if reader.is_alive():
                raise AssertionError("the worker does not end")

    def __enter__(self) -> "Forked":
        return self

    def __exit__(self, *_: Any) -> None:
        self.connection.close()
        self.wait_for_end()
        for stream in self._streams:
            stream.close()
        os.close(self._shared)
