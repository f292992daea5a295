"""`fapiao decide` from the outside: what is kept, what is said, and each mistake a person can make."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta

import pytest

from pipelines.cli.decide_words import NEXT_NIGHT, WORDS
from pipelines.cli.edge import run_command_line
from pipelines.model import DECISION_KINDS, DECISION_STATES
from pipelines.night import Night
from pipelines.reconcile.decisions import list_decisions
from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings, beijing_now
from pipelines.warehouse import open_warehouse
from tests.spec.tables import NUMBER, entry, invoice
from tests.unit.published_world import publish_again, publish_rows

FAR = "26312000000987654321"
TODAY = beijing_now().date().isoformat()
NEXT_MONTH = (beijing_now() + timedelta(days=30)).date().isoformat()


def build_world(settings: Settings) -> Night:
    """A line without a number beside an invoice of other money; a pair that differs; a voucher of two lines."""
    return publish_rows(
        settings,
        [invoice("u1"), invoice("u2", FAR, "226.00")],
        [
            entry("l1", "见附件", "1000.00"),
            entry("l2", FAR, "220.00"),
            entry("l3", "x1", "5.00", voucher_no="记-9"),
            entry("l4", "x2", "6.00", voucher_no="记-9"),
        ],
    )


@pytest.fixture
def night(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    return build_world(settings)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_root=tmp_path_factory.mktemp("decide") / "data", threads=2)
    build_world(settings)
    return settings


@pytest.fixture
def undecided(shared: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """One world for all tests that decide nothing."""
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(shared.data_root))
    return shared


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run_command_line(["decide", *arguments])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_link_is_kept_with_who_and_why_and_says_what_happens_next(
    settings: Settings, night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(capsys, "link", NUMBER, "记-l1", "--by", "王会计", "--reason", "原票已核对")
    assert code == 0
    assert "下一夜起，这 2 条记录归为一项" in text
    (made,) = list_decisions(settings)
    assert (made.kind, made.upstream_ids, made.ledger_ids) == ("link", ("u1",), ("l1",))
    assert (made.decided_by, made.reason) == ("王会计", "原票已核对")
    assert made.decision_id in text


def test_the_next_night_honours_it_and_the_list_says_so(
    settings: Settings, night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "leave-alone", "l1", "--by", "王", "--reason", "无票支出")
    assert json.loads(run(capsys, "list", "--json")[1])[0]["state"] == "waiting"
    publish_again(settings, Night(beijing_now()))
    (told,) = json.loads(run(capsys, "list", "--json")[1])
    assert (told["kind"], told["state"], told["ledger_ids"]) == ("leave_alone", "honoured", ["l1"])
    assert "已执行 honoured" in run(capsys, "list")[1]


def test_to_accept_takes_every_record_of_the_item(
    settings: Settings, night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "accept", "记-l2", "--by", "王", "--reason", "尾款另付")[0] == 0
    (made,) = list_decisions(settings)
    assert (made.kind, made.upstream_ids, made.ledger_ids) == ("accept_difference", ("u2",), ("l2",))


def test_to_ignore_takes_a_day(settings: Settings, night: Night, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "ignore", "U:u2", "--until", NEXT_MONTH, "--by", "王", "--reason", "等对方补票")
    assert (code, NEXT_MONTH in text) == (0, True)
    assert list_decisions(settings)[0].until_on == date.fromisoformat(NEXT_MONTH)


def test_an_items_id_gives_all_its_records_to_try_again(
    settings: Settings, night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "try-again", "U:u2", "--by", "王", "--reason", "不是同一笔")[0] == 0
    assert (list_decisions(settings)[0].upstream_ids, list_decisions(settings)[0].ledger_ids) == (("u2",), ("l2",))


def test_without_a_name_the_login_name_is_taken(
    settings: Settings, night: Night, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "wang")
    run(capsys, "leave-alone", "l1", "--reason", "无票支出")
    assert list_decisions(settings)[0].decided_by == "wang"


def test_a_decision_is_withdrawn_and_stays_on_record(
    settings: Settings, night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "leave-alone", "l1", "--by", "王", "--reason", "无票支出")
    made = list_decisions(settings)[0].decision_id
    code, text = run(capsys, "withdraw", made, "--by", "李", "--reason", "收到原票")
    assert (code, f"已撤销 {made}" in text) == (0, True)
    assert json.loads(run(capsys, "list", "--json")[1])[0]["state"] == "withdrawn"
    assert run(capsys, "withdraw", made, "--by", "李", "--reason", "再来一次")[0] == 2


def test_each_item_that_is_accepted_is_a_decision_of_its_own(
    night: Night, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(capsys, "accept", "l1", FAR, "u2", "--by", "王", "--reason", "已核对")
    assert (code, text.count("to withdraw")) == (0, 2)
    made = sorted((decision.upstream_ids, decision.ledger_ids) for decision in list_decisions(settings))
    assert made == [((), ("l1",)), (("u2",), ("l2",))]


def test_what_has_not_been_found_yet_cannot_be_accepted(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    publish_rows(settings, [invoice("u1", on=date(2026, 11, 20))], [])
    code, text = run(capsys, "accept", "u1", "--by", "王", "--reason", "已核对")
    assert code == 2
    assert "Nothing was found of it yet" in text
    assert list_decisions(settings) == []


@pytest.mark.parametrize("arguments", [["accept", "u1"], ["ignore", "u1", "--until", NEXT_MONTH]])
def test_a_matched_item_that_asks_nothing_needs_no_decision(
    arguments: list[str], settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    publish_rows(settings, [invoice("u1")], [entry("l1")])
    code, text = run(capsys, *arguments, "--by", "王", "--reason", "已核对")
    assert (code, "u1: matched/exact" in text) == (2, True)
    assert list_decisions(settings) == []


def test_what_is_decided_on_is_what_the_published_night_shows(
    settings: Settings, night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_warehouse(settings) as con:
        con.execute("UPDATE core_ledger__entry SET total_cny = 1 WHERE record_id = 'l2'")
        con.execute("INSERT INTO core_change VALUES ('ledger', 'l2')")
    reconcile_night(settings, Night(night.as_of + timedelta(hours=1)))
    assert run(capsys, "accept", "记-l2", "--by", "王", "--reason", "差 6 元")[0] == 0
    publish_again(settings, Night(beijing_now()))
    assert [told["state"] for told in json.loads(run(capsys, "list", "--json")[1])] == ["changed"]


def test_a_voucher_of_several_lines_lists_the_choices(undecided: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "link", NUMBER, "记-9", "--by", "王", "--reason", "原票")
    assert code == 2
    assert "l3  ledger  记-9  x1  2026-08-20  5.00" in text
    assert "l4  ledger  记-9  x2" in text
    assert list_decisions(undecided) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["link", "77777777", "l1", "--by", "王", "--reason", "原票"], "The published night has no such record"),
        (["link", "l1", "--by", "王", "--reason", "原票"], "takes records of both sides"),
        (["accept", "l1", "--by", "王", "--reason", " "], "needs who and why"),
        (["accept", "l1", "--by", " ", "--reason", "尾差"], "needs who and why"),
        (["accept", "l1", "--by", "王"], "--reason"),
        (["ignore", "l1", "--by", "王", "--reason", "等"], "--until"),
        (["ignore", "l1", "--until", "明天", "--by", "王", "--reason", "等"], "The date cannot be read"),
        (["ignore", "l1", "--until", "2020-01-01", "--by", "王", "--reason", "等"], "the day must be after today"),
        (["ignore", "l1", "--until", TODAY, "--by", "王", "--reason", "等"], "the day must be after today"),
        (["withdraw", "D-none", "--by", "王", "--reason", "错"], "No decision of that id is in force"),
        (["merge", "l1"], "No such command"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_kept(
    arguments: list[str], said: str, undecided: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(capsys, *arguments)
    assert code == 2
    assert said in text
    assert list_decisions(undecided) == []


def test_decisions_of_a_replaced_database_are_taken_over(
    night: Night, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "accept", "l2", "--by", "王", "--reason", "尾差")[0] == 0
    replaced = settings.warehouse_path.with_name("recon.replaced-1.duckdb")
    shutil.copy(settings.warehouse_path, replaced)
    with open_warehouse(settings) as con:
        con.execute("DELETE FROM decisions")
    code, text = run(capsys, "recover", replaced.name)
    assert (code, "decisions 1, withdrawals 0, acknowledgements 0" in text) == (0, True)
    assert [made.reason for made in list_decisions(settings)] == ["尾差"]
    assert run(capsys, "recover", "recon.replaced-2.duckdb")[0] == 3


def test_an_installation_that_never_judged_says_what_to_do(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    code, text = run(capsys, "list")
    assert (code, "fapiao nightly" in text) == (3, True)


def test_no_decision_yet_is_said(undecided: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "list") == (0, "还没有人工决定 | No decision was made yet.\n")


def test_every_kind_and_state_has_words() -> None:
    assert {*DECISION_KINDS, *DECISION_STATES} <= set(WORDS)
    assert set(NEXT_NIGHT) == set(DECISION_KINDS)
