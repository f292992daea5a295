"""The masked file: no real name or id of the input stands anywhere in it, and grouping gives the same groups."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import BadInputError, UsageError
from pipelines.find import find_invoices
from pipelines.model import PUBLISHED_TABLES, Column, Table
from pipelines.publish_masked import EMPTY, KEPT, MASKS, PLAIN_TYPES, mask_column, publish_masked
from pipelines.query import run_query
from pipelines.reconcile.decisions import decide
from pipelines.settings import Settings
from pipelines.warehouse import connect
from tests.spec.tables import AS_OF, NUMBER, OTHER, OURS, SUPPLIER, entry, invoice
from tests.unit.published_world import publish_again, publish_rows

PERSON = {"id": "110101199003078515", "name": "欧阳示例"}
SECRET_WORDS = ("机密项目", "李会计", "质量扣款", "付给上海示例材料有限公司的货款", "甲公司导出.xlsx")
NUMBERS = (NUMBER, "26112000000000002222", "26112000000000003333", "26112000000000004444")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_root=tmp_path_factory.mktemp("masked") / "data", threads=2)
    told = {"remark": "机密项目", "source_file": "甲公司导出.xlsx", "source_row": 3}
    narrow = {"id": SUPPLIER["id"], "name": "上海 示例材料有限公司"}
    upstream = [
        invoice("u1", NUMBERS[0], "1103.00", **told),
        invoice("u2", NUMBERS[1], "500.00", party=PERSON),
        invoice("u3", NUMBERS[2], "80.00", on=date(2026, 11, 20), party=OTHER, buyer_name="北京示例贸易有限公司"),
    ]
    ledger = [
        entry("l1", f"No.{NUMBERS[0]}", "1130.00", party=narrow, summary="付给上海示例材料有限公司的货款"),
        entry("l4", NUMBERS[3], "12.00", party=PERSON),
    ]
    night = publish_rows(settings, upstream, ledger)
    made: dict[str, Any] = {"upstream_ids": ["u1"], "ledger_ids": ["l1"], "decided_at": AS_OF + timedelta(hours=1)}
    decide(settings, "accept_difference", decided_by="李会计", reason="质量扣款", **made)
    publish_masked(settings, publish_again(settings, night))
    return settings


def read_everything(path: Path, settings: Settings) -> str:
    """Every value of every table and view, comments left out."""
    con = connect(path, settings, read_only=True)
    try:
        names = [name for (name,) in con.execute("SELECT table_name FROM information_schema.tables").fetchall()]
        return "\n".join(str(con.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names)
    finally:
        con.close()


def secrets_of_input() -> list[str]:
    parties = [value for party in (SUPPLIER, OTHER, PERSON) for value in party.values()]
    return [*parties, OURS, "上海 示例材料有限公司", "北京示例贸易有限公司", *NUMBERS, *SECRET_WORDS]


def test_no_real_name_id_number_or_free_text_stands_in_any_table_or_view(published: Settings) -> None:
    shown = read_everything(published.published_path, published)
    assert [word for word in secrets_of_input() if word not in shown] == []
    masked = read_everything(published.masked_path, published)
    assert [word for word in secrets_of_input() if word in masked] == []


def test_not_even_in_the_bytes_of_the_file(published: Settings) -> None:
    content = published.masked_path.read_bytes()
    assert [word for word in secrets_of_input() if word.encode() in content] == []


def test_both_files_have_the_same_tables_views_rows_and_money(published: Settings) -> None:
    def outline(path: Path) -> list[Any]:
        con = connect(path, published, read_only=True)
        try:
            names = con.execute(
                "SELECT table_name, table_type FROM information_schema.tables "
                "WHERE NOT starts_with(table_name, 'out_find_') ORDER BY table_name"
            ).fetchall()
            money = "SELECT verdict, cause, count(*), sum(at_stake_cny) FROM out__open_item GROUP BY ALL ORDER BY ALL"
            joined = "SELECT count(*), sum(total_cny) FROM out__invoice WHERE item_id IS NOT NULL AND posted_on IS NULL"
            return [names, con.execute(money).fetchall(), con.execute(joined).fetchall()]
        finally:
            con.close()

    assert outline(published.masked_path) == outline(published.published_path)


def test_one_party_has_one_pseudonym_on_both_sides_however_its_name_is_written(published: Settings) -> None:
    con = connect(published.masked_path, published, read_only=True)
    try:
        rows = con.execute(
            "SELECT seller_name, counterparty_name, seller_tax_id, counterparty_tax_id, invoice_number, "
            "invoice_reference FROM core_upstream__invoice u JOIN recon__member m ON m.record_id = u.record_id "
            "JOIN recon__member k USING (item_id) JOIN core_ledger__entry l ON l.record_id = k.record_id"
        ).fetchall()
        parties = con.execute("SELECT count(DISTINCT seller_tax_id) FROM core_upstream__invoice").fetchall()
    finally:
        con.close()
    assert [(row[0] == row[1], row[2] == row[3], row[4] == row[5]) for row in rows] == [(True, True, True)]
    assert rows[0][0].startswith("单位-")
    assert parties == [(3,)]


def test_a_column_that_nobody_has_thought_about_is_emptied() -> None:
    table = Table("new__table", "x", (), ("a",))
    assert mask_column(table, Column("nickname", "VARCHAR", "x")) == "NULL::VARCHAR"
    assert mask_column(table, Column("nickname", "VARCHAR", "x", is_required=True)) == "''"
    columns = {(table.name, column) for table in PUBLISHED_TABLES for column in table.columns if column.is_required}
    known = {column.type for _, column in columns} - PLAIN_TYPES
    assert known <= set(EMPTY), "a required column of another type needs an empty value"
    assert not {name for name in MASKS if name in KEPT}


def test_the_key_of_the_data_root_is_private_and_stays(published: Settings) -> None:
    path = published.data_root / "mask.key"
    assert (path.stat().st_mode & 0o777, len(path.read_text())) == (0o600, 64)
    assert published.masked_path.stat().st_mode & 0o777 == 0o640
    assert published.published_path.stat().st_mode & 0o777 == 0o600


def test_another_key_gives_other_pseudonyms_and_a_short_one_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = publish_rows(settings, [invoice("u1")], [])
    seen = set()
    for key in ("a" * 32, "b" * 32):
        monkeypatch.setenv("FAPIAO_MASK_KEY", key)
        con = connect(publish_masked(settings, night), settings, read_only=True)
        seen |= set(con.execute("SELECT seller_name FROM core_upstream__invoice").fetchall())
        con.close()
    assert len(seen) == 2
    assert not (settings.data_root / "mask.key").exists()
    monkeypatch.setenv("FAPIAO_MASK_KEY", "short")
    with pytest.raises(UsageError, match="too short"):
        publish_masked(settings, night)
    assert sorted(path.name for path in settings.published_path.parent.iterdir()) == [
        "recon-masked.duckdb",
        "recon.duckdb",
    ]


def test_the_masked_file_has_no_index_of_real_numbers_and_looking_one_up_says_so(published: Settings) -> None:
    readers = published.model_copy(update={"readers_see": "masked"})
    assert run_query(readers, "SELECT 1 FROM duckdb_tables() WHERE starts_with(table_name, 'out_find_')").rows == []
    with pytest.raises(BadInputError, match="holds no real numbers"):
        find_invoices(readers, "12345678")
