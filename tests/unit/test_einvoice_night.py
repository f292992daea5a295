"""E-invoice files in a night: taken in as every file is, compared with the tax system and the books, decide nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from expectations.audit import audit_night
from expectations.registry import RULES
from pipelines import night_log
from pipelines.einvoice.stage import load_witness_sentences, number_places
from pipelines.find import find_invoices
from pipelines.model import WITNESS_FINDINGS, Direction, Side
from pipelines.night import Night
from pipelines.publish import publish_night
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import BEIJING, Settings, Source, Taxpayer
from pipelines.snapshots.restore import restore_snapshot
from pipelines.snapshots.write import keep_night
from pipelines.sources.intake import Intake, take_in
from pipelines.warehouse import connect, open_warehouse
from tests.conftest import OUR_TAX_ID
from tests.unit.einvoice_files import (
    NUMBER,
    OLD_CODE,
    OLD_NUMBER,
    SELLER,
    SELLER_ID,
    digital_ofd,
    old_ofd,
    pdf,
    picture,
    qr_text,
    xml_invoice,
    zip_of,
)
from tests.unit.source_files import LEDGER_HEADER, PERIOD_NAME, full_query, invoice, text_lines, total

AS_OF = datetime(2026, 9, 20, 2)
LATER = Night(AS_OF + timedelta(days=90))


def number(index: int) -> str:
    return f"261120000000000{index:05d}"


DIFFERS, UNKNOWN, CONTRADICTED, FOREIGN, VOID, REVERSED, UNBOOKED, UNLISTED, MISBOOKED = map(number, range(11, 20))
FRESH, UNASKED, IN_ZIP, SCRATCHED, WITHOUT_FILE, SWAPPED = map(number, range(21, 27))

FILES = {
    "甲.xml": xml_invoice(),
    "甲.ofd": digital_ofd(),
    "甲.pdf": pdf(qr=qr_text()),
    "乙.ofd": digital_ofd(DIFFERS),
    "丙.png": picture(qr_text(UNKNOWN)),
    "丁.xml": xml_invoice(CONTRADICTED),
    "丁.png": picture(qr_text(CONTRADICTED, "1300.00")),
    "别人.xml": xml_invoice(FOREIGN, buyer=("91440300MA5DA1BC2D", "深圳示例科技有限公司")),
    "作废.xml": xml_invoice(VOID),
    "红冲.xml": xml_invoice(REVERSED),
    "未记.xml": xml_invoice(UNBOOKED),
    "无税.xml": xml_invoice(UNLISTED, "3130.00"),
    "记错.xml": xml_invoice(MISBOOKED, "4230.00"),
    "新.xml": xml_invoice(FRESH, issued="2026-09-19 10:00:00"),
    "未收.xml": xml_invoice(UNASKED, issued="2026-09-02 10:00:00"),
    "旧.ofd": old_ofd(),
    "一批.zip": zip_of({"a/票.xml": xml_invoice(IN_ZIP), "说明.txt": "你好"}),
    "划痕.png": picture(qr_text(SCRATCHED)[:-4] + "0000"),
    "换人.xml": xml_invoice(SWAPPED),
    "坏.pdf": b"%PDF-1.4 x",
}
OLD: dict[str, Any] = {
    "数电发票号码": "",
    "发票号码": OLD_NUMBER,
    "开票日期": "2026-08-05",
    "金额": "100.00",
    "税额": "6.00",
}
UPSTREAM: list[dict[str, Any]] = [
    *({"数电发票号码": n} for n in (NUMBER, CONTRADICTED, UNBOOKED, IN_ZIP, SCRATCHED, WITHOUT_FILE)),
    {"数电发票号码": DIFFERS, "金额": "2000.00", "税额": "260.00", "价税合计": "2260.00"},
    {"数电发票号码": SWAPPED, "销方识别号": "91310115MA1K00002X", "开票日期": "2026-08-18 10:11:12"},
    {"数电发票号码": VOID, "发票状态": "已作废"},
    {"数电发票号码": REVERSED, "发票状态": "已红冲-全额"},
    OLD | {"发票代码": OLD_CODE, "价税合计": "106.00"},
    OLD | {"发票代码": "011002600112", "价税合计": "106.00"},
]


def line(voucher: str, reference: str, amount: int = 1000, tax: int = 130) -> str:
    return f"2026-08-20,{voucher},{reference},上海甲公司,{amount}.00,{tax}.00,{amount + tax}.00,货"


BOOKED = [
    line("记-1", NUMBER),
    line("记-2", DIFFERS, 2000, 260),
    line("记-3", CONTRADICTED),
    line("记-4", UNLISTED, 3000),
    line("记-5", MISBOOKED, 4000),
    line("记-6", SCRATCHED),
    line("记-7", WITHOUT_FILE),
]


def with_sources(settings: Settings) -> Settings:
    tax = Source(id="tax", side=Side.UPSTREAM, folder="in/tax", layout="tax_full_query")
    book = Source(id="book", side=Side.LEDGER, folder="in/book", layout="plain_ledger_csv", direction=Direction.INPUT)
    files = Source(id="files", side=Side.EINVOICE, folder="in/files")
    return settings.model_copy(update={"sources": [tax, book, files]})


def deliver(settings: Settings, folder: str, name: str, content: bytes) -> None:
    path = settings.data_root / "in" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    stamp = (AS_OF - timedelta(hours=1)).replace(tzinfo=BEIJING).timestamp()
    os.utime(path, (stamp, stamp))


def deliver_files(settings: Settings, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        deliver(settings, "files", name, content)


def deliver_books(settings: Settings, upstream: Sequence[dict[str, Any]], booked: Sequence[str]) -> None:
    money = [(float(row.get("金额", 1000)), float(row.get("税额", 130))) for row in upstream]
    amount, tax = (sum(column) for column in zip(*money, strict=True))
    sums = total(金额=f"{amount:.2f}", 税额=f"{tax:.2f}", 价税合计=f"{amount + tax:.2f}")
    deliver(settings, "tax", PERIOD_NAME, full_query(*(invoice(**row) for row in upstream), sums))
    deliver(settings, "book", "账.csv", text_lines(LEDGER_HEADER, *booked))


def run(settings: Settings, night: Night) -> Intake:
    night_log.open_night(settings, night)
    taken = take_in(settings, night)
    reconcile_night(settings, night)
    return taken


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One night with every finding in it; tests that go on from it copy it."""
    root = tmp_path_factory.mktemp("crowd") / "data"
    ours = Taxpayer(id=OUR_TAX_ID, name="北京示例贸易有限公司")
    settings = with_sources(Settings(data_root=root, taxpayers=[ours], threads=2))
    deliver_books(settings, UPSTREAM, BOOKED)
    deliver_files(settings, FILES)
    run(settings, Night(AS_OF))
    return settings


