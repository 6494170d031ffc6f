"""What binds this process to the server that started it."""

import faulthandler
import os
import select
import signal
import threading
import time

_PR_SET_PDEATHSIG = 1

# How long a handler's threads and exit functions may take once the server has gone, in seconds.
_LAST_WORDS = 2.0


def die_with_server() -> None:
    """Has the kernel end this process when the server ends, whatever it does at the time."""
    try:
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        # Then the end of the connection has to do.
        pass


def write_stacks_when_asked() -> None:
    """Writes where every thread is to standard error on SIGUSR2, which the server sends before it ends a worker that hangs;
    and when the process crashes."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR2, all_threads=True)


def end_with_connection(descriptor: int) -> None:
    """Ends this process when the server closes the connection while a handler is busy; the loop notices only between batches."""
    closed = select.poll()
    # Asking for nothing still tells of the other end's closing.
    closed.register(descriptor, 0)

    def watch() -> None:
        closed.poll()
        time.sleep(_LAST_WORDS)
        os._exit(1)

    threading.Thread(target=watch, name="server watch", daemon=True).start()
