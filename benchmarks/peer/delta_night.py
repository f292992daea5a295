"""One night into Delta tables, each partitioned by month: the first is written, later ones merge what changed.

python -m benchmarks.peer.delta_night EXPORT DELTA
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake


def keep(rows: pa.Table, place: Path) -> None:
    if not place.exists():
        write_deltalake(str(place), rows, partition_by=["period"])
        return
    table = DeltaTable(str(place))
    known = table.to_pyarrow_table(columns=["record_id", "total_cny"])
    joined = rows.join(known, "record_id", right_suffix="_old")
    changed = joined.filter(pc.not_equal(joined["total_cny"], joined["total_cny_old"])).drop_columns(["total_cny_old"])
    merge = table.merge(
        changed,
        "t.period = s.period AND t.record_id = s.record_id",
        source_alias="s",
        target_alias="t",
    )
    merge.when_matched_update_all().execute()


def main() -> None:
    export, delta = map(Path, sys.argv[1:3])
    for folder in sorted(export.iterdir()):
        keep(pq.read_table(folder, partitioning=None), delta / folder.name)


if __name__ == "__main__":
    main()
