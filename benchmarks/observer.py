"""Beside the program: sends it a signal whenever its heart has not beaten for long. Started by `benchmarks.watching`.

It imports next to nothing, so that it takes no time from what is measured.
"""

import mmap
import os
import signal
import struct
import sys
from time import perf_counter, sleep

SLOW = 0.03
"""Seconds without a heartbeat after which the first signal is sent."""
AGAIN = 0.04
"""Seconds between two signals of one gap."""


def observe(process: int, heart: str) -> None:
    """Until the process is gone. `heart` is a file with the time of the last beat; 0 while it does not count."""
    with open(heart, "rb") as file, mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ) as shared:  # noqa: PTH123
        print("ready", flush=True)
        asked = 0.0
        while os.getppid() == process:
            (beat,) = struct.unpack("d", shared[:8])
            now = perf_counter()
            if beat and now - beat > SLOW and now - asked > AGAIN:
                os.kill(process, signal.SIGUSR1)
                asked = now
            sleep(0.004)


if __name__ == "__main__":
    observe(int(sys.argv[1]), sys.argv[2])
