"""The nightly flow on its real stages, on a small invented company, under one Prefect test server."""

from __future__ import annotations

import hashlib
import json
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.cli import demo as demo_words
from pipelines.cli.edge import run_command_line
from pipelines.demo.story import DemoStory
from pipelines.errors import BadInputError, IntegrityError, UsageError
from pipelines.night import Night
from pipelines.night_log import NightOutcome
from pipelines.settings import Settings, load_settings
from pipelines.warehouse import open_warehouse

pytestmark = pytest.mark.usefixtures("prefect_server")

FIRST_EMPTY_NIGHT = datetime(2030, 1, 1, 2)


def run_night(as_of: datetime, root: Path) -> NightOutcome:
    from flows import nightly  # noqa: PLC0415 - prefect's surroundings come first

    return nightly.run(as_of=as_of, data_root=root)


def last_flow_run() -> Any:
    from prefect.client.orchestration import get_client  # noqa: PLC0415
    from prefect.client.schemas.sorting import FlowRunSort  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        return client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=1)[0]


def read_rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(settings) as con:
        return con.execute(sql).fetchall()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, prefect_server: None) -> DemoStory:
    """The demo itself, small."""
    from flows import demo  # noqa: PLC0415 - prefect's surroundings come first

    return demo.run(tmp_path_factory.mktemp("data"), seed=1, invoices=400)


@pytest.fixture(scope="module")
def outcomes(story: DemoStory) -> list[NightOutcome]:
    return [told.outcome for told in story.nights]


@pytest.fixture
def root(story: DemoStory) -> Path:
    """The data root after the three nights."""
    return story.root


@pytest.fixture
def next_night(root: Path) -> datetime:
    """A moment after every night that ran here so far."""
    ((latest,),) = read_rows(load_settings(root), "SELECT max(as_of) FROM night__run")
    return latest + timedelta(days=1)


def test_every_night_of_the_demo_is_judged_kept_published_and_reported(
    outcomes: list[NightOutcome], root: Path
) -> None:
    settings = load_settings(root)
    for outcome in outcomes:
        assert outcome.is_published
        assert outcome.finding_count > 0
        assert outcome.verdicts["matched", "exact"] > 100
        assert outcome.report_path
        assert outcome.report_path.stat().st_size > 1000
        assert (settings.snapshot_dir / "manifests" / f"{outcome.snapshot_id}.json").is_file()
    assert settings.published_path.is_file()
    finished = read_rows(settings, "SELECT count(*) FROM night__run WHERE finished_at IS NOT NULL AND is_published")
    assert finished[0][0] >= 3


def test_demo_says_which_file_failed_and_calls_nothing_missing_for_it(story: DemoStory) -> None:
    states = {source.source_id: source.state for source in story.nights[-1].summary.sources}
    failed = {"tax_input": "silent", "ledger_kingdee_kis": "failed"}
    assert (states["tax_input"], states["ledger_kingdee_kis"]) == ("silent", "failed")
    assert story.nights[-1].outcome.failed_sources.items() >= failed.items()
    said = "\n".join(demo_words.list_troubles(story.nights[-1].summary))
    assert "tax_input" in said
    assert "会计分录序时簿202611.xlsx" in said
    first, *_, last = (told.outcome.verdicts.get(("missing_ledger", "not_booked"), 0) for told in story.nights)
    assert last <= first


def test_demo_measures_itself_against_every_planted_record(story: DemoStory) -> None:
    settings = load_settings(story.root)
    ((records,),) = read_rows(settings, "SELECT count(*) FROM recon__member")
    assert story.accuracy.records >= records
    assert story.accuracy.right_causes / story.accuracy.records > 0.9
    wrong = sum(count for _, _, count in story.accuracy.wrong)
    assert wrong == story.accuracy.records - story.accuracy.right_causes


def test_demo_ends_with_commands_that_work_when_pasted(
    story: DemoStory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for told in story.nights:
        demo_words.print_night(told)
    demo_words.print_story(story)
    printed = capsys.readouterr().out
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(story.root))
    steps = demo_words.list_next_steps(story)
    assert len(steps) == 5
    for _, command in steps:
        assert command in printed
        assert run_command_line(shlex.split(command)) == 0
        assert capsys.readouterr().out.strip()
    assert json.loads(json.dumps(demo_words.as_document(story), default=str))["nights"][2]["verdicts"]


def test_demo_again_starts_from_nothing_and_leaves_foreign_files_alone(tmp_path: Path) -> None:
    from pipelines.demo.stage import clear_demo_root  # noqa: PLC0415

    foreign = tmp_path / "demo" / "mine.txt"
    foreign.parent.mkdir()
    foreign.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="left alone"):
        clear_demo_root(tmp_path)
    assert foreign.read_text(encoding="utf-8") == "mine"
    (foreign.parent / "made-by-fapiao-demo.txt").touch()
    assert clear_demo_root(tmp_path) == foreign.parent
    assert not foreign.exists()
    assert clear_demo_root(foreign.parent) == foreign.parent


