"""Whole processes, timed: wall seconds and the peak memory that the operating system counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

MEMORY_MB = 1500
"""Memory limit of DuckDB, the same for the floor and for `fapiao reconcile`."""
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Measured:
    """`said` is what the process printed; `cpu_seconds` are those of the process and of what it started."""

    seconds: float
    peak_mb: float
    said: str
    cpu_seconds: float = 0


class FailedProcessError(RuntimeError):
    """A measured process ended with an error; the message holds the end of what it said."""


def measure(command: list[str], *, limit_seconds: float = 7200) -> Measured:
    """Run one process to its end. Raises FailedProcessError if it fails or is stopped at its limit."""
    environment = os.environ | {"FAPIAO_MEMORY_LIMIT_MB": str(MEMORY_MB)}
    with tempfile.TemporaryDirectory(prefix="fapiao-launch-") as folder:
        report = Path(folder) / "report.json"
        launched = [sys.executable, str(ROOT / "benchmarks" / "launch.py"), str(report), str(limit_seconds), *command]
        done = subprocess.run(
            launched, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT, text=True
        )
        took = json.loads(report.read_text(encoding="utf-8"))
    if took["code"] != 0:
        raise FailedProcessError(f"{' '.join(command[:4])} ended with {took['code']}: {done.stdout[-600:]}")
    return Measured(took["seconds"], took["peak_mb"], done.stdout, took["cpu"])


def reconcile(books: Path, as_of: str, out: Path) -> Measured:
    """`fapiao reconcile` on the three tables in `books`."""
    command = [str(Path(sys.executable).with_name("fapiao")), "reconcile", "--as-of", as_of, "--out", str(out)]
    for option, name in (("--upstream", "invoice"), ("--ledger", "entry"), ("--coverage", "coverage")):
        command += [option, str(books / f"{name}.parquet")]
    return measure(command)


def run_floor(books: Path, out: Path) -> Measured:
    """The floor on the same two files, with the same memory and threads."""
    files = [str(books / "invoice.parquet"), str(books / "entry.parquet"), str(out)]
    return measure([sys.executable, "-m", "benchmarks.floor", *files, str(os.cpu_count()), f"{MEMORY_MB}MB"])
