"""The story behind a verdict: what was read, which rules were tried, which guard stopped it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from pipelines.cli.edge import run_command_line
from pipelines.errors import BadInputError, IntegrityError
from pipelines.model import DECISION_KINDS, TABLES
from pipelines.reconcile.cascade import NUMBER_RULES, REPAIR_RULES, Parameters
from pipelines.reconcile.decisions import decide
from pipelines.reconcile.explain import explain, tell_items
from pipelines.reconcile.published import open_beside
from pipelines.reconcile.steps import StepWords
from pipelines.reconcile.story import Explanation, ItemStory, Step
from pipelines.settings import Settings
from pipelines.warehouse import connect
from tests.spec.cases import CASES
from tests.spec.tables import AS_OF, NUMBER, OTHER, Row, entry, invoice
from tests.spec.test_cases import all_rows
from tests.unit.published_world import publish_again, publish_rows

FAR = "26312000000987654321"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Every spec case, each under a taxpayer of its own, judged and published."""
    settings = Settings(data_root=tmp_path_factory.mktemp("explain") / "data", threads=2)
    publish_rows(settings, *all_rows())
    return settings


def of_case(title: str, record: str) -> str:
    place = next(place for place, case in enumerate(CASES) if case.title == title)
    return f"{place}-{record}"


def told(settings: Settings, title: str, record: str = "l1") -> ItemStory:
    text = of_case(title, record)
    (item,) = explain(settings, settings.published_path, text, "").items
    return item


def steps_of(item: ItemStory, side: str = "ledger") -> dict[str, Step]:
    return {step.step: step for record in item.records if record.side == side for step in record.steps}


def test_judging_again_gives_the_published_item_for_every_case(world: Settings) -> None:
    with open_beside(world, world.published_path) as con:
        ids = [row[0] for row in con.execute("SELECT item_id FROM published.recon__item ORDER BY 1").fetchall()]
        items = tell_items(con, world, ids, AS_OF)
    assert len(items) == len(ids) > len(CASES)
    assert [item.item_id for item in items if not item.is_same] == []


def test_every_guard_of_an_open_item_is_told(world: Settings) -> None:
    with open_beside(world, world.published_path) as con:
        rows = con.execute("SELECT item_id, why_not FROM published.recon__item WHERE why_not IS NOT NULL").fetchall()
        items = tell_items(con, world, [row[0] for row in rows], AS_OF)
    assert len(rows) > 5
    for item in items:
        assert {step.why_not for record in item.records for step in record.steps if step.step == "left_open"} == {
            item.why_not
        }


@pytest.mark.parametrize(
    ("title", "record"),
    [
        ("booked twice: the later one is the surplus", "l2"),
        ("listed twice upstream", "u2"),
        ("the number of another real invoice", "l2"),
        ("partly reversed: two invoices of their own", "l2"),
        ("the same 8-digit number of another party is another invoice", "l2"),
        ("no number, but another line cites the only invoice that fits", "l1"),
    ],
)
def test_the_outcome_holds_when_the_other_pairs_stay_cleared(world: Settings, title: str, record: str) -> None:
    item = told(world, title, record)
    assert item.is_same
    assert of_case(title, record) in {member.record_id for member in item.records}


def test_an_exact_pair_was_cleared_at_once(world: Settings) -> None:
    steps = steps_of(told(world, "the same 20 digits"))
    assert [(step.step, step.result) for step in steps.values()] == [("cleared", "linked")]
    assert NUMBER in steps["cleared"].zh


def test_the_last_8_digits_were_taken_by_the_fourth_rule(world: Settings) -> None:
    steps = steps_of(told(world, "the last 8 of 20 digits"))
    results = [steps[rule].result for rule in NUMBER_RULES]
    assert results == ["nothing", "nothing", "nothing", "named", "not_needed", "not_needed", "not_needed"]
    assert steps["agreed"].result == "linked"
    assert [(c.number, c.agrees) for c in steps["last_8"].candidates] == [(NUMBER, ("money", "party"))]


def test_a_mistyped_number_tells_what_fits_and_which_rule_linked_it(world: Settings) -> None:
    steps = steps_of(told(world, "one wrong digit"))
    assert (steps["exact_key"].result, steps["similar"].result) == ("nothing", "found")
    assert steps["number_mistyped"].result == "linked"
    assert [(c.number, c.total_cny) for c in steps["number_mistyped"].candidates] == [(NUMBER, Decimal("1130.00"))]


def test_several_that_fit_equally_are_all_shown(world: Settings) -> None:
    steps = steps_of(told(world, "an amount that recurs is no evidence"))
    assert (steps["reading"].result, steps["number_absent"].why_not) == ("empty", "several_equal")
    assert len(steps["similar"].candidates) == steps["similar"].candidate_count == 2
    assert "several fit equally well" in steps["number_absent"].en


