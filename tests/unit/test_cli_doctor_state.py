"""What the doctor sees of systems, channels, versions and past nights."""

from __future__ import annotations

import json
import shutil
import socket
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from pipelines import heartbeat
from pipelines.cli import diagnoses_channels, diagnoses_routes, diagnoses_state, diagnoses_versions
from pipelines.cli.edge import run_command_line
from pipelines.model import table_named
from pipelines.routes_verification import VerificationService
from pipelines.settings import AlertRoute, NamedChannel, Settings, Source, beijing_now
from pipelines.snapshots.read import list_snapshots
from pipelines.warehouse import open_warehouse
from tests.unit.alert_warehouse import insert

SECRET = "-".join(["never", "said", "0815"])


def pulled(settings: Settings, **route: Any) -> Settings:
    source = {"id": "bought", "side": "upstream", "folder": "in/bought", "pull": route}
    settings.sources = [Source.model_validate(source)]
    return settings


def look(settings: Settings, source_id: str = "bought") -> tuple[str, str]:
    (found,) = diagnoses_routes.diagnose_routes(settings)
    assert SECRET not in f"{found.detail}{found.next_step}"
    assert found.key == f"source:{source_id}"
    return found.state, found.detail


def test_a_route_without_its_variable_fails_and_names_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERP_URL", raising=False)
    state, detail = look(pulled(settings, kind="database", url_env="ERP_URL", query="SELECT 1"))
    assert (state, "ERP_URL" in detail) == ("fail", True)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "mssql+pymssql", "sftp"])
