"""What binds this process to the server that started it."""

import faulthandler
import os
import select
import signal
import threading
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

# How long a handler's threads and exit functions may take once the server has gone, in seconds.
_LAST_WORDS = 2.0


def die_with_server() -> None:
    """Has the kernel end this process when the server ends, whatever it does at the time."""
    # Where that cannot be had, the end of the connection has to do.
    _control(_PR_SET_PDEATHSIG, signal.SIGKILL)


def keep_orphans(keep: bool) -> None:
    """Says whether what this process starts, and what that starts, stays below it when those between have ended. Otherwise it comes to
    the server, which takes it for what a worker has left behind, and ends it."""
    _control(_PR_SET_CHILD_SUBREAPER, int(keep))


def _control(option: int, argument: int) -> None:
    try:
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
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
