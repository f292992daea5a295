"""The mailbox: attachments of new mails over a real socket, and nothing changed at the far end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from pipelines.model import Side
from pipelines.night import Night
from pipelines.pull.declared import MailboxRoute
from pipelines.pull.mail_parts import clean_name, find_attachments
from pipelines.pull.mail_session import encode_folder
from pipelines.pull.route import Pulled, Window, make_puller
from pipelines.settings import BEIJING, Settings, Source
from tests.unit.imap_server import USER, WORD, ImapServer, make_certificate, run_imap
from tests.unit.postgres_server import free_port

PDF = b"%PDF-1.7 one"
WINDOW = Window(date(2026, 8, 1), date(2026, 8, 31), date(2026, 8, 1))


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with run_imap() as running:
        yield running


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture(autouse=True)
def word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_WORD", WORD)


def mail(*attachments: tuple[str, bytes]) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "发票"
    message.set_content("请查收")
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def pull(server: ImapServer, inbox: Path, pattern: str = "*", **route: Any) -> Pulled:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": USER,
        "password_env": "MAIL_WORD",
        "tls": False,
    }
    source = Source(id="mail", side=Side.EINVOICE, folder="in", pattern=pattern)
    puller = make_puller(MailboxRoute(**(values | route)), Settings())
    return puller.pull(source, WINDOW, inbox, Night(datetime(2026, 9, 1, 2)))


def said(pulled: Pulled) -> str:
    assert pulled.message is not None
    return f"{pulled.message.zh} {pulled.message.en}"


def names(inbox: Path) -> list[str]:
    return sorted(path.name for path in inbox.iterdir() if not path.name.startswith("."))


def test_attachments_come_with_the_mails_time_and_only_once(server: ImapServer, inbox: Path) -> None:
    server.add(mail(("发票.pdf", PDF), ("账.xlsx", b"PK")).as_bytes(), date(2026, 8, 20))
    first = pull(server, inbox)
    assert (first.state, first.files, first.message) == ("pulled", ("发票.pdf", "账.xlsx"), None)
    assert (inbox / "发票.pdf").read_bytes() == PDF
    moment = datetime.fromtimestamp((inbox / "发票.pdf").stat().st_mtime, BEIJING)
    assert moment.replace(tzinfo=None) == datetime(2026, 8, 20, 9, 30)
    assert pull(server, inbox).state == "unchanged"
    server.add(mail(("二.ofd", b"PK2")).as_bytes())
    assert pull(server, inbox).files == ("二.ofd",)


def test_the_server_is_asked_to_change_nothing(server: ImapServer, inbox: Path) -> None:
    server.add(mail(("a.pdf", PDF)).as_bytes())
    pull(server, inbox)
    assert {command.split(" (")[0] for command in server.asked} == {
        "CAPABILITY", f'LOGIN "{USER}" "{WORD}"', "ID", 'EXAMINE "INBOX"', "LOGOUT",
        "UID SEARCH UID 1:* SINCE 01-Aug-2026", "UID FETCH 1",
    }  # fmt: skip
    assert [command for command in server.asked if "BODY" in command] == ["UID FETCH 1 (BODY.PEEK[])"]


def test_the_first_night_leaves_mails_from_before_its_first_day_and_later_ones_too(
    server: ImapServer, inbox: Path
) -> None:
    server.add(mail(("old.pdf", b"%PDF old")).as_bytes(), date(2026, 7, 31))
    assert pull(server, inbox).state == "unchanged"
    server.add(mail(("moved here.pdf", PDF)).as_bytes(), date(2026, 1, 1))
    assert pull(server, inbox).files == ("moved here.pdf",)


def test_after_new_numbers_everything_is_looked_at_again_without_a_second_copy(server: ImapServer, inbox: Path) -> None:
    server.add(mail(("a.pdf", PDF)).as_bytes())
    pull(server, inbox)
    server.uid_validity = 8
    server.mails = {3: server.mails[1]}
    again = pull(server, inbox)
    assert (again.state, names(inbox)) == ("unchanged", ["a.pdf"])
    assert "重新编号" in said(again)
    assert pull(server, inbox).message is None


def test_a_mail_above_the_limit_is_said_once_and_the_others_come(server: ImapServer, inbox: Path) -> None:
    server.add(mail(("big.pdf", b"x" * 9_000)).as_bytes(), date(2026, 8, 20))
    server.add(mail(("small.pdf", PDF)).as_bytes())
    first = pull(server, inbox, max_bytes=5_000)
    assert (first.state, first.files, first.watermark) == ("incomplete", ("small.pdf",), None)
    assert "2026-08-20 的一封邮件" in said(first)
    assert pull(server, inbox, max_bytes=5_000).message is None


def test_a_connection_that_breaks_keeps_what_came_and_the_next_night_has_the_rest(
    server: ImapServer, inbox: Path
) -> None:
    pull(server, inbox)
    for name in ("a.pdf", "b.pdf"):
        server.add(mail((name, name.encode())).as_bytes())
    server.breaks_at = 2
    broken = pull(server, inbox)
    assert (broken.state, broken.files) == ("incomplete", ("a.pdf",))
    assert "中断" in said(broken)
    server.breaks_at = None
    assert pull(server, inbox).files == ("b.pdf",)


def test_a_first_night_that_breaks_is_begun_anew(server: ImapServer, inbox: Path) -> None:
    server.add(mail(("a.pdf", PDF)).as_bytes())
    server.breaks_at = 1
    assert pull(server, inbox).state == "failed"
    server.breaks_at = None
    assert pull(server, inbox).files == ("a.pdf",)


def test_other_content_under_a_name_that_is_taken_gets_a_name_of_its_own(server: ImapServer, inbox: Path) -> None:
    for content in (PDF, b"%PDF two", PDF):
        server.add(mail(("invoice.pdf", content)).as_bytes())
    assert pull(server, inbox).files == ("invoice.pdf", "invoice-46296a1c.pdf")
    assert (inbox / "invoice.pdf").read_bytes() == PDF


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ({"user": "nobody@example.com"}, "拒绝登录"),
        ({"mailbox": "发票"}, "没有文件夹 发票"),
        ({"password_env": "NO_SUCH_WORD"}, "NO_SUCH_WORD 没有设置"),
        ({"port": free_port()}, "连不上邮箱服务器"),
        ({"host": "mail.example.com"}, "没有连接"),
        ({"tls": True, "ca_file": "/no/such.pem"}, "ca_file"),
    ],
)
def test_each_fault_has_its_own_sentence_without_the_password(
    server: ImapServer, inbox: Path, route: dict[str, Any], kind: str
) -> None:
    failed = pull(server, inbox, **route)
    assert failed.state == "failed"
    assert kind in said(failed)
    assert WORD not in said(failed)


def test_tls_needs_a_certificate_that_is_trusted(tmp_path: Path, inbox: Path) -> None:
    certificate, authority = make_certificate(tmp_path)
    with run_imap(certificate) as server:
        server.add(mail(("a.pdf", PDF)).as_bytes())
        refused = pull(server, inbox, tls=True)
        assert "证书不被信任" in said(refused)
        assert server.asked == []
        assert pull(server, inbox, tls=True, ca_file=str(authority)).files == ("a.pdf",)


def test_a_folder_with_a_chinese_name_is_found(server: ImapServer, inbox: Path) -> None:
    server.folder = encode_folder("发票 & 账")
    assert server.folder == "&U9F5aA- &- &jSY-"
    assert pull(server, inbox, mailbox="发票 & 账").state == "unchanged"


def test_only_files_that_can_be_read_and_fit_the_pattern_are_taken() -> None:
    message = mail(("a.pdf", PDF), ("b.exe", b"MZ"), ("c.xlsx", b"PK"), ("d.pdf", b""))
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="scan.png")
    message.add_attachment(
        b"\x89PNG", maintype="image", subtype="png", filename="logo.png", disposition="inline", cid="<logo>"
    )
    assert [name for name, _ in find_attachments(message.as_bytes(), "*")] == ["a.pdf", "c.xlsx", "scan.png"]
    assert [name for name, _ in find_attachments(message.as_bytes(), "*.pdf")] == ["a.pdf"]


def test_a_forwarded_mail_gives_its_attachments() -> None:
    outer = mail()
    outer.add_attachment(mail(("发票.pdf", PDF)))
    assert list(find_attachments(outer.as_bytes(), "*")) == [("发票.pdf", PDF)]


def test_names_in_gbk_are_read() -> None:
    content = (
        b"MIME-Version: 1.0\r\nContent-Type: application/pdf;\r\n"
        b' name="=?gb18030?B?t6LGsS5wZGY=?="\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n'
    )
    assert list(find_attachments(content, "*")) == [("发票.pdf", b"%PDF")]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/a.pdf", "a.pdf"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("~$a.xlsx", "a.xlsx"),
        (".mailbox.json", "mailbox.json"),
        ("a\r\nb.pdf", "a__b.pdf"),
        ("票" * 200 + ".pdf", "票" * 80 + ".pdf"),
    ],
)
def test_a_name_cannot_lead_out_of_the_folder_or_hide(name: str, clean: str) -> None:
    assert clean_name(name) == clean
