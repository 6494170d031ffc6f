"""The memory that the server shares with this worker."""

from __future__ import annotations

import mmap
from typing import Union

_ALIGNMENT = 64


class SharedMemory:
    """A file without a name that both sides map. Only the server makes it larger."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: Union[mmap.mmap, None] = None
        self.capacity = 0

    def grown_to(self, capacity: int) -> None:
        """Looks at all of it, now that the server has made it so large."""
        if capacity <= self.capacity:
            return
        if self._map is not None:
            self._map.close()
        self._map = mmap.mmap(self._descriptor, capacity)
        self.capacity = capacity

    def read(self, offset: int, size: int) -> bytearray:
        """Copies a piece out."""
        with memoryview(self._map) as view:
            return bytearray(view[offset : offset + size])

    def write(self, offset: int, content: Union[bytes, bytearray, memoryview]) -> None:
        with memoryview(self._map) as view:
            view[offset : offset + len(content)] = content

    @staticmethod
    def next(used: int) -> int:
        """Where a body goes that follows others."""
        return (used + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT
