"""What a reconciliation came to, in counts."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import IntegrityError
from pipelines.model import FINDING_VERDICTS
from pipelines.warehouse import Connection


@dataclass(frozen=True)
class Reconciled:
    """Items per (verdict, cause), and the records of both sides that stand in them.

    `set_aside_count`: findings of which a person decided that they ask nothing.
    """

    verdicts: dict[tuple[str, str], int]
    upstream_records: int
    ledger_records: int
    notes: tuple[str, ...] = ()
    set_aside_count: int = 0

    @property
    def items(self) -> int:
        return sum(self.verdicts.values())

    @property
    def findings(self) -> int:
        """Items that ask something of a person."""
        return sum(count for (verdict, _), count in self.verdicts.items() if verdict in FINDING_VERDICTS)


def count_result(con: Connection, item: str, member: str, notes: tuple[str, ...] = ()) -> Reconciled:
    """Counts from the relations named `item` and `member`; raises IntegrityError if a record is lost or used twice."""
    verdicts = {
        (verdict, cause): count
        for verdict, cause, count in con.execute(
            f'SELECT verdict, cause, count(*) FROM "{item}" GROUP BY ALL ORDER BY ALL'
        ).fetchall()
    }
    sides = dict(con.execute(f'SELECT side, count(*) FROM "{member}" GROUP BY side').fetchall())
    result = Reconciled(verdicts, sides.get("upstream", 0), sides.get("ledger", 0), notes)
    _check_conserved(con, result)
    return result


def _check_conserved(con: Connection, result: Reconciled) -> None:
    for table, found in (
        ("core_upstream__invoice", result.upstream_records),
        ("core_ledger__entry", result.ledger_records),
    ):
        expected = con.execute(f'SELECT count(*) FROM "{table}"').fetchone()
        if expected != (found,):
            raise IntegrityError(
                "核对中有记录丢失或重复，结果未采用 | The join lost or repeated records; its result is not used.",
                where=table,
                found=f"{found} members",
                expected=f"{expected[0] if expected else 0} records",
                next_step="请保留输入文件并报告：这本不应发生 | keep the input and report it: this must never happen",
            )
