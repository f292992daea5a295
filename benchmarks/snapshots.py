"""What snapshots cost: 30 nights with 1 % changes each, verify and restore beside `sha256sum`, 200 flipped bits.

    python -m benchmarks.snapshots [--invoices N] [--nights N] [--spread]

Changed rows lie in the newest month, as new and reversed invoices do; with `--spread` they lie in all months alike,
which is the worst case. The same nights are kept with restic (`apt-get install restic`; left out with the reason where
it is not installed) and with delta-rs in the benchmark's own environment. `sha256sum` reads the same bytes, one file
after the other, right before.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.snapshot_peers import Peers, prepare_peers, size_of
from pipelines.demo.generator import generate_books
from pipelines.errors import EXIT_INTEGRITY
from pipelines.model import LEDGER_ENTRY, UPSTREAM_INVOICE
from pipelines.night import Night
from pipelines.settings import Settings
from pipelines.snapshots.extract_files import hand_over
from pipelines.snapshots.load import require_whole
from pipelines.snapshots.read import list_snapshots, open_snapshot, verify_snapshots
from pipelines.snapshots.restore import restore_snapshot
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import Connection, open_warehouse

FIRST = datetime(2026, 11, 2, 2)
TABLES = ((UPSTREAM_INVOICE, "issued_at", "invoice"), (LEDGER_ENTRY, "posted_on", "entry"))
FLIPS = 200


def fill(settings: Settings, invoices: int) -> None:
    """The two core tables and their sightings, as one company's books have them."""
    books = generate_books(7, invoices)
    with open_warehouse(settings) as con:
        for table, _, name in TABLES:
            con.register("books", getattr(books, name))
            con.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM books")
            seen = table.name.partition("__")[0] + "__sighting"
            con.execute(f"INSERT INTO {seen} BY NAME SELECT *, observed_at AS received_at FROM books")
            con.unregister("books")


def change(con: Connection, night: int, *, is_spread: bool) -> None:
    """Another 1 % of the rows of both tables."""
    for table, moment, _ in TABLES:
        newest = f"WHERE {moment} >= (SELECT date_trunc('month', max({moment})) FROM {table.name})"
        con.execute(
            f"UPDATE {table.name} SET total_cny = total_cny + 1 WHERE record_id IN (SELECT record_id FROM {table.name} "
            f"{'' if is_spread else newest} ORDER BY md5(record_id || $night) LIMIT (SELECT count(*) // 100 FROM "
            f"{table.name}))",
            {"night": str(night)},
        )


def open_night(con: Connection, night: Night) -> None:
    values = {"id": night.night_id, "at": night.as_of}
    con.execute("INSERT INTO night__run VALUES ($id, $at, $at, $at, FALSE, NULL)", values)


def keep_nights(settings: Settings, nights: int, *, is_spread: bool, peers: Peers | None) -> float:
    """Keep every night; the median seconds of one."""
    seconds = []
    for number in range(nights):
        night = Night(FIRST + timedelta(days=number))
        with open_warehouse(settings) as con:
            open_night(con, night)
            if number:
                change(con, number, is_spread=is_spread)
            if peers:
                peers.keep(con, tuple((table.name, moment) for table, moment, _ in TABLES))
        seconds.append(timed(lambda: keep_night(settings, night)))  # noqa: B023 - called at once
    return median(seconds)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def hash_with_sha256sum(paths: list[Path]) -> float:
    return timed(lambda: subprocess.run(["sha256sum", *paths], stdout=subprocess.DEVNULL, check=True))


