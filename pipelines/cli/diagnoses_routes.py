"""Whether the systems that sources are pulled from can be reached: their variables are set and their port answers.

Nobody logs in here: a wrong password tried every hour would lock the account. No address leaves these lines, for it
may hold the password.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from pipelines.cli.diagnoses_names import list_variables
from pipelines.cli.diagnosis import Diagnosis
from pipelines.routes import ApiService, DatabaseRoute, FolderRoute, MailboxRoute, RemoteRoute, Route
from pipelines.settings import Settings, Source

CONNECT_SECONDS = 5.0
PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521, "sftp": 22, "ssh": 22}


def diagnose_routes(settings: Settings) -> Iterator[Diagnosis]:
    """One per route of every source that is pulled, and one for the verification service; a source without a route is
    judged by its folder."""
    for source in settings.sources:
        routes = [route for route in (source.pull, *source.fallbacks) if route]
        for number, route in enumerate(routes):
            if not isinstance(route, FolderRoute):
                yield _diagnose_route(source, number, route, has_more=number < len(routes) - 1)
    if service := settings.verification:
        yield _diagnose(f"查验 verification {service.id}", f"source:{service.id}", service, has_more=False)


def _diagnose_route(source: Source, number: int, route: Route, *, has_more: bool) -> Diagnosis:
    subject = f"途径 route {source.id}[{number}] {route.kind}"
    return _diagnose(subject, f"source:{source.id}", route, has_more=has_more)


def _diagnose(subject: str, key: str, route: Route | ApiService, *, has_more: bool) -> Diagnosis:
    """`has_more`: a fallback of the source comes after this route."""
    unset = [name for name in list_variables(route.model_dump()) if not os.environ.get(name)]
    if unset:
        names = " ".join(unset)
        advice = f"在服务的环境里设置 set it in the service's environment: {names}"
        return Diagnosis(subject, "fail", f"环境变量没有设置 not set: {names}", advice, key)
    problem = _find_problem(route)
    if problem is None:
        return Diagnosis(subject, "ok", "有应答 it answers", key=key)
    zh, en = ("；其后的备用途径照常试", "; the fallbacks after it are tried") if has_more else ("", "")
    advice = f"查网络、地址和对方服务{zh} | check network, address and the service{en}"
    return Diagnosis(subject, "fail", problem, advice, key, is_unreached=True)


def _find_problem(route: Route | ApiService) -> str | None:
    if isinstance(route, MailboxRoute):
        return _knock(route.host, route.port)
    if isinstance(route, ApiService):
        return _knock_at(route.base_url)
    if isinstance(route, DatabaseRoute):
        return _knock_at(os.environ[route.url_env])
    if isinstance(route, RemoteRoute):
        return _reach_folder(os.environ[route.url_env] if route.url_env else route.url or "")
    return None


def _reach_folder(address: str) -> str | None:
    scheme, _, rest = address.partition("://")
    if not rest or scheme in ("file", "local"):
        return _look_into(Path(rest or address))
    if scheme in ("s3", "s3a"):
        return _knock_at(os.environ["AWS_ENDPOINT_URL"]) if os.environ.get("AWS_ENDPOINT_URL") else None
    return _knock_at(address)


def _look_into(folder: Path) -> str | None:
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        return f"文件夹读不了 the folder cannot be read: {error.strerror}"
    return None


def _knock_at(address: str) -> str | None:
    """What is asked over HTTP behind a company proxy is reached if the proxy is."""
    parts = urlsplit(address)
    proxy = getproxies().get(parts.scheme)
    if proxy and parts.scheme in ("http", "https") and not proxy_bypass(parts.hostname or ""):
        parts = urlsplit(proxy)
    try:
        port = parts.port or _usual_port(parts)
    except ValueError:
        port = None
    if not parts.hostname or port is None:
        return "地址看不懂 the address is not understood"
    return _knock(unquote(parts.hostname), port)


def _usual_port(parts: SplitResult) -> int | None:
    return {"http": 80, "https": 443, **PORTS}.get(parts.scheme.partition("+")[0])


def _knock(host: str, port: int) -> str | None:
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except (OSError, UnicodeError) as error:
        return f"{host}:{port} 没有应答 no answer ({type(error).__name__})"
    return None
