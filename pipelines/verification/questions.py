"""Which invoices the service is asked about, and what is sent for each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from pipelines.night import Night
from pipelines.reconcile.cascade import load_regions
from pipelines.routes_verification import VerificationService
from pipelines.warehouse import Connection, run_sql


@dataclass(frozen=True)
class Question:
    """One invoice; money in CNY. `code` is None for a fully digital one; `attempts`: how often it may be sent now."""

    taxpayer_id: str
    direction: str
    ledger_ids: tuple[str, ...]
    code: str | None
    number: str
    issued_on: date
    amount: Decimal | None
    total: Decimal | None
    attempts: int

    def as_params(self, service: VerificationService) -> dict[str, str]:
        """What is sent, as the settings word it."""
        values = {
            "code": self.code or "",
            "number": self.number,
            "date": self.issued_on.strftime(service.date_format),
            "amount": "" if self.amount is None else str(self.amount),
            "total": "" if self.total is None else str(self.total),
        }
        declared = service.coded if self.code else service.digital
        return {name: text.format(**values) for name, text in declared.items()}

    def as_texts(self) -> dict[str, object]:
        """What the answer's row says of the question."""
        kept = {name: value for name, value in asdict(self).items() if name in ("taxpayer_id", "direction")}
        return kept | {
            "ledger_ids": list(self.ledger_ids),
            "asked_code": self.code,
            "asked_number": self.number,
            "asked_on": str(self.issued_on),
            "asked_amount": str(self.amount) if self.code else None,
            "asked_total": None if self.code else str(self.total),
        }


def read_questions(con: Connection, service: VerificationService, night: Night, today: date) -> list[Question]:
    """All that may be asked tonight, most money first. `today` is the clock's: limits and the next-day rule are the
    service's own."""
    load_regions(con)
    run_sql(con, "recon/macros")
    run_sql(con, "recon/population")
    run_sql(con, "verification/open_line")
    run_sql(con, "recon/reference", {"as_of": night.as_of})
    wanted = {
        "as_of": night.as_of,
        "today": today,
        "ask_again_days": service.ask_again_days,
        "requests_a_day": service.requests_a_day,
        "attempts": service.attempts,
    }
    rows = run_sql(con, "verification/question", wanted).fetchall()
    return [Question(who, way, tuple(ids), *rest) for who, way, ids, *rest in rows]
