"""The same tables over the same nights in restic and delta-rs, and as full copies.

Each night both tables are written as Parquet files by month, which restic backs up and delta-rs merges from.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import FailedProcessError
from benchmarks.peers import Environment, Peer, last_line, prepare_environment
from pipelines.warehouse import Connection

DELTA = Peer("delta-rs", "deltalake==1.6.6", "delta_night")


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def export_tables(con: Connection, folder: Path, tables: tuple[tuple[str, str], ...]) -> None:
    """Parquet files of each (table, column of its month), zstd, in the order of the key; what was there is replaced."""
    for table, moment in tables:
        target = folder / table
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        months = con.execute(f"SELECT DISTINCT strftime({moment}, '%Y-%m') AS month FROM {table} ORDER BY 1").fetchall()
        for (month,) in months:
            rows = con.sql(
                f"SELECT *, strftime({moment}, '%Y-%m') AS period FROM {table} "
                f"WHERE strftime({moment}, '%Y-%m') = '{month}' ORDER BY record_id"
            )
            rows.write_parquet(str(target / f"{month}.parquet"), compression="zstd")


@dataclass
class Peers:
    """Both tools; `said` holds why one of them is left out. `copied` are the bytes of one full copy a night."""

    folder: Path
    environment: Environment
    said: dict[str, str] = field(default_factory=dict)
    copied: int = 0

    def keep(self, con: Connection, tables: tuple[tuple[str, str], ...]) -> None:
        """One more night."""
        export = self.folder / "export"
        export_tables(con, export, tables)
        self.copied += size_of(export)
        if "restic" not in self.said:
            self.run_restic("backup", "--quiet", str(export))
        if "delta-rs" not in self.said:
            found = self.environment.run(DELTA, str(export), str(self.folder / "delta"))
            if isinstance(found, str):
                self.said["delta-rs"] = found

    def run_restic(self, *arguments: str) -> None:
        known = {"RESTIC_PASSWORD": "benchmark", "RESTIC_REPOSITORY": str(self.folder / "restic")}
        done = subprocess.run(
            ["restic", "--no-cache", *arguments], env=os.environ | known, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise FailedProcessError(last_line(done.stderr))

    def sizes(self) -> dict[str, float | str]:
        """MB of each after all nights, or why there is none."""
        folders = {"restic": self.folder / "restic", "delta-rs": self.folder / "delta"}
        found = {name: self.said.get(name) or size_of(folder) / 1e6 for name, folder in folders.items()}
        return {"a full copy each night": self.copied / 1e6, **found}


def prepare_peers(folder: Path) -> Peers:
    """An empty restic repository, and delta-rs in the peers' environment."""
    peers = Peers(folder, prepare_environment(requirements=(DELTA.requirement,)))
    if shutil.which("restic"):
        peers.run_restic("init")
    else:
        peers.said["restic"] = "not installed (apt-get install restic)"
    return peers