def test_a_number_that_may_still_arrive_is_left_in_peace(world: Settings) -> None:
    steps = steps_of(told(world, "one wrong digit, but the number may still arrive"))
    assert (steps["number_mistyped"].result, steps["number_mistyped"].why_not) == ("refused", "not_yet_due")
    assert (steps["grace"].result, "2026-11-25" in steps["grace"].zh) == ("early", True)
    assert "coverage" not in steps


def test_a_line_without_a_number_is_linked_by_party_money_and_day(world: Settings) -> None:
    steps = steps_of(told(world, "no number, but party, money and day name one invoice"))
    assert (steps["reading"].result, steps["number_absent"].result) == ("unreadable", "linked")
    assert steps["number_mistyped"].result == "not_tried"


def test_the_last_invoice_left_tells_how_many_others_are_linked(world: Settings) -> None:
    steps = steps_of(told(world, "no number, and all other invoices of that amount are booked"))
    assert steps["number_absent"].result == "last_left"
    assert "invoices that fit: 2; all others are linked" in steps["number_absent"].en


def test_a_day_that_was_not_received_keeps_the_last_invoice_left_from_being_linked(world: Settings) -> None:
    steps = steps_of(told(world, "no number, one invoice of that amount left, but a day was not received"))
    assert (steps["number_absent"].result, steps["number_absent"].why_not) == ("refused", "days_not_received")


def test_a_number_and_a_day_that_are_both_wrong_are_found_by_a_rule_of_their_own(world: Settings) -> None:
    steps = steps_of(told(world, "one wrong digit and the wrong day"))
    assert (steps["similar"].result, steps["second_error"].result) == ("nothing", "linked")
    assert [(c.number, c.differs) for c in steps["second_error"].candidates] == [(NUMBER, ("date",))]


def test_the_number_of_another_invoice_is_doubted_first(world: Settings) -> None:
    steps = steps_of(told(world, "the number of another real invoice", "l2"))
    assert [steps[name].result for name in ("exact_key", "role", "another_number", "fallback")] == [
        "named", "doubtful", "linked", "repaired"
    ]  # fmt: skip
    assert [candidate.differs for candidate in steps["role"].candidates] == [("money",)]


def test_absence_names_the_days_that_were_received(world: Settings) -> None:
    steps = steps_of(told(world, "past the grace window, day fully received"))
    assert (steps["similar"].result, steps["grace"].result, steps["coverage"].result) == ("nothing", "over", "complete")


def test_a_gap_names_the_days_that_are_missing(world: Settings) -> None:
    steps = steps_of(told(world, "no invoice date and a gap before the posting"))
    assert (steps["coverage"].result, "2026-10-15" in steps["coverage"].en) == ("gap", True)


def test_an_invoice_left_alone_names_the_lines_that_came_near(world: Settings) -> None:
    steps = steps_of(told(world, "a clearly different number is not repaired", "u1"), "upstream")
    assert [candidate.voucher_no for candidate in steps["lines"].candidates] == ["记-l1"]
    assert (steps["left_open"].why_not, steps["booking"].result) == ("number_differs", "over")


def test_a_red_letter_names_its_blue_invoice(world: Settings) -> None:
    steps = steps_of(told(world, "reversed, only the blue side booked", "u2"), "upstream")
    assert (steps["red_letter"].result, NUMBER in steps["red_letter"].en) == ("full", True)


def test_a_number_of_many_items_tells_five_and_counts_the_rest(world: Settings) -> None:
    found: Explanation = explain(world, world.published_path, NUMBER, NUMBER)
    assert len(found.items) == 5
    assert found.hits > 50


def test_other_settings_are_said_and_not_hidden(world: Settings) -> None:
    patient = world.model_copy(update={"sync_grace_hours": 24 * 365})
    item = told(patient, "past the grace window, day fully received")
    assert (item.verdict, item.verdict_now, item.is_same) == ("missing_upstream", "pending", False)


def test_a_decision_of_a_person_opens_the_story(settings: Settings) -> None:
    night = publish_rows(settings, [invoice("u1")], [entry("l1", "见附件", "999.00")])
    decide(
        settings, "link", upstream_ids=["u1"], ledger_ids=["l1"], decided_by="王会计", reason="原票已核对",
        decided_at=night.as_of + timedelta(hours=1),
    )  # fmt: skip
    publish_again(settings, night)
    (item,) = explain(settings, settings.published_path, "l1", "").items
    step = steps_of(item)["decision"]
    assert (item.is_same, step.result) == (True, "link")
    assert "王会计" in step.zh
    assert "原票已核对" in step.en


