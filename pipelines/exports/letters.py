"""Letters to suppliers (对账函): what to confirm, as a page to print and sign and as a workbook to fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from pipelines.exports.advice import Words, load_advice
from pipelines.exports.cells import Book, Cell, write_book
from pipelines.exports.items import Wanted, open_items
from pipelines.night import Night
from pipelines.reports.rows import fetch_rows
from pipelines.reports.words import format_money, strip_controls, word
from pipelines.settings import Settings
from pipelines.sources.landing import write_safely

FORBIDDEN_IN_NAMES = re.compile(r'[\\/:*?"<>|\s.]+')

HEADS = (
    ("序号 no.", 6), ("请确认的事项 matter", 16), ("贵方发票号码 your invoice", 24), ("开票日期 issued", 11),
    ("贵方价税合计 your total", 14), ("我方凭证 our voucher", 14), ("记账日期 posted", 11),
    ("我方所记票号 reference", 24),
    ("我方价税合计 our total", 14), ("差额 difference", 12), ("请答复 question", 50), ("贵方确认 confirmed", 12),
    ("贵方说明 your answer", 30),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One matter to confirm. Money in CNY with tax; `difference_cny` is ours minus theirs."""

    taxpayer_id: str
    party_name: str | None
    party_tax_id: str | None
    cause: str
    at_stake_cny: Decimal
    invoice_numbers: str | None
    issued_on: date | None
    upstream_total_cny: Decimal | None
    vouchers: str | None
    posted_on: date | None
    invoice_references: str | None
    ledger_total_cny: Decimal | None
    difference_cny: Decimal | None
    item_id: str

    @property
    def ask(self) -> Words:
        """What the supplier is asked."""
        found = load_advice()[self.cause].ask
        if found is None:
            raise KeyError(self.cause)
        return found


@dataclass(frozen=True)
class Letter:
    """All lines of one supplier to one of our companies."""

    taxpayer_name: str
    taxpayer_id: str
    party_name: str
    party_tax_id: str | None
    night: Night
    lines: tuple[Line, ...]

    @property
    def number(self) -> str:
        """Number of the letter: the night, and the end of the supplier's tax id or its name."""
        return f"DZ-{self.night.as_of:%Y%m%d}-{(self.party_tax_id or self.party_name)[-6:]}"

    @property
    def at_stake_cny(self) -> Decimal:
        return sum((line.at_stake_cny for line in self.lines), Decimal(0))

    @property
    def file_stem(self) -> str:
        """Distinct for every supplier and company, fit for any file system."""
        parts = (
            "对账函",
            self.party_name,
            self.party_tax_id or "",
            self.taxpayer_id,
            f"{self.night.as_of:%Y%m%d}",
        )
        return "_".join(FORBIDDEN_IN_NAMES.sub("", strip_controls(part))[:40] for part in parts if part)


def write_letters(settings: Settings, folder: Path, wanted: Wanted) -> list[Letter]:
    """Write `<stem>.html` and `<stem>.xlsx` for each supplier of whom something is to be asked; the letters.

    What a person set aside is not asked. Raises BadInputError if nothing was published yet.
    """
    letters = read_letters(settings, wanted)
    for letter in letters:
        write_safely(folder / f"{letter.file_stem}.html", render_letter(letter).encode())
        write_safely(folder / f"{letter.file_stem}.xlsx", write_letter_book(letter))
    return letters


def read_letters(settings: Settings, wanted: Wanted) -> list[Letter]:
    """One letter per supplier and company, by company and supplier."""
    asked = [cause for cause, advice in load_advice().items() if advice.ask]
    values = {"asked": asked, "party": wanted.party, "taxpayer": wanted.taxpayer}
    with open_items(settings) as (con, night):
        lines = fetch_rows(con, "export/letter_line", Line, values)
    return list(_group_lines(settings, night, lines))


def _group_lines(settings: Settings, night: Night, lines: tuple[Line, ...]) -> Iterator[Letter]:
    names = {taxpayer.id: taxpayer.name for taxpayer in settings.taxpayers}
    for (ours, tax_id, name), group in groupby(
        lines, lambda line: (line.taxpayer_id, line.party_tax_id, line.party_name)
    ):
        yield Letter(names.get(ours, ours), ours, name or tax_id or "", tax_id, night, tuple(group))


def render_letter(letter: Letter) -> str:
    """The letter as one HTML page for A4 paper; it loads nothing."""
    return _load_template().render(letter=letter)


@cache
def _load_template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(money=format_money, clean=lambda text: strip_controls(str(text)) if text else "—")
    environment.globals.update(word=word)
    text = resources.files("pipelines.exports").joinpath("letter.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)


def write_letter_book(letter: Letter) -> bytes:
    """The letter as a workbook with two columns for the answers."""

    def fill(book: Book) -> None:
        sheet = book.add_sheet("对账函 letter", HEADS)
        for place, line in enumerate(letter.lines, start=1):
            book.write_row(sheet, place, [place, *_list_cells(line)])
        sheet.autofilter(0, 0, len(letter.lines), len(HEADS) - 1)
        end = len(letter.lines) + 2
        for place, text in enumerate(_list_notes(letter), start=end):
            sheet.write_string(place, 1, strip_controls(text))

    return write_book(fill)


def _list_cells(line: Line) -> list[Cell]:
    theirs: list[Cell] = [line.invoice_numbers, line.issued_on, line.upstream_total_cny]
    ours: list[Cell] = [line.vouchers, line.posted_on, line.invoice_references, line.ledger_total_cny]
    matter = f"{word(line.cause, 'zh')} {word(line.cause, 'en')}"
    return [matter, *theirs, *ours, line.difference_cny, f"{line.ask.zh} {line.ask.en}"]


def _list_notes(letter: Letter) -> Iterator[str]:
    yield f"致 to: {letter.party_name} {letter.party_tax_id or ''}"
    yield f"发函单位 from: {letter.taxpayer_name} {letter.taxpayer_id}"
    yield f"编号 number: {letter.number}    截至 as of: {letter.night.as_of:%Y-%m-%d}"
    yield "贵方（签章） stamp and signature:                         日期 date:"
