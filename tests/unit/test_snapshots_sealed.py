"""Sealed copies: the same as plain ones to who has the key, and nothing to who has not."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import pytest

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots.far_prune import prune_copy
from pipelines.snapshots.policy import Policy
from pipelines.snapshots.prune import prune_snapshots
from pipelines.snapshots.pull import pull_store, verify_copy
from pipelines.snapshots.push import push_store
from pipelines.snapshots.read import open_snapshot, verify_snapshots
from pipelines.snapshots.repair import repair_store
from pipelines.snapshots.sealing import COPY_KEY, Seal, load_seal
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FILE_BYTES, THIRD, add_entry, add_night

ONE, TWO = "20261124T020000-01", "20261125T020000-01"


@pytest.fixture
def kept(two_nights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    shutil.copytree(two_nights, tmp_path / "data")
    use_new_key(tmp_path, monkeypatch)
    return Settings(data_root=tmp_path / "data", threads=2)


def use_new_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / f"{secrets.token_hex(4)}.key"
    path.write_text(secrets.token_hex(32) + "\n")
    monkeypatch.setenv(COPY_KEY, str(path))


@pytest.fixture
def seal(kept: Settings) -> Seal:
    found = load_seal()
    assert found is not None
    return found


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "bucket")


def contents(root: Path) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file() and path.name not in ("LOCK", "COPYING")]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_a_sealed_copy_verifies_and_comes_back_the_same(kept: Settings, place: str, tmp_path: Path) -> None:
    push_store(kept, place)
    found = verify_copy(kept, place)
    assert (found.is_sound, found.snapshots) == (True, (ONE, TWO))
    assert push_store(kept, place).files_sent == 0
    new = Settings(data_root=tmp_path / "new", threads=2)
    pull_store(new, place)
    assert contents(new.snapshot_dir) == contents(kept.snapshot_dir)


def test_nothing_of_the_content_shows_at_the_place(kept: Settings, place: str) -> None:
    push_store(kept, place)
    manifest = open_snapshot(kept, TWO)
    secrets_of_it = [entry["sha256"] for entry in manifest.files] + [
        "core_ledger",
        "PAR1",
        "全量",
        "landing",
        "invoice",
    ]
    far = contents(Path(place))
    everything = "\n".join(far).encode() + b"".join(far.values())
    assert not [word for word in secrets_of_it if word.encode() in everything]
    assert FILE_BYTES not in everything
    assert manifest.sha256.encode() not in everything


def test_the_same_file_is_sealed_differently_each_time(seal: Seal) -> None:
    assert seal.close(b"x", "landing/a") != seal.close(b"x", "landing/a")
    assert seal.open(seal.close(b"x", "landing/a"), "landing/a") == b"x"


def test_one_flipped_bit_anywhere_in_a_sealed_copy_is_found(kept: Settings, place: str) -> None:
    push_store(kept, place)
    for path in sorted(path for path in Path(place).rglob("*") if path.is_file() and path.name != "SEALED")[::5]:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        if "heads" in path.parts:
            if TWO in path.name:
                with pytest.raises(IntegrityError):
                    verify_copy(kept, place)
        else:
            assert verify_copy(kept, place).exit_code == 5, path
        path.write_bytes(whole)
    assert verify_copy(kept, place).is_sound


def test_two_sealed_files_that_are_swapped_are_found(kept: Settings, place: str, seal: Seal) -> None:
    push_store(kept, place)
    names = [entry["path"] for entry in open_snapshot(kept, TWO).files_of("core_ledger__entry")]
    one, two = (Path(place) / seal.name(name) for name in names)
    held = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(held)
    assert {damage.path for damage in verify_copy(kept, place).damages} == set(names)


def test_repair_takes_from_a_sealed_copy(kept: Settings, place: str) -> None:
    push_store(kept, place)
    path = kept.snapshot_dir / open_snapshot(kept, TWO).files_of("recon__item")[0]["path"]
    path.unlink()
    assert repair_store(kept, place).exit_code == 0
    assert verify_snapshots(kept).is_sound


def test_without_the_key_or_with_another_one_nothing_is_read_or_written(
    kept: Settings, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_store(kept, place)
    before = contents(Path(place))
    use_new_key(tmp_path, monkeypatch)
    with pytest.raises(UsageError, match="another key"):
        verify_copy(kept, place)
    monkeypatch.delenv(COPY_KEY)
    for attempt in (push_store, pull_store, verify_copy, repair_store):
        with pytest.raises(UsageError, match="sealed"):
            attempt(kept, place)
    assert contents(Path(place)) == before


def test_plain_copies_are_not_mixed_with_sealed_ones(
    kept: Settings, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.delenv(COPY_KEY)
        push_store(kept, place)
    with pytest.raises(UsageError, match="plain"):
        push_store(kept, place)


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31, None])
def test_a_key_that_cannot_be_used_says_how_to_make_one(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hidden-place.key"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(COPY_KEY, str(path))
    with pytest.raises(UsageError, match="openssl rand") as caught:
        load_seal()
    assert "hidden-place" not in str(caught.value)


def test_a_sealed_copy_is_pruned_after_the_store(kept: Settings, place: str) -> None:
    with open_warehouse(kept) as con:
        add_night(con, THIRD)
        add_entry(con, 11, None, "3.00", "2026-11-13")
    keep_night(kept, THIRD)
    prune_snapshots(kept, Policy(daily=2))
    kept_there = push_store(kept, place).snapshots
    assert prune_copy(kept, place, dry_run=False).files == 0
    prune_snapshots(kept, Policy(daily=1))
    done = prune_copy(kept, place, dry_run=False)
    assert (done.removed, done.kept) == (kept_there[:-1], kept_there[-1:])
    assert done.files > 0
    assert verify_copy(kept, place).is_sound
