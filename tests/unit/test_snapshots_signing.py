"""Signatures: who can write the store but has no key cannot forge, alter or drop a snapshot unnoticed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import signing, store
from pipelines.snapshots.policy import Policy
from pipelines.snapshots.prune import prune_snapshots
from pipelines.snapshots.read import verify_snapshots
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, SECOND, THIRD, add_night, build_warehouse

ONE, TWO, THREE = "20261124T020000-01", "20261125T020000-01", "20261126T020000-01"


def write_keys(folder: Path, name: str) -> tuple[Path, Path]:
    """Paths of a fresh private and public key."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.public.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_keys(tmp_path_factory.mktemp("keys"), "ours")


@pytest.fixture(scope="module")
def three_nights(keys: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first night unsigned, the others signed."""
    settings = Settings(data_root=tmp_path_factory.mktemp("nights") / "data", threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(signing.SIGNING_KEY, str(keys[0]))
        for night in (SECOND, THIRD):
            with open_warehouse(settings) as con:
                add_night(con, night)
            keep_night(settings, night)
    return settings.data_root


@pytest.fixture
def kept(three_nights: Path, keys: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A store as an auditor sees it: with the public key only."""
    shutil.copytree(three_nights, tmp_path / "data")
    monkeypatch.setenv(signing.PUBLIC_KEYS, str(keys[1]))
    return Settings(data_root=tmp_path / "data", threads=2)


def forge(settings: Settings, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite the second manifest and everything that follows from it, as somebody with the code but no key could."""
    sha256 = ""
    for place, snapshot_id in enumerate((TWO, THREE)):
        path = manifests.manifest_path(settings, snapshot_id)
        document = json.loads(path.read_text(encoding="utf-8"))
        if place == 0:
            change(document)
        else:
            document["parent"]["manifest_sha256"] = sha256
        path.write_bytes(manifests.write_canonical(document))
        sha256 = store.hash_bytes(path.read_bytes())
    manifests.move_pointer(settings, manifests.read_manifest(settings, THREE))


def clear_audit(document: dict[str, Any]) -> None:
    document["audit"]["warned"] = 0


def test_signed_snapshots_verify_with_the_public_key_and_older_unsigned_ones_are_fine(kept: Settings) -> None:
    result = verify_snapshots(kept)
    assert (result.is_sound, result.notes) == (True, ())
    assert not (kept.snapshot_dir / "manifests" / f"{ONE}.json.sig").exists()


def test_a_whole_rewritten_chain_passes_without_a_key_and_fails_with_one(
    kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(kept, clear_audit)
    result = verify_snapshots(kept)
    assert [damage.path for damage in result.damages] == [f"manifests/{found}.json" for found in (TWO, THREE)]
    assert all("signature" in damage.problem for damage in result.damages)
    monkeypatch.delenv(signing.PUBLIC_KEYS)
    blind = verify_snapshots(kept)
    assert blind.is_sound
    assert any("not checked" in note for note in blind.notes)


def test_a_signature_that_is_taken_away_is_missed(kept: Settings) -> None:
    (kept.snapshot_dir / "manifests" / f"{THREE}.json.sig").unlink()
    (damage,) = verify_snapshots(kept).damages
    assert (damage.path, damage.snapshots) == (f"manifests/{THREE}.json", (THREE,))
    assert "not signed" in damage.problem


def test_taking_every_signature_away_is_missed_too(kept: Settings) -> None:
    for path in (kept.snapshot_dir / "manifests").glob("*.sig"):
        path.unlink()
    assert verify_snapshots(kept).exit_code == 5


def test_a_signature_of_another_key_is_refused(kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.PUBLIC_KEYS, str(write_keys(tmp_path, "other")[1]))
    assert verify_snapshots(kept).damaged_snapshots == (TWO, THREE)


def test_old_keys_stay_valid_beside_the_new_one(
    kept: Settings, keys: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_keys(tmp_path, "new")[1]
    monkeypatch.setenv(signing.PUBLIC_KEYS, f"{other}:{keys[1]}")
    assert verify_snapshots(kept).is_sound


def test_swapped_signatures_are_found(kept: Settings) -> None:
    two, three = (kept.snapshot_dir / "manifests" / f"{found}.json.sig" for found in (TWO, THREE))
    held = two.read_bytes()
    two.write_bytes(three.read_bytes())
    three.write_bytes(held)
    assert verify_snapshots(kept).damaged_snapshots == (TWO, THREE)


def test_a_forged_record_of_pruning_does_not_hide_a_removed_snapshot(
    kept: Settings, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(signing.PUBLIC_KEYS)
    prune_snapshots(kept, Policy(daily=1))
    monkeypatch.setenv(signing.PUBLIC_KEYS, str(keys[1]))
    assert [damage.path for damage in verify_snapshots(kept).damages] == [
        f"pruned/{ONE}.json",
        f"pruned/{TWO}.json",
    ]


def test_pruning_with_the_key_leaves_signed_records(
    kept: Settings, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(signing.SIGNING_KEY, str(keys[0]))
    prune_snapshots(kept, Policy(daily=1))
    result = verify_snapshots(kept)
    assert (result.is_sound, result.pruned, result.notes) == (True, 2, ())


def test_openssl_agrees(kept: Settings, keys: tuple[Path, Path]) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = kept.snapshot_dir / "manifests" / f"{TWO}.json"
    checked = subprocess.run(
        [
            "openssl",
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            keys[1],
            "-rawin",
            "-in",
            path,
            "-sigfile",
            f"{path}.sig",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Verified Successfully" in checked.stdout, checked.stderr


@pytest.mark.parametrize("content", [b"", b"no key", None])
def test_a_key_that_cannot_be_used_says_how_to_make_one(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret-place.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(signing.SIGNING_KEY, str(path))
    with pytest.raises(UsageError, match="genpkey") as caught:
        signing.sign(b"x")
    assert "secret-place" not in str(caught.value)


def test_no_key_is_in_the_store(kept: Settings, keys: tuple[Path, Path]) -> None:
    secret = keys[0].read_bytes().splitlines()[1]
    assert all(secret not in path.read_bytes() for path in kept.snapshot_dir.rglob("*") if path.is_file())
