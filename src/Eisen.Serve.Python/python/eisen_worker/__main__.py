"""The worker's entry: python -u eisen_worker. The server starts it; see PROTOCOL.md."""

import os
import sys


def main() -> None:
    # Python put this folder itself there, whose modules are not for handlers to import.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

    from eisen_worker import fences, frames, logs, loop, service
    from eisen_worker.contract import LoadOrder
    from eisen_worker.metrics import MetricCollector

    collector = MetricCollector()
    log = logs.set_up(collector)
    fences.die_with_server()
    fences.keep_orphans(True)
    fences.write_stacks_when_asked()
    frames.close_in_children()

    def adopt(order: LoadOrder) -> None:
        log.follow()
        fences.die_with_server()
        fences.keep_orphans(True)
        service.use_threads(order.threads)

    try:
        loop.run(frames.open_channel(), lambda order: service.load(order, collector), adopt)
    except (EOFError, ConnectionError):
        # The server needs this worker no more, or is not there any more.
        sys.exit(0)


if __name__ == "__main__":
    main()
