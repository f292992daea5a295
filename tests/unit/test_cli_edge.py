"""Exit codes and messages: every class of mistake has its code, and none shows a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import edge, nightly
from pipelines.errors import (
    BadInputError,
    FapiaoError,
    IntegrityError,
    UpstreamUnavailableError,
    UsageError,
)

FAPIAO = str(Path(sys.executable).with_name("fapiao"))


@pytest.fixture(autouse=True)
def own_data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "data"
    monkeypatch.setenv("FAPIAO_DATA_ROOT", str(root))
    return root


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def job(**_arguments: object) -> None:
        raise error

    monkeypatch.setattr(nightly, "load_job", lambda _name: job)


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["nightly", "--no-such-option"],
        ["nightly", "--as-of", "yesterday"],
        ["nightly", "--as-of", "2999-01-01 02:00"],
        ["find", "12345678", "--from", "03/11/2026"],
        ["find", "12345678", "--amount", "much"],
        ["find", "12345678", "--amount", "1.005"],
        ["demo", "--invoices", "3"],
        ["sql", "SELECT 1", "--csv", "--json"],
        ["snapshot", "no-such-command"],
    ],
)
def test_usage_mistakes_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert edge.run_command_line(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip()
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["sql", "SELECT 1"], "recon.duckdb"),
        (["find", "12345678"], "recon.duckdb"),
        (
            ["reconcile", "--upstream", "no.parquet", "--ledger", "x", "--as-of", "2026-11-03", "--out", "o"],
            "no.parquet",
        ),
        (["snapshot", "verify"], "快照"),
        (["doctor"], "mkdir -m 700"),
    ],
)
def test_missing_input_exits_with_3_and_says_what_is_missing(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge.run_command_line(arguments) == 3
    printed = capsys.readouterr()
    assert named in printed.out + printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    ("error_class", "code"),
    [(UsageError, 2), (BadInputError, 3), (UpstreamUnavailableError, 4), (IntegrityError, 5)],
)
def test_each_error_class_has_its_exit_code_and_names_the_place(
    error_class: type[FapiaoError],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fail_with(
        monkeypatch, error_class("[bold]出错[/bold]", where="a.xlsx 第 7 行", found="x", expected="y", next_step="z")
    )
    assert edge.run_command_line(["nightly"]) == code
    said = capsys.readouterr().err
    assert [line.rpartition(": ")[2] for line in said.splitlines()] == [
        "[bold]出错[/bold]",
        "a.xlsx 第 7 行",
        "x",
        "y",
        "z",
    ]


def test_unexpected_error_is_one_line_and_its_traceback_a_private_file(
    own_data_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, ZeroDivisionError("oops"))
    assert edge.run_command_line(["nightly"]) == 70
    said = capsys.readouterr().err
    (log,) = (own_data_root / "reports").glob("error-*.log")
    assert "ZeroDivisionError: oops" in said
    assert "Traceback" not in said
    assert str(log) in said
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o777 == 0o600


def test_traceback_goes_to_a_temporary_file_when_the_data_root_cannot_be_written(
    own_data_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own_data_root.write_text("a file where the folder should be", encoding="utf-8")
    fail_with(monkeypatch, ZeroDivisionError("oops"))
    assert edge.run_command_line(["nightly"]) == 70
    path = Path(capsys.readouterr().err.rstrip().rpartition(": ")[2])
    assert "ZeroDivisionError" in path.read_text(encoding="utf-8")


def test_interrupt_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    assert edge.run_command_line(["nightly"]) == 130


def test_output_is_utf_8_in_a_posix_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    edge.speak_utf8()
    sys.stdout.write("发票")
    sys.stdout.flush()
    assert raw.getvalue().decode("utf-8") == "发票"


def test_help_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from pipelines.cli.edge import run_command_line; run_command_line(['--help']);"
        "print([name for name in ('duckdb', 'pydantic', 'pyarrow', 'prefect', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("demo", "nightly", "reconcile", "read", "find", "sql", "layouts", "doctor", "snapshot", "alerts"):
        assert f"  {command} " in done.stdout


def test_reader_that_goes_away_is_no_error() -> None:
    piped = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {FAPIAO} --help | head -1"], capture_output=True, text=True, check=False
    )
    assert (piped.returncode, piped.stderr) == (0, "")


@pytest.mark.parametrize("command", ["print(*range(100_000), sep='\\n')", "make_console().print('x' * 100_000)"])
def test_a_command_whose_reader_went_away_ends_with_its_own_exit_code(command: str) -> None:
    code = (
        "import sys, typer; from pipelines.cli import app, edge; from pipelines.cli.output import make_console\n"
        f"@app.app.command('fail')\ndef fail():\n    for _ in range(3): {command}\n    raise typer.Exit(5)\n"
        "sys.exit(edge.run_command_line(['fail']))"
    )
    piped = subprocess.run(
        ["bash", "-c", '"$0" -c "$1" | head -1; exit ${PIPESTATUS[0]}', sys.executable, code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (piped.returncode, piped.stderr) == (5, "")


def test_doctor_prints_pure_json(capsys: pytest.CaptureFixture[str]) -> None:
    edge.run_command_line(["doctor", "--json"])
    diagnoses = json.loads(capsys.readouterr().out)
    assert {diagnosis["state"] for diagnosis in diagnoses} <= {"ok", "warn", "fail"}
    assert all(diagnosis["next_step"] for diagnosis in diagnoses if diagnosis["state"] != "ok")
