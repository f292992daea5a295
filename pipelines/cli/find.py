"""`fapiao find`: where is this invoice, and what do both sides say about it?"""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsJson
from pipelines.errors import BadInputError, UsageError
from pipelines.model import Status

if TYPE_CHECKING:
    from pipelines.find import FindResult, FoundItem, WitnessFact

FILE_ENDINGS = (".xml", ".ofd", ".pdf", ".png", ".jpg", ".jpeg")
QR_COMMAS = 5
SHOWN_ITEMS = 20
VERIFY_ZH = (
    "到发票查验平台查验：数电票填 20 位号码、开票日期和价税合计；其他填代码、号码、日期，专票再填不含税金额，"
    "普票再填校验码后六位。当日开具的次日才能查，一张一天最多五次，可查五年内的"
)
VERIFY_EN = (
    "verify it at the tax office's platform: 20 digits, date and total; older ones by code, number, date and amount "
    "without tax (special) or the last 6 of the check code. Same-day invoices from the next day on, five tries a day, "
    "five years back"
)
WAIT = (
    "{since:%Y-%m-%d %H:%M} 之后开具或入账的可能还没有同步，最晚等 {hours} 小时 | "
    "issued or booked since then it may not be synchronised yet: wait {hours} hours at most"
)


def find_invoices(
    text: Annotated[
        str,
        typer.Argument(
            help="号码、后几位、含 ? * 的片段、二维码文本，或电子发票文件 | "
            "Number, its end, a part with ? and *, the text of a QR code, or an e-invoice file."
        ),
    ] = "",
    *,
    code: Annotated[str | None, typer.Option(help="发票代码 | Invoice code.")] = None,
    date_from: Annotated[str | None, typer.Option("--from", help="起始日 | First day.", metavar="DAY")] = None,
    date_to: Annotated[str | None, typer.Option("--to", help="截止日 | Last day.", metavar="DAY")] = None,
    party: Annotated[str | None, typer.Option(help="对方名称 | Name of the other party, or a part of it.")] = None,
    amount: Annotated[
        str | None, typer.Option(help="金额、税额或合计，可为 X..Y | Amount, tax or total, or X..Y.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="发票状态 | Status of the invoice.")] = None,
    fuzzy: Annotated[bool, typer.Option("--fuzzy", help="容许错一位 | Allow one wrong character.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="最多列出几项 | Show at most so many.")] = SHOWN_ITEMS,
    as_json: AsJson = False,
) -> None:
    """查一张发票：双方怎么记、结论、来自哪个文件哪一行 | Look an invoice up on both sides."""
    from pipelines import find
    from pipelines.cli.moments import parse_day
    from pipelines.cli.output import print_json
    from pipelines.settings import load_settings

    stated_code, number = read_key(text)
    look_up = partial(
        find.find_invoices,
        load_settings(),
        number,
        date_from=parse_day(date_from, "--from"),
        date_to=parse_day(date_to, "--to"),
        party=party,
        amount=parse_amount(amount),
        status=status,
        fuzzy=fuzzy,
        limit=limit,
    )
    result = look_up(code=code or stated_code)
    if stated_code and not code and not result.items:
        # A ledger often keeps no code.
        result = look_up(code=None)
    if as_json:
        print_json(result)
    else:
        _print_found(result)


def read_key(text: str) -> tuple[str | None, str]:
    """Code and number that the text names: those of a QR code or of an e-invoice file, else the text as the number.

    BadInputError (UnreadableFileError) if such a code or file cannot be read.
    """
    from pipelines.einvoice import read_einvoice
    from pipelines.einvoice.qr import parse_qr

    path = Path(text)
    if path.suffix.lower() in FILE_ENDINGS:
        read = read_einvoice(path.name, _read_file(path))
        return read.invoice_code, read.invoice_number
    if text.count(",") + text.count("，") < QR_COMMAS:
        return None, text
    code = parse_qr(text)
    return code.invoice_code, code.invoice_number


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(
            "电子发票文件打不开 | The e-invoice file cannot be opened.",
            where=path,
            found=error.strerror,
            next_step="检查路径，或直接输入发票号码 | check the path, or type the number",
        ) from error


def parse_amount(text: str | None) -> Decimal | tuple[Decimal, Decimal] | None:
    """`1130.00`, or a range `1000..1200` with both ends. UsageError if it cannot be read or its ends are swapped."""
    from pipelines.cli.moments import parse_money

    if text is None or ".." not in text:
        return parse_money(text, "--amount")
    first, _, last = text.partition("..")
    low, high = parse_money(first, "--amount"), parse_money(last, "--amount")
    if low is None or high is None or abs(low) > abs(high):
        raise UsageError(
            "金额范围不成立 | The range is empty.", where="--amount", found=repr(text), expected="1000..1200"
        )
    return low, high


def _print_found(result: FindResult) -> None:
    from pipelines.cli.output import print_line

    for item in result.items:
        _print_item(item)
    for witness in result.witnesses:
        _print_witness(witness)
    if not result.items:
        _print_nothing(result)
    elif result.hits > len(result.items):
        print_line(
            f"共 {result.hits:,} 项，列出 {len(result.items)} 项，"
            f"--limit 可多列 | {result.hits:,} hits, the best {len(result.items)} are shown: --limit shows more"
        )
    print_line(f"截至 as of {result.as_of}")


def _print_item(item: FoundItem) -> None:
    from pipelines.cli.find_words import say_entry, say_event, say_invoice
    from pipelines.cli.output import print_line
    from pipelines.reports.words import word

    print_line(f"{word(item.verdict, 'zh')} · {word(item.cause, 'zh')} | {item.verdict} / {item.cause}", "bold")
    print_line(f"  {item.explanation_zh}")
    print_line(f"  {item.explanation_en}")
    for invoice in item.upstream:
        print_line(f"    税务 upstream: {say_invoice(invoice)}")
    for entry in item.ledger:
        print_line(f"    账   ledger:   {say_entry(entry)}")
    for event in item.history:
        print_line(f"    沿革 history: {say_event(event)}")
    since = f"，自 since {item.open_since_night}" if item.open_since_night else ""
    print_line(f"    {item.direction}, {item.taxpayer_id}, {item.item_id}{since}")
    print_line()


def _print_witness(witness: WitnessFact) -> None:
    from pipelines.cli.output import print_line

    print_line(f"电子发票文件 e-invoice file: {witness.source_files}", "bold")
    print_line(f"  {witness.explanation_zh}")
    print_line(f"  {witness.explanation_en}")


def _print_nothing(result: FindResult) -> None:
    from pipelines.cli.output import print_line

    print_line(f"没有找到 {result.number} | Nothing found.", "bold")
    if result.region:
        print_line(f"  号码属于 by its digits it was issued in: {result.region.name_zh} {result.region.name_en}")
    companies = {span.taxpayer_id for span in result.covered}
    for span in result.covered:
        whose = f"{span.taxpayer_id} " if len(companies) > 1 else ""
        gaps = f"，缺 {len(span.gap_days)} 天 days missing" if span.gap_days else ""
        print_line(
            f"  已完整收到 fully received: {whose}{span.direction} {span.covered_from} – {span.covered_to}{gaps}"
        )
    since = result.as_of - timedelta(hours=result.grace_hours)
    print_line(f"  {WAIT.format(since=since, hours=result.grace_hours)}")
    print_line("  试试 --fuzzy，或只给后几位 | try --fuzzy, or only the last digits")
    print_line(f"  {VERIFY_ZH}")
    print_line(f"  {VERIFY_EN}")
