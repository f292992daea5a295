"""The seconds in docs/tour.md: `python -m tests.unit.tour_times` runs each command three times and prints the median.

A whole command each time, start of the program included, on the tour's own data.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.unit.test_tour import RUNS
from tests.unit.tour_world import make_tour

FAPIAO = Path(sys.executable).with_name("fapiao")
TRIES = 3


def time_command(command: str, folder: Path, data_root: Path) -> float:
    """Seconds of one run in that folder; CalledProcessError if it fails."""
    started = time.perf_counter()
    subprocess.run(
        [FAPIAO, *shlex.split(command)],
        cwd=folder,
        env={**os.environ, "FAPIAO_DATA_ROOT": str(data_root)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fapiao-tour-") as scratch:
        root = make_tour(Path(scratch) / "data").data_root
        for command, _ in RUNS:
            seconds = median(time_command(command, Path(scratch), root) for _ in range(TRIES))
            print(f"{seconds:.1f} s  fapiao {command}", flush=True)


if __name__ == "__main__":
    main()