def take_apart(settings: Settings, line: Row) -> ItemStory:
    """The story of a line that a person took apart from invoice u1."""
    night = publish_rows(settings, [invoice("u1")], [line])
    decide(
        settings, "try_again", upstream_ids=["u1"], ledger_ids=["l1"], decided_by="王会计", reason="不是这张",
        decided_at=night.as_of + timedelta(hours=1),
    )  # fmt: skip
    publish_again(settings, night)
    (item,) = explain(settings, settings.published_path, "l1", "").items
    return item


def test_what_a_person_took_apart_is_not_denied(settings: Settings) -> None:
    item = take_apart(settings, entry("l1"))
    step = steps_of(item)["exact_key"]
    assert (item.is_same, step.result, step.why_not) == (True, "refused", "taken_apart")
    assert "有 1 张发票的号码相符，但按人工决定不是同一笔" in step.zh


def test_a_mistyped_pair_that_a_person_took_apart_is_shown_and_not_denied(settings: Settings) -> None:
    item = take_apart(settings, entry("l1", NUMBER[:-1] + "8"))
    steps = steps_of(item)
    assert (steps["similar"].result, steps["number_mistyped"].result) == ("nothing_else", "nothing_else")
    assert "apart from what a person took apart" in steps["number_mistyped"].en
    assert [(c.record_id, c.why_not) for c in steps["left_open"].candidates] == [("u1", "taken_apart")]


def test_every_candidate_of_an_open_item_is_told(world: Settings) -> None:
    with open_beside(world, world.published_path) as con:
        rows = con.execute(
            "SELECT item_id, candidates FROM published.recon__item WHERE len(candidates) > 0 ORDER BY item_id"
        ).fetchall()
        items = tell_items(con, world, [row[0] for row in rows], AS_OF)
    assert len(rows) > 50
    for (item_id, candidates), item in zip(rows, items, strict=True):
        told_ids = {c.record_id for record in item.records for step in record.steps for c in step.candidates}
        assert set(candidates) <= told_ids, item_id


def test_an_invoice_of_another_party_is_shown_on_both_sides(settings: Settings) -> None:
    publish_rows(settings, [invoice("u1", party=OTHER)], [entry("l1", None, invoice_date=date(2026, 8, 10))])
    for record, side, step, other in (("l1", "ledger", "left_open", "u1"), ("u1", "upstream", "lines", "l1")):
        (item,) = explain(settings, settings.published_path, record, "").items
        told_step = steps_of(item, side)[step]
        assert [(c.record_id, c.differs, c.why_not) for c in told_step.candidates] == [
            (other, ("party",), "party_differs")
        ]


