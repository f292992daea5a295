"""Three nights of one invented company: what is exported before each, and what a perfect reconciliation would say.

Night 1, 2026-11-03 02:00: August to October; the newest invoices are not listed yet, a day of September was never
asked for, and two files of deductions show a part of the purchases again. Night 2: the last five weeks are listed
again, late invoices arrive, some are reversed, some August ones are booked after all. Night 3: the export of the
purchases does not come, and one ledger file breaks off in the middle.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.demo.columns import Vector, join_text, null_unless, pc, text_array
from pipelines.demo.deduction import CONFIRMATION_SOURCE, SELECTION_SOURCE, write_confirmation, write_selection
from pipelines.demo.deliveries import Delivery, write_entries, write_invoices
from pipelines.demo.faults import KIS, LAYOUTS, REGISTER
from pipelines.demo.parties import OUR_NAME, OUR_TAX_ID
from pipelines.demo.population import Span
from pipelines.demo.tables import DIRECTIONS, entry_table, fault_table, invoice_table
from pipelines.demo.workbooks import cut_in_the_middle
from pipelines.demo.world import Sight, Truth, World, build_world, look, settled_until
from pipelines.settings import BEIJING

NIGHTS = (datetime(2026, 11, 3, 2), datetime(2026, 11, 4, 2), datetime(2026, 11, 5, 2))
_SPAN_START, _SPAN_END = datetime(2026, 8, 1), datetime(2026, 11, 5)
_GAP_DAYS = (np.datetime64("2026-09-16"),)
_RELISTED_FROM = datetime(2026, 10, 1)
_EXPORTED_BEFORE = timedelta(minutes=40)
_INPUT, _OUTPUT = 0, 1
_DEDUCTION_SOURCES = (SELECTION_SOURCE, CONFIRMATION_SOURCE)
"""Each is named like its layout."""
_STORY = (
    (
        "第一夜：从头核对三个月",
        "Night 1: three months from scratch",
        "收到 8 月至 11 月初的导出；最近几张发票税务端尚未同步，9 月 16 日的进项从未查询过；"
        "抵扣勾选和用途确认把一部分进项又列一遍",
        "Exports from August to early November arrive; the newest invoices are not listed yet, and 16 September "
        "was never queried for purchases; the selection and the confirmation of deductions list a part of them again",
    ),
    (
        "第二夜：迟到的发票到齐，有的被红冲",
        "Night 2: late invoices arrive, some are reversed",
        "十月以来的发票重新导出：昨夜未同步的到了，部分变为已红冲-全额，几张八月的发票补记入账",
        "Everything since October is listed again: last night's late ones are there, some turned 已红冲-全额, "
        "and a few August invoices were booked after all",
    ),
    (
        "第三夜：一份导出没来，一份断在中间",
        "Night 3: one export is missing, one is cut in the middle",
        "进项发票的导出没有送到；金蝶 KIS 的 11 月序时簿只传到一半。不应有任何一张被误报为缺失",
        "The export of the purchases did not come, and Kingdee KIS's November file broke off half-way. Nothing may be "
        "called missing because of that",
    ),
)


@dataclass(frozen=True)
class DemoNight:
    """`drop_files` writes the night's files into the sources' folders, dated before `as_of`, and returns them."""

    as_of: datetime
    title_zh: str
    title_en: str
    what_happens_zh: str
    what_happens_en: str
    drop_files: Callable[[], list[Path]] = field(repr=False)


@dataclass(frozen=True)
class Scenario:
    root: Path
    world: World
    nights: tuple[DemoNight, ...]

    def sight(self, night_index: int) -> Sight:
        """What had arrived by that night, from 0."""
        return see_night(night_index)

    def expected(self, night_index: int) -> pa.Table:
        """What a perfect reconciliation says after that night (from 0), one row per record that was ever delivered.

        Columns: side, match_key, fault, verdict, cause, is_resolvable. `match_key` can be made from the core tables:
        upstream `coalesce(invoice_code, '') || '/' || invoice_number`; ledger `source_id || '/' || voucher_no || '/' ||
        strftime(posted_on, '%Y-%m')`, and without a voucher number `source_id || '/' || coalesce(invoice_code, '') ||
        '/' || invoice_reference`. A key that stands there twice is an invoice listed twice.
        """
        sight = self.sight(night_index)
        truth = look(self.world, sight)
        faults = fault_table(self.world, truth)
        keys = [_invoice_keys(self.world, truth, sight), _entry_keys(self.world, truth, sight)]
        match_key: Vector = pa.chunked_array(keys)
        return faults.set_column(1, "match_key", match_key)


def _invoice_keys(world: World, truth: Truth, sight: Sight) -> Vector:
    invoices = invoice_table(world, truth, sight)
    code = invoices["invoice_code"].combine_chunks().fill_null("")
    return join_text(code, _repeat("/", len(code)), invoices["invoice_number"].combine_chunks())


def _entry_keys(world: World, truth: Truth, sight: Sight) -> Vector:
    entries = entry_table(world, truth, sight)
    slash = _repeat("/", entries.num_rows)
    source, voucher = entries["source_id"].combine_chunks(), entries["voucher_no"].combine_chunks()
    month = text_array(entries["posted_on"].to_numpy().astype("M8[M]").astype("S7"))
    by_voucher = join_text(source, slash, voucher, slash, month)
    code = entries["invoice_code"].combine_chunks().fill_null("")
    number = pc.utf8_trim_whitespace(entries["invoice_reference"].combine_chunks().fill_null(""))
    by_number = join_text(source, slash, code, slash, number)
    has_voucher = np.asarray(voucher.is_valid())
    return pc.coalesce(null_unless(by_voucher, has_voucher), by_number)


def _repeat(text: str, count: int) -> Vector:
    return pa.repeat(pa.scalar(text), count)


def prepare_scenario(root: Path, seed: int = 20261103, invoices: int = 20_000) -> Scenario:
    """Invent the company and write `<root>/fapiao.toml`; the nights' files are written when each night asks for them.

    `invoices` is the number of blue invoices issued from 2026-08-01 to 2026-11-04; red ones come on top.
    """
    span = Span(_SPAN_START, _SPAN_END, NIGHTS[0], gap_days={_INPUT: list(_GAP_DAYS)})
    world = build_world(seed, invoices, span, gap_share=1.0)
    root.mkdir(parents=True, exist_ok=True)
    (root / "fapiao.toml").write_text(_write_settings(), encoding="utf-8")
    tax_folders = (*(f"tax_{name}" for name in DIRECTIONS), *_DEDUCTION_SOURCES)
    for folder in (*tax_folders, *(f"ledger_{layout}" for layout in LAYOUTS)):
        (root / "inbox" / folder).mkdir(parents=True, exist_ok=True)
    nights = [
        DemoNight(as_of, *_STORY[index], drop_files=_night_dropper(root, world, index))
        for index, as_of in enumerate(NIGHTS)
    ]
    return Scenario(root, world, tuple(nights))


def _write_settings() -> str:
    """The taxpayer, four upstream sources and one ledger source per layout; most are due every night."""
    parts = [f'[[taxpayers]]\nid = "{OUR_TAX_ID}"\nname = "{OUR_NAME}"\n']
    for name in DIRECTIONS:
        parts.append(_source_text(f"tax_{name}", "upstream", "tax_full_query", name, "nightly"))
    parts += [_source_text(name, "upstream", name, "input", "none") for name in _DEDUCTION_SOURCES]
    for code, layout in enumerate(LAYOUTS):
        direction = "input" if layout in {"yonyou_u9c_ap", "input_invoice_register"} else None
        due = "none" if code == REGISTER else "nightly"
        parts.append(_source_text(f"ledger_{layout}", "ledger", layout, direction, due))
    return "\n".join(parts)


def _source_text(source_id: str, side: str, layout: str, direction: str | None, expected: str) -> str:
    lines = [
        "[[sources]]",
        f'id = "{source_id}"',
        f'side = "{side}"',
        f'folder = "inbox/{source_id}"',
        f'layout = "{layout}"',
        f'taxpayer_id = "{OUR_TAX_ID}"',
        *([f'direction = "{direction}"'] if direction else []),
        f'expected = "{expected}"',
    ]
    return "\n".join(lines) + "\n"


def see_night(index: int) -> Sight:
    """What has arrived by that night: on the third, purchases and Kingdee KIS stand where they were before."""
    moments = [night - _EXPORTED_BEFORE for night in NIGHTS[: index + 1]]
    is_third = index == 2
    upstream = (moments[1] if is_third else moments[-1], moments[-1])
    ledgers = tuple(moments[1] if is_third and code == KIS else moments[-1] for code in range(len(LAYOUTS)))
    complete = [settled_until(moment) for moment in upstream]
    return Sight(NIGHTS[index], upstream, ledgers, (complete[0], complete[1]), {_INPUT: list(_GAP_DAYS)})


def _night_dropper(root: Path, world: World, index: int) -> Callable[[], list[Path]]:
    def drop_files() -> list[Path]:
        sight = see_night(index)
        truth = look(world, sight)
        delivery = Delivery(root / "inbox", world, truth, sight)
        made = _drop_night(delivery, index)
        for order, path in enumerate(made):
            _date_file(path, NIGHTS[index] - _EXPORTED_BEFORE + timedelta(seconds=order))
        return made

    return drop_files


def _drop_night(delivery: Delivery, index: int) -> list[Path]:
    last = NIGHTS[index] - timedelta(days=1)
    if index == 0:
        listed = [*_drop_first_listing(delivery, last), *_drop_deductions(delivery)]
        return [*listed, *_drop_ledgers(delivery, _SPAN_START)]
    directions = (_INPUT, _OUTPUT) if index == 1 else (_OUTPUT,)
    listed = [path for code in directions for path in write_invoices(delivery, code, _RELISTED_FROM, last)]
    ledgers = _drop_ledgers(delivery, datetime(2026, 11, 1))
    if index == 2:
        cut_in_the_middle(next(path for path in ledgers if LAYOUTS[KIS] in path.parent.name))
    return [*listed, *ledgers]


def _drop_first_listing(delivery: Delivery, last: datetime) -> list[Path]:
    """August in the 17-column form, September in two parts that leave a day out, under another header."""
    made: list[Path] = []
    for direction in (_INPUT, _OUTPUT):
        made += write_invoices(delivery, direction, _SPAN_START, datetime(2026, 8, 31), is_old_form=True)
        for first_day, last_day in [(1, 30)] if direction == _OUTPUT else [(1, 15), (17, 30)]:
            period = (datetime(2026, 9, first_day), datetime(2026, 9, last_day))
            made += write_invoices(delivery, direction, *period, digital_header="数电票号码")
        made += write_invoices(delivery, direction, datetime(2026, 10, 1), datetime(2026, 10, 31), is_copied=True)
        made += write_invoices(delivery, direction, datetime(2026, 11, 1), last, has_lines=True)
    return made


def _drop_deductions(delivery: Delivery) -> list[Path]:
    """What was selected in October, what was confirmed for September."""
    selection = write_selection(delivery, datetime(2026, 10, 1), datetime(2026, 10, 31))
    return [selection, write_confirmation(delivery, datetime(2026, 9, 1), datetime(2026, 9, 30))]


def _drop_ledgers(delivery: Delivery, since: datetime) -> list[Path]:
    return [path for code in range(len(LAYOUTS)) for path in write_entries(delivery, code, since)]


def _date_file(path: Path, moment: datetime) -> None:
    seconds = moment.replace(tzinfo=BEIJING).timestamp()
    os.utime(path, (seconds, seconds))
