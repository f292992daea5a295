"""What was said and who has had it: the rows of `alert__message`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from decimal import Decimal

from pipelines.alerts.channels import ChannelResult
from pipelines.alerts.compose import Alert
from pipelines.night import Night
from pipelines.reports.rows import fetch_rows
from pipelines.warehouse import Connection, run_sql

LATE_DAYS = 7
"""How long an alert that a channel did not take is offered to it again."""


@dataclass(frozen=True)
class StoredAlert:
    """An alert as stored. `age_days` counts from the night that raised its case.

    `delivery_detail` is a JSON object: channel to `delivered`, `held` or `failed: why`.
    """

    night_id: str
    alert_key: str
    severity: str
    finding_count: int
    amount_cny: Decimal | None
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    is_delivered: bool
    delivery_detail: str | None
    age_days: int

    @property
    def alert(self) -> Alert:
        return Alert(**{field.name: getattr(self, field.name) for field in fields(Alert)})

    @property
    def deliveries(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.delivery_detail or "{}")
        return found

    def has_reached(self, channel_name: str) -> bool:
        return self.deliveries.get(channel_name) == "delivered"

    def has_failed_on(self, channel_name: str) -> bool:
        """Failed there, or held back by its quiet hours."""
        return self.deliveries.get(channel_name, "").startswith(("failed", "held"))


def store_alerts(con: Connection, night: Night, alerts: Sequence[Alert]) -> None:
    """Make the night's rows say what is true now. What was delivered and still reads the same keeps its delivery, so
    that a rerun sends nothing twice; what was delivered and is no longer true stays as the record of what was said."""
    before = {row.alert_key: row for row in read_stored(con, night)}
    current = {alert.alert_key: alert for alert in alerts}
    for key, row in before.items():
        if row.alert != current.get(key, row.alert if row.is_delivered else None):
            run_sql(con, "alert/alert_forget", {"night_id": night.night_id, "alert_key": key})
    kept = {key for key, row in before.items() if row.alert == current.get(key)}
    for key, alert in current.items():
        if key not in kept:
            values = {**asdict(alert), "night_id": night.night_id, "is_delivered": False, "delivery_detail": None}
            run_sql(con, "alert/alert_store", values)


def read_stored(con: Connection, night: Night) -> tuple[StoredAlert, ...]:
    """The night's alerts with their delivery so far."""
    run_sql(con, "alert/alert_told")
    return fetch_rows(con, "alert/alert_stored", StoredAlert, {"night_id": night.night_id})


def read_undelivered(con: Connection, night: Night) -> tuple[StoredAlert, ...]:
    """Alerts of the last seven days before this night that failed on a channel."""
    earliest = Night(night.as_of - timedelta(days=LATE_DAYS)).night_id
    values = {"night_id": night.night_id, "earliest_night_id": earliest}
    run_sql(con, "alert/alert_told")
    return fetch_rows(con, "alert/alert_undelivered", StoredAlert, values)


def record_delivery(
    con: Connection, rows: Iterable[StoredAlert], result: ChannelResult, counted: frozenset[str]
) -> None:
    """Write what became of the rows on one channel. Only the channels in `counted` make an alert delivered."""
    is_failed = result.state == "failed"
    state = f"failed: {result.detail}, {result.attempts} attempts" if is_failed else result.state
    for row in rows:
        deliveries = {**row.deliveries, result.channel: state}
        values = {
            "night_id": row.night_id,
            "alert_key": row.alert_key,
            "is_delivered": any(deliveries.get(name) == "delivered" for name in counted),
            "delivery_detail": json.dumps(deliveries, ensure_ascii=False),
        }
        run_sql(con, "alert/alert_delivery", values)
