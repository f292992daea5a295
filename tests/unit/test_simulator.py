"""The simulated tax system over the wire, asked as the connector asks it."""

# ruff: noqa: S106, S107 - invented secrets that open nothing

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.errors import BadInputError
from pipelines.night import Night
from pipelines.pull.api_auth import sign
from pipelines.pull.route import Window, make_puller
from pipelines.routes import ApiRoute
from pipelines.settings import Settings, Source
from pipelines.simulator import FAULTS, Fault, Scenario, SimulatedBooks, Simulator, load_scenario, make_books
from pipelines.simulator.books import OUR_TAX_ID, first_day_for, write_books
from pipelines.simulator.scenario import TRIAL_SECRET, Account, Flip, Maintenance, RateLimit, known_scenarios
from pipelines.simulator.trial import make_simulator, write_settings
from pipelines.sources.bundle import unpack_bundle
from pipelines.sources.decode_bundle import read_pages

HTTP = httpx.Client(trust_env=False)
NOW = datetime(2026, 10, 20, 2)
BEARER = {"Authorization": "Bearer open"}
SPAN = {"from": "2026-09-01", "to": "2026-10-31"}
OPEN = Account(id="open", secret="open", kind="bearer")


@pytest.fixture(scope="module")
def books() -> SimulatedBooks:
    return make_books(seed=7, invoices=30, months=2)


@pytest.fixture
def simulator(books: SimulatedBooks) -> Iterator[Simulator]:
    with Simulator(books, Scenario(now=NOW, accounts=(OPEN,))) as running:
        yield running


def ask(simulator: Simulator, path: str, /, **params: object) -> httpx.Response:
    given = {name: str(value) for name, value in {**SPAN, **params}.items()}
    return HTTP.get(simulator.url + path, params=given, headers=BEARER, timeout=5)


