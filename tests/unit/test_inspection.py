"""The self-inspection file: its figures are the night's, it names its snapshot, and no change to it stays unseen."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pipelines.cli.app import app
from pipelines.errors import BadInputError, UsageError
from pipelines.exports.inspection import read_inspection
from pipelines.exports.inspection_seal import FORMAT, SEAL, keep_inspection, verify_inspection
from pipelines.exports.period import parse_period
from pipelines.publish import publish_night
from pipelines.reconcile.decisions import decide
from pipelines.settings import Settings, Taxpayer
from pipelines.snapshots import signing
from pipelines.snapshots.manifest import read_latest
from pipelines.snapshots.write import keep_night
from tests.spec.tables import AS_OF, NUMBER, OURS, covered, entry, invoice
from tests.unit.published_world import publish_again, publish_rows
from tests.unit.test_snapshots_signing import write_keys

AUGUST = parse_period("2026-08")
SEPTEMBER_INVOICE = "26112000000000009999"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """August: a pair that differs by 27.00, accepted since, an invoice that is not booked; later invoices."""
    ours = [Taxpayer(id=OURS, name="北京示例贸易有限公司")]
    settings = Settings(data_root=tmp_path_factory.mktemp("inspection") / "data", taxpayers=ours, threads=2)
    upstream = [
        invoice("u1", NUMBER, "1103.00"),
        invoice("u2", "26112000000000002222", "500.00"),
        invoice("u3", SEPTEMBER_INVOICE, "80.00", on=date(2026, 9, 1)),
        invoice("u4", "26112000000000008888", "60.00", on=date(2026, 11, 1)),
    ]
    gap = [date(2026, 8, 30), date(2026, 8, 31)]
    night = publish_rows(settings, upstream, [entry("l1", NUMBER, "1130.00")], covered(but=gap))
    made: dict[str, Any] = {"upstream_ids": ["u1"], "ledger_ids": ["l1"], "decided_at": AS_OF + timedelta(hours=1)}
    decide(settings, "accept_difference", decided_by="李会计", reason="=质量扣款", **made)
    following = publish_again(settings, night)
    keep_night(settings, following)
    publish_night(settings, following)
    return settings


@pytest.fixture
def settings(published: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(published.data_root, tmp_path / "data")
    return published.model_copy(update={"data_root": tmp_path / "data"})


def test_a_period_is_a_month_or_a_quarter() -> None:
    assert parse_period("2026Q3").months == ("2026-07", "2026-08", "2026-09")
    quarter = parse_period("2026-Q1")
    assert (quarter.first_day, quarter.last_day) == (date(2026, 1, 1), date(2026, 3, 31))
    for wrong in ("2026", "2026-13", "2026-Q5", "26-08", "八月"):
        with pytest.raises(UsageError, match="cannot be read"):
            parse_period(wrong)


def test_it_says_what_was_checked_covered_found_done_and_is_open(published: Settings) -> None:
    inspection = read_inspection(published, AUGUST)
    told = {section.name: section.records for section in inspection.sections}
    checked = {(row["direction"], row["side"]): (row["records"], row["total_cny"]) for row in told["scope"]}
    assert checked == {("input", "upstream"): (2, Decimal("1603.00")), ("input", "ledger"): (1, Decimal("1130.00"))}
    assert [(row["days"], row["complete_days"], row["missing_days"]) for row in told["coverage"]] == [
        (31, 29, "2026-08-30–2026-08-31")
    ] * 2
    assert [(row["cause"], row["items"], row["open_items"], row["decided_items"]) for row in told["found"]] == [
        ("amount_differs", 1, 0, 1),
        ("not_booked", 1, 1, 0),
    ]
    assert [(row["deed"], row["done_by"], row["reason"]) for row in told["done"]] == [
        ("decision", "李会计", "=质量扣款")
    ]
    assert [(row["action"], row["at_stake_cny"]) for row in told["open"]] == [("book", Decimal("500.00"))]
    assert SEPTEMBER_INVOICE not in str(told)


def test_it_rests_on_the_snapshot_of_the_night_that_it_shows(published: Settings) -> None:
    latest = read_latest(published)
    assert latest
    inspection = read_inspection(published, AUGUST)
    assert (inspection.evidence.snapshot_id, inspection.evidence.manifest_sha256) == (
        latest.snapshot_id,
        latest.sha256,
    )
    assert inspection.settings["within_tolerance_cny"] == "0.06"
    assert inspection.is_over
    assert not read_inspection(published, parse_period("2026-Q4")).is_over


def test_page_workbook_and_json_say_the_same_and_hold_no_formula(settings: Settings) -> None:
    folder = keep_inspection(settings, AUGUST)
    kept = json.loads((folder / "自查自纠_2026-08.json").read_text(encoding="utf-8"))
    page = (folder / "自查自纠_2026-08.html").read_text(encoding="utf-8")
    book = CalamineWorkbook.from_path(folder / "自查自纠_2026-08.xlsx")
    assert kept["open"][0]["explanation_zh"] in page
    assert kept["manifest_sha256"] in page
    assert "<script" not in page
    done = book.get_sheet_by_name(next(name for name in book.sheet_names if name.startswith("做了什么"))).to_python()
    assert "'=质量扣款" in done[1]
    assert kept["done"][0]["reason"] == "=质量扣款"


def test_a_second_file_of_a_period_never_replaces_the_first(settings: Settings) -> None:
    first = keep_inspection(settings, AUGUST)
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    second = keep_inspection(settings, AUGUST)
    assert [first.name[-3:], second.name[-3:]] == ["-01", "-02"]
    assert {path.name: path.read_bytes() for path in first.iterdir()} == before
    assert sorted(path.name for path in first.parent.iterdir()) == [first.name, second.name]


@pytest.mark.parametrize("name", ["自查自纠_2026-08.html", "自查自纠_2026-08.xlsx", "自查自纠_2026-08.json", SEAL])
def test_one_changed_byte_is_seen(settings: Settings, name: str) -> None:
    folder = keep_inspection(settings, AUGUST)
    assert verify_inspection(settings, folder).problems == ()
    path = folder / name
    path.write_bytes(path.read_bytes().rstrip() + b"  \n")
    assert [problem for problem in verify_inspection(settings, folder).problems if problem.startswith(name)]


def test_a_missing_file_and_another_manifest_are_seen(settings: Settings) -> None:
    folder = keep_inspection(settings, AUGUST)
    (folder / "自查自纠_2026-08.xlsx").unlink()
    seal = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    manifest = settings.snapshot_dir / "manifests" / f"{seal['snapshot_id']}.json"
    document = json.loads(manifest.read_text(encoding="utf-8"))
    document["created_at"] = "2020-01-01T00:00:00"
    manifest.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n", encoding="utf-8")
    problems = verify_inspection(settings, folder / SEAL).problems
    assert [problem.split(":")[0] for problem in problems] == ["自查自纠_2026-08.xlsx", seal["snapshot_id"]]


@pytest.mark.parametrize("lost", ["period", "snapshot_id", "manifest_sha256", "manifest_signature", "files"])
def test_a_seal_that_lacks_something_is_no_seal(lost: str, tmp_path: Path) -> None:
    seal = {"format": FORMAT, "format_version": 1, "period": "2026-08", "snapshot_id": "x", "manifest_sha256": "y"}
    seal |= {"manifest_signature": None, "files": [{"name": "a", "sha256": "b"}]}
    (tmp_path / SEAL).write_text(json.dumps({name: part for name, part in seal.items() if name != lost}))
    with pytest.raises(BadInputError, match="no seal"):
        verify_inspection(Settings(data_root=tmp_path), tmp_path)


def test_a_copy_elsewhere_is_verified_without_the_store_and_says_so(settings: Settings, tmp_path: Path) -> None:
    copy = shutil.copytree(keep_inspection(settings, AUGUST), tmp_path / "copy")
    found = verify_inspection(Settings(data_root=tmp_path / "empty"), copy)
    assert found.problems == ()
    assert any("the snapshot is not here" in note for note in found.notes)


def test_with_a_key_a_rewritten_seal_is_seen(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, _ = write_keys(tmp_path, "ours")
    monkeypatch.setenv(signing.SIGNING_KEY, str(private))
    folder = keep_inspection(settings, AUGUST)
    assert verify_inspection(settings, folder).problems == ()
    seal = folder / SEAL
    seal.write_bytes(seal.read_bytes().replace(b'"2026-08"', b'"2026-09"'))
    assert verify_inspection(settings, folder).problems == (f"{SEAL}.sig: the signature is not of this seal",)


def test_no_snapshot_no_records_or_no_seal_is_a_message(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no invoice and no ledger line"):
        keep_inspection(settings, parse_period("2024-01"))
    with pytest.raises(BadInputError, match="no seal"):
        verify_inspection(settings, tmp_path)
    bare = Settings(data_root=tmp_path / "bare", threads=2)
    publish_rows(bare, [invoice("u1")], [])
    with pytest.raises(BadInputError, match="has no snapshot"):
        keep_inspection(bare, AUGUST)


def test_the_command_keeps_and_verifies(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(settings.data_root))
    made = CliRunner().invoke(app, ["export", "inspection", "--period", "2026-08", "--json"])
    folder = Path(json.loads(made.stdout)["folder"])
    assert folder.parent == settings.snapshot_dir / "inspections" / "2026-08"
    sound = CliRunner().invoke(app, ["export", "inspection", "--verify", str(folder)])
    assert (sound.exit_code, "完好 sound" in sound.stdout) == (0, True)
    (folder / "自查自纠_2026-08.html").write_text("changed", encoding="utf-8")
    assert CliRunner().invoke(app, ["export", "inspection", "--verify", str(folder)]).exit_code == 5