def test_flow_completes_and_leaves_a_summary_as_artifact(outcomes: list[NightOutcome]) -> None:
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415

    wanted = {"artifacts": {"key": {"any_": ["night-summary"]}}}
    summaries = httpx.post(f"{PREFECT_API_URL.value()}/artifacts/filter", json=wanted, trust_env=False).json()
    assert len(summaries) >= len(outcomes)
    assert any(outcomes[-1].night_id in summary["description"] and summary["data"] for summary in summaries)


def test_same_night_again_changes_no_verdict(outcomes: list[NightOutcome], root: Path) -> None:
    settings = load_settings(root)
    items = "SELECT * FROM recon__item ORDER BY item_id"
    members = "SELECT * FROM recon__member ORDER BY ALL"
    before = (read_rows(settings, items), read_rows(settings, members))
    again = run_night(outcomes[-1].as_of, root)
    assert again.verdicts == outcomes[-1].verdicts
    assert (read_rows(settings, items), read_rows(settings, members)) == before
    assert read_rows(settings, f"SELECT count(*) FROM night__run WHERE night_id = '{again.night_id}'") == [(1,)]


def test_failed_stop_rule_leaves_what_readers_see_byte_for_byte(
    root: Path, next_night: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    import expectations.audit  # noqa: PLC0415

    real = expectations.audit.audit_night

    def judge_and_stop(settings: Settings, night: Night) -> Any:
        audited = real(settings, night)
        failure = expectations.audit.Failure("core_rows_conserved", "stop", "行数守恒", "Rows are conserved", 1, None)
        return expectations.audit.Audit(audited.rules_checked, audited.rules_failed, 1, (failure,))

    monkeypatch.setattr("expectations.audit.audit_night", judge_and_stop)
    settings = load_settings(root)
    before = sha256(settings.published_path)
    outcome = run_night(next_night, root)
    assert (outcome.is_published, outcome.stopped_rules) == (False, ("core_rows_conserved",))
    assert sha256(settings.published_path) == before
    assert last_flow_run().state.is_failed()
    assert outcome.snapshot_id
    assert outcome.report_path
    assert read_rows(
        settings, f"SELECT is_published, finished_at IS NULL FROM night__run WHERE night_id = '{outcome.night_id}'"
    ) == [(False, False)]


def test_crashing_stage_is_alerted_by_name_and_the_next_night_names_the_crash(
    root: Path, next_night: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_settings: Settings, _night: Night) -> None:
        raise IntegrityError("the join lost a record")

    settings = load_settings(root)
    before = sha256(settings.published_path)
    with monkeypatch.context() as patched:
        patched.setattr("pipelines.reconcile.nightly.reconcile_night", crash)
        with pytest.raises(IntegrityError, match="lost a record"):
            run_night(next_night, root)
    crashed = Night.at(next_night)
    assert last_flow_run().state.is_failed()
    assert sha256(settings.published_path) == before
    said = [path.read_text(encoding="utf-8") for path in settings.report_dir.rglob("*") if path.suffix == ".md"]
    assert any("reconcile" in text and "the join lost a record" in text for text in said)
    assert run_night(next_night + timedelta(days=1), root).crashed_nights == (crashed.night_id,)


def test_dead_alert_channel_does_not_hide_the_crash(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_arguments: object) -> None:
        raise BadInputError("no such folder")

    def die(*_arguments: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("pipelines.sources.intake.take_in", crash)
    monkeypatch.setattr("pipelines.alerts.send.alert_crash", die)
    with pytest.raises(BadInputError, match="no such folder") as raised:
        run_night(FIRST_EMPTY_NIGHT, data_root)
    assert raised.value.__notes__ == ["stage: take-in", "the alert about it failed too: no route to host"]


def test_share_that_is_away_for_a_moment_is_asked_again(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import nightly  # noqa: PLC0415
    from pipelines.sources import intake  # noqa: PLC0415

    real, tries = intake.take_in, []

    def come_back(settings: Settings, night: Night) -> Any:
        tries.append(night)
        if len(tries) == 1:
            raise OSError("stale file handle")
        return real(settings, night)

    monkeypatch.setattr("pipelines.sources.intake.take_in", come_back)
    monkeypatch.setattr(nightly, "take_in", nightly.take_in.with_options(retry_delay_seconds=0))
    outcome = run_night(FIRST_EMPTY_NIGHT, data_root)
    assert len(tries) == 2
    assert outcome.night_id == "20300101T020000"


def test_second_night_does_not_start_while_one_runs(data_root: Path) -> None:
    from pipelines.night_log import hold_night_lock  # noqa: PLC0415

    settings = load_settings(data_root)
    with hold_night_lock(settings), pytest.raises(IntegrityError, match="Another night is running"):
        run_night(FIRST_EMPTY_NIGHT, data_root)
    assert not settings.warehouse_path.exists()