def listed(simulator: Simulator, path: str = "/invoices", /, **params: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask(simulator, path, size=500, **params).json()["data"]["rows"]
    return rows


def number_of(row: dict[str, Any]) -> str:
    return str(row["sdfphm"] or row["fphm"])


def get_token(simulator: Simulator, secret: str = "pass") -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": "erp", "client_secret": secret}
    return HTTP.post(simulator.url + "/oauth/token", data=form)


def asked_with(simulator: Simulator, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return HTTP.get(simulator.url + "/invoices", params=SPAN, headers=headers).status_code


def test_pages_together_are_the_books_and_the_declared_totals(simulator: Simulator, books: SimulatedBooks) -> None:
    pages = [ask(simulator, "/invoices", page=page, size=7).json()["data"] for page in range(1, 6)]
    rows = [row for page in pages for row in page["rows"]]
    issued = [one for one in books.invoices if one.issued_at <= NOW]
    assert [number_of(row) for row in rows] == [one.number for one in issued]
    assert pages[0]["total"] == len(issued)
    assert pages[0]["totals"]["jshj"] == str(sum(one.total for one in issued))


def test_a_cursor_leads_from_page_to_page_and_ends() -> None:
    with make_simulator(Scenario(now=NOW, accounts=(OPEN,)), invoices=9) as simulator:
        first = ask(simulator, "/invoices", size=4).json()["data"]
        cursors = [first["next"]]
        while cursors[-1]:
            cursors.append(ask(simulator, "/invoices", size=4, cursor=cursors[-1]).json()["data"]["next"])
    assert cursors == [*(f"c{page}" for page in range(2, -(-first["total"] // 4) + 1)), None]


def test_only_the_days_and_the_direction_asked_for_are_listed(simulator: Simulator) -> None:
    rows = listed(simulator, to="2026-09-15", direction="input")
    assert rows
    assert {row["jxxbz"] for row in rows} == {"进项"}
    assert max(row["kprq"] for row in rows) < "2026-09-16"


def test_a_task_is_ordered_awaited_and_fetched(simulator: Simulator) -> None:
    order = HTTP.post(simulator.url + "/tasks", json=SPAN, headers=BEARER).json()["data"]["task_id"]
    states = [ask(simulator, f"/tasks/{order}").json()["data"]["status"] for _ in range(2)]
    assert states == ["running", "done"]
    assert listed(simulator, f"/tasks/{order}/rows") == listed(simulator)


def test_a_token_ends_by_the_clock_and_by_its_uses(books: SimulatedBooks) -> None:
    erp = Account(id="erp", secret="pass")
    with Simulator(books, Scenario(now=NOW, accounts=(erp,), token_uses=2)) as simulator:
        token = get_token(simulator).json()["access_token"]
        assert [asked_with(simulator, token) for _ in range(3)] == [200, 200, 401]
        token = get_token(simulator).json()["access_token"]
        simulator.set_clock(str(NOW + timedelta(hours=1)))
        assert asked_with(simulator, token) == 401
        assert get_token(simulator, secret="wrong").status_code == 401


def signed(simulator: Simulator, nonce: str, secret: str = "key") -> int:
    request = httpx.Request("GET", simulator.url + "/invoices", params=SPAN)
    moment = str(int(datetime.now().timestamp()))
    path = request.url.raw_path.decode()
    headers = {"X-App-Id": "app", "X-Timestamp": moment, "X-Nonce": nonce}
    headers["X-Signature"] = sign(secret, "GET", path, moment, nonce, b"")
    return HTTP.get(request.url, headers=headers).status_code


def test_a_signed_request_is_taken_once_and_a_wrong_signature_never(books: SimulatedBooks) -> None:
    account = Account(id="app", secret="key", kind="signed")
    with Simulator(books, Scenario(now=NOW, accounts=(account,))) as simulator:
        assert [signed(simulator, "a"), signed(simulator, "a"), signed(simulator, "b", "other")] == [200, 401, 401]


def test_another_taxpayer_is_refused(books: SimulatedBooks) -> None:
    account = Account(id="open", secret="open", kind="bearer", taxpayers=frozenset({"91330100MA0000000X"}))
    with Simulator(books, Scenario(now=NOW, accounts=(account,))) as simulator:
        assert ask(simulator, "/invoices", taxpayer=OUR_TAX_ID).status_code == 403
        assert listed(simulator) == []


def test_asking_too_often_is_told_when_to_come_back(books: SimulatedBooks) -> None:
    limit = RateLimit(requests=2, seconds=60, retry_after=7)
    with Simulator(books, Scenario(now=NOW, accounts=(OPEN,), rate_limit=limit)) as simulator:
        answers = [ask(simulator, "/invoices") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "7"


def test_an_invoice_appears_when_the_sync_delay_has_passed(books: SimulatedBooks) -> None:
    late = books.invoices[3].issued_at + timedelta(hours=20)
    with Simulator(books, Scenario(now=late - timedelta(seconds=1), accounts=(OPEN,), sync_hours=20)) as simulator:
        before = listed(simulator)
        simulator.set_clock(str(late))
        after = listed(simulator)
    assert books.invoices[3].number not in {number_of(row) for row in before}
    assert books.invoices[3].number in {number_of(row) for row in after}


@pytest.mark.parametrize(("to", "code"), [("red_full", "03"), ("red_partial", "04"), ("void", "02")])
def test_a_changed_invoice_is_found_by_the_day_of_operation(books: SimulatedBooks, to: Any, code: str) -> None:
    flip = Flip(place=0, at=datetime(2026, 10, 19, 10), to=to)
    with Simulator(books, Scenario(now=datetime(2026, 10, 18), accounts=(OPEN,), flips=(flip,))) as simulator:
        assert {row["fpzt"] for row in listed(simulator)} == {"01"}
        simulator.set_clock("2026-10-20T02:00:00")
        rows = {number_of(row): row for row in listed(simulator, "/changes", **{"from": "2026-10-19"})}
    assert rows[books.invoices[0].number]["fpzt"] == code
    reds = [row for row in rows.values() if row["je"].startswith("-")]
    assert len(reds) == (0 if to == "void" else 1)
    if to == "red_full":
        assert reds[0]["jshj"] == f"-{books.invoices[0].total}"


def test_maintenance_is_announced_and_then_said_with_its_end(books: SimulatedBooks) -> None:
    window = Maintenance(since=NOW, until=NOW + timedelta(hours=4))
    scenario = Scenario(now=NOW - timedelta(days=1), accounts=(OPEN,), maintenance=(window,))
    with Simulator(books, scenario) as simulator:
        assert ask(simulator, "/notices").json()["data"]["notices"][0]["since"] == str(NOW)
        assert ask(simulator, "/invoices").status_code == 200
        simulator.set_clock(str(NOW + timedelta(hours=1)))
        answer = ask(simulator, "/invoices")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10800")


def test_a_stopped_simulator_refuses_and_comes_back_at_the_same_address(simulator: Simulator) -> None:
    assert ask(simulator, "/invoices").status_code == 200
    simulator.stop()
    with pytest.raises(httpx.RemoteProtocolError):
        ask(simulator, "/invoices")  # over the connection that was kept open
    with pytest.raises(httpx.ConnectError):
        ask(simulator, "/invoices")
    simulator.start()
    assert ask(simulator, "/invoices").status_code == 200


def play(simulator: Simulator, kind: str, **settings: Any) -> None:
    simulator.switch_off()
    simulator.switch_on(Fault(id=kind, **settings))


def numbers(simulator: Simulator, page: int) -> list[str]:
    return [number_of(row) for row in ask(simulator, "/invoices", size=5, page=page).json()["data"]["rows"]]


@pytest.mark.parametrize(
    ("kind", "path", "status"),
    [
        ("busy", "/invoices", 429),
        ("maintenance", "/invoices", 503),
        ("server_error", "/invoices", 500),
        ("refused", "/invoices", 401),
        ("forbidden", "/invoices", 403),
        ("broken_page", "/invoices", 500),
        ("expired_token", "/invoices", 401),
    ],
)
def test_a_fault_with_a_status_answers_it_and_ends_when_switched_off(
    simulator: Simulator, kind: str, path: str, status: int
) -> None:
    play(simulator, kind)
    answer = ask(simulator, path, page=2)
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status in {429, 503})
    simulator.switch_off()
    assert ask(simulator, path, page=2).status_code == 200


def test_a_cut_connection_and_half_an_answer_are_broken_transport(simulator: Simulator) -> None:
    play(simulator, "reset", times=1)
    with pytest.raises(httpx.TransportError):
        ask(simulator, "/invoices")
    play(simulator, "cut_short", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        ask(simulator, "/invoices")
    assert ask(simulator, "/invoices").status_code == 200


def test_a_slow_answer_comes_late_but_whole(simulator: Simulator) -> None:
    play(simulator, "slow", seconds=0.3)
    answer = ask(simulator, "/invoices")
    assert answer.elapsed > timedelta(seconds=0.3)
    assert answer.json()["code"] == "0"


def test_lost_and_repeated_pages_are_right_when_asked_again(simulator: Simulator) -> None:
    first, second = numbers(simulator, 1), numbers(simulator, 2)
    play(simulator, "lost_page", times=1)
    assert [numbers(simulator, 1), numbers(simulator, 2), numbers(simulator, 2)] == [first, [], second]
    play(simulator, "repeated_page", times=1)
    assert [numbers(simulator, 2), numbers(simulator, 2)] == [first, second]
    play(simulator, "overlapping_page")
    assert numbers(simulator, 2) == [first[-1], *second]


def test_totals_lie_or_are_left_out_while_the_rows_are_right(simulator: Simulator) -> None:
    true = ask(simulator, "/invoices").json()["data"]
    play(simulator, "lying_total", by=4)
    lying = ask(simulator, "/invoices").json()["data"]
    play(simulator, "no_total")
    silent = ask(simulator, "/invoices").json()["data"]
    assert lying["total"] == true["total"] + 4
    assert lying["rows"] == true["rows"] == silent["rows"]
    assert "total" not in silent


def test_fields_and_rows_get_other_names(simulator: Simulator) -> None:
    play(simulator, "renamed_field", old="je", new="hjje")
    assert all("hjje" in row and "je" not in row for row in listed(simulator))
    play(simulator, "moved_rows")
    assert {"rows", "list"} & set(ask(simulator, "/invoices").json()["data"]) == {"list"}
    play(simulator, "not_json")
    assert ask(simulator, "/invoices").text.startswith("<html>")


def test_a_task_gets_stuck_or_fails(simulator: Simulator) -> None:
    order = HTTP.post(simulator.url + "/tasks", json=SPAN, headers=BEARER).json()["data"]["task_id"]
    states = []
    for kind in ("stuck_task", "stuck_task", "stuck_task", "failed_task"):
        play(simulator, kind)
        states.append(ask(simulator, f"/tasks/{order}").json()["data"]["status"])
    assert states == ["running", "running", "running", "failed"]


def test_a_fault_has_its_time_and_can_be_switched_over_http(simulator: Simulator) -> None:
    fault = {"id": "late_sync", "hours": "2000", "since": "2026-10-21T00:00:00"}
    assert HTTP.post(simulator.url + "/_faults", json=fault).status_code == 200
    assert listed(simulator)
    HTTP.post(simulator.url + "/_clock", json={"now": "2026-10-21T02:00:00"})
    assert listed(simulator) == []
    HTTP.request("DELETE", simulator.url + "/_faults")
    assert listed(simulator)
    assert "known are" in HTTP.post(simulator.url + "/_faults", json={"id": "typo"}).json()["message"]


def test_every_kind_of_fault_is_named_once_and_can_be_switched_on() -> None:
    assert len({kind.id for kind in FAULTS}) == len(FAULTS)
    for kind in FAULTS:
        assert Fault(id=kind.id, **kind.settings).is_on(NOW)
        assert kind.zh
        assert kind.en


def verify(simulator: Simulator, **asked: str) -> str:
    return str(ask(simulator, "/verify", **asked).json()["data"]["result"])


def test_verification_tells_the_same_from_different_unknown_and_unreadable(
    simulator: Simulator, books: SimulatedBooks
) -> None:
    known = next(one for one in books.invoices if not one.code)
    asked = {"fphm": known.number, "kprq": str(known.issued_at.date()), "jshj": str(known.total)}
    assert verify(simulator, **asked) == "001"
    assert verify(simulator, **{**asked, "jshj": "0.01"}) == "006"
    assert verify(simulator, **{**asked, "fphm": "26112000000999999999"}) == "009"
    assert verify(simulator, **{**asked, "jshj": "much"}) == "005"
    play(simulator, "verify_timeout", times=1)
    assert [verify(simulator, **asked), verify(simulator, **asked)] == ["010", "001"]


def test_an_invoice_is_verified_five_times_a_day_and_from_the_next_day(
    simulator: Simulator, books: SimulatedBooks
) -> None:
    known = next(one for one in books.invoices if not one.code)
    asked = {"fphm": known.number, "kprq": str(known.issued_at.date()), "jshj": str(known.total)}
    simulator.set_clock(f"{known.issued_at.date()}T23:59:00")
    assert verify(simulator, **asked) == "009"
    simulator.set_clock(str(known.issued_at + timedelta(days=1)))
    assert [verify(simulator, **asked) for _ in range(6)] == ["001"] * 5 + ["002"]
    simulator.set_clock(str(known.issued_at + timedelta(days=2)))
    assert verify(simulator, **asked) == "001"


def test_the_trial_ledger_holds_what_is_posted_by_then(tmp_path: Path, books: SimulatedBooks) -> None:
    ledger, export = write_books(books, tmp_path, NOW)
    with ledger.open(encoding="utf-8-sig") as file:
        days = [row["记账日期"] for row in csv.DictReader(file) if row["记账日期"]]
    assert max(days) <= "2026-10-20"
    assert len(days) == sum(str(day) <= "2026-10-20" for day in books.entry["posted_on"].to_pylist())
    assert export.stat().st_size > 0


def test_the_same_seed_gives_the_same_books_and_another_one_others() -> None:
    assert make_books(3, 10).invoices == make_books(3, 10).invoices
    assert make_books(3, 10).invoices != make_books(4, 10).invoices
    assert str(first_day_for(datetime(2026, 3, 1))) == "2026-01-01"


@pytest.mark.parametrize("name", known_scenarios())
def test_every_shipped_scenario_starts_and_shows_settings_that_are_valid(name: str) -> None:
    simulator = make_simulator(load_scenario(name))
    for account in simulator.scenario.accounts:
        source = tomllib.loads(write_settings(simulator, account))["sources"][0]
        assert isinstance(Source.model_validate(source).pull, ApiRoute)


def test_a_scenario_that_cannot_be_used_says_where(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="hard_week"):
        load_scenario("nowhere")
    file = tmp_path / "own.toml"
    file.write_text('[[faults]]\nid = "typo"\n', encoding="utf-8")
    with pytest.raises(BadInputError, match="lost_page"):
        load_scenario(file)
    with pytest.raises(BadInputError, match="place"):
        make_simulator(load_scenario("hard_week"), invoices=3)


def test_the_settings_shown_for_a_trial_pull_every_invoice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAX_API_ID", "trial")
    monkeypatch.setenv("TAX_API_SECRET", TRIAL_SECRET)
    with make_simulator(Scenario(now=NOW), invoices=40) as simulator:
        shown = write_settings(simulator, simulator.scenario.accounts[0])
        source = Source.model_validate(tomllib.loads(shown)["sources"][0])
        assert source.pull
        window = Window(date(2026, 8, 1), NOW.date(), date(2026, 10, 1))
        pulled = make_puller(source.pull, Settings(data_root=tmp_path)).pull(source, window, tmp_path, Night.at(NOW))
        issued = {one.number for one in simulator.books.invoices if one.issued_at <= NOW}
    bundles = [unpack_bundle(name, (tmp_path / name).read_bytes()) for name in pulled.files if "listing" in name]
    pages = [page for bundle in bundles for page in read_pages("listing", bundle).values()]
    assert pulled.state == "pulled"
    assert {number_of(row) for rows in pages for row in rows} == issued


def test_the_command_shows_an_address_that_answers_and_ends_on_interrupt(tmp_path: Path) -> None:
    run = "from pipelines.cli import main; main()"
    command = [sys.executable, "-c", run, "simulator", "--port", "0", "--invoices", "5"]
    with subprocess.Popen(
        [*command, "--books", str(tmp_path)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        while "Ctrl-C" not in process.stdout.readline():
            pass
        assert HTTP.get(url + "/notices").json()["code"] == "0"
        process.send_signal(signal.SIGINT)
        assert "Stopped" in process.stdout.read()
    assert process.returncode == 0
    assert (tmp_path / "ledger" / "trial_ledger.csv").is_file()


def test_the_page_names_every_fault_and_every_scenario() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    for kind in FAULTS:
        assert f"| `{kind.id}` | {kind.zh} | {kind.en} |" in page
    for name in known_scenarios():
        assert f"| `{name}` |" in page
