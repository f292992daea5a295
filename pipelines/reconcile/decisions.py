"""What people decide about records: an input of the next night, kept with who, when and why, never an edit of a result.

link: these records belong together. leave_alone: link them to nothing. try_again: not with each other, otherwise as the
rules say. accept_difference, ignore_until: the item stays what it is, and asks nothing of anybody while it stays so.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from pipelines.errors import UsageError
from pipelines.model import DECISION, DECISION_KINDS
from pipelines.settings import Settings, beijing_now
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction


@dataclass(frozen=True)
class Seen:
    """What a person saw who decided: the hash of the records, and the cause of their item."""

    records_hash: str
    found_cause: str | None = None


@dataclass(frozen=True)
class Decision:
    """A decision as it is kept; `until_on` is the first day on which `ignore_until` counts no more."""

    decision_id: str
    kind: str
    upstream_ids: tuple[str, ...]
    ledger_ids: tuple[str, ...]
    decided_by: str
    decided_at: datetime
    reason: str
    until_on: date | None = None
    withdrawn_at: datetime | None = None


def decide(
    settings: Settings,
    kind: str,
    *,
    upstream_ids: Sequence[str] = (),
    ledger_ids: Sequence[str] = (),
    decided_by: str,
    reason: str,
    until_on: date | None = None,
    decided_at: datetime | None = None,
    seen: Seen | None = None,
) -> Decision:
    """Keep a decision about these records; the next night honours it. Without `seen` they are meant as they are now.

    Raises UsageError if the kind is unknown, a record is not there, nobody or no reason is named, a link has not both
    sides, or the records are of several taxpayers or directions.
    """
    made = Decision(
        decision_id=f"D-{secrets.token_hex(5)}",
        kind=kind,
        upstream_ids=tuple(sorted(set(upstream_ids))),
        ledger_ids=tuple(sorted(set(ledger_ids))),
        decided_by=decided_by.strip(),
        decided_at=decided_at or beijing_now().replace(microsecond=0),
        reason=reason.strip(),
        until_on=until_on,
    )
    _check(made)
    with open_warehouse(settings) as con, transaction(con):
        _check_records(con, made)
        made = replace(made, decided_at=_next_moment(con, made.decided_at))
        _insert(con, made, seen or Seen(hash_records(con, made.upstream_ids, made.ledger_ids)))
    return made


def hash_records(con: Connection, upstream_ids: Sequence[str], ledger_ids: Sequence[str]) -> str:
    """md5 of the records as they stand in the core tables that `con` sees, by the statements that will compare it."""
    now = beijing_now()
    # It stands before the table of that name.
    con.execute(
        f"CREATE TEMP TABLE {DECISION.name} AS SELECT 'seen' AS decision_id, 'link' AS kind, "
        "$upstream AS upstream_ids, $ledger AS ledger_ids, NULL::DATE AS until_on, $now::TIMESTAMP AS decided_at, "
        "NULL::VARCHAR AS records_hash, NULL::TIMESTAMP AS withdrawn_at",
        {"upstream": list(upstream_ids), "ledger": list(ledger_ids), "now": now},
    )
    for name in ("macros", "population", "decided"):
        run_sql(con, f"recon/{name}", {"as_of": now})
    ((records_hash,),) = con.execute("SELECT records_hash FROM work_decision_hash").fetchall()
    con.execute(f"DROP TABLE temp.{DECISION.name}")
    return str(records_hash)


def withdraw(settings: Settings, decision_id: str, *, withdrawn_by: str, reason: str) -> None:
    """Take a decision back; it stays in the table. Raises UsageError if there is none of that id in force."""
    if not withdrawn_by.strip() or not reason.strip():
        raise UsageError("撤销要有人和理由 | To withdraw needs who and why.", where=decision_id)
    with open_warehouse(settings) as con, transaction(con):
        changed = con.execute(
            f"UPDATE {DECISION.name} SET withdrawn_at = $at, withdrawn_by = $by, withdrawn_reason = $why "
            "WHERE decision_id = $id AND withdrawn_at IS NULL",
            {"at": beijing_now().replace(microsecond=0), "by": withdrawn_by, "why": reason, "id": decision_id},
        ).fetchone()
        if changed != (1,):
            raise UsageError(
                "没有这个有效的决定 | No decision of that id is in force.",
                where=decision_id,
                next_step="fapiao decide list",
            )


def list_decisions(settings: Settings) -> list[Decision]:
    """Every decision that was ever made, newest first."""
    if not settings.warehouse_path.exists():
        return []
    with open_warehouse(settings, read_only=True) as con:
        rows = con.execute(
            "SELECT decision_id, kind, upstream_ids, ledger_ids, decided_by, decided_at, reason, until_on, "
            f"withdrawn_at FROM {DECISION.name} ORDER BY decided_at DESC, decision_id"
        ).fetchall()
    return [Decision(row[0], row[1], tuple(row[2]), tuple(row[3]), *row[4:]) for row in rows]


def _check(made: Decision) -> None:
    if made.kind not in DECISION_KINDS:
        raise UsageError(
            "没有这种决定 | There is no such decision.", found=made.kind, expected=", ".join(DECISION_KINDS)
        )
    if not made.decided_by or not made.reason:
        raise UsageError("决定要有人和理由 | A decision needs who and why.", where=made.kind)
    if (made.kind == "ignore_until") != (made.until_on is not None):
        raise UsageError(
            "只有“忽略至”要有日期 | A day belongs to ignore_until, and only to it.",
            where=made.kind,
            found=str(made.until_on),
        )
    if made.kind in ("link", "try_again") and not (made.upstream_ids and made.ledger_ids):
        raise UsageError(
            "关联或解除关联要有税务和账上两方的记录 | To link, or to unlink, takes records of both sides.",
            where=made.kind,
        )
    if not made.upstream_ids and not made.ledger_ids:
        raise UsageError("决定要指明记录 | A decision names records.", where=made.kind)


def _check_records(con: Connection, made: Decision) -> None:
    owners = set()
    for table, ids in (("core_upstream__invoice", made.upstream_ids), ("core_ledger__entry", made.ledger_ids)):
        rows = con.execute(
            f"SELECT record_id, taxpayer_id, direction FROM {table} WHERE list_contains($ids, record_id)",
            {"ids": list(ids)},
        ).fetchall()
        missing = sorted(set(ids) - {row[0] for row in rows})
        if missing:
            raise UsageError("没有这条记录 | There is no such record.", where=table, found=", ".join(missing))
        owners |= {row[1:] for row in rows}
    if len(owners) > 1:
        raise UsageError(
            "这些记录不属于同一企业和方向 | The records are of several taxpayers or directions.",
            found="; ".join("/".join(owner) for owner in sorted(owners)),
        )


def _next_moment(con: Connection, at: datetime) -> datetime:
    """`at`, or a little later: of two decisions of one second it must be known which came last."""
    ((last,),) = con.execute(
        f"SELECT max(decided_at) FROM {DECISION.name} WHERE date_trunc('second', decided_at) = $at", {"at": at}
    ).fetchall()
    return last + timedelta(microseconds=1) if last else at


def _insert(con: Connection, made: Decision, seen: Seen) -> None:
    con.execute(
        f"INSERT INTO {DECISION.name} (decision_id, kind, upstream_ids, ledger_ids, until_on, decided_by, decided_at, "
        "reason, records_hash, found_cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            made.decision_id, made.kind, list(made.upstream_ids), list(made.ledger_ids), made.until_on,
            made.decided_by, made.decided_at, made.reason, seen.records_hash, seen.found_cause,
        ],
    )  # fmt: skip
