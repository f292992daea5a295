"""What `fapiao find` looks up by: tables beside the published ones, each in the order of what is asked for."""

from __future__ import annotations

from pipelines.errors import IntegrityError
from pipelines.night import Night
from pipelines.warehouse import Connection, run_sql


def write_index(con: Connection, night: Night) -> None:
    """Write the index tables into the attached `reader`, whose published tables are there.

    IntegrityError if a row of the index does not lie where its item lies, which would show another item's records.
    """
    run_sql(con, "publish/find_item")
    _require_aligned(con)
    run_sql(con, "publish/find_number")
    con.execute("DROP TABLE find_member")
    run_sql(con, "publish/find_amount")
    run_sql(con, "publish/find_party")
    run_sql(con, "publish/find_event", {"as_of": night.as_of, "night_id": night.night_id})
    run_sql(con, "publish/find_comment")


def _require_aligned(con: Connection) -> None:
    for misplaced, indexed, items in run_sql(con, "publish/find_misplaced").fetchall():
        raise IntegrityError(
            "查票索引与核对项的行不一致 | The index for looking up does not fit the items.",
            where="out_find_item",
            found=f"{misplaced} of {indexed} rows at another place",
            expected=f"{items} rows in the order of recon__item",
            next_step="重新运行 `fapiao nightly` | run `fapiao nightly` again",
        )