def test_a_pair_that_was_judged_again_tells_the_rule_of_its_number(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_rows(settings, [invoice("u1")], [entry("l1"), entry("l2", NUMBER[12:], posted_on=date(2026, 8, 25))])
    (item,) = explain(settings, settings.published_path, "l1", "").items
    steps = steps_of(item)
    assert (item.rule, steps["cleared"].result, steps["exact_key"].result) == ("exact_key", "reopened", "named")
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    assert "exact key: 整个号码指明一张发票" in run_told(capsys, settings, "l1")[1]


def test_two_lines_that_want_one_invoice_are_said(world: Settings) -> None:
    steps = steps_of(told(world, "one wrong digit, but another line is as near, and the amount recurs"))
    assert (steps["number_mistyped"].why_not, steps["left_open"].why_not) == ("several_lines", "several_lines")


def test_a_linked_number_is_not_called_impossible(settings: Settings) -> None:
    publish_rows(settings, [invoice("u1")], [entry("l1", "000123456789")])
    (item,) = explain(settings, settings.published_path, "l1", "").items
    assert (item.cause, "structure" in steps_of(item)) == ("exact", False)


def test_the_tax_is_compared_too(settings: Settings) -> None:
    publish_rows(settings, [invoice("u1")], [entry("l1", None, tax_cny="140.00", invoice_date=date(2026, 8, 10))])
    (item,) = explain(settings, settings.published_path, "l1", "").items
    assert [c.differs for c in steps_of(item)["second_error"].candidates] == [("tax",)]


def test_an_invoice_that_is_one_of_several_is_so_for_its_line(world: Settings) -> None:
    step = steps_of(told(world, "an amount that recurs is no evidence", "u1"), "upstream")["left_open"]
    assert (step.why_not, step.en) == ("several_equal", "not linked: that line fits several invoices equally well")


def test_an_invoice_that_fits_but_for_two_things_is_shown_beside_the_guard(world: Settings) -> None:
    step = steps_of(told(world, "one wrong digit and other money"))["left_open"]
    assert step.why_not == "amount_differs"
    assert [(c.number, c.agrees, c.differs) for c in step.candidates] == [(NUMBER, ("party",), ("money",))]


def test_the_last_invoice_left_of_a_short_number_is_told_with_its_evidence(world: Settings) -> None:
    step = steps_of(told(world, "eight digits of two codes, one of which is booked by its whole key"))["last_left"]
    assert (step.result, [c.number for c in step.candidates]) == ("named", ["1100261130-12345678"])
    assert "有 2 张，其余均已按完整号码入账" in step.zh


def test_a_number_that_too_many_share_was_not_compared(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(Parameters.of(settings, AS_OF), max_repeated=1, max_pairs=1)
    monkeypatch.setattr(Parameters, "of", lambda _settings, _as_of: few)
    publish_rows(
        settings,
        [invoice("u1"), invoice("u2", FAR, party=OTHER)],
        [entry("l1", NUMBER[12:], "7.00"), entry("l2", NUMBER[12:], "8.00")],
    )
    (item,) = explain(settings, settings.published_path, "l1", "").items
    steps = steps_of(item)
    assert (item.is_same, item.why_not, steps["crowd"].result) == (True, "crowd_skipped", "skipped")
    assert {steps[rule].result for rule in NUMBER_RULES} == {"not_tried"}


def test_a_database_of_an_older_version_is_said(settings: Settings) -> None:
    settings.published_path.parent.mkdir(parents=True)
    con = connect(settings.published_path, settings)
    for table in TABLES:
        if table.name != "decisions":
            con.execute(table.create_sql)
    con.close()
    with pytest.raises(BadInputError, match="older version") as told_error:
        explain(settings, settings.published_path, "1", "1")
    assert "decisions" in str(told_error.value.found)


def test_a_damaged_database_is_said(settings: Settings) -> None:
    settings.published_path.parent.mkdir(parents=True)
    settings.published_path.write_bytes(b"no database" * 1000)
    with pytest.raises(IntegrityError, match="cannot be opened"):
        explain(settings, settings.published_path, "1", "1")


@pytest.mark.parametrize("rule", [*NUMBER_RULES, *REPAIR_RULES])
def test_every_rule_has_words_for_what_it_can_come_to(rule: str) -> None:
    words = StepWords.load()
    results = {"named", "nothing", "refused"} if rule in NUMBER_RULES else {"linked", "nothing", "refused", "not_tried"}
    assert results <= set(words.steps[rule])
    assert words.name(rule)


def test_every_compared_field_and_kind_of_decision_has_words() -> None:
    words = StepWords.load()
    fields = [words.field(name) for name in ("money", "party", "date", "tax")]
    assert fields == ["金额 money", "往来单位 party", "开票日 date", "税额 tax"]
    assert set(words.steps["decision"]) == set(DECISION_KINDS)


def run_told(capsys: pytest.CaptureFixture[str], settings: Settings, *arguments: str) -> tuple[int, str]:
    code = run_command_line(["explain", *arguments])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.fixture
def at_world(world: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(world.data_root))
    return world


def test_the_command_needs_two_lines_for_an_exact_pair(at_world: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run_told(capsys, at_world, of_case("the last 8 of 20 digits", "l1"))
    lines = text.strip().splitlines()
    assert (code, len(lines)) == (0, 3)
    assert "matched / exact" in lines[0]
    assert "last 8" in lines[1]


def test_the_command_tells_the_steps_in_order(at_world: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    _, text = run_told(capsys, at_world, of_case("an amount that recurs is no evidence", "l1"))
    assert text.index("1. 读取号码") < text.index("2. 相近发票") < text.index("3. 没有号码") < text.index("拦下的原因")
    assert text.partition("1. 读取号码")[2].count(FAR) == 1
    assert "未用 not used: 凭证其余分录 rest of a voucher、位数丢失 digits lost" in text


def test_the_command_says_where_it_looked_when_nothing_fits(
    at_world: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run_told(capsys, at_world, "31415926")
    assert code == 0
    assert "没有找到 31415926" in text
    assert "fapiao find 31415926 --fuzzy" in text
    assert "last 8 digits" in text


@pytest.mark.parametrize("text", ["记-99", "", "*", ";"])
def test_nothing_that_leads_nowhere_is_advised(
    at_world: Settings, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    code, said = run_told(capsys, at_world, text)
    assert (code, "fapiao find" in said) == (0, False)


def test_a_reference_without_a_number_is_found_as_it_stands(at_world: Settings) -> None:
    items = explain(at_world, at_world.published_path, "见附件", "").items
    assert "见附件" in {record.number for item in items for record in item.records}


def test_the_command_prints_json_with_money_as_text(at_world: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    _, text = run_told(capsys, at_world, of_case("one wrong digit", "l1"), "--json")
    (item,) = json.loads(text)["items"]
    assert item["cause"] == "number_mistyped"
    assert item["records"][0]["total_cny"] == "1130.00"


def test_without_a_published_night_it_says_what_makes_one(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", f"{tmp_path}/none")
    code = run_command_line(["explain", "1"])
    assert code == 3
    assert "fapiao nightly" in capsys.readouterr().err