def flip_bits(settings: Settings) -> tuple[int, int, int]:
    """Flipped, found, and blamed on exactly the snapshots that need the file."""
    chance = random.Random(1)  # noqa: S311 - places to damage, no secret
    root = settings.snapshot_dir
    kinds = [
        sorted(p for p in (root / name).rglob("*") if p.is_file()) for name in ("tables", "manifests", "configuration")
    ]
    needed = {found.snapshot_id: open_snapshot(settings, found.snapshot_id) for found in list_snapshots(settings)}
    found = blamed = 0
    for number in range(FLIPS):
        path = chance.choice([*kinds[number % 3], root / "LATEST"])
        name, whole = str(path.relative_to(root)), path.read_bytes()
        place, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        result = verify_snapshots(settings)
        path.write_bytes(whole)
        found += result.exit_code == EXIT_INTEGRITY
        users = {known for known, manifest in needed.items() if name in {entry["path"] for entry in manifest.files}}
        users |= {path.stem} if path.parent.name == "manifests" else set()
        users |= {max(needed)} if name == "LATEST" else set()
        blamed += users <= set(result.damaged_snapshots)
    return FLIPS, found, blamed


def measure_restore(settings: Settings, folder: Path) -> dict[str, float]:
    """Seconds of three restores of the latest snapshot, in their two parts, beside `sha256sum` over the same bytes.

    The byte part proves and copies all that the snapshot holds; what is left builds the database from it.
    """
    manifest = open_snapshot(settings, "latest")
    files = [settings.snapshot_dir / entry["path"] for entry in manifest.files]
    own, proofs, handed, backs, proven = [], [], [], [], []
    for number in range(3):
        own.append(hash_with_sha256sum(files))
        proofs.append(timed(lambda: require_whole(settings, manifest)))
        handed.append(timed(partial(hand_over, settings, "latest", folder / f"files{number}")))
        backs.append(timed(partial(restore_snapshot, settings, "latest", folder / f"back{number}")))
        proven.append(
            timed(partial(restore_snapshot, settings, "latest", folder / f"proven{number}", with_row_hash=True))
        )
    bytes_part, whole = median(proofs), median(backs)
    return {
        "restore the latest, seconds": whole,
        "of it the bytes, seconds": bytes_part,
        "bytes / sha256sum": bytes_part / median(own),
        "restore of the files, seconds": median(handed),
        "restore of the files / sha256sum": median(handed) / median(own),
        "of it the database, seconds": whole - bytes_part,
        "whole restore / sha256sum": whole / median(own),
        "drill: with each row's text compared, seconds": median(proven),
    }


def report(settings: Settings, chosen: argparse.Namespace, folder: Path, seconds: float, peers: Peers) -> None:
    infos = list_snapshots(settings)
    files = sorted(path for path in settings.snapshot_dir.rglob("*.parquet"))
    sums = [hash_with_sha256sum(files) for _ in range(3)]
    checks = [timed(lambda: verify_snapshots(settings)) for _ in range(3)]
    lines = {
        "invoices, nights": f"{chosen.invoices:,}, {chosen.nights}",
        "changed rows lie in": "all months" if chosen.spread else "the newest month",
        "store after all nights, MB": size_of(settings.snapshot_dir) / 1e6,
        "as many full copies, MB": sum(info.size_bytes for info in infos) / 1e6,
        "one snapshot, MB": infos[-1].size_bytes / 1e6,
        "two of the tables: in the store, MB": sum(
            size_of(settings.snapshot_dir / "tables" / table.name) for table, *_ in TABLES
        )
        / 1e6,
        **{f"two of the tables: {name}, MB": size for name, size in peers.sizes().items()},
        "keep one night, seconds": seconds,
        "verify everything, seconds": median(checks),
        "verify / sha256sum": median(checks) / median(sums),
        **measure_restore(settings, folder),
        "bits flipped, found, blamed rightly": flip_bits(settings),
    }
    for name, value in lines.items():
        print(f"| {name} | {value:.2f} |" if isinstance(value, float) else f"| {name} | {value} |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--invoices", type=int, default=100_000)
    options.add_argument("--nights", type=int, default=30)
    options.add_argument("--spread", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peers = prepare_peers(folder)
        settings = Settings(data_root=folder / "data")
        fill(settings, chosen.invoices)
        seconds = keep_nights(settings, chosen.nights, is_spread=chosen.spread, peers=peers)
        report(settings, chosen, folder, seconds, peers)


if __name__ == "__main__":
    main()
