"""Run one command and write what it took to a file. Arguments: file, limit in seconds, command.

A process starts with the peak memory of the one that started it, so the benchmark, which may have held large tables,
starts commands through this small one.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time


def main() -> None:
    report, limit, *command = sys.argv[1:]
    started = time.perf_counter()
    try:
        code = subprocess.run(command, check=False, timeout=float(limit)).returncode
    except subprocess.TimeoutExpired:
        print(f"stopped after {limit} seconds")
        code = 124
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = {"code": code, "seconds": seconds, "peak_mb": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}
    with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would make this process larger
        json.dump(took, file)


if __name__ == "__main__":
    main()
