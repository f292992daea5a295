"""Reconciliation cases: each is a test and a line of `docs/rules.md`. One odd thing a case.

`expect` names every item: its verdict and cause, and the record ids that make it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.spec.tables import NUMBER, OTHER, Row, covered, entry, invoice

NEXT = "26112000000123456790"
BESIDE = "26112000000123456784"
FAR = "26312000000987654321"
RED = "26112000000999999999"
CODE = "011002100111"
EARLIER = datetime(2026, 11, 1, 2, 0)


@dataclass(frozen=True)
class Case:
    title: str
    chapter: str
    upstream: Sequence[Row]
    ledger: Sequence[Row]
    expect: Sequence[tuple[str, str, set[str]]]
    coverage: Sequence[Row] | None = None
    as_of: datetime | None = None
    why_not: str | None = None
    fields: Sequence[str] = field(default=())


def one(cause: str, verdict: str = "matched", *members: str) -> list[tuple[str, str, set[str]]]:
    return [(verdict, cause, set(members or ("u1", "l1")))]


def noise(title: str, reference: str | None, number: str = NUMBER, **given: object) -> Case:
    """A reference in another form is no fault."""
    code = given.pop("invoice_code", None)
    upstream_code = given.pop("upstream_code", None)
    return Case(
        title, "Format noise is no fault",
        [invoice("u1", number, invoice_code=upstream_code)], [entry("l1", reference, invoice_code=code)], one("exact"),
    )  # fmt: skip


NOISE = [
    noise("the same 20 digits", NUMBER),
    noise("full-width digits", "２６１１２０００００0123456789".replace("0123456789", "０１２３４５６７８９")),
    noise("blanks between the digits", "2611 2000 0001 2345 6789"),
    noise("a prefix", "发票号码：" + NUMBER),
    noise("a TAB before the number", "\t" + NUMBER),
    noise('wrapped as ="…"', f'="{NUMBER}"'),
    noise("20 digits split 12 + 8", f"{NUMBER[:12]} {NUMBER[12:]}"),
    noise("20 digits split into code and number columns", NUMBER[12:], invoice_code=NUMBER[:12]),
    noise("the last 8 of 20 digits", NUMBER[12:]),
    noise("a trailing .0", "12345678.0", "12345678", upstream_code=CODE, invoice_code=CODE),
    noise("lost leading zeros of the number", "12345", "00012345", upstream_code=CODE, invoice_code=CODE),
    noise("lost leading zero of the code", "12345678", "12345678", upstream_code=CODE, invoice_code=CODE[1:]),
    noise("no code in the ledger", "12345678", "12345678", upstream_code=CODE),
    noise("code and number in one text", f"{CODE} 12345678", "12345678", upstream_code=CODE),
    noise("code and number run together", "110021213012345678", "12345678", upstream_code="1100212130"),
]

NOISE += [
    Case("the code and number printed on paper beside the 20 digits", "Format noise is no fault",
         [invoice("u1", invoice_code=CODE, paper_number="12345678")],
         [entry("l1", "12345678", invoice_code=CODE)], one("exact")),
    Case("the number printed on paper without its code", "Format noise is no fault",
         [invoice("u1", invoice_code=CODE, paper_number="12345678")], [entry("l1", "12345678")], one("exact")),
]  # fmt: skip

MONEY = [
    Case("a difference of a few cents is rounding", "Money", [invoice("u1")], [entry("l1", total="1130.06")],
         one("within_tolerance")),
    Case("two digits swapped", "Money", [invoice("u1")], [entry("l1", total="1103.00")],
         one("amount_differs", "mismatched"), fields=["total_cny"]),
    Case("one cent above the tolerance", "Money", [invoice("u1")], [entry("l1", total="1130.07")],
         one("amount_differs", "mismatched")),
    Case("a ledger that keeps the amount without tax only", "Money", [invoice("u1")],
         [entry("l1", total=None, amount_cny="1000.00")], one("exact")),
    Case("the tax alone is wrong", "Money", [invoice("u1")],
         [entry("l1", total=None, amount_cny="1000.00", tax_cny="90.00")], one("tax_differs", "mismatched")),
    Case("two lines make one invoice", "Money", [invoice("u1")],
         [entry("l1", total="500.00"), entry("l2", total="630.00")],
         one("split_entries", "matched", "u1", "l1", "l2")),
    Case("split lines that do not add up", "Money", [invoice("u1")],
         [entry("l1", total="500.00"), entry("l2", total="600.00")],
         one("amount_differs", "mismatched", "u1", "l1", "l2")),
    Case("one line for two invoices", "Money", [invoice("u1"), invoice("u2", NEXT, "226.00")],
         [entry("l1", f"{NUMBER}、{NEXT}", "1356.00")], one("combined_entry", "matched", "u1", "u2", "l1")),
    Case("short numbers after a slash", "Money",
         [invoice("u1", "12345678", "100.00", invoice_code=CODE),
          invoice("u2", "12345679", "200.00", invoice_code=CODE),
          invoice("u3", "12345680", "300.00", invoice_code=CODE)],
         [entry("l1", "12345678/79/80", "600.00")], one("combined_entry", "matched", "u1", "u2", "u3", "l1")),
    Case("a range of numbers", "Money",
         [invoice("u1", "12345678", "100.00", invoice_code=CODE),
          invoice("u2", "12345679", "200.00", invoice_code=CODE)],
         [entry("l1", "12345678-79", "300.00")], one("combined_entry", "matched", "u1", "u2", "l1")),
    Case("a combined line that does not add up", "Money", [invoice("u1"), invoice("u2", NEXT, "226.00")],
         [entry("l1", f"{NUMBER}、{NEXT}", "1300.00")], one("amount_differs", "mismatched", "u1", "u2", "l1")),
    Case("errors that cancel are two errors", "Money", [invoice("u1", total="100.00"), invoice("u2", FAR, "100.00")],
         [entry("l1", total="110.00"), entry("l2", FAR, "90.00")],
         [("mismatched", "amount_differs", {"u1", "l1"}), ("mismatched", "amount_differs", {"u2", "l2"})]),
]  # fmt: skip

PARTY = [
    Case("brackets and blanks in a name are style", "Party and date",
         [invoice("u1", party={"id": None, "name": "示例（北京）有限公司"})],
         [entry("l1", party={"id": None, "name": "示例(北京) 有限公司"})], one("exact")),
    Case("full-width letters and digits in a name are style", "Party and date",
         [invoice("u1", party={"id": None, "name": "abc科技1号店"})],
         [entry("l1", party={"id": None, "name": "ＡＢＣ科技１号店"})], one("exact")),
    Case("blanks and full-width letters in a tax id are style", "Party and date",
         [invoice("u1", party={"id": "91440101MA01OTHER1", "name": None})],
         [entry("l1", party={"id": "91440101 ＭＡ01OTHER1", "name": None})], one("exact")),
    Case("another party", "Party and date", [invoice("u1")], [entry("l1", party=OTHER)],
         one("party_differs", "mismatched"), fields=["counterparty_tax_id"]),
    Case("a ledger without parties", "Party and date", [invoice("u1")], [entry("l1", party=None)], one("exact")),
    Case("another day", "Party and date", [invoice("u1")], [entry("l1", invoice_date=date(2026, 8, 11))],
         one("date_differs", "mismatched"), fields=["invoice_date"]),
    Case("amount and party differ: the amount names the cause", "Party and date", [invoice("u1")],
         [entry("l1", party=OTHER, total="1103.00")], one("amount_differs", "mismatched"),
         fields=["total_cny", "counterparty_tax_id"]),
    Case("the same 8-digit number of another party is another invoice", "Party and date",
         [invoice("u1", "12345678")], [entry("l1", "12345678"), entry("l2", "12345678", party=OTHER)],
         [("missing_upstream", "not_found", {"l2"}), ("matched", "exact", {"u1", "l1"})]),
]  # fmt: skip

REPAIRS = [
    Case("one wrong digit", "Broken numbers", [invoice("u1")], [entry("l1", NUMBER[:10] + "7" + NUMBER[11:])],
         one("number_mistyped", "mismatched"), fields=["invoice_number"]),
    Case("two digits swapped in the number", "Broken numbers", [invoice("u1")],
         [entry("l1", NUMBER[:-2] + NUMBER[-1] + NUMBER[-2])], one("number_mistyped", "mismatched")),
    Case("a digit missing", "Broken numbers", [invoice("u1")], [entry("l1", NUMBER[:7] + NUMBER[8:])],
         one("number_mistyped", "mismatched")),
    Case("a digit too many", "Broken numbers", [invoice("u1")], [entry("l1", NUMBER[:7] + "5" + NUMBER[7:])],
         one("number_mistyped", "mismatched")),
    Case("a digit missing from eight", "Broken numbers", [invoice("u1", "12345677", invoice_code=CODE)],
         [entry("l1", "1245677", invoice_code=CODE)], one("number_mistyped", "mismatched")),
    Case("one wrong digit, but the number may still arrive", "Broken numbers",
         [invoice("u1", on=date(2026, 11, 22))],
         [entry("l1", NUMBER[:-1] + "8", posted_on=date(2026, 11, 23))],
         [("pending", "sync_delay", {"l1"}), ("pending", "booking_lag", {"u1"})], why_not="not_yet_due"),
    Case("one wrong digit of two that fit", "Broken numbers", [invoice("u1"), invoice("u2", NUMBER[:-2] + "34")],
         [entry("l1", NUMBER[:-1] + "8")],
         [("mismatched", "number_mistyped", {"u1", "l1"}), ("missing_ledger", "not_booked", {"u2"})]),
    Case("a booked number is cited again by a line of another invoice that keeps other money", "Broken numbers",
         [invoice("u1"), invoice("u2", NEXT, "226.00")],
         [entry("l1"), entry("l2", "发票号：" + NUMBER, None, amount_cny="200.00", posted_on=date(2026, 8, 21))],
         [("matched", "exact", {"u1", "l1"}), ("mismatched", "number_mistyped", {"u2", "l2"})]),
    Case("the last 8 digits, and the whole number cited again by a line of another invoice", "Broken numbers",
         [invoice("u1"), invoice("u2", NEXT, "226.00")],
         [entry("l1", NUMBER[12:]), entry("l2", total=None, amount_cny="200.00", posted_on=date(2026, 8, 21))],
         [("matched", "exact", {"u1", "l1"}), ("mismatched", "number_mistyped", {"u2", "l2"})]),
    Case("the number of another real invoice", "Broken numbers", [invoice("u1"), invoice("u2", NEXT, "226.00")],
         [entry("l1"), entry("l2", NUMBER, "226.00")],
         [("matched", "exact", {"u1", "l1"}), ("mismatched", "number_mistyped", {"u2", "l2"})]),
    Case("a float in a spreadsheet", "Broken numbers", [invoice("u1")], [entry("l1", "2.6112000000123457e+19")],
         one("digits_lost", "mismatched")),
    Case("zeros from digit 16 on", "Broken numbers", [invoice("u1")], [entry("l1", NUMBER[:15] + "00000")],
         one("digits_lost", "mismatched")),
    Case("the same 15 digits but other money is another invoice", "Broken numbers", [invoice("u1")],
         [entry("l1", NUMBER[:15] + "00000", "999.00")],
         [("not_compared", "unreadable_reference", {"l1"}), ("missing_ledger", "not_booked", {"u1"})]),
    Case("no number, but party, money and day name one invoice", "Broken numbers", [invoice("u1")],
         [entry("l1", "见附件")], one("number_absent", "mismatched")),
    Case("an amount that recurs is no evidence", "Broken numbers", [invoice("u1"), invoice("u2", FAR)],
         [entry("l1", None)],
         [("not_compared", "unreadable_reference", {"l1"}), ("missing_ledger", "not_booked", {"u1"}),
          ("missing_ledger", "not_booked", {"u2"})], why_not="several_equal"),
    Case("no number, and all other invoices of that amount are booked", "Broken numbers",
         [invoice("u1"), invoice("u2", FAR)], [entry("l1", None), entry("l2", FAR)],
         [("mismatched", "number_absent", {"u1", "l1"}), ("matched", "exact", {"u2", "l2"})]),
    Case("no number, one invoice of that amount left, but a day was not received", "Broken numbers",
         [invoice("u1"), invoice("u2", FAR)], [entry("l1", None), entry("l2", FAR)],
         [("not_compared", "unreadable_reference", {"l1"}), ("missing_ledger", "not_booked", {"u1"}),
          ("matched", "exact", {"u2", "l2"})],
         coverage=covered(but=[date(2026, 8, 12)]), why_not="days_not_received"),
    Case("no number, and two lines want the only invoice left", "Broken numbers",
         [invoice("u1"), invoice("u2", FAR)], [entry("l1", None), entry("l2", FAR), entry("l3", None)],
         [("not_compared", "unreadable_reference", {"l1"}), ("not_compared", "unreadable_reference", {"l3"}),
          ("missing_ledger", "not_booked", {"u1"}), ("matched", "exact", {"u2", "l2"})], why_not="amount_recurs"),
    Case("lost digits, and all other invoices that begin so are booked", "Broken numbers",
         [invoice("u1"), invoice("u2", NEXT)], [entry("l1", NUMBER[:15] + "00000"), entry("l2", NEXT)],
         [("mismatched", "digits_lost", {"u1", "l1"}), ("matched", "exact", {"u2", "l2"})]),
    Case("one wrong digit of two numbers, one of which is booked", "Broken numbers",
         [invoice("u1"), invoice("u2", BESIDE)], [entry("l1", NUMBER[:-1] + "3"), entry("l2", BESIDE)],
         [("mismatched", "number_mistyped", {"u1", "l1"}), ("matched", "exact", {"u2", "l2"})]),
    Case("one wrong digit of two numbers, neither booked", "Broken numbers",
         [invoice("u1"), invoice("u2", BESIDE)], [entry("l1", NUMBER[:-1] + "3")],
         [("missing_upstream", "not_found", {"l1"}), ("missing_ledger", "not_booked", {"u1"}),
          ("missing_ledger", "not_booked", {"u2"})], why_not="several_equal"),
    Case("one wrong digit and the wrong day", "Broken numbers", [invoice("u1")],
         [entry("l1", NUMBER[:-1] + "8", invoice_date=date(2026, 8, 7))], one("number_mistyped", "mismatched"),
         fields=["invoice_number", "invoice_date"]),
    Case("one wrong digit and the wrong day, but that day was not received", "Broken numbers", [invoice("u1")],
         [entry("l1", NUMBER[:-1] + "8", invoice_date=date(2026, 8, 7))],
         [("not_compared", "upstream_gap", {"l1"}), ("missing_ledger", "not_booked", {"u1"})],
         coverage=covered(but=[date(2026, 8, 7)])),
    Case("one wrong digit and the wrong day, and two invoices are as near", "Broken numbers",
         [invoice("u1"), invoice("u2", BESIDE)],
         [entry("l1", NUMBER[:-1] + "3", invoice_date=date(2026, 8, 7))],
         [("missing_upstream", "not_found", {"l1"}), ("missing_ledger", "not_booked", {"u1"}),
          ("missing_ledger", "not_booked", {"u2"})], why_not="several_equal"),
    Case("one wrong digit, the wrong day and other money", "Broken numbers", [invoice("u1")],
         [entry("l1", NUMBER[:-1] + "8", "999.00", invoice_date=date(2026, 8, 7))],
         [("missing_upstream", "not_found", {"l1"}), ("missing_ledger", "not_booked", {"u1"})]),
    Case("no number, but another line cites the only invoice that fits", "Broken numbers", [invoice("u1")],
         [entry("l1", "见附件"), entry("l2", party=OTHER)],
         [("not_compared", "unreadable_reference", {"l1"}), ("mismatched", "party_differs", {"u1", "l2"})],
         why_not="number_taken"),
    Case("two numbers exchanged", "Broken numbers", [invoice("u1"), invoice("u2", NEXT, "226.00")],
         [entry("l1", NEXT), entry("l2", NUMBER, "226.00")],
         [("mismatched", "number_mistyped", {"u1", "l1"}), ("mismatched", "number_mistyped", {"u2", "l2"})]),
    Case("total and tax point to different invoices", "Broken numbers",
         [invoice("u1"), invoice("u2", NEXT, "1103.00")],
         [entry("l1", total="1103.00", amount_cny="973.00", tax_cny="130.00")],
         [("mismatched", "amount_differs", {"u1", "l1"}), ("missing_ledger", "not_booked", {"u2"})]),
    Case("no number, but one set of the party's invoices adds up", "Broken numbers",
         [invoice("u1", total="100.00"), invoice("u2", NEXT, "226.00"), invoice("u3", FAR, "57.00")],
         [entry("l1", "货款", "283.00")],
         [("mismatched", "number_absent", {"u2", "u3", "l1"}), ("missing_ledger", "not_booked", {"u1"})]),
    Case("no number, and two sets add up", "Broken numbers",
         [invoice("u1", total="100.00"), invoice("u2", NEXT, "100.00"), invoice("u3", FAR, "57.00")],
         [entry("l1", "货款", "157.00")],
         [("not_compared", "unreadable_reference", {"l1"}), ("missing_ledger", "not_booked", {"u1"}),
          ("missing_ledger", "not_booked", {"u2"}), ("missing_ledger", "not_booked", {"u3"})],
         why_not="several_sums"),
    Case("no number, and too many invoices to add up", "Broken numbers",
         [invoice(f"u{n}", f"261120000001234568{n:02d}", f"{100 + n}.00") for n in range(1, 22)],
         [entry("l1", "货款", "203.00")],
         [("not_compared", "unreadable_reference", {"l1"}),
          *(("missing_ledger", "not_booked", {f"u{n}"}) for n in range(1, 22))],
         why_not="sum_skipped"),
    Case("a clearly different number is not repaired", "Broken numbers", [invoice("u1")], [entry("l1", FAR)],
         [("missing_upstream", "not_found", {"l1"}), ("missing_ledger", "not_booked", {"u1"})],
         why_not="number_differs"),
]  # fmt: skip

DUPLICATES = [
    Case("booked twice: the later one is the surplus", "Duplicates", [invoice("u1")],
         [entry("l1"), entry("l2", posted_on=date(2026, 9, 3))],
         [("matched", "exact", {"u1", "l1"}), ("duplicate", "booked_twice", {"l2"})]),
    Case("booked twice in another form of the number", "Duplicates", [invoice("u1")],
         [entry("l1"), entry("l2", NUMBER[12:], posted_on=date(2026, 9, 3))],
         [("matched", "exact", {"u1", "l1"}), ("duplicate", "booked_twice", {"l2"})]),
    Case("booked by its 20 digits and again by the number on its paper", "Duplicates",
         [invoice("u1", invoice_code=CODE, paper_number="12345678")],
         [entry("l1"), entry("l2", "12345678", invoice_code=CODE, posted_on=date(2026, 9, 3))],
         [("matched", "exact", {"u1", "l1"}), ("duplicate", "booked_twice", {"l2"})]),
    Case("booked in two parts and once more as a whole", "Duplicates", [invoice("u1")],
         [entry("l1", total="500.00"), entry("l2", total="630.00"), entry("l3", posted_on=date(2026, 9, 12))],
         [("matched", "split_entries", {"u1", "l1", "l2"}), ("duplicate", "booked_twice", {"l3"})]),
    Case("parts, a whole one, and another invoice of that amount", "Duplicates",
         [invoice("u1"), invoice("u2", NEXT, on=date(2026, 8, 11))],
         [entry("l1", total="500.00"), entry("l2", total="630.00"), entry("l3", posted_on=date(2026, 9, 5))],
         [("matched", "split_entries", {"u1", "l1", "l2"}), ("duplicate", "booked_twice", {"l3"}),
          ("missing_ledger", "not_booked", {"u2"})]),
    Case("booked again under another party", "Duplicates", [invoice("u1")],
         [entry("l1", posted_on=date(2026, 9, 3)), entry("l2", party=OTHER)],
         [("matched", "exact", {"u1", "l1"}), ("duplicate", "booked_twice", {"l2"})]),
    Case("listed twice upstream", "Duplicates", [invoice("u1"), invoice("u2")], [entry("l1")],
         [("matched", "exact", {"u1", "l1"}), ("duplicate", "listed_twice", {"u2"})]),
    Case("listed twice upstream: the latest state is the invoice", "Duplicates",
         [invoice("u1", observed_at=EARLIER), invoice("u2", status="void")], [entry("l1")],
         [("mismatched", "dead_invoice_booked", {"u2", "l1"}), ("duplicate", "listed_twice", {"u1"})]),
]  # fmt: skip


def reversed_pair(**given: object) -> list[Row]:
    return [
        invoice("u1", status="red_full", **given),
        invoice("u2", RED, "-1130.00", original_invoice_number=NUMBER, on=date(2026, 8, 28)),
    ]


RED_LETTERS = [
    Case("reversed, neither side booked", "Void and red letters", reversed_pair(), [],
         one("red_letter_netted", "matched", "u1", "u2")),
    Case("reversed, both sides booked", "Void and red letters", reversed_pair(),
         [entry("l1"), entry("l2", RED, "-1130.00")], one("red_letter_netted", "matched", "u1", "u2", "l1", "l2")),
    Case("the reversal line cites the blue number", "Void and red letters", reversed_pair(),
         [entry("l1"), entry("l2", NUMBER, "-1130.00")],
         one("red_letter_netted", "matched", "u1", "u2", "l1", "l2")),
    Case("reversed, only the blue side booked", "Void and red letters", reversed_pair(), [entry("l1")],
         one("dead_invoice_booked", "mismatched", "u1", "u2", "l1"), fields=["status"]),
    Case("the blue number stands in the remark only", "Void and red letters",
         [invoice("u1", status="red_full"),
          invoice("u2", RED, "-1130.00", remark=f"被红冲蓝字数电票号码：{NUMBER} 红字发票信息确认单编号：1")], [],
         one("red_letter_netted", "matched", "u1", "u2")),
    Case("partly reversed: two invoices of their own", "Void and red letters",
         [invoice("u1", status="red_partial"), invoice("u2", RED, "-113.00", original_invoice_number=NUMBER)],
         [entry("l1"), entry("l2", RED, "-113.00")],
         [("matched", "exact", {"u1", "l1"}), ("matched", "exact", {"u2", "l2"})]),
    Case("eight digits of several codes: the reversed one is the red letter's", "Void and red letters",
         [invoice("u1", "12345677", "1103.00", invoice_code="3100212130", status="red_full"),
          invoice("u2", "12345678", "-1103.00", invoice_code="3100212130", original_invoice_number="12345677",
                  on=date(2026, 8, 28)),
          invoice("u3", "12345677", invoice_code="1100212130", on=date(2026, 8, 1))],
         [entry("l3", "12345677", invoice_code="1100212130")],
         [("matched", "red_letter_netted", {"u1", "u2"}), ("matched", "exact", {"u3", "l3"})]),
    Case("a red letter that was voided and still booked", "Void and red letters",
         [invoice("u1", total="-1130.00", status="void")], [entry("l1", total="-1130.00")],
         one("dead_invoice_booked", "mismatched")),
    Case("a red letter booked under the number of another invoice", "Void and red letters",
         [invoice("u1", total="226.00"), invoice("u2", NEXT, "-1130.00")],
         [entry("l1", total="226.00"), entry("l2", NUMBER, "-1130.00")],
         [("matched", "exact", {"u1", "l1"}), ("mismatched", "number_mistyped", {"u2", "l2"})]),
    Case("a partial red letter is not that of a fully reversed invoice", "Void and red letters",
         [invoice("u1", "12345677", "1103.00", invoice_code="1100212130", status="red_full"),
          invoice("u2", "12345678", "-1103.00", invoice_code="1100212130", original_invoice_number="12345677",
                  on=date(2026, 8, 12)),
          invoice("u3", "12345677", invoice_code="3100212130", status="red_partial"),
          invoice("u4", "12345679", "-113.00", invoice_code="1100212130", original_invoice_number="12345677",
                  on=date(2026, 8, 14))],
         [entry("l1", "12345677", "1103.00", invoice_code="1100212130"),
          entry("l2", "12345677", "-1103.00", invoice_code="1100212130"),
          entry("l3", "12345679", "-113.00", invoice_code="1100212130"),
          entry("l4", "12345677", invoice_code="3100212130")],
         [("matched", "red_letter_netted", {"u1", "u2", "l1", "l2"}), ("matched", "exact", {"u3", "l4"}),
          ("matched", "exact", {"u4", "l3"})]),
    Case("a red letter that names none, and two reversed invoices that it may reverse", "Void and red letters",
         [invoice("u1", status="red_full"), invoice("u2", NEXT, status="red_full"),
          invoice("u3", RED, "-1130.00", on=date(2026, 8, 28))], [],
         [("matched", "red_letter_netted", {"u1"}), ("matched", "red_letter_netted", {"u2"}),
          ("missing_ledger", "not_booked", {"u3"})], why_not="several_equal"),
    Case("a red letter listed twice reverses once", "Void and red letters",
         [invoice("u1", status="red_partial"),
          invoice("u2", RED, "-565.00", original_invoice_number=NUMBER, on=date(2026, 8, 28)),
          invoice("u3", RED, "-565.00", original_invoice_number=NUMBER, on=date(2026, 8, 28))],
         [entry("l1"), entry("l2", RED, "-565.00")],
         [("matched", "exact", {"u1", "l1"}), ("matched", "exact", {"u2", "l2"}),
          ("duplicate", "listed_twice", {"u3"})]),
    Case("void and not booked", "Void and red letters", [invoice("u1", status="void")], [],
         one("exact", "matched", "u1")),
    Case("void and still booked", "Void and red letters", [invoice("u1", status="void")], [entry("l1")],
         one("dead_invoice_booked", "mismatched")),
]  # fmt: skip

WINDOWS = [
    Case("booked yesterday, not yet upstream", "Windows and coverage", [],
         [entry("l1", invoice_date=date(2026, 11, 23), posted_on=date(2026, 11, 23))],
         one("sync_delay", "pending", "l1")),
    Case("an old invoice posted yesterday", "Windows and coverage", [],
         [entry("l1", invoice_date=date(2026, 8, 10), posted_on=date(2026, 11, 23))],
         one("sync_delay", "pending", "l1")),
    Case("past the grace window, day fully received", "Windows and coverage", [],
         [entry("l1", invoice_date=date(2026, 11, 1), posted_on=date(2026, 11, 2))],
         one("not_found", "missing_upstream", "l1")),
    Case("past the grace window, day not received", "Windows and coverage", [],
         [entry("l1", invoice_date=date(2026, 11, 1), posted_on=date(2026, 11, 2))],
         one("upstream_gap", "not_compared", "l1"), coverage=covered(but=[date(2026, 11, 1)])),
    Case("no invoice date and a gap before the posting", "Windows and coverage", [],
         [entry("l1", posted_on=date(2026, 11, 2))],
         one("upstream_gap", "not_compared", "l1"), coverage=covered(but=[date(2026, 10, 15)])),
    Case("a region that does not exist", "Windows and coverage", [], [entry("l1", "26992000000123456789")],
         one("impossible_number", "missing_upstream", "l1")),
    Case("a number of next year", "Windows and coverage", [], [entry("l1", "27112000000123456789")],
         one("impossible_number", "missing_upstream", "l1")),
    Case("not booked, inside the booking window", "Windows and coverage", [invoice("u1", on=date(2026, 10, 30))], [],
         one("booking_lag", "pending", "u1")),
    Case("not booked, past the booking window", "Windows and coverage", [invoice("u1", on=date(2026, 9, 25))], [],
         one("not_booked", "missing_ledger", "u1")),
    Case("the last day of the booking window", "Windows and coverage", [invoice("u1", on=date(2026, 9, 26))], [],
         one("booking_lag", "pending", "u1")),
    Case("nothing that can be read", "Windows and coverage", [], [entry("l1", "见附件")],
         one("unreadable_reference", "not_compared", "l1")),
]  # fmt: skip

CASES: list[Case] = [*NOISE, *MONEY, *PARTY, *REPAIRS, *DUPLICATES, *RED_LETTERS, *WINDOWS]
