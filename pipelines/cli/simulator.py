"""`fapiao simulator`: a tax system on this machine to try the settings of an API with."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.simulator import Simulator


def run_simulator(
    *,
    scenario: Annotated[
        str, typer.Option(help="场景：名称或 TOML 文件 | A shipped scenario or a TOML file.")
    ] = "trial",
    port: Annotated[int, typer.Option(help="端口，0 为任选 | Port, 0 for a free one.", min=0, max=65535)] = 8700,
    seed: Annotated[int | None, typer.Option(help="虚构数据的种子 | Seed of the invented books.")] = None,
    invoices: Annotated[int | None, typer.Option(help="发票张数 | Number of invoices.", min=1)] = None,
    books: Annotated[
        Path | None, typer.Option(help="写出对应账套的文件夹 | Folder to write the matching ledger into.")
    ] = None,
) -> None:
    """在本机模拟税务系统接口，供试用（Ctrl-C 结束）| Simulate a tax system's API on this machine until Ctrl-C."""
    from pipelines.simulator import load_scenario
    from pipelines.simulator.trial import make_simulator

    simulator = make_simulator(load_scenario(scenario), port, seed, invoices)
    _start(simulator)
    try:
        _introduce(simulator, books)
        _wait()
    except KeyboardInterrupt:
        typer.echo("已结束 | Stopped.")
    finally:
        simulator.stop()


def _start(simulator: Simulator) -> None:
    try:
        simulator.start()
    except OSError as error:
        from pipelines.errors import UsageError

        raise UsageError(
            "端口不能使用 | The port cannot be used.",
            where="--port",
            found=f"{simulator.port}: {error.strerror}",
            next_step="换一个端口，或用 --port 0 任选 | Choose another, or --port 0 for a free one.",
        ) from None


def _introduce(simulator: Simulator, folder: Path | None) -> None:
    """Address, settings and environment on stdout, the files of the books if they are wanted."""
    from pipelines.simulator.books import write_books
    from pipelines.simulator.trial import write_environment, write_settings

    account = simulator.scenario.accounts[0]
    typer.echo(f"模拟税务系统 | Simulated tax system: {simulator.url}\n")
    typer.echo(f"# 写入 fapiao.toml | for fapiao.toml\n{write_settings(simulator, account)}")
    typer.echo(f"# 环境变量 | environment\n{write_environment(account)}")
    for path in write_books(simulator.books, folder, simulator.service.clock.read()) if folder else ():
        typer.echo(f"已写出 | wrote {path}")
    typer.echo("按 Ctrl-C 结束 | Ctrl-C ends it.")


def _wait() -> None:
    while True:
        time.sleep(3600)
