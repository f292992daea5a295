"""What a night's summary holds. Money in CNY, DECIMAL(18,2); times naive Beijing time; field order is column order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipelines.model import FINDING_VERDICTS, Verdict


@dataclass(frozen=True)
class NightRow:
    """The night. `last_published_night` is the latest earlier night that readers got."""

    night_id: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime | None
    is_published: bool
    snapshot_id: str | None
    previous_night: str | None
    last_published_night: str | None


@dataclass(frozen=True)
class SourceRow:
    source_id: str
    state: str
    files_new: int
    files_failed: int
    rows_new: int
    newest_observed_at: datetime | None
    message_zh: str | None
    message_en: str | None


@dataclass(frozen=True)
class FileRow:
    """A file of tonight that was stopped, is incomplete, or had rows rejected."""

    file_id: str
    source_id: str
    side: str
    file_name: str
    layout: str | None
    status: str
    is_complete: bool
    rows_read: int
    rows_kept: int
    rows_rejected: int
    message_zh: str | None
    message_en: str | None


@dataclass(frozen=True)
class RejectRow:
    file_name: str
    column_name: str | None
    reason: str
    row_count: int
    first_row: int
    found: str | None
    expected: str


@dataclass(frozen=True)
class CauseRow:
    """Items of one cause. `finding_count` of them ask something of a person; `at_stake_cny` is theirs."""

    verdict: str
    cause: str
    item_count: int
    finding_count: int
    upstream_total_cny: Decimal | None
    ledger_total_cny: Decimal | None
    at_stake_cny: Decimal
    new_count: int
    new_at_stake_cny: Decimal
    gone_count: int


@dataclass(frozen=True)
class AgeRow:
    verdict: str
    age_band: str
    item_count: int
    at_stake_cny: Decimal
    oldest_days: int | None


@dataclass(frozen=True)
class FindingRow:
    """One open finding with its evidence. Texts that join several values show the first five and the number of all."""

    item_id: str
    taxpayer_id: str
    direction: str
    verdict: str
    cause: str
    basis: str
    needs_review: bool
    at_stake_cny: Decimal
    upstream_total_cny: Decimal | None
    ledger_total_cny: Decimal | None
    difference_cny: Decimal | None
    differing_fields: list[str] | None
    why_not: str | None
    invoice_numbers: str | None
    invoice_references: str | None
    vouchers: str | None
    parties: str | None
    issued_on: date | None
    posted_on: date | None
    upstream_places: str | None
    ledger_places: str | None
    explanation_zh: str
    explanation_en: str
    first_night: str | None
    is_new: bool


@dataclass(frozen=True)
class AuditRow:
    """A rule that does not hold. `row_keys` are up to three of the rows that break it."""

    rule_id: str
    table_name: str
    severity: str
    name_zh: str
    name_en: str
    rows_checked: int
    rows_unexpected: int
    detail: str | None
    row_keys: list[str] | None


@dataclass(frozen=True)
class AuditCount:
    rules_judged: int
    rules_passed: int


@dataclass(frozen=True)
class PendingRow:
    cause: str
    due_on: date | None
    item_count: int
    total_cny: Decimal


@dataclass(frozen=True)
class GapRow:
    taxpayer_id: str
    direction: str
    first_day: date
    last_day: date
    day_count: int


@dataclass(frozen=True)
class AlertRow:
    alert_key: str
    severity: str
    finding_count: int
    amount_cny: Decimal | None
    title_zh: str
    title_en: str
    is_delivered: bool
    delivery_detail: str | None


@dataclass(frozen=True)
class DrillRow:
    """The last good restore drill as of the night. `age_days` is None if none succeeded by then, `problem` says which
    note of a drill cannot be read."""

    age_days: int | None
    max_age_days: int
    is_overdue: bool
    problem: str | None


@dataclass(frozen=True)
class NightSummary:
    """One night as a person wants to hear it. The verdicts are those that stand in the warehouse: of the last night."""

    night: NightRow
    sources: tuple[SourceRow, ...]
    files: tuple[FileRow, ...]
    rejects: tuple[RejectRow, ...]
    causes: tuple[CauseRow, ...]
    ages: tuple[AgeRow, ...]
    top_findings: tuple[FindingRow, ...]
    new_findings: tuple[FindingRow, ...]
    oldest_findings: tuple[FindingRow, ...]
    audit_count: AuditCount
    audit_failures: tuple[AuditRow, ...]
    pending: tuple[PendingRow, ...]
    gaps: tuple[GapRow, ...]
    alerts: tuple[AlertRow, ...]
    drill: DrillRow
    taxpayer_names: Mapping[str, str] = field(default_factory=dict)
    upstream_ids: tuple[str, ...] = ()
    """Sources that give the tax system's side."""
    is_look_back: bool = False
    """A later night has ended: this one was looked back to."""

    @property
    def resting_upstream(self) -> tuple[SourceRow, ...]:
        """Tax sources that gave nothing tonight because their system is being maintained."""
        return tuple(row for row in self.sources if row.state == "maintenance" and row.source_id in self.upstream_ids)

    @property
    def item_count(self) -> int:
        return sum(row.item_count for row in self.causes)

    @property
    def matched_count(self) -> int:
        return sum(row.item_count for row in self.causes if row.verdict == Verdict.MATCHED)

    @property
    def finding_causes(self) -> tuple[CauseRow, ...]:
        return tuple(row for row in self.causes if row.verdict in FINDING_VERDICTS)

    @property
    def finding_count(self) -> int:
        return sum(row.finding_count for row in self.causes)

    @property
    def pending_count(self) -> int:
        return sum(row.item_count for row in self.causes if row.verdict == Verdict.PENDING)

    @property
    def at_stake_cny(self) -> Decimal:
        return sum((row.at_stake_cny for row in self.causes), Decimal("0.00"))

    @property
    def new_count(self) -> int:
        return sum(row.new_count for row in self.causes)

    @property
    def new_at_stake_cny(self) -> Decimal:
        return sum((row.new_at_stake_cny for row in self.causes), Decimal("0.00"))

    @property
    def gone_count(self) -> int:
        return sum(row.gone_count for row in self.causes)

    @property
    def stop_failures(self) -> tuple[AuditRow, ...]:
        return tuple(row for row in self.audit_failures if row.severity == "stop")

    @property
    def undelivered_alerts(self) -> tuple[AlertRow, ...]:
        """Alerts that some channel did not take, even if another one did."""
        return tuple(row for row in self.alerts if not row.is_delivered or "failed" in (row.delivery_detail or ""))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: money as text with two decimals, times in ISO form."""
        totals = {
            "item_count": self.item_count,
            "matched_count": self.matched_count,
            "finding_count": self.finding_count,
            "pending_count": self.pending_count,
            "at_stake_cny": self.at_stake_cny,
            "new_count": self.new_count,
            "new_at_stake_cny": self.new_at_stake_cny,
            "gone_count": self.gone_count,
        }
        ready: dict[str, Any] = as_json_ready({"totals": totals, **asdict(self)})
        return ready


def as_json_ready(value: Any) -> Any:
    """Decimals and dates as text, tuples as lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: as_json_ready(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json_ready(part) for part in value]
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else value
