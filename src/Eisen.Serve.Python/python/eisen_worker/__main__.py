"""Runs one worker: ``python -u eisen_worker``, started by the server with the descriptors that PROTOCOL.md tells."""

import os
import sys

# The folder above is where this package and ``ts`` are; the archive's own comes when its handler is loaded.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from eisen_worker import fences  # noqa: E402

fences.die_with_server()
fences.write_stacks_when_asked()

from eisen_worker import loop  # noqa: E402

sys.exit(loop.run())