def test_a_system_is_reachable_while_its_port_answers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    route = {"kind": "remote", "url_env": "FAR_URL"}
    if scheme != "sftp":
        route = {"kind": "database", "url_env": "FAR_URL", "query": "SELECT 1"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("FAR_URL", f"{scheme}://reader:{SECRET}@{address}/x")
        assert look(pulled(settings, **route))[0] == "ok"
    assert look(settings) == ("fail", f"{address} 没有应答 no answer (ConnectionRefusedError)")


def test_an_address_that_nobody_understands_fails_without_being_repeated(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_URL", f"{SECRET}:99999999")
    state, _ = look(pulled(settings, kind="database", url_env="ERP_URL", query="SELECT 1"))
    assert state == "fail"


def test_a_mailbox_is_asked_at_its_port(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    route = {"kind": "mailbox", "host": "127.0.0.1", "user": "u", "password_env": "MAIL_PASSWORD"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert look(pulled(settings, **route, port=server.getsockname()[1]))[0] == "ok"


def test_an_api_needs_every_variable_of_its_login_and_its_port_answers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("API_ID", "id")
    monkeypatch.delenv("API_SECRET", raising=False)
    auth = {"kind": "client", "id_env": "API_ID", "secret_env": "API_SECRET"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        pulled(settings, kind="api", base_url=address, auth=auth, listing={"path": "/x"})
        assert look(settings) == ("fail", "环境变量没有设置 not set: API_SECRET")
        monkeypatch.setenv("API_SECRET", SECRET)
        assert look(settings)[0] == "ok"


def test_the_verification_service_is_looked_at_beside_the_routes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("VERIFY_TOKEN", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        settings.verification = VerificationService.model_validate(
            {"base_url": address, "auth": {"kind": "bearer", "token_env": "VERIFY_TOKEN"}}
        )
        assert look(settings, "verification") == ("fail", "环境变量没有设置 not set: VERIFY_TOKEN")
        monkeypatch.setenv("VERIFY_TOKEN", SECRET)
        assert look(settings, "verification")[0] == "ok"
    assert look(settings, "verification")[0] == "fail"


def test_a_drop_folder_that_is_gone_fails(settings: Settings, tmp_path: Path) -> None:
    assert look(pulled(settings, kind="remote", url=str(tmp_path)))[0] == "ok"
    assert look(pulled(settings, kind="remote", url=f"file://{tmp_path}/gone"))[0] == "fail"


def test_a_source_that_has_not_been_received_for_long_is_warned_of(settings: Settings) -> None:
    pulled(settings, kind="remote", url="/x")
    assert list(diagnoses_state.diagnose_watermarks(settings)) == []
    for hours, state in ((200, "warn"), (3, "ok")):
        with open_warehouse(settings) as con:
            mark = {
                "night_id": f"n{hours}",
                "source_id": "bought",
                "files": [],
                "watermark": beijing_now() - timedelta(hours=hours),
            }
            insert(con, table_named("night__pull"), **mark, route_no=0)
        assert [found.state for found in diagnoses_state.diagnose_watermarks(settings)] == [state]


def test_a_named_channel_needs_its_variable_and_a_route_its_channel(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FINANCE_URL", raising=False)
    settings.named_channels = [NamedChannel(name="finance", url_env="FINANCE_URL")]
    settings.alert_routes = [AlertRoute(channels=["finance", "nobody"])]
    failed = [found.subject for found in diagnoses_channels.diagnose_channels(settings) if found.state == "fail"]
    assert failed == ["渠道 channel finance", "渠道 channel nobody"]
    monkeypatch.setenv("FINANCE_URL", "json://127.0.0.1/x")
    assert sum(found.state == "fail" for found in diagnoses_channels.diagnose_channels(settings)) == 1


def test_libraries_unlike_the_lock_are_named(tmp_path: Path) -> None:
    assert diagnoses_versions.diagnose_versions(tmp_path / "none").state == "ok"
    lock = tmp_path / "requirements.lock"
    lock.write_text("duckdb==0.0.1 \\\n    --hash=sha256:00\nno-library-of-ours==1\n", encoding="utf-8")
    found = diagnoses_versions.diagnose_versions(lock)
    assert (found.state, "(0.0.1)" in found.detail, "no-library" in found.detail) == ("warn", True, False)


def test_a_lock_with_one_version_for_each_python_is_met_by_either(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    here = metadata.version("numpy")
    lock.write_text(f"numpy=={here} ; python_full_version < '3.12' \\\nnumpy==99 ; x\n", encoding="utf-8")
    assert diagnoses_versions.diagnose_versions(lock).state == "ok"


def test_a_night_that_is_overdue_fails(settings: Settings) -> None:
    settings.data_root.mkdir()
    assert diagnoses_state.diagnose_heartbeat(settings).state == "warn"
    heartbeat.note_start(settings, "n")
    assert diagnoses_state.diagnose_heartbeat(settings).state == "ok"
    path = heartbeat.heartbeat_path(settings)
    beat = heartbeat.Heartbeat.model_validate_json(path.read_bytes())
    path.write_text(beat.model_copy(update={"next_due_at": datetime(2026, 1, 1)}).model_dump_json(), encoding="utf-8")
    assert diagnoses_state.diagnose_heartbeat(settings).state == "fail"


@pytest.mark.parametrize(("nights", "state"), [(0, "fail"), (5, "warn"), (100, "ok")])
def test_free_space_is_measured_by_what_the_last_nights_added(
    kept: Settings, monkeypatch: pytest.MonkeyPatch, nights: int, state: str
) -> None:
    copy = kept.warehouse_path.stat().st_size
    free = copy + nights * list_snapshots(kept)[-1].bytes_added + 1
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert diagnoses_state.diagnose_growth(kept).state == state


def test_old_snapshots_and_a_drill_that_is_overdue_are_warned_of(
    kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnoses_state, "beijing_now", lambda: datetime(2031, 1, 1))
    assert diagnoses_state.diagnose_snapshots(kept).state == "warn"
    assert diagnoses_state.diagnose_drill(kept).next_step == "fapiao snapshot drill"


def test_every_finding_of_the_whole_look_says_what_to_do(
    kept: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(kept.data_root))
    assert run_command_line(["doctor", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert {one["subject"] for one in found if one["state"] == "fail"} == {"设置 settings"}
    assert all(one["next_step"] for one in found if one["state"] != "ok")
