"""查验: one invoice is asked for by what stands on it.

001 the same, 002 asked five times today already, 005 the question is not well formed, 006 something differs,
009 no such invoice (also on its day of issue: it is known from the next day), 010 timed out.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from pipelines.simulator.books import SimulatedBooks, SimulatedInvoice
from pipelines.simulator.exchange import Reply, Request, answer_data
from pipelines.simulator.listing import write_row
from pipelines.simulator.playing import Playing

A_DAY = 5
MESSAGES = {
    "001": "查验成功，一致",
    "002": "超过该张发票当日查验次数",
    "005": "请求不合法",
    "006": "查验信息不一致",
    "009": "查无此票",
    "010": "查验超时",
}


class Verification:
    """Counts the questions of each day by invoice number."""

    def __init__(self) -> None:
        self._asked: Counter[tuple[date, str, str]] = Counter()

    def answer(self, request: Request, books: SimulatedBooks, playing: Playing, now: datetime) -> Reply:
        """`data.result` and, if the same, the invoice's row in `data.row`."""
        result, invoice = self._judge(request.params, books, playing, now)
        row = write_row(invoice, now) if invoice else None
        status = row["fpzt"] if row else None
        return answer_data({"result": result, "message": MESSAGES[result], "fpzt": status, "row": row})

    def _judge(
        self, asked: dict[str, str], books: SimulatedBooks, playing: Playing, now: datetime
    ) -> tuple[str, SimulatedInvoice | None]:
        code, number = asked.get("fpdm", ""), asked.get("fphm", "") or asked.get("sdfphm", "")
        issued_on, money = _read_day(asked.get("kprq", "")), _read_money(asked)
        if playing.meet("verify_timeout", now):
            return "010", None
        if not number.isdecimal() or issued_on is None or money is None:
            return "005", None
        self._asked[now.date(), code, number] += 1
        if self._asked[now.date(), code, number] > A_DAY:
            return "002", None
        known = next((one for one in books.invoices if (one.code, one.number) == (code, number)), None)
        if known is None or known.issued_at.date() >= now.date():
            return "009", None
        is_same = known.issued_at.date() == issued_on and money == _money_to_tell(known)
        return ("001", known) if is_same else ("006", None)


def _money_to_tell(invoice: SimulatedInvoice) -> Decimal:
    """The total of a digital invoice, the amount without tax of any other."""
    return invoice.amount if invoice.code else invoice.total


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _read_money(asked: dict[str, str]) -> Decimal | None:
    """`je` is asked for with an invoice code, `jshj` without."""
    try:
        return Decimal(asked.get("je" if asked.get("fpdm") else "jshj", ""))
    except InvalidOperation:
        return None
