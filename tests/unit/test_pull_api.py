"""The route `api` against a real server on this machine: what comes, what is asked again, and what is said."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.night_log import close_night, open_night
from pipelines.pull.api import ApiPuller
from pipelines.pull.api_auth import sign
from pipelines.pull.route import Pulled, Window
from pipelines.pull.stage import Pulls, pull_night
from pipelines.routes import ApiRoute
from pipelines.settings import Settings, Source
from pipelines.sources.bundle import unpack_bundle
from pipelines.sources.intake import take_in
from pipelines.warehouse import open_warehouse
from tests.unit.api_server import Api, Reply, invoice, serve

NIGHT = Night(datetime(2026, 11, 10, 2))
NEXT = Night(datetime(2026, 11, 11, 2))
NOVEMBER = Window(date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 9))
HIDDEN = "hunter2hunter2"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("TAX_SECRET", HIDDEN)
    monkeypatch.setenv("TAX_ID", "app-1")
    with serve() as api:
        api.rows = [invoice(n, f"2026-11-0{1 + n % 3}") for n in range(1, 6)]
        yield api


def settings_of(root: Path, api: Api, **route: Any) -> Settings:
    declared: dict[str, Any] = {
        "base_url": api.url,
        "auth": {"kind": "bearer", "token_env": "TAX_SECRET"},
        "listing": {"path": "/invoices", "page_size": 2},
        "requests_per_second": 1000,
        "attempts": 2,
        "overlap_days": 5,
        "timeout_seconds": 5,
    }
    source = Source(
        id="tax",
        side=Side.UPSTREAM,
        folder="inbox/tax",
        pattern="*.zip",
        direction=Direction.INPUT,
        taxpayer_id="91310000MA1FL00002",
        layout="tax_api_pinyin",
        pull=ApiRoute(**(declared | route)),
    )
    return Settings(data_root=root, sources=[source])


def pull(root: Path, api: Api, window: Window = NOVEMBER, night: Night = NIGHT, **route: Any) -> Pulled:
    settings = settings_of(root, api, **route)
    (source,) = settings.sources
    assert isinstance(source.pull, ApiRoute)
    inbox = settings.source_folder(source)
    inbox.mkdir(parents=True, exist_ok=True)
    return ApiPuller(source.pull, settings).pull(source, window, inbox, night)


def text_of(pulled: Pulled) -> str:
    assert pulled.message is not None
    text = f"{pulled.message.zh} {pulled.message.en}"
    assert HIDDEN not in text
    return text


def with_total(total: int) -> Any:
    return lambda right: (200, {}, {"data": {**right[2]["data"], "total": total}})


def fails(status: int, **headers: str) -> Reply:
    return status, headers, {"message": f"token {HIDDEN} is wrong"}


def test_a_month_becomes_one_bundle_with_its_pages_as_they_came(tmp_path: Path, api: Api) -> None:
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.files, pulled.rows, pulled.declared) == ("pulled", ("listing_202611.zip",), 5, 5)
    assert pulled.watermark == NIGHT.as_of
    path = tmp_path / "inbox/tax/listing_202611.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["listing.json", "page_00001.json", "page_00002.json", "page_00003.json"]
        assert "供应商" in archive.read("page_00001.json").decode()
    listing = unpack_bundle(path.name, path.read_bytes()).listing
    assert (listing.first_day, listing.last_day, listing.as_of_day) == (
        date(2026, 11, 1),
        date(2026, 11, 10),
        date(2026, 11, 10),
    )
    assert not list((tmp_path / "inbox/tax/.pages").rglob("*.json"))


def test_a_settled_month_has_equal_bytes_whenever_it_is_asked_for(tmp_path: Path, api: Api) -> None:
    """October settles 48 hours after its last day; until then each asking is a file of its own."""
    window = Window(date(2026, 10, 20), date(2026, 10, 31), date(2026, 10, 31))
    api.rows = [invoice(1, "2026-10-05")]
    states = [pull(tmp_path, api, window, Night(datetime(2026, 11, day, 2))).state for day in (1, 2, 3, 4, 9)]
    assert states == ["pulled", "pulled", "pulled", "unchanged", "unchanged"]


def test_the_window_is_asked_for_in_whole_months_newest_first(tmp_path: Path, api: Api) -> None:
    pull(tmp_path, api, Window(date(2026, 9, 20), date(2026, 11, 10), date(2026, 11, 9)))
    spans = list(dict.fromkeys((query["from"], query["to"]) for _, _, query in api.asked))
    assert spans == [("2026-11-01", "2026-11-10"), ("2026-10-01", "2026-10-31"), ("2026-09-01", "2026-09-30")]


def test_a_window_without_any_invoice_is_said_and_proves_no_absence(tmp_path: Path, api: Api) -> None:
    api.rows = []
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.files, list(tmp_path.rglob("*.zip"))) == ("empty", (), [])
    assert "2026-11-01" in text_of(pulled)


def test_no_day_counts_as_received_if_no_invoice_came_at_all(tmp_path: Path, api: Api) -> None:
    api.rows = []
    settings = settings_of(tmp_path, api, first_day=date(2026, 10, 1))
    run_night(settings, NIGHT)
    assert ask(settings, "SELECT count(*) FROM core_upstream__coverage WHERE is_complete") == [(0,)]


def test_a_total_that_is_wrong_once_is_asked_for_again(tmp_path: Path, api: Api) -> None:
    api.faults = [with_total(9)] * 4
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.rows, pulled.declared, pulled.message) == ("pulled", 5, 5, None)


def test_a_total_that_stays_wrong_makes_the_listing_incomplete(tmp_path: Path, api: Api) -> None:
    api.faults = [with_total(9)] * 20
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.watermark) == ("incomplete", None)
    assert "声明 9 张" in text_of(pulled)
    path = tmp_path / "inbox/tax/listing_202611.zip"
    assert not unpack_bundle(path.name, path.read_bytes()).listing.is_complete
    assert list((tmp_path / "inbox/tax/.pages").rglob("page_*.json"))


def test_a_total_that_is_too_low_hides_no_page(tmp_path: Path, api: Api) -> None:
    api.faults = [with_total(2)]
    assert pull(tmp_path, api).rows == 5


def test_an_api_that_gives_one_page_for_ever_is_left(tmp_path: Path, api: Api) -> None:
    page: Reply = (200, {}, {"data": {"rows": api.rows[:2], "total": 5}})
    api.faults = [page] * 50
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.rows, len(api.asked)) == ("incomplete", 2, 4)


@pytest.mark.parametrize(
    ("reply", "zh", "requests"),
    [
        (fails(401), "不认登录凭据", 1),
        (fails(403), "授予发票查询权限", 1),
        (fails(404), "base_url", 1),
        (fails(400), "不接受查询（400）", 1),
        (fails(500), "出错（500）", 2),
        (fails(503), "出错（503）", 2),
        (fails(429, **{"Retry-After": "7200"}), "限制了调用次数", 1),
        ((200, {}, b"<html>login</html>"), "不是 JSON", 1),
        ((200, {}, {"result": []}), "没有 data.rows", 1),
    ],
)
def test_each_failure_has_its_own_sentence(tmp_path: Path, api: Api, reply: Reply, zh: str, requests: int) -> None:
    api.faults = [reply] * 9
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.files, len(api.asked)) == ("failed", (), requests)
    assert zh in text_of(pulled)


@pytest.mark.parametrize(
    ("reply", "zh", "requests"),
    [
        (fails(503, **{"Retry-After": "7200"}), "正在维护（503，预计 120 min）", 1),
        ((503, {}, "<h1>系统维护中，请稍后再来</h1>".encode()), "正在维护（503，预计 未说明", 2),
        ((200, {}, b"<html><title>We are down for maintenance</title></html>"), "正在维护（200", 2),
        ((502, {}, "税务数字账户正在升级维护".encode()), "正在维护（502", 2),
        ((302, {"Location": "/maintenance.html"}, b""), "正在维护（302", 2),
    ],
)
def test_a_service_that_says_it_is_being_maintained_has_not_failed(
    tmp_path: Path, api: Api, reply: Reply, zh: str, requests: int
) -> None:
    api.faults = [reply] * 9
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.files, pulled.watermark) == ("maintenance", (), None)
    assert len(api.asked) == requests
    assert zh in text_of(pulled)


def test_maintenance_in_the_middle_keeps_the_months_that_came(tmp_path: Path, api: Api) -> None:
    api.faults = [lambda right: right] * 3 + [fails(503, **{"Retry-After": "7200"})]
    pulled = pull(tmp_path, api, Window(date(2026, 10, 20), date(2026, 11, 10), date(2026, 11, 9)))
    assert (pulled.state, pulled.files, pulled.watermark) == ("maintenance", ("listing_202611.zip",), None)


def test_a_login_page_that_names_its_support_is_no_maintenance(tmp_path: Path, api: Api) -> None:
    api.faults = [(200, {}, "<html>登录<footer>技术支持与维护：某某公司</footer></html>".encode())] * 9
    assert pull(tmp_path, api).state == "failed"


def test_renamed_fields_are_named_and_nothing_is_used(tmp_path: Path, api: Api) -> None:
    api.rows = [{("kaipiaoriqi" if key == "kprq" else key): text for key, text in row.items()} for row in api.rows]
    pulled = pull(tmp_path, api)
    assert (pulled.state, pulled.files) == ("failed", ())
    assert "没有字段 kprq" in text_of(pulled)
    assert "kaipiaoriqi" in text_of(pulled)


def test_a_call_that_was_refused_for_its_haste_waits_as_long_as_it_was_told(tmp_path: Path, api: Api) -> None:
    api.faults = [fails(429, **{"Retry-After": "1"})]
    started = time.monotonic()
    assert pull(tmp_path, api).state == "pulled"
    assert time.monotonic() - started >= 1


def test_an_answer_that_does_not_come_is_a_timeout(tmp_path: Path, api: Api) -> None:
    def sleep(right: Reply) -> Reply:
        time.sleep(0.4)
        return right

    api.faults = [sleep, sleep]
    assert "没有回答" in text_of(pull(tmp_path, api, timeout_seconds=0.1))


def test_an_api_that_is_down_is_unreachable(tmp_path: Path, api: Api) -> None:
    assert "连不上接口" in text_of(pull(tmp_path, api, base_url="http://127.0.0.1:9"))


def test_asking_ends_with_its_budget_and_keeps_what_came(tmp_path: Path, api: Api) -> None:
    window = Window(date(2026, 10, 1), date(2026, 11, 10), date(2026, 11, 9))
    api.faults = [lambda right: right] * 3 + [fails(429, **{"Retry-After": "100"})]
    pulled = pull(tmp_path, api, window, budget_seconds=60)
    assert (pulled.state, pulled.files) == ("incomplete", ("listing_202611.zip",))
    assert "budget_seconds" in text_of(pulled)


def test_a_missing_secret_is_named_by_its_variable(tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAX_SECRET")
    assert "TAX_SECRET" in text_of(pull(tmp_path, api))
    assert api.asked == []


def test_an_expired_token_is_fetched_again(tmp_path: Path, api: Api) -> None:
    def expire(right: Reply) -> Reply:
        api.tokens.append("another one")
        return right

    api.faults = [expire]
    auth = {"kind": "client", "id_env": "TAX_ID", "secret_env": "TAX_SECRET"}
    pulled = pull(tmp_path, api, auth=auth)
    assert (pulled.state, pulled.rows) == ("pulled", 5)
    assert [path for _, path, _ in api.asked].count("/oauth/token") == 2


def test_signed_requests_carry_a_signature_of_what_was_asked(tmp_path: Path, api: Api) -> None:
    auth = {"kind": "signed", "id_env": "TAX_ID", "secret_env": "TAX_SECRET"}
    pull(tmp_path, api, auth=auth)
    sent = {name.lower(): text for name, text in api.headers[0].items()}
    target = "/invoices?from=2026-11-01&to=2026-11-10&page=1&size=2"
    wanted = sign(HIDDEN, "GET", target, sent["x-timestamp"], sent["x-nonce"], b"")
    assert (sent["x-app-id"], sent["x-signature"]) == ("app-1", wanted)


def test_a_listing_that_is_ordered_is_awaited_and_fetched(tmp_path: Path, api: Api) -> None:
    task = {"status_path": "/task/{task}/status", "fetch_path": "/task/{task}/rows", "poll_seconds": 0.01}
    pulled = pull(tmp_path, api, listing={"path": "/task", "page_size": 2, "task": task})
    assert (pulled.state, pulled.rows, api.polls) == ("pulled", 5, 2)


def test_status_changes_are_asked_for_by_day_of_operation_and_again_while_they_may_show_up_late(
    tmp_path: Path, api: Api
) -> None:
    api.rows.append(invoice(9, "2025-03-01", status="已作废") | {"czrq": "2026-11-09"})
    pulled = pull(tmp_path, api, changes={"path": "/changes", "page_size": 2})
    assert pulled.files == ("listing_202611.zip", "changes.zip")
    path = tmp_path / "inbox/tax/changes.zip"
    assert unpack_bundle(path.name, path.read_bytes()).listing.period is None
    assert {query["from"] for _, asked, query in api.asked if asked == "/changes"} == {"2026-11-06"}


@pytest.mark.parametrize(
    "wrong", [{"base_url": "http://tax.example"}, {"listing": {"path": "/", "params": {"a": "{b}"}}}]
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, api: Api, wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, UsageError)):
        settings_of(tmp_path, api, **wrong)


def run_night(settings: Settings, night: Night) -> Pulls:
    open_night(settings, night)
    pulls = pull_night(settings, night)
    take_in(settings, night)
    close_night(settings, night)
    return pulls


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(settings) as con:
        return con.execute(sql).fetchall()


COMPLETE = "SELECT count(*) FROM core_upstream__coverage WHERE is_complete"


def test_a_night_that_was_lied_to_covers_no_day_and_the_next_one_does(tmp_path: Path, api: Api) -> None:
    settings = settings_of(tmp_path, api, first_day=date(2026, 11, 1))
    api.faults = [with_total(9)] * 8
    assert run_night(settings, NIGHT).attempts[0].pulled.state == "incomplete"
    assert ask(settings, "SELECT count(*) FROM core_upstream__invoice") == [(5,)]
    assert ask(settings, COMPLETE) == [(0,)]
    api.faults = []
    assert run_night(settings, NEXT).attempts[0].pulled.state == "pulled"
    assert ask(settings, COMPLETE) == [(9,)]
    assert ask(settings, "SELECT count(*) FROM core_upstream__invoice") == [(5,)]
    assert ask(settings, "SELECT count(*) FROM raw_reject") == [(0,)]


def test_a_row_repeated_by_paging_is_left_aside_by_name_and_counts_once(tmp_path: Path, api: Api) -> None:
    settings = settings_of(tmp_path, api, first_day=date(2026, 11, 1))
    api.faults = [
        (200, {}, {"data": {"rows": api.rows[0:2], "total": 5}}),
        (200, {}, {"data": {"rows": api.rows[1:3], "total": 5}}),
        (200, {}, {"data": {"rows": api.rows[3:5], "total": 5}}),
    ]
    assert run_night(settings, NIGHT).attempts[0].pulled.state == "pulled"
    ignored = ask(settings, "SELECT sheet, row_number FROM raw_ignored WHERE kind = 'paging_repeat'")
    assert ignored == [("page_00002.json", 2)]
    assert ask(settings, "SELECT rows_read, rows_kept, rows_ignored FROM raw_file") == [(9, 5, 4)]


def test_a_month_declared_empty_was_received(tmp_path: Path, api: Api) -> None:
    settings = settings_of(tmp_path, api, first_day=date(2026, 10, 1))
    run_night(settings, NIGHT)
    days = "SELECT count(*) FROM core_upstream__coverage WHERE is_complete AND month(issue_date) = 10"
    assert ask(settings, days) == [(31,)]
    assert ask(settings, "SELECT message_zh FROM raw_file WHERE rows_read = 0") == [(None,)]


def test_a_cursor_is_followed_to_its_end(tmp_path: Path, api: Api) -> None:
    def page(start: int, following: str | None) -> Reply:
        return 200, {}, {"data": {"rows": api.rows[start : start + 3], "total": 5, "next": following}}

    api.faults = [page(0, "abc"), page(3, None)]
    pulled = pull(tmp_path, api, answer={"next": "data.next"})
    assert (pulled.state, pulled.rows) == ("pulled", 5)
    assert [query.get("cursor") for _, _, query in api.asked] == [None, "abc"]


def test_an_error_under_status_200_is_read_from_its_code(tmp_path: Path, api: Api) -> None:
    answer = {"code": "code", "ok_codes": ["0"], "maintenance_codes": ["S99"]}
    api.faults = [(200, {}, {"code": "S99"})] * 2
    assert "正在维护（S99" in text_of(pull(tmp_path, api, answer=answer))
    api.faults = [(200, {}, {"code": 17})]
    assert "不接受查询（17）" in text_of(pull(tmp_path, api, answer=answer))


def test_a_short_maintenance_is_waited_for(tmp_path: Path, api: Api) -> None:
    api.faults = [fails(503, **{"Retry-After": "0"})]
    assert pull(tmp_path, api).state == "pulled"


def test_pages_of_a_listing_that_broke_off_stay_as_evidence(tmp_path: Path, api: Api) -> None:
    api.faults = [lambda right: right, fails(403)]
    assert pull(tmp_path, api).state == "failed"
    (page,) = (tmp_path / "inbox/tax/.pages" / NIGHT.night_id).rglob("page_*.json")
    assert b"sdfphm" in page.read_bytes()


def test_an_invoice_twice_on_one_page_is_kept_for_the_rules(tmp_path: Path, api: Api) -> None:
    api.rows = [invoice(1, "2026-11-01"), invoice(1, "2026-11-01"), invoice(2, "2026-11-02")]
    settings = settings_of(tmp_path, api, first_day=date(2026, 11, 1))
    assert run_night(settings, NIGHT).attempts[0].pulled.rows == 3
    assert ask(settings, "SELECT rows_kept FROM raw_file WHERE rows_read > 0") == [(3,)]


def test_a_bundle_with_a_page_cut_short_is_stopped_by_name(tmp_path: Path, api: Api) -> None:
    settings = settings_of(tmp_path, api, first_day=date(2026, 11, 1))
    pull(tmp_path, api)
    path = tmp_path / "inbox/tax/listing_202611.zip"
    path.write_bytes(path.read_bytes()[:-40])
    open_night(settings, NIGHT)
    (source,) = take_in(settings, NIGHT).sources
    assert source.state == "failed"
    assert "接口清单无法采用" in source.messages[0].zh


def test_declared_money_that_the_rows_do_not_add_up_to_makes_the_listing_incomplete(tmp_path: Path, api: Api) -> None:
    def state(money: str) -> Any:
        return lambda right: (200, {}, {"data": {**right[2]["data"], "sum": money}})

    answer = {"money": {"je": "data.sum"}}
    api.faults = [state("500.00")] * 20
    assert pull(tmp_path, api, answer=answer).state == "pulled"
    api.faults = [state("1500.00")] * 20
    pulled = pull(tmp_path, api, answer=answer)
    assert pulled.state == "incomplete"
    assert "je 合计 1,500.00 元，各张相加为 500.00 元" in text_of(pulled)


def test_a_total_that_is_not_stated_although_it_should_be_leaves_the_listing_incomplete(
    tmp_path: Path, api: Api
) -> None:
    pulled = pull(tmp_path, api, answer={"total": "data.count"})
    assert (pulled.state, pulled.rows) == ("incomplete", 5)
    assert pull(tmp_path, api, answer={"total": None}).state == "pulled"
