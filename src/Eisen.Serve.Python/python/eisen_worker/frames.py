"""Frames over a socket; see PROTOCOL.md."""

from __future__ import annotations

import json
import select
import socket
import struct
from typing import Any, Iterable, Optional, Tuple

LOAD, BATCH, GONE, ROOM = 1, 2, 3, 4
READY, FAILED, PART, GROW, DONE = 64, 65, 66, 67, 68

_PREFIX = struct.Struct("<IBI")
_FIRST_BUFFER = 64 << 10


class Connection:
    """The worker's end of the connection."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._buffer = bytearray(_FIRST_BUFFER)
        self._begin = 0
        self._end = 0

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> Optional[Tuple[int, Any, memoryview]]:
        """Waits for a frame: its kind, its head and what follows. The latter is valid until the next call.

        None when the server has closed its end.
        """
        if not self._fill(_PREFIX.size):
            return None
        length, kind, head_length = _PREFIX.unpack_from(self._buffer, self._begin)
        total = length + 4
        if not self._fill(total):
            return None
        start = self._begin + _PREFIX.size
        view = memoryview(self._buffer)
        head = json.loads(bytes(view[start : start + head_length]))
        content = view[start + head_length : self._begin + total]
        self._begin += total
        return kind, head, content

    def has_frame(self) -> bool:
        """Whether ``receive`` would have something to read at once."""
        return self._end > self._begin or bool(select.select([self._socket], [], [], 0)[0])

    def send(self, kind: int, head: Any, contents: Iterable[Any] = ()) -> None:
        """Sends a frame, and waits for the server to take it."""
        encoded = json.dumps(head, separators=(",", ":")).encode()
        contents = tuple(contents)
        length = _PREFIX.size - 4 + len(encoded) + sum(len(content) for content in contents)
        self._socket.sendall(b"".join((_PREFIX.pack(length, kind, len(encoded)), encoded, *contents)))

    def _fill(self, count: int) -> bool:
        if self._begin == self._end:
            self._begin = self._end = 0
        if self._begin + count > len(self._buffer):
            # A new one: what was handed out still looks at the old one.
            larger = bytearray(max(count, _FIRST_BUFFER))
            kept = self._end - self._begin
            larger[:kept] = self._buffer[self._begin : self._end]
            self._buffer, self._begin, self._end = larger, 0, kept
        while self._end - self._begin < count:
            received = self._socket.recv_into(memoryview(self._buffer)[self._end :])
            if received == 0:
                return False
            self._end += received
        return True
