"""What people did that a replaced working database knows and the restored one lacks."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import BadInputError, FapiaoError
from pipelines.settings import Settings
from pipelines.warehouse import Connection, connect, open_warehouse, run_sql, transaction

UNREAD = (
    "原工作库读不出来，其中的人工决定没有比较 | "
    "the old working database cannot be read: what people decided there was not compared"
)
LOST = (
    "原工作库里有 {decisions} 个人工决定、{withdrawals} 个撤销、{acknowledgements} 个确认不在快照中，找回："
    "fapiao decide recover {file} | the old working database has what the snapshot has not: decisions {decisions}, "
    "withdrawals {withdrawals}, acknowledgements {acknowledgements}. To take them over: fapiao decide recover {file}"
)


@dataclass(frozen=True)
class LostWork:
    """Decisions that are not there, decisions that are not withdrawn there, acknowledgements of alerts that stand."""

    decisions: int
    withdrawals: int
    acknowledgements: int


def say_lost_work(target: Settings, replaced: Path) -> list[str]:
    """At most one note: what the database that was replaced knew of people's work, and how to take it over."""
    try:
        with closing(connect(target.warehouse_path, target, read_only=True)) as con:
            lost = _count(con, replaced)
    except (duckdb.Error, FapiaoError):
        return [UNREAD]
    return [LOST.format(file=replaced.name, **vars(lost))] if any(vars(lost).values()) else []


def take_over(settings: Settings, replaced: Path) -> tuple[LostWork, LostWork]:
    """Take over what is lacking; what that was, and what still is: acknowledgements of alerts that do not stand.

    Raises BadInputError if the file is no working database of this version.
    """
    with open_warehouse(settings) as con:
        try:
            before = _count(con, replaced)
            with transaction(con):
                run_sql(con, "snapshot/take_over")
            return before, _count(con)
        except duckdb.Error as error:
            raise BadInputError(
                "不是本版本的工作库，没有找回任何决定 | "
                "This is no working database of this version; nothing was taken over.",
                where=replaced,
                found=str(error).splitlines()[0],
            ) from error


def _count(con: Connection, replaced: Path | None = None) -> LostWork:
    """Attaches the replaced database first, if it is named."""
    if replaced:
        quoted = str(replaced).replace("'", "''")
        con.execute(f"ATTACH '{quoted}' AS replaced (READ_ONLY)")
    return LostWork(*run_sql(con, "snapshot/lost_work").fetchall()[0])
