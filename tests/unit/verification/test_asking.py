"""The second opinion: what is asked of the verification service, what its answers do, and what it may fail at."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.reconcile.nightly import reconcile_night
from pipelines.settings import Settings
from pipelines.simulator import Fault, Simulator
from pipelines.verification.questions import read_questions
from pipelines.verification.stage import verify_night
from pipelines.warehouse import open_warehouse
from tests.unit.verification_world import (
    BIG,
    BIG_DAY,
    CODED,
    FORGED,
    HIDDEN,
    NIGHT,
    SECRET,
    SMALL,
    ask,
    item_of,
    later,
    made_out_to,
    make_company,
    outcomes,
    run_night,
    select,
    serve,
    settings_of,
    write_files,
)


def covered(settings: Settings, day: str, direction: str = "input") -> bool:
    ((is_complete,),) = select(
        settings,
        "SELECT is_complete FROM core_upstream__coverage WHERE issue_date = ?::DATE AND direction = ?",
        day,
        direction,
    )
    return bool(is_complete)


def test_an_answer_ends_the_sentence_and_never_clears_an_item(world: Settings) -> None:
    verified = ask(world)
    assert outcomes(world) == {BIG: "consistent", SMALL: "consistent", CODED: "consistent", FORGED: "not_found"}
    assert verified.asked == 4
    cause, zh, en = item_of(world, FORGED)
    assert cause == "not_found"
    assert "答复：查无此票（所问开票日期 2026-09-20，8,888.00 元）" in zh
    assert "answered on" in en
    assert "no such invoice (asked for 2026-09-20, 8,888.00 CNY)" in en


def test_a_verified_invoice_of_ours_shows_that_its_day_was_not_received(world: Settings) -> None:
    verified = ask(world)
    cause, zh, en = item_of(world, BIG)
    assert cause == "upstream_gap"
    assert (
        "查得此票，与所问一致，状态正常，价税合计 6,662.43 元：说明税务清单不全，请补导 2026-09-18 的发票清单。" in zh
    )
    assert "total 6,662.43 CNY. So the tax system's list is incomplete: export 2026-09-18 again." in en
    assert not covered(world, BIG_DAY)
    assert covered(world, "2026-09-19")
    assert verified.verdicts["not_compared", "upstream_gap"] >= 3
    assert verified.verdicts["missing_upstream", "not_found"] == 1


def test_a_day_counts_again_once_the_invoice_is_listed(world: Settings) -> None:
    ask(world)
    run_night(world, later(1))
    assert not covered(world, BIG_DAY)
    write_files(world, hidden=(SMALL, CODED), name="2")
    run_night(world, later(2))
    assert item_of(world, BIG)[0] == "exact"
    assert covered(world, BIG_DAY)
    assert item_of(world, FORGED)[0] == "not_found"
    assert item_of(world, SMALL)[0] == "upstream_gap"


def test_judging_what_is_open_gives_what_judging_everything_gives(world: Settings) -> None:
    ask(world)
    carried = select(world, "FROM recon__item ORDER BY ALL")
    with open_warehouse(world) as con:
        con.execute("DELETE FROM recon__state")
    reconcile_night(world, NIGHT)
    assert select(world, "FROM recon__item ORDER BY ALL") == carried


def test_an_invoice_made_out_to_somebody_else_is_rightly_not_on_our_list(judged: Path, tmp_path: Path) -> None:
    with serve(made_out_to(make_company(), BIG, "91310000MA1FL00001")) as simulator:
        world = settings_of(tmp_path / "data", simulator.url)
        shutil.copytree(judged, tmp_path / "data")
        ask(world)
    cause, zh, en = item_of(world, BIG)
    assert cause == "not_found"
    assert "票面上不是本企业税号" in zh
    assert "does not bear our tax id" in en
    assert covered(world, BIG_DAY)


def test_answers_that_name_no_parties_prove_nothing_of_the_day(world: Settings) -> None:
    assert world.verification
    silent = world.verification.model_copy(update={"told": {"status": "fpzt", "total": "jshj"}})
    ask(world.model_copy(update={"verification": silent}))
    cause, zh, _ = item_of(world, BIG)
    assert cause == "not_found"
    assert "但未写明购销方" in zh
    assert covered(world, BIG_DAY)


def test_answers_are_landed_as_received_and_typed_with_what_was_asked(world: Settings) -> None:
    ask(world)
    ((path, rows, side),) = select(
        world, "SELECT landed_path, rows_kept, side FROM raw_file WHERE side NOT IN ('upstream', 'ledger')"
    )
    assert (rows, side) == (4, "verification")
    with zipfile.ZipFile(world.data_root / path) as bundle:
        names = bundle.namelist()
        told = json.loads(bundle.read("00002.answer.json"))
    assert len(names) == 8
    assert told["data"]["row"]["sdfphm"] == BIG
    assert select(
        world,
        "SELECT asked_code, asked_on, asked_amount_cny::VARCHAR, asked_total_cny, result_code, status, "
        "total_cny::VARCHAR, is_ours, requests, received_at FROM core_verification__answer WHERE asked_number = ?",
        CODED,
    ) == [("1100262130", date(2026, 10, 30), "385.06", None, "001", "normal", "408.16", True, 1, NIGHT.as_of)]


def test_most_money_is_asked_first_and_the_rest_waits_for_the_next_night(world: Settings) -> None:
    assert world.verification
    few = world.model_copy(update={"verification": world.verification.model_copy(update={"a_night": 2})})
    assert (ask(few).waiting, sorted(outcomes(few))) == (2, sorted([FORGED, BIG]))
    ((said,),) = select(few, "SELECT message_zh FROM night__pull WHERE source_id = 'verification'")
    assert "另有 2 张超出每夜上限 2" in said
    run_night(few, later(1))
    assert sorted(outcomes(few)) == sorted([*HIDDEN, FORGED])


def test_an_invoice_is_not_asked_again_before_its_days_have_passed(world: Settings) -> None:
    ask(world)
    assert verify_night(world, later(6)).asked == 0
    assert verify_night(world, later(7)).asked == 4


def test_a_look_back_asks_nothing(world: Settings) -> None:
    run_night(world, later(1))
    before = outcomes(world)
    assert verify_night(world, NIGHT).asked == 0
    take_back = select(world, "SELECT count(*) FROM core_verification__answer WHERE received_at <= ?", NIGHT.as_of)
    assert (take_back, outcomes(world)) == ([(0,)], before)


def test_nothing_is_asked_on_the_day_of_issue_or_without_day_and_money(world: Settings) -> None:
    assert world.verification
    with open_warehouse(world) as con:
        con.execute("UPDATE core_ledger__entry SET invoice_date = NULL WHERE invoice_reference = ?", [SMALL])
        con.execute(
            "UPDATE core_ledger__entry SET amount_cny = NULL, tax_cny = NULL WHERE invoice_reference = ?", [CODED]
        )
        asked = read_questions(con, world.verification, NIGHT, date(2026, 11, 20))
        on_the_day = read_questions(con, world.verification, NIGHT, date.fromisoformat(BIG_DAY))
        day_after = read_questions(con, world.verification, NIGHT, date.fromisoformat(BIG_DAY) + timedelta(days=1))
    assert [question.number for question in asked] == [FORGED, BIG]
    assert on_the_day == []
    assert [question.number for question in day_after] == [BIG]


@pytest.mark.parametrize(
    ("code", "is_asked"),
    [("1100262130", True), ("1100262330", False), ("011002600113", True), ("011002600111", False)],
    ids=["special", "ordinary", "electronic special", "electronic ordinary"],
)
def test_an_ordinary_invoice_with_a_code_needs_a_check_code_and_is_not_asked(
    world: Settings, code: str, is_asked: bool
) -> None:
    assert world.verification
    with open_warehouse(world) as con:
        con.execute("UPDATE core_ledger__entry SET invoice_code = ? WHERE invoice_reference = ?", [code, CODED])
        asked = read_questions(con, world.verification, NIGHT, date(2026, 11, 20))
    assert (CODED in [question.number for question in asked]) == is_asked


def test_two_lines_of_one_number_are_asked_only_if_they_agree(world: Settings) -> None:
    assert world.verification
    with open_warehouse(world) as con:
        con.execute("UPDATE core_ledger__entry SET invoice_reference = ? WHERE invoice_reference = ?", [BIG, FORGED])
        differing = read_questions(con, world.verification, NIGHT, date(2026, 11, 20))
        con.execute(
            "UPDATE core_ledger__entry SET amount_cny = 8000, tax_cny = 888, invoice_date = '2026-09-18' "
            "WHERE invoice_reference = ?",
            [BIG],
        )
        agreeing = read_questions(con, world.verification, NIGHT, date(2026, 11, 20))
    assert BIG not in [question.number for question in differing]
    assert [len(question.ledger_ids) for question in agreeing if question.number == BIG] == [2]


def test_an_invoice_that_was_asked_too_often_today_is_left_alone(world: Settings, simulator: Simulator) -> None:
    service = simulator.service.verification
    service._asked[NIGHT.as_of.date(), "", FORGED] = 5  # somebody else has used the day up
    verify_night(world, NIGHT)
    assert outcomes(world)[FORGED] == "limit_reached"
    assert "查验平台" not in item_of(world, FORGED)[1]
    assert verify_night(world, NIGHT).asked == 0


def test_lost_answers_count_against_the_limit_of_the_day(world: Settings, simulator: Simulator) -> None:
    simulator.switch_on(Fault(id="cut_short", times=2))
    ask(world)
    assert select(world, "SELECT requests FROM core_verification__answer WHERE asked_number = ?", FORGED) == [(3,)]
    assert outcomes(world)[FORGED] == "not_found"


def test_a_service_that_loses_every_answer_is_left_alone_and_no_invoice_is_sent_too_often(
    world: Settings, simulator: Simulator
) -> None:
    simulator.switch_on(Fault(id="cut_short"))
    for _ in range(3):
        ask(world)
    sent = select(world, "SELECT asked_number, sum(requests)::BIGINT FROM core_verification__answer GROUP BY ALL")
    assert max(count for _, count in sent) == 4
    assert max(simulator.service.verification._asked.values()) <= 4
    assert set(outcomes(world).values()) == {"no_answer"}
    assert item_of(world, BIG)[0] == "not_found"


def test_answers_that_time_out_end_the_asking_and_are_asked_again_the_next_night(
    world: Settings, simulator: Simulator
) -> None:
    simulator.switch_on(Fault(id="verify_timeout"))
    ask(world)
    assert list(outcomes(world).values()) == ["timed_out"] * 3
    assert state_of(world) == ("incomplete", "连续 3 张没有给出可用的答复")
    simulator.switch_off()
    run_night(world, later(1))
    assert item_of(world, BIG)[0] == "upstream_gap"


def state_of(settings: Settings, said: str = "连续 3 张没有给出可用的答复") -> tuple[str, str]:
    """State of the service tonight, and the words if they were said, in whichever language."""
    ((state, zh, en),) = select(
        settings,
        "SELECT state, message_zh, message_en FROM night__pull WHERE kind = 'verification' ORDER BY night_id LIMIT 1",
    )
    assert SECRET not in f"{zh}{en}"
    return state, said if said in f"{zh} {en}" else f"{zh} {en}"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(id="maintenance", retry_after=600), "正在维护"),
        (Fault(id="refused"), "不认登录凭据"),
        (Fault(id="forbidden"), "403"),
        (Fault(id="not_json"), "JSON"),
    ],
    ids=lambda given: given.id if isinstance(given, Fault) else "",
)
def test_a_service_that_fails_is_told_and_stops_no_night(
    world: Settings, simulator: Simulator, fault: Fault, said: str
) -> None:
    simulator.switch_on(fault)
    verified = ask(world)
    assert not verified.verdicts
    assert state_of(world, said) == ("failed", said)
    assert item_of(world, BIG)[0] == "not_found"
    simulator.switch_off()
    ask(world)
    assert item_of(world, BIG)[0] == "upstream_gap"
    assert state_of(world)[0] == "pulled"


def test_a_wrong_secret_or_none_is_told_without_showing_it(world: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFY_SECRET", "wrong-secret-9")
    ask(world)
    state, said = state_of(world, "不认登录凭据")
    assert (state, said) == ("failed", "不认登录凭据")
    monkeypatch.delenv("VERIFY_SECRET")
    ask(world)
    assert state_of(world, "VERIFY_SECRET")[1] == "VERIFY_SECRET"
    assert outcomes(world) == {}


def test_a_service_that_is_gone_leaves_the_verdicts_as_they_are(world: Settings, simulator: Simulator) -> None:
    simulator.stop()
    ask(world)
    assert state_of(world, "连不上接口")[0] == "failed"
    assert item_of(world, BIG)[0] == "not_found"


def test_a_killed_night_loses_no_answer_and_asks_nothing_twice(
    world: Settings, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("pipelines.verification.stage._note_night", kill)
        patched.setattr("pipelines.verification.answers._pack", kill)
        with pytest.raises(KeyboardInterrupt):
            ask(world)
    assert outcomes(world) == {}
    ask(world)
    assert outcomes(world)[BIG] == "consistent"
    assert item_of(world, BIG)[0] == "upstream_gap"
    assert set(simulator.service.verification._asked.values()) == {1}


def kill(*_: object) -> None:
    raise KeyboardInterrupt
