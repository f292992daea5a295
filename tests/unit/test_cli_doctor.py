"""What the doctor sees, one ill installation each."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pipelines.cli import diagnoses, diagnoses_keys
from pipelines.settings import Settings, Source


def add_source(settings: Settings, **values: object) -> Path:
    settings.sources = [Source.model_validate({"id": "bought", "side": "upstream", "folder": "inbox/bought", **values})]
    folder = settings.data_root / "inbox" / "bought"
    folder.mkdir(parents=True)
    return folder


def test_open_data_root_is_warned_of_with_the_command_that_closes_it(settings: Settings) -> None:
    settings.data_root.mkdir()
    settings.data_root.chmod(0o755)
    found = diagnoses.diagnose_permissions(settings)
    assert (found.state, found.next_step) == ("warn", f"chmod 700 {settings.data_root}")


def test_missing_folder_of_a_source_fails(settings: Settings) -> None:
    add_source(settings).rmdir()
    (found,) = diagnoses.diagnose_sources(settings)
    assert found.state == "fail"
    assert "mkdir -p" in (found.next_step or "")


def test_empty_folder_of_a_nightly_source_is_warned_of(settings: Settings) -> None:
    add_source(settings, expected="nightly")
    (found,) = diagnoses.diagnose_sources(settings)
    assert found.state == "warn"


def test_file_from_the_future_points_at_the_clock(settings: Settings) -> None:
    path = add_source(settings) / "导出.xlsx"
    path.touch()
    assert diagnoses.diagnose_clock(settings).state == "ok"
    os.utime(path, (4102444800, 4102444800))
    assert diagnoses.diagnose_clock(settings).state == "warn"


def test_layout_that_does_not_exist_fails(settings: Settings) -> None:
    add_source(settings, layout="no_such_layout")
    found = diagnoses.diagnose_layouts(settings)
    assert (found.state, "no_such_layout" in found.detail) == ("fail", True)


def test_broken_own_layout_names_its_file(settings: Settings) -> None:
    own = settings.data_root / "layouts"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text("name = [", encoding="utf-8")
    found = diagnoses.diagnose_layouts(settings)
    assert (found.state, "mine.toml" in found.detail) == ("fail", True)


def test_old_published_database_is_warned_of(settings: Settings) -> None:
    settings.published_path.parent.mkdir(parents=True)
    duckdb.connect(str(settings.published_path)).close()
    assert diagnoses.diagnose_published(settings).state == "ok"
    os.utime(settings.published_path, (1_000_000_000, 1_000_000_000))
    assert diagnoses.diagnose_published(settings).state == "warn"


@pytest.mark.parametrize(("free", "state"), [(10**8, "fail"), (10**9, "warn"), (10**11, "ok")])
def test_little_disk_space_is_seen_before_it_is_gone(
    free: int, state: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = diagnoses.shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(diagnoses.shutil, "disk_usage", lambda _path: usage)
    assert diagnoses.diagnose_disk(settings).state == state


def key_file(tmp_path: Path, content: bytes, mode: int = 0o600) -> str:
    path = tmp_path / "the.key"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def signing_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(("mode", "state"), [(0o600, "ok"), (0o644, "warn")])
def test_a_signing_key_is_to_be_usable_and_private(
    mode: int, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_SNAPSHOT_SIGNING_KEY", key_file(tmp_path, signing_pem(), mode))
    assert diagnoses_keys.diagnose_signing().state == state


def test_without_a_signing_key_it_is_said_what_that_means(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FAPIAO_SNAPSHOT_SIGNING_KEY", "FAPIAO_SNAPSHOT_PUBLIC_KEYS"):
        monkeypatch.delenv(name, raising=False)
    found = diagnoses_keys.diagnose_signing()
    assert (found.state, "can forge" in found.detail) == ("warn", True)


@pytest.mark.parametrize("name", ["FAPIAO_SNAPSHOT_SIGNING_KEY", "FAPIAO_SNAPSHOT_PUBLIC_KEYS", "FAPIAO_COPY_KEY"])
def test_a_key_that_cannot_be_used_fails_without_its_path_or_content(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, key_file(tmp_path, b"not a key"))
    (found,) = [diagnosis for diagnosis in diagnoses_keys.diagnose_keys() if diagnosis.state == "fail"]
    said = f"{found.detail} {found.next_step}"
    assert (name in said, "the.key" in said, "not a key" in said) == (True, False, False)


@pytest.mark.parametrize(("mode", "state"), [(0o600, "ok"), (0o640, "warn")])
def test_a_seal_is_to_be_usable_and_private(
    mode: int, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAPIAO_COPY_KEY", key_file(tmp_path, b"ab" * 32, mode))
    assert diagnoses_keys.diagnose_seal().state == state
