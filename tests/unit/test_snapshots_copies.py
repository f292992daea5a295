"""Copies on another disk and on S3 over a real socket: push, pull, repair, and what they refuse."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import s3fs
from moto.server import ThreadedMotoServer

from pipelines.errors import IntegrityError, UpstreamUnavailableError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import place as places
from pipelines.snapshots import signing, store
from pipelines.snapshots.far_prune import prune_copy
from pipelines.snapshots.held import list_holds
from pipelines.snapshots.holds import hold_snapshot, release_snapshot
from pipelines.snapshots.place import Place
from pipelines.snapshots.policy import Policy
from pipelines.snapshots.prune import prune_snapshots
from pipelines.snapshots.pull import pull_store, verify_copy
from pipelines.snapshots.push import push_store
from pipelines.snapshots.read import open_snapshot, verify_snapshots
from pipelines.snapshots.repair import repair_store
from pipelines.snapshots.restore import restore_snapshot
from pipelines.snapshots.sealed import open_place
from pipelines.snapshots.write import keep_night
from pipelines.warehouse import open_warehouse
from tests.unit.small_warehouse import FIRST, THIRD, add_entry, add_night, build_warehouse
from tests.unit.test_snapshots_signing import write_keys

ONE, TWO, THREE = "20261124T020000-01", "20261125T020000-01", "20261126T020000-01"


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """A function that makes a fresh bucket with a prefix; the keys are made up."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server,
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    buckets = iter(range(100))

    def make() -> str:
        bucket = f"copies-{os.urandom(4).hex()}-{next(buckets)}"
        s3fs.S3FileSystem().mkdir(bucket)
        return f"s3://{bucket}/firm/snapshots"

    yield make
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A folder on what could be another disk."""
    return str(tmp_path / "other disk" / "copies")


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest) -> str:
    """A place for copies: a folder, or a bucket."""
    found = request.getfixturevalue(request.param)
    return str(found if request.param == "folder" else found())


def fresh(tmp_path: Path, name: str = "fresh") -> Settings:
    return Settings(data_root=tmp_path / name, threads=2)


def next_night(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        add_night(con, THIRD)
        add_entry(con, 10, None, "8.00", "2026-11-13")
    keep_night(settings, THIRD)


def damage_far(url: str, name: str, content: bytes | None) -> None:
    place = open_place(url)
    path = f"{place.root}/{name}"
    if content is None:
        place.file_system.rm_file(path)
    else:
        place.file_system.pipe_file(path, content)


def data_of(settings: Settings, table: str = "core_ledger__entry") -> Path:
    return settings.snapshot_dir / open_snapshot(settings, "latest").files_of(table)[-1]["path"]


def test_a_pushed_copy_verifies_by_content_and_pulls_back_the_same(kept: Settings, url: str, tmp_path: Path) -> None:
    pushed = push_store(kept, url)
    assert (pushed.snapshots, pushed.files_there) == ((ONE, TWO), 0)
    found = verify_copy(kept, url)
    assert (found.is_sound, found.snapshots, found.notes) == (True, (ONE, TWO), ())
    assert found.bytes_read == verify_snapshots(kept).bytes_read
    new = fresh(tmp_path)
    assert pull_store(new, url).snapshots == (ONE, TWO)
    assert contents(new) == contents(kept)
    assert verify_snapshots(new).is_sound
    assert restore_snapshot(new, "latest").rows > 0


def contents(settings: Settings) -> dict[str, bytes]:
    root = settings.snapshot_dir
    files = [path for path in root.rglob("*") if path.is_file() and path.name not in ("LOCK", "COPYING")]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_a_second_push_sends_only_what_is_new(kept: Settings, url: str) -> None:
    first = push_store(kept, url)
    again = push_store(kept, url)
    assert (again.files_sent, again.files_there) == (0, first.files_sent)
    next_night(kept)
    third = push_store(kept, url)
    assert third.snapshots == (ONE, TWO, THREE)
    assert 0 < third.files_sent < first.files_sent


def test_nothing_that_lies_there_is_ever_written_again(kept: Settings, tmp_path: Path) -> None:
    url = str(tmp_path / "copies")
    push_store(kept, url)
    before = {path: path.stat().st_mtime_ns for path in Path(url).rglob("*") if path.is_file()}
    next_night(kept)
    prune_snapshots(kept, Policy(daily=1))
    push_store(kept, url)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_is_pruned_here_stays_there_and_is_not_pulled_again(kept: Settings, url: str, tmp_path: Path) -> None:
    push_store(kept, url)
    next_night(kept)
    prune_snapshots(kept, Policy(daily=1))
    push_store(kept, url)
    assert verify_copy(kept, url).snapshots == (ONE, TWO, THREE)
    assert pull_store(kept, url).snapshots == (THREE,)
    assert manifests.list_manifest_ids(kept) == [THREE]
    assert verify_snapshots(kept).notes == ()
    new = fresh(tmp_path)
    assert pull_store(new, url).snapshots == (ONE, TWO, THREE)
    assert verify_snapshots(new).is_sound


def test_a_pull_into_an_older_store_fetches_the_newer_nights(kept: Settings, folder: str, tmp_path: Path) -> None:
    push_store(kept, folder)
    new = fresh(tmp_path)
    pull_store(new, folder)
    next_night(kept)
    push_store(kept, folder)
    pulled = pull_store(new, folder)
    assert 0 < pulled.files_fetched < 10
    assert contents(new) == contents(kept)


def test_another_stores_copies_are_neither_overwritten_nor_mixed_in(
    kept: Settings, folder: str, tmp_path: Path
) -> None:
    other = fresh(tmp_path, "other")
    build_warehouse(other)
    with open_warehouse(other) as con:
        add_entry(con, 12, None, "70.00", "2026-11-12")
    keep_night(other, FIRST)
    push_store(other, folder)
    with pytest.raises(IntegrityError, match="another store"):
        push_store(kept, folder)
    with pytest.raises(IntegrityError, match="the copy lacks"):
        pull_store(kept, folder)
    assert verify_snapshots(kept).is_sound


def test_a_copy_that_is_newer_than_the_store_is_not_pushed_to(kept: Settings, folder: str, tmp_path: Path) -> None:
    push_store(kept, folder)
    older = fresh(tmp_path)
    pull_store(older, folder)
    next_night(kept)
    push_store(kept, folder)
    with pytest.raises(IntegrityError, match="newer than"):
        push_store(older, folder)


@pytest.mark.parametrize("how", ["flipped", "missing", "cut"])
def test_damage_of_a_copy_is_named_with_its_snapshots_and_stops_a_pull(
    kept: Settings, url: str, tmp_path: Path, how: str
) -> None:
    push_store(kept, url)
    path = data_of(kept)
    whole, name = path.read_bytes(), str(path.relative_to(kept.snapshot_dir))
    damage_far(url, name, {"flipped": whole[:9] + b"?" + whole[10:], "missing": None, "cut": whole[:-1]}[how])
    (damage,) = verify_copy(kept, url).damages
    assert (damage.path, damage.snapshots) == (name, (TWO,))
    assert verify_copy(kept, url, quick=True).is_sound == (how == "flipped")
    new = fresh(tmp_path)
    with pytest.raises(IntegrityError, match="not all was fetched"):
        pull_store(new, url)
    assert manifests.read_pointer(new) is None
    if how == "missing":
        assert push_store(kept, url).files_sent == 1
        pull_store(new, url)
        assert verify_snapshots(new).is_sound


def test_a_manifest_altered_in_the_copy_is_found(kept: Settings, folder: str, tmp_path: Path) -> None:
    push_store(kept, folder)
    name = f"manifests/{ONE}.json"
    content = (kept.snapshot_dir / name).read_bytes().replace(b'"warned": 1', b'"warned": 0')
    damage_far(folder, name, content)
    assert [damage.path for damage in verify_copy(kept, folder).damages] == [name]
    with pytest.raises(IntegrityError, match="damaged"):
        pull_store(fresh(tmp_path), folder)


def test_damage_here_is_not_carried_on_and_whole_snapshots_are_copied_anyway(kept: Settings, folder: str) -> None:
    path = data_of(kept)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(IntegrityError, match="damaged") as caught:
        push_store(kept, folder)
    assert str(path.relative_to(kept.snapshot_dir)) in str(caught.value.where)
    assert verify_copy(kept, folder).snapshots == (ONE,)
    assert verify_copy(kept, folder).is_sound


@pytest.mark.parametrize(
    "name", ["LATEST", f"manifests/{ONE}.json", f"manifests/{TWO}.json", "data", "landing", "configuration"]
)
@pytest.mark.parametrize("how", ["flipped", "missing"])
def test_repair_heals_any_single_damage(kept: Settings, folder: str, name: str, how: str) -> None:
    push_store(kept, folder)
    before = contents(kept)
    path = kept.snapshot_dir / name
    if name == "data":
        path = data_of(kept)
    elif path.is_dir():
        path = next(found for found in path.rglob("*") if found.is_file())
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    assert verify_snapshots(kept).exit_code == 5
    repaired = repair_store(kept, folder)
    assert (repaired.exit_code, repaired.failed) == (0, ())
    assert repaired.repaired == (str(path.relative_to(kept.snapshot_dir)),)
    assert contents(kept) == before


def test_repair_heals_a_store_that_lost_nearly_everything(kept: Settings, folder: str) -> None:
    push_store(kept, folder)
    before = contents(kept)
    for part in ("tables", "landing", "manifests"):
        shutil.rmtree(kept.snapshot_dir / part)
    assert repair_store(kept, folder).exit_code == 0
    assert contents(kept) == before


def test_repair_keeps_a_night_that_the_copy_does_not_have_yet(kept: Settings, folder: str) -> None:
    push_store(kept, folder)
    next_night(kept)
    (kept.snapshot_dir / "LATEST").unlink()
    assert repair_store(kept, folder).exit_code == 0
    pointer = manifests.read_pointer(kept)
    assert pointer is not None
    assert pointer.snapshot_id == THREE


def test_repair_says_what_the_copy_cannot_heal(kept: Settings, folder: str) -> None:
    push_store(kept, folder)
    path = data_of(kept)
    name = str(path.relative_to(kept.snapshot_dir))
    damage_far(folder, name, None)
    path.unlink()
    repaired = repair_store(kept, folder)
    assert (repaired.exit_code, repaired.failed) == (5, ((name, "there: 副本里没有这个文件 | The copy lacks a file."),))


def test_repair_heals_a_lost_signature(kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.SIGNING_KEY, str(write_keys(tmp_path, "ours")[0]))
    next_night(kept)
    push_store(kept, str(tmp_path / "copies"))
    (kept.snapshot_dir / "manifests" / f"{THREE}.json.sig").unlink()
    assert verify_snapshots(kept).exit_code == 5
    assert repair_store(kept, str(tmp_path / "copies")).exit_code == 0


def test_a_place_without_copies_says_so(kept: Settings, url: str) -> None:
    assert verify_copy(kept, url).exit_code == 3
    with pytest.raises(UsageError, match="No copy"):
        pull_store(kept, url)
    with pytest.raises(UsageError, match="No copy"):
        repair_store(kept, url)


def test_an_empty_store_has_nothing_to_push(settings: Settings, folder: str) -> None:
    with pytest.raises(UsageError, match="no snapshot"):
        push_store(settings, folder)


def test_an_address_that_nobody_understands_is_a_usage_error(kept: Settings) -> None:
    with pytest.raises(UsageError, match="not understood"):
        push_store(kept, "nosuchthing://x/y")


def test_an_unreachable_s3_is_upstream_unavailable_and_harms_nothing(
    kept: Settings, s3: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(places, "ATTEMPTS", 1)
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(UpstreamUnavailableError, match="cannot be reached"):
        push_store(kept, "s3://somewhere/x")
    assert verify_snapshots(kept).is_sound


def test_a_bucket_that_is_not_there_is_an_error_and_not_an_empty_copy(kept: Settings, s3: Callable[[], str]) -> None:
    s3()
    with pytest.raises((UpstreamUnavailableError, IntegrityError)):
        push_store(kept, "s3://no-such-bucket-at-all/x")


def test_a_flaky_place_is_tried_again(kept: Settings, url: str) -> None:
    original, tried = Place._put, set[str]()

    def flaky(self: Place, source: Path, name: str) -> None:
        digest = store.hash_file(source)
        if digest not in tried:
            tried.add(digest)
            raise ConnectionResetError("reset by peer")
        original(self, source, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Place, "_put", flaky)
        push_store(kept, url)
    assert verify_copy(kept, url).is_sound


def test_a_push_that_broke_off_goes_on_where_it_stopped(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "copies")
    original, calls = Place._upload, iter(range(10_000))

    def dying(self: Place, source: Path, name: str, sha256: str) -> None:
        if next(calls) >= 12:
            raise PermissionError("the disk is read-only now")
        original(self, source, name, sha256)

    monkeypatch.setattr(Place, "_upload", dying)
    with pytest.raises(UpstreamUnavailableError):
        push_store(kept, url)
    monkeypatch.undo()
    assert verify_copy(kept, url).exit_code == 3
    assert push_store(kept, url).files_there == 12
    assert verify_copy(kept, url).is_sound


def test_what_arrives_changed_is_noticed_and_taken_away(kept: Settings, url: str, tmp_path: Path) -> None:
    original = Place._put

    def bad_cable(self: Place, source: Path, name: str) -> None:
        changed = tmp_path / Path(name).name
        changed.write_bytes(source.read_bytes()[:-1] + b"?")
        original(self, changed, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Place, "_put", bad_cable)
        with pytest.raises(IntegrityError, match="not what was sent"):
            push_store(kept, url)
    assert open_place(url).list_files() == {}


def test_a_manifest_that_names_a_place_outside_the_store_is_refused(kept: Settings, tmp_path: Path) -> None:
    url = str(tmp_path / "copies")
    push_store(kept, url)
    path = Path(url) / "manifests" / f"{TWO}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["landing"][0]["path"] = "landing/../../../stolen"
    path.write_bytes(manifests.write_canonical(document))
    head = manifests.Pointer(TWO, store.hash_file(path))
    (Path(url) / "heads" / f"{TWO}.json").write_bytes(manifests.pointer_bytes(head))
    with pytest.raises(IntegrityError, match="no place"):
        pull_store(fresh(tmp_path), url)


def test_what_was_pruned_here_is_removed_there_only_when_one_says_so(kept: Settings, url: str, tmp_path: Path) -> None:
    push_store(kept, url)
    next_night(kept)
    prune_snapshots(kept, Policy(daily=1))
    push_store(kept, url)
    before = open_place(url).list_stored()
    planned = prune_copy(kept, url)
    assert (planned.removed, planned.kept, planned.is_dry_run) == ((ONE, TWO), (THREE,), True)
    assert open_place(url).list_stored() == before
    done = prune_copy(kept, url, dry_run=False)
    assert (done.removed, done.files, done.bytes_freed) == (planned.removed, planned.files, planned.bytes_freed)
    assert done.files > 0
    found = verify_copy(kept, url)
    assert (found.is_sound, found.snapshots, found.pruned) == (True, (THREE,), 2)
    assert prune_copy(kept, url, dry_run=False).files == 0
    new = fresh(tmp_path)
    assert pull_store(new, url).snapshots == (THREE,)
    assert verify_snapshots(new).is_sound


def test_a_prune_of_a_copy_that_broke_off_leaves_a_sound_copy_and_is_ended_by_the_next(
    kept: Settings, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_store(kept, folder)
    next_night(kept)
    prune_snapshots(kept, Policy(daily=1))
    push_store(kept, folder)
    left = iter(range(3))

    def breaking(self: Place, stored_name: str) -> None:
        if next(left, None) is None:
            raise UpstreamUnavailableError("gone")
        remove(self, stored_name)

    remove = Place.remove
    with monkeypatch.context() as patch:
        patch.setattr(Place, "remove", breaking)
        with pytest.raises(UpstreamUnavailableError, match="gone"):
            prune_copy(kept, folder, dry_run=False)
    assert verify_copy(kept, folder).is_sound
    prune_copy(kept, folder, dry_run=False)
    assert verify_copy(kept, folder).snapshots == (THREE,)
    assert prune_copy(kept, folder).files == 0


def test_the_newest_of_a_copy_stays_though_it_was_pruned_here(kept: Settings, folder: str) -> None:
    push_store(kept, folder)
    next_night(kept)
    prune_snapshots(kept, Policy(daily=1))
    assert prune_copy(kept, folder, dry_run=False).kept == (TWO,)
    assert verify_copy(kept, folder).is_sound
    assert push_store(kept, folder).snapshots == (THREE,)


def test_a_copy_of_another_store_or_beside_a_damaged_chain_is_not_pruned(
    kept: Settings, folder: str, tmp_path: Path
) -> None:
    push_store(kept, folder)
    other = Settings(data_root=tmp_path / "other", threads=2)
    build_warehouse(other)
    keep_night(other, THIRD)
    before = open_place(folder).list_stored()
    with pytest.raises(IntegrityError, match="another store"):
        prune_copy(other, folder, dry_run=False)
    path = kept.snapshot_dir / "manifests" / f"{ONE}.json"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="damaged"):
        prune_copy(kept, folder, dry_run=False)
    assert open_place(folder).list_stored() == before


def test_holds_go_with_a_copy_and_come_back_but_a_released_one_does_not(
    kept: Settings, url: str, tmp_path: Path
) -> None:
    hold_snapshot(kept, ONE, "audit 2026")
    push_store(kept, url)
    new = fresh(tmp_path)
    pull_store(new, url)
    assert list_holds(new) == {ONE: "audit 2026"}
    release_snapshot(new, ONE)
    pull_store(new, url)
    assert list_holds(new) == {}
