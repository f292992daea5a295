"""Other tools in an environment of their own, which is made for the benchmark and is no part of the project's lock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import FailedProcessError, Measured, measure

INSTALL_SECONDS = 900
LIMIT_SECONDS = 1800


@dataclass(frozen=True)
class Peer:
    """`module` runs in the peers' environment; `more` are its last arguments."""

    title: str
    requirement: str
    module: str
    more: tuple[str, ...] = ()


COMPARERS = (
    Peer("datacompy 1.1 with polars", "datacompy==1.1.0", "datacompy_compare", ("total",)),
    Peer("fastrecon", "fastrecon==0.9.3", "fastrecon_compare"),
    Peer("reladiff on DuckDB", "reladiff==0.6.0", "reladiff_compare"),
)
COMPARE_ALL = Peer("datacompy 1.1 with polars, all columns", "datacompy==1.1.0", "datacompy_compare", ("all",))
"""Compares what `fapiao reconcile` compares. Only its time is of use: it calls every cell that a ledger leaves empty a
difference."""
COMPARE_FILES = Peer("datacompy 1.1 with polars, both files whole", "datacompy==1.1.0", "datacompy_compare", ("files",))
"""As its own examples call it. Again only its time is of use."""
REPAIRERS = (
    # Half is "more likely than not"; 0.05 had the best balance on seed 23.
    Peer("splink, probability >= 0.5", "splink==5.0.0", "splink_repair", ("0.5",)),
    Peer("splink, probability >= 0.05", "splink==5.0.0", "splink_repair", ("0.05",)),
    Peer("reconcile-py", "reconcile-py==0.1.0", "reconcile_py_repair"),
    Peer("recskit", "recskit==0.1.0", "recskit_repair"),
)
REQUIREMENTS = tuple(dict.fromkeys(peer.requirement for peer in (*COMPARERS, *REPAIRERS)))


@dataclass(frozen=True)
class Environment:
    """`refused`: why a requirement could not be installed. `versions`: what was installed, as pip lists it."""

    python: Path
    refused: dict[str, str] = field(default_factory=dict)
    versions: tuple[str, ...] = ()

    def run(self, peer: Peer, *arguments: str) -> Measured | str:
        """What it took, or the reason why it could not do it."""
        if peer.requirement in self.refused:
            return f"does not install: {self.refused[peer.requirement]}"
        try:
            command = [str(self.python), "-m", f"benchmarks.peer.{peer.module}", *arguments, *peer.more]
            return measure(command, limit_seconds=LIMIT_SECONDS)
        except FailedProcessError as error:
            return f"could not do it: {last_line(str(error))}"


def last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def environment_folder() -> Path:
    """`.bench-venv` in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "fapiao-recon" / ".bench-venv"


def prepare_environment(folder: Path | None = None, requirements: Sequence[str] = REQUIREMENTS) -> Environment:
    """Make the environment, or use the one of the last run, and install what is missing, one after the other."""
    place = folder or environment_folder()
    python = place / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, timeout=INSTALL_SECONDS)
    # polars comes with datacompy; the workers read and write with duckdb, which splink and fastrecon bring.
    reasons = {one: install(python, one) for one in ("duckdb", *requirements)}
    refused = {one: reason for one, reason in reasons.items() if reason}
    listed = subprocess.run([str(python), "-m", "pip", "freeze"], check=True, capture_output=True, text=True)
    return Environment(python, refused, tuple(listed.stdout.splitlines()))


def install(python: Path, requirement: str) -> str:
    """Empty if it is there now, else the reason."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    return last_line(done.stderr) if done.returncode else ""
