"""What the sentences say where a plain template would say something else than what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.spec.cases import CODE, FAR, reversed_pair
from tests.spec.tables import NUMBER, OTHER, OURS, SUPPLIER, Row, covered, entry, invoice, reconcile_rows

MISTYPED = NUMBER[:10] + "7" + NUMBER[11:]
LISTED = [
    invoice("u1", "12345678", "100.00", invoice_code=CODE),
    invoice("u2", "12345679", "110.00", invoice_code=CODE),
]
YESTERDAY = date(2026, 11, 23)
AGAIN: Row = {"posted_on": date(2026, 9, 3)}


@dataclass(frozen=True)
class Said:
    """`zh` and `en` stand in the sentence of the item of `record`, and `columns` are those of the item."""

    title: str
    upstream: Sequence[Row]
    ledger: Sequence[Row]
    zh: str
    en: str
    record: str = "l1"
    columns: tuple[tuple[str, object], ...] = ()


def without_tax(record_id: str, amount: str) -> Row:
    return entry(record_id, total=None, amount_cny=amount)


def difference(money: str) -> tuple[tuple[str, object], ...]:
    return (("difference_cny", Decimal(money)),)


LIKELY = (("basis", "likely"), ("needs_review", True))

MONEY = [
    Said("rounding without tax", [invoice("u1")], [without_tax("l1", "1000.06")],
         "账上为 1,000.06 元（不含税），税务系统为 1,000.00 元（不含税），差 0.06 元属尾差",
         "the ledger has 1,000.06 CNY without tax, the tax system 1,000.00 CNY without tax; 0.06 CNY",
         columns=difference("0.06")),
    Said("the total booked as the amount without tax", [invoice("u1")], [without_tax("l1", "1130.00")],
         "差 130.00 元，正好是税额，疑似记成了含税金额",
         "a difference of 130.00 CNY, exactly the tax: probably booked with it",
         columns=difference("130.00")),
    Said("parts without tax that do not add up", [invoice("u1")],
         [without_tax("l1", "400.00"), without_tax("l2", "500.00")],
         "在账上为 900.00 元（不含税），税务系统为 1,000.00 元（不含税），差 -100.00 元", "a difference of -100.00 CNY",
         columns=difference("-100.00")),
    Said("parts without tax that add up", [invoice("u1")],
         [without_tax("l1", "400.00"), without_tax("l2", "600.00")],
         "合计 1,000.00 元（不含税），与税务系统一致", "add up to 1,000.00 CNY without tax",
         columns=difference("0.00")),
    Said("parts of which one keeps the amount only and one the total only", [invoice("u1")],
         [without_tax("l1", "500.00"), entry("l2", total="565.00")],
         "合计 1,130.00 元（其中不含税的按票面税率折算为含税），与税务系统一致",
         "add up to 1,130.00 CNY (what is kept without tax counted with it, at the invoice's rate)",
         columns=(*difference("0.00"), ("cause", "split_entries"))),
    Said("such parts that do not add up", [invoice("u1")], [without_tax("l1", "500.00"), entry("l2", total="500.00")],
         "按票面税率折算为含税合计 1,065.00 元，税务系统为 1,130.00 元，差 -65.00 元",
         "they add up to 1,065.00 CNY; the tax system has 1,130.00 CNY, a difference of -65.00 CNY",
         columns=(*difference("-65.00"), ("cause", "amount_differs"))),
    Said("parts of which one keeps the amount only", [invoice("u1")],
         [without_tax("l1", "500.00"), entry("l2", total="565.00", amount_cny="500.00")],
         "合计 1,000.00 元（不含税）", "add up to 1,000.00 CNY without tax", columns=difference("0.00")),
    Said("exact without tax", [invoice("u1")], [without_tax("l1", "1000.00")], "账税一致", "agrees on both sides",
         columns=difference("0.00")),
    Said("not found, without tax", [], [without_tax("l1", "1000.00")],
         "1,000.00 元（不含税）", "1,000.00 CNY without tax"),
    Said("the total agrees, the amount does not", [invoice("u1")], [entry("l1", amount_cny="990.00")],
         "在账上为 990.00 元（不含税），税务系统为 1,000.00 元（不含税），差 -10.00 元", "a difference of -10.00 CNY",
         columns=difference("0.00")),
    Said("the tax alone is a cent off", [invoice("u1")], [entry("l1", amount_cny="1000.00", tax_cny="129.99")],
         "账上为 129.99 元（税额），税务系统为 130.00 元（税额）",
         "129.99 CNY of tax, the tax system 130.00 CNY of tax"),
    Said("the total booked without tax", [invoice("u1")], [entry("l1", total="1000.00")],
         "差 -130.00 元，正好是税额，疑似只记了不含税金额", "exactly the tax: probably booked without it"),
]  # fmt: skip

ELSEWHERE = [
    Said("tax that the document does not show", [invoice("u1", amount_cny="1130.00", tax_cny="0.00")],
         [entry("l1", amount_cny="1028.30", tax_cny="101.70")],
         "农产品等按规定计算抵扣的，留存计算依据", "(farm produce)"),
    Said("tax that is not deducted", [invoice("u1")], [entry("l1", amount_cny="1130.00", tax_cny="0.00")],
         "普通发票或不抵扣的无需更正", "Nothing is wrong if it is an ordinary invoice"),
    Said("another name under the same tax id", [invoice("u1")],
         [entry("l1", party=SUPPLIER | {"name": "上海旧名公司"})],
         "金额和往来单位税号一致，但账上名称为“上海旧名公司”", "agrees in money and in the party's tax id"),
    Said("a sale booked as a purchase", [invoice("u1", direction="output")], [entry("l1")],
         "记作进项，其发票", "as a purchase, where the tax system lacks it"),
    Said("the sale that was booked as a purchase", [invoice("u1", direction="output")], [entry("l1")],
         "但凭证 记-l1 把同一号码记作进项", "voucher 记-l1 books the same number as a purchase", record="u1"),
    Said("a purchase booked as a sale", [invoice("u1")], [entry("l1", direction="output")],
         "记作销项，其发票", "as a sale, where the tax system lacks it"),
    Said("the purchase that was booked as a sale", [invoice("u1")], [entry("l1", direction="output")],
         "但凭证 记-l1 把同一号码记作销项", "voucher 记-l1 books the same number as a sale", record="u1"),
    Said("a number of a year that was not received", [], [entry("l1", "25112000000000000555")],
         "号码属以前年度，那一年的税务数据没有完整收到", "the number is of an earlier year"),
]  # fmt: skip

LISTS = [
    Said("a list whose sum is off", LISTED, [entry("l1", "12345678/79", "310.00")],
         f"凭证 记-l1 合并入账 2 张发票（{CODE}-12345678 等，{SUPPLIER['name']}），"
         "账上为 310.00 元，这些发票在税务系统合计 210.00 元",
         "books 2 invoices together"),
    Said("a list of which one number is not there", LISTED, [entry("l1", "12345678/79/80", "330.00")],
         f"税务系统只有 2 张（{CODE}-12345678 等），合计 210.00 元，账上为 330.00 元，差 120.00 元；没有 12345680",
         "It does not have 12345680."),
    Said("a list of which one number is there", LISTED[:1], [entry("l1", "12345678/79/80", "330.00")],
         f"税务系统只有 1 张（{CODE}-12345678），合计 100.00 元", "It does not have 12345679、12345680."),
    Said("a list of which one number is another party's", [LISTED[0], LISTED[1] | {"seller_tax_id": OTHER["id"]}],
         [entry("l1", "12345678/79", "250.00")], "12345679 未能对上", "Not linked: 12345679."),
    Said("a list with a float", LISTED, [entry("l1", "12345678、2.61121E+19", "210.00")],
         "税务系统只有 1 张（011002100111-12345678），合计 100.00 元，账上为 210.00 元，差 110.00 元；没有 2.61121E+19",
         "It does not have 2.61121E+19."),
    Said("a list of another party", LISTED, [entry("l1", "12345678/79", "210.00", invoice_code=CODE, party=OTHER)],
         f"合并入账 2 张发票，金额一致，但账上往来单位为“{OTHER['name']} {OTHER['id']}”，"
         f"其中 {CODE}-12345678、{CODE}-12345679（合计 210.00 元）在税务系统属“{SUPPLIER['name']} {SUPPLIER['id']}”",
         f"while {CODE}-12345678、{CODE}-12345679 (210.00 CNY in all) belong to “{SUPPLIER['name']}"),
    Said("a list with one invoice of another party",
         [LISTED[0], LISTED[1] | {"seller_tax_id": OTHER["id"], "seller_name": OTHER["name"]}],
         [entry("l1", "12345678/79", "210.00")],
         f"其中 {CODE}-12345679（合计 110.00 元）在税务系统属“{OTHER['name']} {OTHER['id']}”",
         f"while {CODE}-12345679 (110.00 CNY in all) belong to “{OTHER['name']} {OTHER['id']}”"),
    Said("a list of which the second is void", [LISTED[0], LISTED[1] | {"status": "void"}],
         [entry("l1", "12345678/79", "210.00")],
         f"合并入账 2 张发票，账上共 210.00 元，"
         f"其中 {CODE}-12345679（{SUPPLIER['name']}，合计 110.00 元）在税务系统已作废",
         f"210.00 CNY in all; of them {CODE}-12345679 ({SUPPLIER['name']}, 110.00 CNY in all), void in the tax system"),
    Said("a list of which one is reversed", [*reversed_pair(), invoice("u3", FAR, "226.00")],
         [entry("l1", f"{NUMBER}、{FAR}", "1356.00")],
         f"其中 {NUMBER}（{SUPPLIER['name']}，合计 1,130.00 元）在税务系统已全额红冲",
         "fully reversed in the tax system"),
    Said("a list of which one is of another day", [invoice("u1"), invoice("u2", FAR, on=date(2026, 8, 12))],
         [entry("l1", f"{NUMBER}、{FAR}", "2260.00", invoice_date=date(2026, 8, 10))],
         f"账上开票日期为 2026-08-10，税务系统中另有日期的是：{FAR} 2026-08-12", f"another date: {FAR} 2026-08-12"),
    Said("a list that is booked again", LISTED,
         [entry("l1", "12345678/79", "210.00"), entry("l2", "12345678/79", "210.00", posted_on=date(2026, 9, 3))],
         f"凭证 记-l2 合并入账的 2 张发票（{CODE}-12345678、{CODE}-12345679，{SUPPLIER['name']}）都已在凭证 记-l1 入账",
         f"All 2 invoices that voucher 记-l2 books together ({CODE}-12345678、{CODE}-12345679, {SUPPLIER['name']}) are",
         record="l2"),
    Said("a list of what was booked one by one", LISTED,
         [entry("l1", "12345678", "100.00"), entry("l2", "12345679", "110.00"),
          entry("l3", "12345678/79", "210.00", posted_on=date(2026, 9, 3))],
         "都已在凭证 记-l1、记-l2 入账，又入账 210.00 元", "already booked in voucher 记-l1、记-l2", record="l3"),
]  # fmt: skip

PARTIES = [
    Said("one name, two tax ids", [invoice("u1")], [entry("l1", party=SUPPLIER | {"id": OTHER["id"]})],
         f"账上往来单位为“{SUPPLIER['name']} {OTHER['id']}”，税务系统为“{SUPPLIER['name']} {SUPPLIER['id']}”",
         f"the ledger names “{SUPPLIER['name']} {OTHER['id']}”"),
    Said("a tax id alone", [invoice("u1")], [entry("l1", party={"id": OTHER["id"], "name": None})],
         f"账上往来单位为“{OTHER['id']}”", f"the ledger names “{OTHER['id']}”"),
    Said("two names without tax ids", [invoice("u1")], [entry("l1", party=OTHER | {"id": None})],
         f"账上往来单位为“{OTHER['name']}”，税务系统为“{SUPPLIER['name']}”", f"the tax system “{SUPPLIER['name']}”"),
    Said("the second of two parts", [invoice("u1")],
         [entry("l1", total="500.00"), entry("l2", total="630.00", party=OTHER)],
         f"账上往来单位为“{OTHER['name']} {OTHER['id']}”", f"names “{OTHER['name']} {OTHER['id']}”"),
]  # fmt: skip

NUMBERS = [
    Said("eight digits under two codes",
         [invoice("u1", "12345678", invoice_code="1100261130"), invoice("u2", "12345678", invoice_code="1100261140")],
         [entry("l1", "12345678")], "在税务系统中符合这个号码的有 2 张（如 1100261130-12345678、1100261140-12345678）",
         "may be any of 2 that have this number (such as 1100261130-12345678、1100261140-12345678)"),
    Said("eight digits under two codes, within grace",
         [invoice("u1", "12345678", invoice_code="1100261130"), invoice("u2", "12345678", invoice_code="1100261140")],
         [entry("l1", "12345678", posted_on=YESTERDAY)], "也可能另有一张尚未同步", "or one that has not reached"),
    Said("eight digits under two codes, of another party",
         [invoice("u1", "12345678", invoice_code="1100261130"), invoice("u2", "12345678", invoice_code="1100261140")],
         [entry("l1", "12345678", party=OTHER)], "税务系统中有该号码的发票，但往来单位不同，未自动关联"
         "（候选 1100261130-12345678、1100261140-12345678）", "the tax system has that number, but it was not linked"),
    Said("a clearly different number", [invoice("u1")], [entry("l1", FAR)], f"有 1 张发票相近（如 {NUMBER}）",
         f"Invoices that come near: 1 (such as {NUMBER}), not linked"),
    Said("an impossible number with a candidate", [invoice("u1")], [entry("l1", "26992999999999999999")],
         f"有 1 张发票相近（如 {NUMBER}），但号码不同", f"Invoices that come near: 1 (such as {NUMBER})"),
    Said("two wrong digits", [invoice("u1")], [entry("l1", NUMBER[:-2] + "11")],
         f"有 1 张发票相近（如 {NUMBER}），但号码不同", "not linked: the number differs"),
    Said("a mistyped number and other money", [invoice("u1")], [entry("l1", MISTYPED, "999.00")],
         f"有 1 张发票相近（如 {NUMBER}），但金额不同", f"(such as {NUMBER}), not linked: the amount differs"),
    Said("a mistyped number of another party", [invoice("u1")], [entry("l1", MISTYPED, party=OTHER)],
         "账上有 1 笔相近（如凭证 记-l1），但往来单位不同", "(such as voucher 记-l1), not linked: the party differs",
         record="u1"),
    Said("no number, and another day", [invoice("u1")], [entry("l1", None, invoice_date=date(2026, 8, 12))],
         f"有 1 张发票可能是它（如 {NUMBER}），但开票日期不同", "but the invoice date differs"),
    Said("a range of more than 100 numbers", LISTED[:1], [entry("l1", "12345678-12345900", "900.00")],
         "未与税务系统核对：号码区间太长（超过 100 个），未展开",
         "the range is too long to be expanded (more than 100 numbers)"),
    Said("no number", [], [entry("l1", None)], "凭证 记-l1 没有填写发票号码", "Voucher 记-l1 has no invoice number"),
    Said("too many invoices to add up",
         [invoice(f"u{n}", f"261120000001234568{n:02d}", f"{100 + n}.00") for n in range(1, 22)],
         [entry("l1", None, "203.00")],
         "请从原票补录完整号码。可能与它相符的没有列出：该单位未入账发票太多，未逐组相加比对。",
         "What may belong to it is not listed: the party has too many open invoices to add up every set."),
    Said("no number, within grace", [], [entry("l1", None, posted_on=YESTERDAY)], "凭证 记-l1 没有填写发票号码",
         "Voucher 记-l1 has no invoice number"),
    Said("a word for a number, within grace", [], [entry("l1", "见附件", posted_on=YESTERDAY)],
         "发票号码栏为“见附件”，无法识别", "reads “见附件” and cannot be used"),
    Said("two lines without a number for one invoice", [invoice("u1")], [entry("l1", None), entry("l2", None)],
         f"有 1 张发票可能是它（如 {NUMBER}），但账上有几笔同样相符", "several ledger lines fit it equally well"),
    Said("no number, and two that it may be", [invoice("u1"), invoice("u2", FAR)], [entry("l1", None)],
         f"没有填写发票号码（{SUPPLIER['name']}，1,130.00 元）；有 2 张发票可能是它（如 {NUMBER}、{FAR}）",
         f"invoices that it may be: 2 (such as {NUMBER}、{FAR})"),
]  # fmt: skip

DEAD = [
    Said("a mistyped number of a void invoice", [invoice("u1", status="void")], [entry("l1", MISTYPED)],
         f"但账上所记号码“{MISTYPED}”不是该发票的号码", f"But the ledger cites “{MISTYPED}”, which is not its number",
         columns=(*LIKELY, ("cause", "dead_invoice_booked"))),
    Said("a list of a void invoice and one that was not found",
         [invoice("u1", total="100.00", status="void")], [entry("l1", f"{NUMBER}、{FAR}", "326.00")],
         f"其中 {NUMBER}（上海示例材料有限公司，合计 100.00 元）在税务系统已作废：请冲销这部分入账，"
         "并转出已抵扣的税额。"
         f"该笔记的是“{NUMBER}、{FAR}”，其中还有号码没有对上",
         "reverse that part of the entry and any tax deducted on it. "
         f"The entry reads “{NUMBER}、{FAR}”: more of its numbers",
         columns=(("cause", "dead_invoice_booked"),)),
    Said("a reversal without a number", reversed_pair(),
         [entry("l1"), entry("l2", None, "-1130.00", invoice_date=date(2026, 8, 28))],
         "但账上的发票号码有误或缺失", "But the number in the ledger is wrong or missing",
         columns=(*LIKELY, ("cause", "red_letter_netted"))),
    Said("lost digits of a reversed invoice", reversed_pair(), [entry("l1", NUMBER[:15] + "00000")],
         "“26112000000123400000”不是该发票的号码", "But the ledger cites “26112000000123400000”",
         columns=(*LIKELY, ("cause", "dead_invoice_booked"))),
    Said("a red letter that names none, and two invoices that it may reverse",
         [invoice("u1", status="red_full"), invoice("u2", FAR, status="red_full"),
          invoice("u3", "26112000000999999999", "-1130.00", on=date(2026, 8, 28))], [],
         f"可能被它冲销的已全额红冲发票有 2 张（如 {NUMBER}、{FAR}），但有几张同样相符",
         f"that it may be for: 2 (such as {NUMBER}、{FAR}), but several fit equally well", record="u3"),
    Said("void, booked and reversed", [invoice("u1", status="void")],
         [entry("l1"), entry("l2", total="-1130.00", posted_on=date(2026, 9, 3))],
         f"发票 {NUMBER} 已作废，账上的入账已冲销", "was voided and the ledger has booked and reversed it"),
]  # fmt: skip

VOUCHERS = [
    Said("no voucher number", [invoice("u1")], [entry("l1", total="1103.00", voucher_no=None)],
         "核对凭证 2026-08-20", "Compare voucher 2026-08-20"),
    Said("no voucher number, booked twice", [invoice("u1", "12345678", invoice_code=CODE)],
         [entry("l1", "12345678", voucher_no=None),
          entry("l2", "12345678", voucher_no=None, posted_on=date(2026, 9, 3))],
         f"发票 {CODE}-12345678（{SUPPLIER['name']}）已在凭证 2026-08-20 入账，凭证 2026-09-03 又入账",
         "is already booked in voucher 2026-08-20; voucher 2026-09-03 books", record="l2"),
    Said("no voucher number in a candidate", [invoice("u1")], [entry("l1", FAR, voucher_no=None)],
         "如凭证 2026-08-20", "such as voucher 2026-08-20", record="u1"),
]  # fmt: skip


def sold(record_id: str, number: str = NUMBER, total: str = "1130.00", **given: Any) -> Row:
    """An invoice that we issued."""
    bought = invoice(record_id, number, total, **given)
    sides = {f"{ours}_{name}": bought.get(f"{theirs}_{name}") for name in ("tax_id", "name")
             for ours, theirs in (("seller", "buyer"), ("buyer", "seller"))}  # fmt: skip
    return bought | sides | {"direction": "output"}


def revenue(record_id: str, reference: str | None = NUMBER, total: str = "1130.00", **given: Any) -> Row:
    return entry(record_id, reference, total, **given) | {"direction": "output"}


REVERSED_SALE = [
    sold("u1", status="red_full"),
    sold("u2", "26112000000999999999", "-1130.00", original_invoice_number=NUMBER, on=date(2026, 8, 28)),
]
SALES = [
    Said("a sale that is not booked", [sold("u1")], [], "请补记收入和销项税额并申报", "Book the revenue", record="u1"),
    Said("a red letter of a sale that is not booked", [sold("u1", total="-1130.00")], [],
         "冲减收入和销项税额", "which lowers revenue and output tax", record="u1"),
    Said("a sale that may still be booked", [sold("u1", on=date(2026, 11, 20))], [],
         f"本单位 2026-11-20 开给 {SUPPLIER['name']} 的发票 {NUMBER}", "Book it before", record="u1"),
    Said("a sale that is not in the tax system", [], [revenue("l1")], "尚未开具的补开或按未开票收入申报",
         "or declare the revenue without one"),
    Said("a sale under an impossible number", [], [revenue("l1", "26992000000123456789")], "请对照开票记录更正号码",
         "Correct the number from what was issued"),
    Said("a void sale", [sold("u1", status="void")], [revenue("l1")], "请冲销该凭证的收入和销项税额",
         "reverse the revenue and its output tax"),
    Said("a reversed sale", REVERSED_SALE, [revenue("l1")], "请补记红字凭证，冲减收入和销项税额",
         "book the red letter"),
    Said("a reversed sale, taken back in part", REVERSED_SALE,
         [revenue("l1"), revenue("l2", "26112000000999999999", "-565.00")],
         "账上蓝字与冲销相抵后仍有 565.00 元", "still comes to 565.00 CNY"),
    Said("a sale booked twice", [sold("u1")], [revenue("l1"), revenue("l2", posted_on=date(2026, 9, 3))],
         "以免多计收入和销项税额", "counts revenue and output tax twice", record="l2"),
    Said("a sale with too much tax", [sold("u1")], [revenue("l1", amount_cny="990.00", tax_cny="140.00")],
         "销项税额账上为 140.00 元", "output tax of 140.00 CNY"),
]  # fmt: skip

NO_INVOICE = [
    *(Said(f"revenue without an invoice: {said}", [], [revenue("l1", reference, summary=summary)],
           "写明没有开票（上海示例材料有限公司，1,130.00 元）：按未开票收入申报即可，不必补录号码",
           "Declare it as revenue without an invoice; there is no number to enter",
           columns=(("cause", "unreadable_reference"),))
      for said, reference, summary in [
          ("the reference", "未开票收入", None), ("short", "无票", None), ("to be issued", "待开票", None),
          ("the text of the line", None, "8月未开票收入"), ("both", "记-12", "无票收入")]),
    Said("revenue without an invoice, taken back", [], [revenue("l1", "未开票收入", "-1130.00")],
         "冲回未开票的收入 -1,130.00 元", "takes back revenue without an invoice, -1,130.00 CNY"),
    Said("revenue without an invoice, and two that may have been issued since",
         [sold("u1"), sold("u2", "26312000000987654321")], [revenue("l1", "未开票")],
         "现有 2 张发票可能是后来开具的（如 26112000000123456789、26312000000987654321），但",
         "invoices that may have been issued for it since: 2"),
    Said("revenue without an invoice, within the grace window", [],
         [revenue("l1", "未开票收入", posted_on=date(2026, 11, 24))],
         "写明没有发票（上海示例材料有限公司，1,130.00 元）；发票可能已经开具而尚未同步", "Wait until",
         columns=(("cause", "sync_delay"),)),
    *(Said(f"a purchase without an invoice: {said}", [], [entry("l1", reference, summary=summary)],
           "请向开票方索取发票，收到后补录号码", "Ask the supplier for it and enter its number when it comes",
           columns=(("cause", "unreadable_reference"),))
      for said, reference, summary in [
          ("it has not come", "发票未到", None), ("it is to come", "后补发票", None), ("none", "无票", None),
          ("an accrual", None, "8月材料暂估入库")]),
    Said("an accrual that is taken back", [], [entry("l1", None, "-1130.00", summary="冲上月暂估")],
         "冲回没有发票的入账 -1,130.00 元", "takes back a booking without an invoice, -1,130.00 CNY"),
    Said("a damaged number of an accrual", [], [entry("l1", "2.61120E+19", summary="暂估")],
         "疑似被电子表格损坏", "A spreadsheet probably destroyed the last digits"),
]  # fmt: skip

ANEW = "26112000000123450099"
ISSUED_ANEW = [
    *(Said(f"{said}, and issued anew on the same day", [*dead, invoice("u3", ANEW)], [entry("l1")],
           f"同额发票 {ANEW} 尚未入账：如系重开，请改为新号码", "If it was issued in its place, enter that number",
           columns=(("cause", "dead_invoice_booked"),))
      for said, dead in [("void", [invoice("u1", status="void")]), ("reversed", reversed_pair())]),
    Said("a void sale that was issued anew three days later",
         [sold("u1", status="void"), sold("u3", ANEW, on=date(2026, 8, 13))], [revenue("l1")],
         f"同额发票 {ANEW} 尚未入账：如系重开，请改为新号码，收入不必冲销", "enter that number and leave the revenue"),
    *(Said(f"void, and another one is no new issue: {said}", [invoice("u1", status="void"), other], [entry("l1")],
           "仍入账 1,130.00 元：请冲销该凭证", "still carries 1,130.00 CNY: reverse the entry")
      for said, other in [("four days later", invoice("u3", ANEW, on=date(2026, 8, 14))),
                          ("a day before", invoice("u3", ANEW, on=date(2026, 8, 9))),
                          ("other money", invoice("u3", ANEW, "1130.01"))]),
]  # fmt: skip

RED_NUMBER = "26112000000999999999"
SEPTEMBER = date(2026, 9, 3)
REVERSALS = [
    *(Said(f"only the red letter is booked, {said}", reversed_pair(),
           [entry("l1", reference, "-1130.00", posted_on=SEPTEMBER)],
           f"蓝字与红字应相抵为零，账上合计为 -1,130.00 元（凭证 记-l1）；其中有一笔{zh}", f"(voucher 记-l1). {en}",
           columns=(*LIKELY, ("cause", cause)))
      for said, reference, cause, zh, en in [
          ("a digit wrong", RED_NUMBER[:-1] + "8", "number_mistyped",
           "的发票号码疑似录错", "The number of one entry is probably mistyped"),
          ("a float", "2.6112000000999E+19", "digits_lost", "的发票号码被电子表格损坏", "A spreadsheet destroyed"),
          ("without a number", None, "number_absent", "没有可用的发票号码", "One entry has no usable number")]),
    Said("reversed with other money and without a number", reversed_pair(),
         [entry("l1", total="1103.00"), entry("l2", None, "-1130.00", posted_on=SEPTEMBER)],
         "账上合计为 -27.00 元（凭证 记-l1、记-l2）", "they come to -27.00 CNY (voucher 记-l1、记-l2)"),
    Said("reversed, one entry of another party and one under a mistyped number", reversed_pair(),
         [entry("l1", party=OTHER), entry("l2", RED_NUMBER[:-1] + "8", "-1130.00", posted_on=SEPTEMBER)],
         f"红字是否多记。另外，账上往来单位（{OTHER['name']}", "too much was reversed. The party in the ledger"),
    Said("reversed with less tax", reversed_pair(),
         [entry("l1", amount_cny="1000.00", tax_cny="130.00"),
          entry("l2", RED_NUMBER, "-1130.00", amount_cny="-1066.04", tax_cny="-63.96", posted_on=SEPTEMBER)],
         "蓝字与红字的税额应相抵为零，账上合计却为 66.04 元", "in the ledger it comes to 66.04 CNY"),
    Said("a void invoice that was only taken back", [invoice("u1", status="void")], [entry("l1", total="-1130.00")],
         "账上应为零，合计却为 -1,130.00 元（凭证 记-l1）：请核对原来的入账是否漏记",
         "in the ledger it comes to -1,130.00 CNY (voucher 记-l1). Check whether its booking was left out"),
    Said("a reversed invoice that was only taken back", [invoice("u1", status="red_full")],
         [entry("l1", total="-1130.00")],
         "账上应为零，合计却为 -1,130.00 元", "Check whether its booking was left out"),
    Said("its reversal may be on the books", [invoice("u1", status="red_full")],
         [entry("l1"), entry("l2", RED_NUMBER, "-1130.00", posted_on=SEPTEMBER)],
         "账上仍有 1,130.00 元未冲销（凭证 记-l1）；凭证 记-l2 金额相同、方向相反，尚未对上发票，可能就是它的冲销",
         "Voucher 记-l2 has the same sum with the opposite sign and no invoice yet: it may be the reversal."),
    Said("the rest of its reversal may be on the books",
         [invoice("u1", status="red_full"), invoice("u2", RED_NUMBER, "-565.00", original_invoice_number=NUMBER)],
         [entry("l1"), entry("l2", RED_NUMBER, "-565.00"), entry("l3", FAR, "-565.00", posted_on=SEPTEMBER)],
         "账上仍有 565.00 元未冲销（凭证 记-l1、记-l2）；凭证 记-l3 金额相同",
         "565.00 CNY of it is still on the books (voucher 记-l1、记-l2). Voucher 记-l3 has"),
    Said("the reversal of a sale may be on the books", REVERSED_SALE[:1],
         [revenue("l1"), revenue("l2", RED_NUMBER, "-1130.00", posted_on=SEPTEMBER)],
         "不是的才补记红字凭证，冲减收入和销项税额", "only if it is not, book the red letter, which lowers revenue"),
    Said("a reversal of other money is none of it", [invoice("u1", status="red_full")],
         [entry("l1"), entry("l2", RED_NUMBER, "-1103.00", posted_on=SEPTEMBER)],
         "请补记红字凭证", "book the red letter and"),
    Said("a reversal of another party is none of it", [invoice("u1", status="red_full")],
         [entry("l1"), entry("l2", RED_NUMBER, "-1130.00", posted_on=SEPTEMBER, party=OTHER)],
         "账上只有蓝字 1,130.00 元", "only the blue side"),
    Said("a reversal under the blue number whose red letter may still come", [invoice("u1")],
         [entry("l1"), entry("l2", total="-113.00", posted_on=YESTERDAY)],
         f"凭证 记-l2 按发票 {NUMBER} 的号码记了 -113.00 元（{SUPPLIER['name']}），其红字发票可能尚未同步",
         f"Voucher 记-l2 books -113.00 CNY under the number of invoice {NUMBER}", record="l2"),
    Said("a reversal under the blue number whose day was not received", [invoice("u1")],
         [entry("l1"), entry("l2", total="-113.00", posted_on=SEPTEMBER, invoice_date=date(2025, 8, 28))],
         "其红字发票可能的开票日", "the days that its red letter may be of", record="l2"),
]  # fmt: skip

MORE = [
    Said("a red letter that is not booked", [invoice("u1", total="-1130.00")], [], "请补记红字凭证，并转出已抵扣的税额",
         "return any tax deducted", record="u1"),
    Said("a void red letter that is booked", [invoice("u1", total="-1130.00", status="void")],
         [entry("l1", total="-1130.00")], "已转出的税额可以恢复抵扣", "may be deducted again"),
    Said("too much tax", [invoice("u1")], [entry("l1", amount_cny="990.00", tax_cny="140.00")], "多抵扣的转出",
         "return what was deducted too much"),
    Said("too little tax", [invoice("u1")], [entry("l1", amount_cny="1040.00", tax_cny="90.00")], "账上有误则更正",
         "correct them if they are wrong"),
    Said("parts that are a cent off", [invoice("u1", total="100.00")],
         [entry(f"l{n}", total="33.33") for n in range(3)],
         "合计 99.99 元，税务系统为 100.00 元，差 0.01 元属尾差", "0.01 CNY is rounding"),
    Said("a list that is a cent off", LISTED, [entry("l1", "12345678/79", "210.01")],
         "合计 210.01 元，税务系统为 210.00 元，差 0.01 元属尾差", "0.01 CNY is rounding"),
    Said("five parts", [invoice("u1", total="500.00")], [entry(f"l{n}", total="100.00") for n in range(5)],
         "（凭证 记-l0、记-l1、记-l2、记-l3 …）", "记-l3 …)", record="l0"),
    Said("a list of which one number may still come", [invoice("u1", on=date(2026, 11, 20))],
         [entry("l1", f"{NUMBER}、{FAR}", "1356.00", posted_on=YESTERDAY)],
         f"{FAR} 可能尚未同步", f"not fully received: {FAR}"),
    Said("a list of which one number was cut off", [invoice("u1"), invoice("u2", FAR, "226.00")],
         [entry("l1", f"{FAR}、{NUMBER[:16]}", "1356.00")], f"{NUMBER[:16]} 未能对上", f"Not linked: {NUMBER[:16]}."),
    Said("a list that is right without its last number", LISTED, [entry("l1", "12345678/79/80", "210.00")],
         "无需处理。（所列的 12345680 没有对上，金额里也不含它，请核对是否误列。）", "It also lists 12345680",
         columns=(("cause", "combined_entry"),)),
    Said("one invoice and a number that is not there", [invoice("u1")], [entry("l1", f"{NUMBER}、{FAR}")],
         f"（所列的 {FAR} 没有对上", f"It also lists {FAR}", columns=(("cause", "exact"),)),
    Said("20 digits in the column of the code, not found", [], [entry("l1", None, invoice_code=NUMBER)],
         f"凭证 记-l1 的发票 {NUMBER}（", f"Invoice {NUMBER} of voucher 记-l1"),
    Said("one voucher number in two months", [invoice("u1")],
         [entry("l1", voucher_no="记-7"), entry("l2", voucher_no="记-7", posted_on=date(2026, 9, 3))],
         "已在凭证 记-7 (2026-08-20) 入账，凭证 记-7 (2026-09-03) 又入账", "voucher 记-7 (2026-08-20)", record="l2"),
    Said("booked for another party first", [invoice("u1")],
         [entry("l1", posted_on=date(2026, 9, 3)), entry("l2", party=OTHER)],
         f"发票 {NUMBER}（{SUPPLIER['name']}）", f"Invoice {NUMBER} ({SUPPLIER['name']})", record="l2"),
    Said("only the red letter is booked", reversed_pair(), [entry("l1", "26112000000999999999", "-1130.00")],
         "蓝字与红字应相抵为零，账上合计却为 -1,130.00 元", "they come to -1,130.00 CNY"),
    Said("not found, without a day", [], [entry("l1")], "账上未记开票日期，2026-08-20 记账前已索取的各日数据都完整收到",
         "The ledger keeps no invoice date"),
]  # fmt: skip

RED = [
    Said("a red letter booked twice", [invoice("u1", total="-1130.00")],
         [entry("l1", total="-1130.00"), entry("l2", total="-1130.00", **AGAIN)],
         f"红字发票 {NUMBER}（{SUPPLIER['name']}）已在凭证 记-l1 入账", "may be deducted again", record="l2"),
    Said("a red letter of a sale booked twice", [sold("u1", total="-1130.00")],
         [revenue("l1", total="-1130.00"), revenue("l2", total="-1130.00", **AGAIN)],
         "以免少计收入和销项税额", "lowers revenue and output tax twice", record="l2"),
    Said("void red letters in a list", [invoice("u1", total="-1130.00", status="void"), invoice("u2", FAR, "-226.00")],
         [entry("l1", f"{NUMBER}、{FAR}", "-1356.00")],
         f"其中红字发票 {NUMBER}（{SUPPLIER['name']}，合计 -1,130.00 元）在税务系统已作废",
         "the tax that was returned may be deducted again", columns=(("cause", "dead_invoice_booked"),)),
    Said("a red letter that is not in the tax system", [],
         [entry("l1", total="-1130.00", invoice_date=date(2026, 8, 10))],
         "账上开票日 2026-08-10 的数据已完整收到且已过同步期：请向开票方索取红字发票", "take this entry back"),
    Said("a red letter of a sale that is not in the tax system", [], [revenue("l1", total="-1130.00")],
         "恢复所冲减的收入和销项税额", "restore the revenue and output tax"),
    Said("a red letter under an impossible number", [], [entry("l1", "26992000000123456789", "-1130.00")],
         "所记红字发票号码 26992000000123456789", "cites red letter 26992000000123456789"),
    Said("a red letter of a sale that is not booked, and one that comes near",
         [sold("u1", FAR[:-1] + "9", "-1130.00")], [revenue("l1", FAR[:-1] + "8", "-1103.00")],
         "不是则补记红字凭证，冲减收入和销项税额", "book it, which lowers revenue and output tax", record="u1"),
]  # fmt: skip

FACTS = [
    Said("parts of which one keeps its tax", [invoice("u1")],
         [entry("l1", total="565.00", amount_cny="500.00", tax_cny="65.00"), entry("l2", total="565.00")],
         "合计 1,130.00 元，与税务系统一致", "add up to 1,130.00 CNY, as in the tax system",
         columns=difference("0.00")),
    Said("parts of which one has another day", [invoice("u1")],
         [entry("l1", total="500.00", invoice_date=date(2026, 8, 10)),
          entry("l2", total="630.00", invoice_date=date(2026, 8, 15))],
         "账上开票日期为 2026-08-15，税务系统为 2026-08-10：请更正凭证 记-l2 的开票日期",
         "Correct the date in voucher 记-l2."),
    Said("parts of which one has another party", [invoice("u1")],
         [entry("l1", total="500.00"), entry("l2", total="330.00"), entry("l3", total="300.00", party=OTHER)],
         "请对照原票核对凭证 记-l3 的往来单位", "Compare the party in voucher 记-l3"),
    Said("a reversed invoice whose red letter is booked for another party", reversed_pair(),
         [entry("l1"), entry("l2", "26112000000999999999", "-1130.00", party=OTHER)],
         "发票 26112000000999999999（-1,130.00 元）金额一致", "Compare the party in voucher 记-l2"),
    Said("an invoice date that has not come", [], [entry("l1", invoice_date=date(2027, 8, 10))],
         "账上开票日期为 2027-08-10，这一天还没有到", "a day that has not come yet",
         columns=(("cause", "sync_delay"), ("needs_review", True))),
    Said("an impossible number of a day that was not received", [],
         [entry("l1", "26992000000123456789", invoice_date=date(2025, 12, 1))],
         "补导数据也不会有这个号码", "No export will bring this number",
         columns=(("cause", "upstream_gap"), ("needs_review", True), ("why_not", "impossible_number"))),
    Said("a mistyped number and another name", [invoice("u1")],
         [entry("l1", MISTYPED, counterparty_name="北京另一家公司")],
         "更正号码。另外，账上往来单位（北京另一家公司）与税务系统不同",
         "The party in the ledger (北京另一家公司) differs too"),
    Said("another amount, another name and another day", [invoice("u1")],
         [entry("l1", total="1103.00", counterparty_name="北京另一家公司", invoice_date=date(2026, 8, 15))],
         "另外，账上往来单位（北京另一家公司）和开票日期（2026-08-15）与税务系统不同",
         "The party (北京另一家公司) and the invoice date (2026-08-15) in the ledger differ too"),
    Said("a void invoice in a list without tax", [invoice("u1"), invoice("u2", FAR, "226.00", status="void")],
         [entry("l1", f"{NUMBER}、{FAR}", None, amount_cny="1200.00")],
         f"其中 {FAR}（{SUPPLIER['name']}，合计 200.00 元（不含税））", "200.00 CNY without tax in all"),
    Said("booked again after two parts", [invoice("u1")],
         [entry("l1", total="500.00"), entry("l2", total="630.00"), entry("l3", **AGAIN)],
         "已在凭证 记-l1、记-l2 入账", "is already booked in voucher 记-l1、记-l2", record="l3"),
    Said("booked twice without voucher numbers", [invoice("u1")],
         [entry("l1", voucher_no=None), entry("l2", voucher_no=None, **AGAIN)],
         "已在凭证 2026-08-20 入账，凭证 2026-09-03 又入账",
         "is already booked in voucher 2026-08-20; voucher 2026-09-03 books",
         record="l2"),
    Said("a mistyped number and another day", [invoice("u1")], [entry("l1", MISTYPED, invoice_date=date(2026, 8, 14))],
         "开票日期（账上 2026-08-14）也与税务系统不同", "the invoice date (ledger: 2026-08-14) differs too"),
    Said("a mistyped number and other cents", [invoice("u1")], [entry("l1", MISTYPED, "1130.05")],
         "金额（账上 1,130.05 元，差 0.05 元）也与税务系统不同",
         "the money (ledger: 1,130.05 CNY, 0.05 CNY off) differs too"),
    Said("zeros behind a code are no number that a spreadsheet damaged", [],
         [entry("l1", "00000000", invoice_code=CODE)],
         f"的发票号码栏为“{CODE}-00000000”，无法识别", f"reads “{CODE}-00000000” and cannot be used"),
    Said("a destroyed number that fits nothing", [], [entry("l1", "26112000000123400000")],
         "疑似被电子表格损坏，后几位已丢失", "A spreadsheet probably destroyed the last digits"),
    Said("a line without a number, and the set that it is", [invoice("u1", total="1000.00"), invoice("u2", FAR,
         "130.00")],
         [entry("l1", None)], f"（{NUMBER}、{FAR}）恰好合计 1,130.00 元", f"({NUMBER}、{FAR}) adds up to 1,130.00 CNY"),
    Said("a row that the tax system lists again",
         [invoice("u1", observed_at=datetime(2026, 11, 1)), invoice("u2", status="void")],
         [], "这一行（1,130.00 元）不作数：账上以另一行为准", "This row (1,130.00 CNY) does not count", record="u1"),
]  # fmt: skip

SHORT = "12345604"
OF_SUPPLIER = [
    invoice("ub", SHORT, "113.00", invoice_code="1100212130"),
    invoice("uc", SHORT, "113.00", invoice_code="1100212140"),
]
ALIKE = [invoice("u1", NUMBER, "226.00"), invoice("u2", FAR, "226.00")]
GUARDS = [
    # Whatever the ids: the best candidates are those of the line's party.
    *(Said(f"eight digits of several parties, {record} is another's",
           [invoice(record, SHORT, "113.00", party=OTHER, invoice_code="3100212130"), *OF_SUPPLIER],
           [entry("l1", SHORT, "113.00")],
           f"有 2 张（如 1100212130-{SHORT}、1100212140-{SHORT}）",
           f"any of 2 that have this number (such as 1100212130-{SHORT}、1100212140-{SHORT})",
           columns=(("why_not", "several_equal"), ("cause", "unreadable_reference")))
      for record in ("ua", "uz")),
    Said("no number, two invoices of the party and one of another",
         [*ALIKE, invoice("u0", MISTYPED, "226.00", party=OTHER)],
         [entry("l1", None, "226.00", invoice_date=date(2026, 8, 10))],
         f"有 2 张发票可能是它（如 {NUMBER}、{FAR}），但有几张同样相符",
         f"invoices that it may be: 2 (such as {NUMBER}、{FAR})"),
    Said("one error away, while the amount recurs and another line is as near",
         [invoice("u1", FAR, on=date(2026, 8, 5)), invoice("u2")],
         [entry("l1", MISTYPED), entry("l2", NUMBER[:-4] + "1789")],
         f"有 1 张发票相近（如 {NUMBER}），但账上有几笔同样相符",
         f"Invoices that come near: 1 (such as {NUMBER}), not linked: several ledger lines fit it equally well",
         columns=(("why_not", "several_lines"),)),
    Said("an invoice that was added up with one that another line cites",
         [invoice("u1", on=date(2026, 8, 9)), invoice("u2", FAR, "1103.00")],
         [entry("l1", total="1100.00", party=OTHER), entry("l2", None, "2233.00")],
         "已过入账期仍未入账：请确认是否收到原票",
         "past the booking window and not booked. Check whether the document arrived", record="u2",
         columns=(("why_not", None), ("candidates", []))),
]  # fmt: skip

TWICE = [
    *(Said(f"booked again {said}", [invoice("u1")], [entry("l1"), entry("l2", reference, **AGAIN)],
           f"发票 {NUMBER} {nearness}", f"{nearness_en}invoice {NUMBER}", record="l2",
           columns=(("cause", cause), ("why_not", "number_taken")))
      for said, reference, cause, nearness, nearness_en in [
          ("with one wrong digit", MISTYPED, "not_found",
           "的号码相近，账上所记的其他内容也都相符，而该发票已在凭证 记-l1 入账，疑似重复入账",
           "nearly the number of "),
          ("with a digit missing", NUMBER[:7] + NUMBER[8:], "impossible_number", "的号码相近", "nearly the number of "),
          ("under the end of its number", NUMBER[14:], "not_found", "的号码相近", "nearly the number of "),
          ("under a damaged number", NUMBER[:15] + "00000", "unreadable_reference",
           "相符，而该发票已在凭证 记-l1 入账", "is that of "),
      ]),
    Said("booked again in a voucher of the same number", [invoice("u1")],
         [entry("l1", voucher_no="记-7"), entry("l2", MISTYPED, voucher_no="记-7", **AGAIN)],
         "已在凭证 记-7 (2026-08-20) 入账", "already booked in voucher 记-7 (2026-08-20)", record="l2"),
    Said("booked again with one wrong digit, after two parts", [invoice("u1")],
         [entry("l1", total="500.00"), entry("l2", total="630.00"), entry("l3", MISTYPED, **AGAIN)],
         "已在凭证 记-l1、记-l2 入账", "already booked in voucher 记-l1、记-l2", record="l3"),
    Said("booked again with one wrong digit, after the last eight", [invoice("u1")],
         [entry("l1", NUMBER[12:]), entry("l2", MISTYPED, **AGAIN)],
         "已在凭证 记-l1 入账", "already booked in voucher 记-l1", record="l2"),
    Said("another line without a number is not said to be booked again", [invoice("u1")],
         [entry("l1"), entry("l2", None, **AGAIN)], "但该发票已与其他分录对上：请从原票补录",
         "it already belongs to another", record="l2"),
    *(Said(f"booked first with {said}", [invoice("u1")], [entry("l1", **given), entry("l2", **AGAIN)],
           f"发票 {NUMBER}（{SUPPLIER['name']}）重复入账：凭证 记-l1 先入账 {total} 元，凭证 记-l2 后又入账",
           f"voucher 记-l1 books {total} CNY first and voucher 记-l2 books it later",
           columns=(("cause", "booked_twice"),))
      for said, given, total in [("other money", {"total": "1131.00"}, "1,131.00"),
                                 ("another day", {"invoice_date": date(2026, 8, 11)}, "1,130.00")]),
]  # fmt: skip

ALL = [
    *(*MONEY, *ELSEWHERE, *LISTS, *PARTIES, *NUMBERS, *DEAD, *VOUCHERS, *SALES, *NO_INVOICE, *ISSUED_ANEW),
    *(*REVERSALS, *MORE, *RED, *FACTS, *GUARDS, *TWICE),
]


def told_apart(said: Said) -> tuple[list[Row], list[Row], list[Row]]:
    """Each under a taxpayer of its own."""

    def own(rows: Sequence[Row]) -> list[Row]:
        place = ALL.index(said)
        named = [row | {"taxpayer_id": f"{OURS}-{place}"} for row in rows]
        return [row | ({"record_id": f"{place}-{row['record_id']}"} if "record_id" in row else {}) for row in named]

    return own(said.upstream), own(said.ledger), own(covered())


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """The item of every record."""
    parts = [told_apart(said) for said in ALL]
    upstream, ledger, coverage = ([row for part in parts for row in part[side]] for side in range(3))
    found = reconcile_rows(tmp_path_factory.mktemp("said"), upstream, ledger, coverage)
    return {member: item for item in found for member in item["members"]}


@pytest.mark.parametrize("said", ALL, ids=lambda said: said.title)
def test_the_sentence_says_what_was_found(said: Said, items: dict[str, Row]) -> None:
    item = items[f"{ALL.index(said)}-{said.record}"]
    assert said.zh in item["explanation_zh"]
    assert said.en in item["explanation_en"]
    assert {name: item[name] for name, _ in said.columns} == dict(said.columns)


@pytest.mark.parametrize(
    ("coverage", "first"),
    [
        (covered(but=[date(2026, 8, 3), date(2026, 8, 12)]), "2026-08-03"),
        (covered(last=date(2026, 8, 15)), "2026-08-16"),
    ],
)
def test_of_a_line_without_a_day_the_first_day_that_is_lacking_is_named(
    tmp_path: Path, coverage: list[Row], first: str
) -> None:
    (item,) = reconcile_rows(tmp_path, [], [entry("l1")], coverage)
    assert item["cause"] == "upstream_gap"
    assert f"没有完整收到（最早 {first}）" in item["explanation_zh"]
    assert f"were not fully received (first of them {first})" in item["explanation_en"]


def test_days_that_were_exported_before_they_were_over_need_no_second_export(tmp_path: Path) -> None:
    export = {"fetched_at": datetime(2026, 11, 23, 18)}
    days = [day | export | {"is_complete": day["issue_date"] < date(2026, 11, 22)} for day in covered()]
    line = entry("l1", posted_on=date(2026, 11, 22), invoice_date=date(2026, 11, 22))
    (item,) = reconcile_rows(tmp_path, [], [line], days)
    assert item["cause"] == "upstream_gap"
    assert "下一次导出后即可判断" in item["explanation_zh"]
    assert "The next export will tell" in item["explanation_en"]


def test_no_invoice_is_told_of_a_line_whose_own_may_not_have_come(tmp_path: Path) -> None:
    lines = [
        entry("l1", "2.6112000000123457E+19", "1131.00", invoice_date=date(2026, 8, 10)),
        entry("l2", None, invoice_date=date(2026, 8, 12)),
    ]
    gaps = covered(but=[date(2026, 8, 10), date(2026, 8, 12)])
    found = reconcile_rows(tmp_path, [invoice("u1")], lines, gaps)
    assert [(item["members"], item["candidates"]) for item in found] == [({"l1"}, []), ({"l2"}, []), ({"u1"}, [])]
