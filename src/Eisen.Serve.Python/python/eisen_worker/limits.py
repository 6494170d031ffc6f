"""What the server lets a worker have."""

import os
import resource
from typing import Any, Dict


def apply(limits: Dict[str, Any]) -> None:
    """Gives up what is above the limits.

    :param limits: memory (bytes of address space), cpu_seconds, user ([uid, gid]), each where there is one.
    :raises OSError: the system refuses."""
    if "memory" in limits:
        resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    if "cpu_seconds" in limits:
        resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"]))
    if "user" in limits:
        uid, gid = limits["user"]
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
