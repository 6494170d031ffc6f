"""Frames between the server and this process, and the memory that both see; see PROTOCOL.md."""

import array
import json
import mmap
import os
import select
import socket
import struct
import threading
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

LOAD, BATCH, GONE, ROOM, FORK = 1, 2, 3, 4, 5
READY, FAILED, PART, GROW, DONE, FORKED = 64, 65, 66, 67, 68, 69

# The descriptors that a worker is started with.
OUTPUT, ERRORS, CONNECTION, SHARED = 1, 2, 3, 4

LARGEST_FRAME = 16 << 20
# Larger contents go through the shared memory.
LARGEST_IN_FRAME = (64 << 10) - 1
LARGEST_TOGETHER = 1 << 20

Content = Union[bytes, bytearray, memoryview]

_START = struct.Struct("<IBI")
_AFTER_LENGTH = _START.size - 4

# NaN and the like are no JSON, whatever Python thinks.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Frame:
    """A frame as it came. Contents are taken in the order in which the head tells them."""

    def __init__(self, kind: int, head: Dict[str, Any], rest: memoryview, shared: "SharedMemory"):
        self.kind = kind
        self.head = head
        self._rest = rest
        self._shared = shared

    def take(self, size: int, at: Optional[int]) -> bytearray:
        """A copy of the next content: of the frame, or of the shared memory from an offset on."""
        if at is not None:
            return self._shared.read(at, size)
        if not 0 <= size <= len(self._rest):
            raise ValueError("a frame tells of %d bytes and has %d more" % (size, len(self._rest)))
        content = bytearray(self._rest[:size])
        self._rest = self._rest[size:]
        return content


class SharedMemory:
    """A file that the server and this process map. Only the server makes it larger, and says so."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._map: Optional[mmap.mmap] = None
        self.size = 0

    def resize(self, size: int) -> None:
        """Maps what has become larger."""
        if size > self.size:
            if self._map is not None:
                self._map.close()
            self._map = mmap.mmap(self._descriptor, size)
            self.size = size

    def read(self, at: int, size: int) -> bytearray:
        self._check(at, size)
        if self._map is None:
            return bytearray()
        with memoryview(self._map) as whole, whole[at:at + size] as piece:
            return bytearray(piece)

    def write(self, at: int, content: Content) -> None:
        self._check(at, len(content))
        if self._map is not None:
            self._map[at:at + len(content)] = content

    def _check(self, at: int, size: int) -> None:
        if at < 0 or size < 0 or at + size > self.size:
            raise ValueError("bytes %d to %d are not in the shared memory, which has %d" % (at, at + size, self.size))


class Channel:
    """This process's end of the connection to the server."""

    def __init__(self, connection: socket.socket, shared: SharedMemory):
        self._connection = connection
        self._shared = shared
        self._sending = threading.Lock()
        self._asking = threading.Lock()
        self._readable = select.poll()
        self._readable.register(connection, select.POLLIN)

    def receive(self) -> Frame:
        """Waits for the next frame.

        :raises EOFError: the server has closed the connection."""
        return self._receive_after(self._read(_START.size))

    def receive_with_descriptors(self, most: int) -> Tuple[Frame, List[int]]:
        """Waits for the next frame, and takes the descriptors that come with it.

        :raises EOFError: the server has closed the connection."""
        descriptors = array.array("i")
        start, attached, _, _ = self._connection.recvmsg(_START.size, socket.CMSG_LEN(most * descriptors.itemsize))
        for level, kind, data in attached:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[:len(data) - len(data) % descriptors.itemsize])
        if not start:
            raise EOFError("the server has closed the connection")
        return self._receive_after(start + self._read(_START.size - len(start))), list(descriptors)

    def forget(self) -> None:
        """Lets go of the descriptors, which have become another channel's."""
        self._connection.detach()

    def _receive_after(self, start: bytes) -> Frame:
        length, kind, head_length = _START.unpack(start)
        if not _AFTER_LENGTH + head_length <= length <= LARGEST_FRAME:
            raise ValueError("a frame of %d bytes with a head of %d" % (length, head_length))
        body = memoryview(self._read(length - _AFTER_LENGTH))
        head = json.loads(bytes(body[:head_length]))
        self._shared.resize(head.get("shared", 0))
        return Frame(kind, head, body[head_length:], self._shared)

    def receive_if_any(self) -> Optional[Frame]:
        """The next frame, or None when none has come. Several threads may ask."""
        with self._asking:
            return self.receive() if self._readable.poll(0) else None

    def send(self, kind: int, head: Dict[str, Any], contents: Sequence[Content] = ()) -> None:
        """Sends a frame. Several threads may send."""
        # A name of a file may have characters that no UTF-8 has; JSON's readers refuse them.
        encoded = _ENCODER.encode(head).encode("utf-8", "replace")
        length = _AFTER_LENGTH + len(encoded) + sum(len(content) for content in contents)
        if length > LARGEST_FRAME:
            raise ValueError("an answer's header fields and messages are to be below %d bytes, and are %d" % (LARGEST_FRAME, length))
        frame = b"".join((_START.pack(length, kind, len(encoded)), encoded, *contents))
        with self._sending:
            self._connection.sendall(frame)

    def place(self, contents: Sequence[Content]) -> Tuple[List[Optional[int]], List[Content]]:
        """Writes large contents into the shared memory, which the server makes larger where it has to be.

        :return: for each content the offset at which it lies, None for those that go into the frame; and the latter."""
        offsets: List[Optional[int]] = []
        inside: List[Content] = []
        end = together = 0
        for content in contents:
            if len(content) <= LARGEST_IN_FRAME and together + len(content) <= LARGEST_TOGETHER:
                together += len(content)
                inside.append(content)
                offsets.append(None)
            else:
                offsets.append(end)
                end += len(content)
        if end > self._shared.size:
            self._grow(end)
        for offset, content in zip(offsets, contents):
            if offset is not None:
                self._shared.write(offset, content)
        return offsets, inside

    def _grow(self, size: int) -> None:
        self.send(GROW, {"shared": size})
        # That a client has gone may be told meanwhile, and does not matter any more.
        while self.receive().kind != ROOM:
            pass
        if self._shared.size < size:
            raise MemoryError("the server has no room for answers of %d bytes" % size)

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        rest = memoryview(data)
        while rest:
            count = self._connection.recv_into(rest)
            if count == 0:
                raise EOFError("the server has closed the connection")
            rest = rest[count:]
        return data


def open_channel() -> Channel:
    """The channel over this process's own descriptors."""
    return Channel(socket.socket(fileno=CONNECTION), SharedMemory(SHARED))


def close_in_children() -> None:
    """Keeps processes that handlers fork from holding the connection open."""

    def close() -> None:
        for descriptor in (CONNECTION, SHARED):
            try:
                os.close(descriptor)
            except OSError:
                # The handler has closed it.
                pass

    os.register_at_fork(after_in_child=close)
