"""How a process ends that was asked to: in order, and in any case soon."""

import logging
import os
import threading

log = logging.getLogger(__name__)


def leave_within(seconds: float) -> None:
    """End this process after that, whatever still runs, and with 0: that is given back, not lost.

    What was not committed is rolled back with its connection, and is due again for another node; a mail that was
    under way counts as one of unknown outcome. Does not wait.
    """

    def end() -> None:
        log.warning("given up after %s seconds: what still ran is given back", seconds)
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
