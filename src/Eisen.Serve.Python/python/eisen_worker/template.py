"""A process that has loaded a model, and makes workers by forking itself: they share the memory of what it has loaded, as long as
nobody writes there."""

import gc
import os
import random
import sys
import time
from typing import List, Optional

from eisen_worker import frames
from eisen_worker.frames import Channel


def why_not() -> Optional[str]:
    """What in this process would not survive a fork; None when nothing is known of."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "the model is on a GPU"
    threads = len(os.listdir("/proc/self/task")) - 1
    if threads:
        return "the handler has started threads (%d)" % threads
    connections = _sockets() - 1
    if connections > 0:
        return "the handler has opened connections (%d)" % connections
    if _has_children():
        return "the handler has started processes"
    return None


def serve(channel: Channel) -> Channel:
    """Forks a worker each time that the server asks for one. Returns in the workers only, with their own channel.

    :raises EOFError: the server has closed the connection."""
    # What is loaded stays; a look for garbage would write to it, and it would be copied.
    gc.collect()
    gc.freeze()
    while True:
        frame, descriptors = channel.receive_with_descriptors(frames.SHARED)
        if frame.kind != frames.FORK or len(descriptors) != frames.SHARED:
            raise ValueError("a template gets FORK with %d descriptors, not a frame of kind %d with %d" % (frames.SHARED, frame.kind, len(descriptors)))
        worker = _fork(descriptors)
        if worker == 0:
            channel.forget()
            return frames.open_channel()
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(frames.FORKED, {"pid": worker})


def _fork(descriptors: List[int]) -> int:
    """Forks twice, so that the worker is an orphan and its end is the server's to see.

    :return: its id, -1 where it was not made, and 0 in the worker."""
    # Else each worker would write once more what stands there.
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            os.close(reader)
            _become_orphan()
            _take_over(descriptors)
            os.write(writer, b"%d" % os.getpid())
            os.close(writer)
            return 0
        except BaseException:
            # Nobody else may go on as the template.
            os._exit(1)
    os.close(writer)
    os.waitpid(between, 0)
    with os.fdopen(reader, "rb") as told:
        return int(told.read() or b"-1")


def _become_orphan() -> None:
    parent = os.getpid()
    if os.fork() != 0:
        os._exit(0)
    # The kernel can end a process with its parent, which is to be the server before that is asked for.
    while os.getppid() == parent:
        time.sleep(0.001)
    # A session of its own: the server ends it with all that it starts.
    os.setsid()


def _take_over(descriptors: List[int]) -> None:
    for descriptor, place in zip(descriptors, (frames.OUTPUT, frames.ERRORS, frames.CONNECTION, frames.SHARED)):
        os.dup2(descriptor, place, inheritable=place <= frames.ERRORS)
        os.close(descriptor)
    # Else all workers would draw the same numbers.
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.seed()


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    except ChildProcessError:
        return False


def _sockets() -> int:
    count = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink("/proc/self/fd/" + descriptor).startswith("socket:")
        except OSError:
            # It is the one that listed the others.
            pass
    return count
