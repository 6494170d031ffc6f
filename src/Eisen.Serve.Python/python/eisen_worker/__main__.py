"""The worker's entry: python -u eisen_worker. The server starts it; see PROTOCOL.md."""

import os
import sys

CONNECTION, SHARED = 3, 4

# How long a handler's threads and exit functions may take once the server has gone, in seconds.
_LAST_WORDS = 2.0


def main() -> None:
    # Python put this folder itself there, whose modules are not for handlers to import.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

    import socket

    from eisen_worker import fences, frames, logs, loop, service
    from eisen_worker.metrics import MetricCollector

    collector = MetricCollector()
    logs.set_up(collector)
    fences.die_with_server()
    fences.write_stacks_when_asked()
    frames.close_in_children(CONNECTION, SHARED)
    _end_with_server()
    channel = frames.Channel(socket.socket(fileno=CONNECTION), frames.SharedMemory(SHARED))
    try:
        loop.run(channel, lambda order: service.load(order, collector))
    except (EOFError, ConnectionError):
        # The server needs this worker no more, or is not there any more.
        sys.exit(0)


def _end_with_server() -> None:
    """Ends the process when the connection closes while a handler is busy; the loop notices only between batches."""
    import select
    import threading
    import time

    closed = select.poll()
    # Asking for nothing still tells of the other end's closing.
    closed.register(CONNECTION, 0)

    def watch() -> None:
        closed.poll()
        time.sleep(_LAST_WORDS)
        os._exit(1)

    threading.Thread(target=watch, name="server watch", daemon=True).start()


if __name__ == "__main__":
    main()
