"""Drop folders: whole files only, new ones only, on a local folder, a real SFTP server and a real S3 server."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from pipelines.model import Side
from pipelines.night import Night
from pipelines.pull.declared import RemoteRoute
from pipelines.pull.far_folder import FolderError, open_folder
from pipelines.pull.folder_copy import Copied, copy_new_files
from pipelines.pull.folders import RemotePuller
from pipelines.pull.route import Pulled, Window
from pipelines.settings import Settings, Source
from tests.unit.postgres_server import free_port
from tests.unit.sftp_server import SftpServer, run_sftp

WHOLE = b"a,b\n1,2\n"


@pytest.fixture
def far(tmp_path: Path) -> Path:
    (tmp_path / "far").mkdir()
    return tmp_path / "far"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def copy(far: Path, inbox: Path, *grow: str) -> Copied:
    """Copy; each wait lets the files named in `grow` become longer."""

    def wait(_seconds: float) -> None:
        for name in grow:
            with (far / name).open("ab") as file:
                file.write(b"more")

    with open_folder(str(far), Path("none")) as folder:
        return copy_new_files(folder, "*", 60, inbox, wait)


def names(inbox: Path) -> list[str]:
    return sorted(path.name for path in inbox.iterdir() if not path.name.startswith("."))


def test_new_files_come_with_their_bytes_and_their_time_and_the_far_ones_stay(far: Path, inbox: Path) -> None:
    (far / "账.csv").write_bytes(WHOLE)
    os.utime(far / "账.csv", (1_000_000, 1_000_000))
    assert copy(far, inbox) == Copied(("账.csv",), (), ())
    assert (inbox / "账.csv").read_bytes() == WHOLE
    assert (inbox / "账.csv").stat().st_mtime == 1_000_000
    assert names(far) == ["账.csv"]


def test_only_what_changed_is_copied_again(far: Path, inbox: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (far / name).write_bytes(WHOLE)
    copy(far, inbox)
    (far / "b.csv").write_bytes(WHOLE * 2)
    assert copy(far, inbox).files == ("b.csv",)
    assert copy(far, inbox).files == ()


def test_a_file_that_still_grows_is_waited_for_and_said(far: Path, inbox: Path) -> None:
    for name in ("whole.csv", "growing.csv"):
        (far / name).write_bytes(WHOLE)
    found = copy(far, inbox, "growing.csv")
    assert (found.files, found.arriving) == (("whole.csv",), ("growing.csv",))
    assert "growing.csv 还在传输" in found.notes[0].zh
    assert copy(far, inbox).files == ("growing.csv",)


@pytest.mark.parametrize("name", ["a.csv.part", "~$a.xlsx", "a.TMP", ".a.csv", "a.csv.filepart"])
def test_temporary_names_are_left(far: Path, inbox: Path, name: str) -> None:
    (far / name).write_bytes(WHOLE)
    assert copy(far, inbox) == Copied((), (), ())


def test_an_empty_file_counts_as_still_arriving(far: Path, inbox: Path) -> None:
    (far / "a.csv").touch()
    assert copy(far, inbox).arriving == ("a.csv",)


def test_a_file_that_cannot_be_opened_is_kept_apart_and_named_once(far: Path, inbox: Path) -> None:
    (far / "cut.csv.gz").write_bytes(gzip.compress(WHOLE)[:-6])
    found = copy(far, inbox)
    assert found.files == ()
    assert "cut.csv.gz" in found.notes[0].zh
    assert names(inbox / "quarantine") == ["cut.csv.gz"]
    assert copy(far, inbox) == Copied((), (), ())
    (far / "cut.csv.gz").write_bytes(gzip.compress(WHOLE))
    assert copy(far, inbox).files == ("cut.csv.gz",)


def test_a_folder_that_is_gone_and_a_kind_that_is_unknown_are_told_apart(tmp_path: Path, inbox: Path) -> None:
    with pytest.raises(FolderError) as caught:
        copy(tmp_path / "gone", inbox)
    assert caught.value.kind == "no_folder"
    with pytest.raises(FolderError) as caught, open_folder("ftp://host/a", Path("none")):
        pass
    assert caught.value.kind == "not_supported"


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with run_sftp(tmp_path_factory.mktemp("sftp")) as running:
        (running.root / "drop").mkdir()
        (running.root / "drop" / "账.csv").write_bytes(WHOLE)
        yield running


def test_files_come_over_sftp_from_a_known_host(sftp: SftpServer, inbox: Path) -> None:
    with open_folder(sftp.url("/drop"), sftp.known_hosts) as folder:
        assert copy_new_files(folder, "*.csv", 0, inbox).files == ("账.csv",)
    assert (inbox / "账.csv").read_bytes() == WHOLE


@pytest.mark.parametrize(
    ("path", "word", "hosts", "kind"),
    [
        ("/drop", "wrong", True, "refused"),
        ("/drop", None, False, "host_unknown"),
        ("/gone", None, True, "no_folder"),
    ],
)
def test_sftp_says_what_is_wrong_and_never_the_password(
    sftp: SftpServer, inbox: Path, path: str, word: str | None, hosts: bool, kind: str
) -> None:
    known = sftp.known_hosts if hosts else Path("none")
    with pytest.raises(FolderError) as caught, open_folder(sftp.url(path, word), known) as folder:
        copy_new_files(folder, "*", 0, inbox)
    assert caught.value.kind == kind
    assert (word or sftp.word) not in str(caught.value)


def test_a_server_that_is_away_is_said(inbox: Path) -> None:
    with pytest.raises(FolderError) as caught, open_folder(f"sftp://u:p@127.0.0.1:{free_port()}/a", Path("none")):
        pass
    assert caught.value.kind == "unreachable"


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (keys | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}).items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="drop")
        client.put_object(Bucket="drop", Key="in/账.csv", Body=WHOLE)
        yield "s3://drop/in"
    server.stop()


def test_files_come_from_s3_and_only_once(bucket: str, inbox: Path) -> None:
    for expected in (("账.csv",), ()):
        with open_folder(bucket, Path("none")) as folder:
            assert copy_new_files(folder, "*.csv", 0, inbox).files == expected
    assert (inbox / "账.csv").read_bytes() == WHOLE


def pull(settings: Settings, inbox: Path, **route: str) -> Pulled:
    source = Source(id="erp", side=Side.LEDGER, folder="in")
    puller = RemotePuller(RemoteRoute(stable_seconds=0, **route), settings)  # type: ignore[arg-type]
    window = Window(date(2026, 8, 1), date(2026, 8, 31), date(2026, 8, 1))
    return puller.pull(source, window, inbox, Night(datetime(2026, 9, 1, 2)))


def test_the_route_tells_new_unchanged_damaged_and_failed_apart(settings: Settings, far: Path, inbox: Path) -> None:
    (far / "a.csv").write_bytes(WHOLE)
    assert pull(settings, inbox, url=str(far)).state == "pulled"
    assert pull(settings, inbox, url=str(far)).state == "unchanged"
    (far / "b.gz").write_bytes(b"\x1f\x8bno gzip")
    assert pull(settings, inbox, url=str(far)).state == "incomplete"
    failed = pull(settings, inbox, url_env="FAPIAO_NO_SUCH_FOLDER")
    assert failed.state == "failed"
    assert failed.message is not None
    assert "FAPIAO_NO_SUCH_FOLDER" in failed.message.zh