@pytest.fixture
def copied(crowd: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(crowd.data_root, tmp_path / "data")
    return crowd.model_copy(update={"data_root": tmp_path / "data"})


def select(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(settings) as con:
        return con.execute(sql).fetchall()


def findings(settings: Settings) -> dict[str, tuple[str, bool]]:
    """Finding and whether a person should act, by invoice number."""
    rows = select(settings, "SELECT invoice_number, finding, is_finding FROM recon__witness")
    assert len({number for number, *_ in rows}) == len(rows)
    return {number: (finding, is_finding) for number, finding, is_finding in rows}


def test_every_e_invoice_has_its_finding(crowd: Settings) -> None:
    assert findings(crowd) == {
        NUMBER: ("agrees", False),
        DIFFERS: ("upstream_differs", True),
        UNKNOWN: ("unknown", True),
        CONTRADICTED: ("files_differ", True),
        FOREIGN: ("not_ours", True),
        VOID: ("upstream_dead", True),
        REVERSED: ("upstream_dead", True),
        UNBOOKED: ("not_booked", False),
        UNLISTED: ("not_upstream", True),
        MISBOOKED: ("ledger_differs", True),
        FRESH: ("waits", False),
        UNASKED: ("waits", False),
        OLD_NUMBER: ("not_booked", False),
        IN_ZIP: ("not_booked", False),
        SCRATCHED: ("agrees", False),
        SWAPPED: ("upstream_differs", True),
    }


@pytest.mark.parametrize(
    ("invoice_number", "said"),
    [
        (DIFFERS, ["价税合计 文件 1,130.00、税务系统 2,260.00", "金额 文件 1,000.00、", "乙.ofd", "上海甲公司"]),
        (UNKNOWN, ["丙.png", "1,130.00", "查验"]),
        (CONTRADICTED, ["价税合计 QR 1,300.00、XML 1,130.00", "丁.png、丁.xml"]),
        (FOREIGN, [f"{SELLER} → 深圳示例科技有限公司"]),
        (VOID, ["作废", "索取新票"]),
        (REVERSED, ["红冲", "索取新票"]),
        (UNLISTED, ["记-4", "无税.xml"]),
        (MISBOOKED, ["价税合计 文件 4,230.00、账 4,130.00", "记-5"]),
        (SWAPPED, ["开票日期 文件 2026-08-17、税务系统 2026-08-18", "税务系统 上海甲公司 91310115MA1K00002X"]),
        (FRESH, ["过几天再看"]),
        (UNASKED, ["补导"]),
        (OLD_NUMBER, [f"{OLD_CODE}-{OLD_NUMBER}"]),
    ],
)
def test_its_sentence_says_what_where_and_by_how_much(crowd: Settings, invoice_number: str, said: list[str]) -> None:
    told = dict(select(crowd, "SELECT invoice_number, explanation_zh FROM recon__witness"))
    assert [part for part in said if part not in told[invoice_number]] == []


def test_the_columns_that_differ_are_named(crowd: Settings) -> None:
    fields = dict(select(crowd, "SELECT invoice_number, differing_fields FROM recon__witness"))
    assert (fields[DIFFERS], fields[NUMBER]) == (["total_cny", "amount_cny", "tax_cny"], [])


def test_the_same_invoice_by_four_witnesses_is_one_invoice_with_four_sightings(crowd: Settings) -> None:
    sightings = f"SELECT count(*) FROM core_einvoice__sighting WHERE invoice_number = '{NUMBER}'"
    assert select(crowd, sightings) == [(4,)]
    found = f"SELECT witnesses, source_files FROM recon__witness WHERE invoice_number = '{NUMBER}'"
    assert select(crowd, found) == [(["xml", "ofd", "pdf_text", "qr"], ["甲.ofd", "甲.pdf", "甲.xml"])]


def test_an_older_invoice_is_found_by_code_and_number_not_by_eight_digits_alone(crowd: Settings) -> None:
    found = (
        "SELECT u.invoice_code FROM recon__witness w JOIN core_upstream__invoice u ON u.record_id = upstream_record_id "
        f"WHERE w.invoice_number = '{OLD_NUMBER}'"
    )
    assert select(crowd, found) == [(OLD_CODE,)]


def test_every_document_of_an_archive_is_kept_or_rejected_with_its_reason(crowd: Settings) -> None:
    account = "rows_read, rows_kept, rows_rejected, rows_ignored, is_complete, message_zh"
    ((*counts, message),) = select(crowd, f"SELECT {account} FROM raw_file WHERE file_name = '一批.zip'")
    assert counts == [2, 1, 1, 0, False]
    assert "raw_reject" in message
    ((entry, place, found),) = select(crowd, "SELECT sheet, row_number, found FROM raw_reject")
    assert (entry, place) == ("说明.txt", 2)
    assert "文件不是电子发票" in found
    kept = f"SELECT source_file, source_row FROM core_einvoice__sighting WHERE invoice_number = '{IN_ZIP}'"
    assert select(crowd, kept) == [("一批.zip/票.xml", 1)]


def test_every_file_is_on_record_with_its_bytes_and_one_that_cannot_be_read_says_why(crowd: Settings) -> None:
    files = select(crowd, "SELECT file_name, landed_path, status FROM raw_file WHERE source_id = 'files'")
    assert {name: (crowd.data_root / path).read_bytes() for name, path, _ in files} == FILES
    assert [name for name, _, status in files if status == "stopped"] == ["坏.pdf"]
    source = "SELECT state, files_new, files_failed, message_zh FROM night__source WHERE source_id = 'files'"
    ((*told, message),) = select(crowd, source)
    assert told == ["failed", len(FILES) - 1, 1]
    assert "文件 坏.pdf 无法读取" in message


def test_a_wrong_check_sum_is_a_warning(crowd: Settings) -> None:
    ((said,),) = select(crowd, f"SELECT warning_zh FROM core_einvoice__sighting WHERE invoice_number = '{SCRATCHED}'")
    assert "校验值" in said


def test_an_e_file_decides_no_item(crowd: Settings, settings: Settings) -> None:
    bare = with_sources(settings)
    deliver_books(bare, UPSTREAM, BOOKED)
    run(bare, Night(AS_OF))
    assert select(bare, "FROM recon__item ORDER BY ALL") == select(crowd, "FROM recon__item ORDER BY ALL")
    assert select(bare, "FROM recon__witness") == []


def test_a_later_night_takes_in_what_is_new_only_and_knows_what_became_due(copied: Settings) -> None:
    before = select(copied, "SELECT record_id FROM core_einvoice__sighting ORDER BY ALL")
    deliver_files(copied, {"甲 (1).xml": FILES["甲.xml"]})
    taken = run(copied, LATER)
    assert taken.sources[2].files_new == 0
    assert select(copied, "SELECT record_id FROM core_einvoice__sighting ORDER BY ALL") == before
    found = findings(copied)
    assert (found[UNBOOKED], found[VOID]) == (("not_booked", True), ("upstream_dead", False))


def test_a_look_back_knows_only_the_files_of_then(copied: Settings) -> None:
    deliver_files(copied, {"后来.xml": xml_invoice(number(99))})
    run(copied, LATER)
    assert number(99) in findings(copied)
    night_log.close_night(copied, LATER)
    run(copied, Night(AS_OF + timedelta(days=1)))
    assert number(99) not in findings(copied)


def test_an_invoice_of_two_of_our_own_is_seen_from_both_ends_and_a_bare_code_may_be_nobodys(settings: Settings) -> None:
    both = [*settings.taxpayers, Taxpayer(id=SELLER_ID, name=SELLER)]
    group = with_sources(settings).model_copy(update={"taxpayers": both})
    listed = {"数电发票号码": UNBOOKED, "销方识别号": "91310115MA1K00002X"}
    deliver_books(group, [{"数电发票号码": NUMBER}, listed], [line("记-1", NUMBER)])
    files = {"甲.xml": xml_invoice(), "丙.png": picture(qr_text(UNKNOWN)), "丁.png": picture(qr_text(UNBOOKED))}
    deliver_files(group, files)
    run(group, Night(AS_OF))
    rows = select(group, "SELECT invoice_number, taxpayer_id, direction FROM recon__witness ORDER BY ALL")
    assert rows == [
        (UNKNOWN, None, None),
        (UNBOOKED, OUR_TAX_ID, "input"),
        (NUMBER, OUR_TAX_ID, "input"),
        (NUMBER, SELLER_ID, "output"),
    ]


def test_a_line_that_keeps_part_of_the_number_is_that_of_its_file_if_the_money_is(settings: Settings) -> None:
    begun, ended, dearer = (f"2611200000{place}1000771" for place in (141, 242, 343))
    files = {f"{place}.xml": xml_invoice(each) for place, each in enumerate((begun, ended, dearer))}
    part = with_sources(settings)
    deliver_books(
        part,
        [{"数电发票号码": NUMBER}],
        [line("记-1", begun[:16]), line("记-2", ended[8:]), line("记-3", dearer[:16], 2000)],
    )
    deliver_files(part, files)
    run(part, Night(AS_OF))
    assert {each: finding for each, (finding, _) in findings(part).items()} == {
        begun: "not_upstream",
        ended: "not_upstream",
        dearer: "unknown",
    }


def test_readers_get_every_e_invoice_with_its_sentence_and_the_booked_lines_without_a_file(copied: Settings) -> None:
    publish_night(copied, Night(AS_OF))
    con = connect(copied.published_path, copied, read_only=True)
    try:
        found = con.execute("SELECT invoice_number, finding, verdict, vouchers FROM out__witness").fetchall()
        missing = con.execute("SELECT voucher_no, invoice_numbers FROM out__entry_without_file").fetchall()
    finally:
        con.close()
    assert (NUMBER, "agrees", "matched", "记-1") in found
    assert len(found) == len(findings(copied))
    assert missing == [("记-7", WITHOUT_FILE)]


def test_find_shows_what_the_files_say_also_of_an_invoice_that_neither_side_has(copied: Settings) -> None:
    publish_night(copied, Night(AS_OF))
    known, unknown = find_invoices(copied, NUMBER), find_invoices(copied, UNKNOWN)
    assert [(w.item_id, w.invoice_number) for w in known.witnesses] == [(known.items[0].item_id, NUMBER)]
    assert unknown.items == ()
    (witness,) = unknown.witnesses
    assert "丙.png" in witness.explanation_zh
    assert (witness.source_files, witness.total_cny) == ("丙.png", Decimal("1130.00"))


def test_the_audit_warns_of_what_a_person_should_look_at_and_does_not_stop_the_night(copied: Settings) -> None:
    audit_night(copied, Night(AS_OF), [rule for rule in RULES if rule.rule_id in {"witness_agrees", "declared_schema"}])
    verdicts = "SELECT rule_id, severity, is_success, rows_unexpected FROM audit__verdict ORDER BY ALL"
    acting = [number for number, (_, is_finding) in findings(copied).items() if is_finding]
    assert select(copied, verdicts) == [
        ("declared_schema", "stop", True, 0),
        ("witness_agrees", "warn", False, len(acting)),
    ]


def test_sightings_findings_and_files_come_back_from_a_snapshot(copied: Settings, tmp_path: Path) -> None:
    keep_night(copied, Night(AS_OF))
    restored = copied.model_copy(update={"data_root": tmp_path / "restored"})
    restore_snapshot(copied, "latest", restored.data_root)
    for table in ("core_einvoice__sighting", "recon__witness"):
        assert select(restored, f"FROM {table} ORDER BY ALL") == select(copied, f"FROM {table} ORDER BY ALL")
    files = select(restored, "SELECT file_name, landed_path FROM raw_file WHERE side = 'einvoice'")
    assert {name: (restored.data_root / path).read_bytes() for name, path in files} == FILES


def test_every_finding_has_its_sentences_and_they_name_only_what_is_known() -> None:
    sentences = load_witness_sentences()
    assert {key.split(".")[0] for key in sentences} == set(WITNESS_FINDINGS)
    for text in sentences.values():
        assert number_places(text["zh"])
        assert number_places(text["en"])
