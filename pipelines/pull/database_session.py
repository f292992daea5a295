"""One reading of a database: read-only, as of one moment, and never longer than it may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from pipelines.pull.database_faults import FAMILIES, DatabaseError, find_kind, find_subject

CONNECT_SECONDS = 15
SNAPSHOT_ALLOWED = "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()"


@dataclass(frozen=True)
class Login:
    """Where to read (the URL holds the secret), the variable it came from, and how long one answer may take."""

    url: sa.URL
    variable: str
    seconds: int

    @property
    def family(self) -> str:
        return FAMILIES[self.url.get_backend_name()]


@dataclass(frozen=True)
class Reading:
    """An open read-only transaction; `is_snapshot`: everything in it is of one moment."""

    connection: sa.Connection
    is_snapshot: bool


def parse_login(text: str | None, variable: str, seconds: int) -> Login:
    """The login in a variable's text. Raises DatabaseError without ever repeating the text."""
    if not text:
        raise DatabaseError("no_secret", variable=variable)
    try:
        login = Login(sa.make_url(text), variable, seconds)
    except ArgumentError:
        raise DatabaseError("kind_unknown", found=variable) from None
    if login.url.get_backend_name() not in FAMILIES:
        raise DatabaseError("kind_unknown", found=login.url.get_backend_name())
    return login


def connect_arguments(family: str, seconds: int) -> dict[str, Any]:
    """What the driver is told: how long to wait for a connection and for an answer."""
    arguments: dict[str, dict[str, Any]] = {
        "postgresql": {
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={seconds * 1000} -c default_transaction_read_only=on",
            "tcp_user_timeout": seconds * 1000,
            "application_name": "fapiao-recon",
        },
        "mysql": {"connect_timeout": CONNECT_SECONDS, "read_timeout": seconds + CONNECT_SECONDS},
        "mssql": {"login_timeout": CONNECT_SECONDS, "timeout": seconds, "read_only": True},
        "oracle": {"tcp_connect_timeout": float(CONNECT_SECONDS)},
    }
    return arguments[family]


@contextmanager
def open_reading(login: Login) -> Iterator[Reading]:
    """A read-only transaction that is rolled back at the end; a driver's error comes out as DatabaseError."""
    engine = _create_engine(login)
    try:
        with _naming_faults(login, is_connecting=True):
            connection = engine.connect()
        with connection:
            with _naming_faults(login):
                is_snapshot = _begin(connection, login)
            with _naming_faults(login):
                yield Reading(connection, is_snapshot)
    finally:
        engine.dispose()


def _create_engine(login: Login) -> sa.Engine:
    arguments = connect_arguments(login.family, login.seconds)
    try:
        # Parameters stay out of errors: they may be as private as rows.
        return sa.create_engine(login.url, poolclass=sa.NullPool, connect_args=arguments, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise DatabaseError("kind_unknown", found=login.url.drivername) from None


@contextmanager
def _naming_faults(login: Login, *, is_connecting: bool = False) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        kind, code = find_kind(login.family, error, is_connecting=is_connecting)
        subject = find_subject(error) if kind in {"forbidden", "wrong_query"} else ""
        details = {"variable": login.variable, "seconds": login.seconds}
        raise DatabaseError(kind, f"{code}{subject}", **details) from None


def _begin(connection: sa.Connection, login: Login) -> bool:
    """Begin the transaction as each family does it; TRUE if it sees one moment only."""
    if login.family == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return True
    if login.family == "mssql":
        return _begin_mssql(connection)
    for statement, values in begin_statements(_name_server(connection), login.seconds):
        connection.execute(sa.text(statement), values)
    if login.family == "oracle":
        driver: Any = connection.connection.dbapi_connection
        driver.call_timeout = login.seconds * 1000
    return True


def _name_server(connection: sa.Connection) -> str:
    """The dialect; `mariadb` also for a MariaDB whose address says mysql, as most do."""
    return "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name


def begin_statements(dialect: str, seconds: int) -> list[tuple[str, dict[str, int]]]:
    """What MySQL, MariaDB and Oracle are told first. MySQL counts milliseconds, MariaDB seconds."""
    if dialect == "oracle":
        return [("SET TRANSACTION READ ONLY", {})]
    limit = (
        ("SET SESSION max_statement_time = :limit", {"limit": seconds})
        if dialect == "mariadb"
        else ("SET SESSION max_execution_time = :limit", {"limit": seconds * 1000})
    )
    isolation = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    return [(isolation, {}), limit, ("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", {})]


def _begin_mssql(connection: sa.Connection) -> bool:
    """SQL Server has no read-only transaction: the account's rights are the guard, beside the check of the query."""
    is_allowed = connection.execute(sa.text(SNAPSHOT_ALLOWED)).scalar() == 1
    connection.rollback()
    connection.execution_options(isolation_level="SNAPSHOT" if is_allowed else "READ COMMITTED")
    return is_allowed
