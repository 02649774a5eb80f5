"""A process that was asked to end does so in time, whatever still runs in it."""

import subprocess
import sys
import time
from pathlib import Path

HANGING = """
import logging, threading, time
from cli.leaving import leave_within
logging.basicConfig(format="%(message)s")
threading.Thread(target=time.sleep, args=(60,)).start()  # Python waits for it at the end
leave_within(0.2)
time.sleep(60)
"""


def test_what_hangs_is_given_up_and_the_end_is_in_order() -> None:
    began = time.monotonic()

    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", HANGING], cwd=Path(__file__).parent.parent, capture_output=True,
        text=True, timeout=50, check=False,
    )  # fmt: skip

    assert (ended.returncode, ended.stderr) == (0, "given up after 0.2 seconds: what still ran is given back\n")
    assert time.monotonic() - began < 30
