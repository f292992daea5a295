"""What snapshots cost: 30 nights with 1 % changes each, verify and restore beside `sha256sum`, 200 flipped bits.

    python -m benchmarks.snapshots [--invoices N] [--nights N] [--spread]

Changed rows lie in the newest month, as new and reversed invoices do; with `--spread` they lie in all months alike,
which is the worst case. With the package `deltalake` installed the same nights are written with it too. `sha256sum`
reads the same bytes, one file after the other, right before.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import pyarrow as pa

from pipelines.demo.generator import generate_books
from pipelines.errors import EXIT_INTEGRITY
from pipelines.model import LEDGER_ENTRY, UPSTREAM_INVOICE
from pipelines.night import Night
from pipelines.settings import Settings
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


def keep_nights(settings: Settings, nights: int, *, is_spread: bool, delta: Path | None) -> float:
    """Keep every night; the median seconds of one."""
    seconds = []
    for number in range(nights):
        night = Night(FIRST + timedelta(days=number))
        with open_warehouse(settings) as con:
            open_night(con, night)
            if number:
                change(con, number, is_spread=is_spread)
            if delta:
                write_delta(con, delta, is_first=number == 0)
        seconds.append(timed(lambda: keep_night(settings, night)))  # noqa: B023 - called at once
    return median(seconds)


def write_delta(con: Connection, folder: Path, *, is_first: bool) -> None:
    """The same rows as two Delta tables by month; a night merges what it changed, as its users would."""
    from deltalake import DeltaTable, write_deltalake  # noqa: PLC0415 - only if it is installed

    for table, moment, _ in TABLES:
        rows = con.execute(f"SELECT *, strftime({moment}, '%Y-%m') AS period FROM {table.name}").to_arrow_table()
        place = str(folder / table.name)
        if is_first:
            write_deltalake(place, rows, partition_by=["period"])
            continue
        known = DeltaTable(place).to_pyarrow_table(columns=["record_id", "total_cny"])
        joined = rows.join(known, "record_id", right_suffix="_old")
        changed = joined.filter(pa.compute.not_equal(joined["total_cny"], joined["total_cny_old"]))
        merge = DeltaTable(place).merge(
            changed.drop_columns(["total_cny_old"]),
            "t.period = s.period AND t.record_id = s.record_id",
            source_alias="s",
            target_alias="t",
        )
        merge.when_matched_update_all().execute()


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


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


def report(settings: Settings, chosen: argparse.Namespace, folder: Path, seconds: float, delta: Path | None) -> None:
    infos = list_snapshots(settings)
    files = sorted(path for path in settings.snapshot_dir.rglob("*.parquet"))
    sums = [hash_with_sha256sum(files) for _ in range(3)]
    checks = [timed(lambda: verify_snapshots(settings)) for _ in range(3)]
    latest = [settings.snapshot_dir / entry["path"] for entry in open_snapshot(settings, "latest").files]
    own = [hash_with_sha256sum(latest) for _ in range(3)]
    backs = [timed(lambda n=n: restore_snapshot(settings, "latest", folder / f"back{n}")) for n in range(3)]
    lines = {
        "invoices, nights": f"{chosen.invoices:,}, {chosen.nights}",
        "changed rows lie in": "all months" if chosen.spread else "the newest month",
        "store after all nights, MB": size_of(settings.snapshot_dir) / 1e6,
        "as many full copies, MB": sum(info.size_bytes for info in infos) / 1e6,
        "one snapshot, MB": infos[-1].size_bytes / 1e6,
        "deltalake, two of the tables, MB": size_of(delta) / 1e6 if delta else "not installed",
        "same two tables in the store, MB": sum(size_of(settings.snapshot_dir / "tables" / t.name) for t, *_ in TABLES)
        / 1e6,
        "keep one night, seconds": seconds,
        "verify everything, seconds": median(checks),
        "verify / sha256sum": median(checks) / median(sums),
        "restore the latest, seconds": median(backs),
        "restore / sha256sum": median(backs) / median(own),
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
        delta = folder / "delta" if find_spec("deltalake") else None
        settings = Settings(data_root=folder / "data")
        fill(settings, chosen.invoices)
        seconds = keep_nights(settings, chosen.nights, is_spread=chosen.spread, delta=delta)
        report(settings, chosen, folder, seconds, delta)


if __name__ == "__main__":
    main()
