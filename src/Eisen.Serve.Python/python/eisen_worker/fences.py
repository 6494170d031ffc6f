"""What binds this process to the server that started it."""

import faulthandler
import signal

_PR_SET_PDEATHSIG = 1


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
