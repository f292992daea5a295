"""The same bytes transferred and parsed alone, one after the other, and nothing made of them.

API pages by HTTP and JSON, the database's answers as rows, workbooks by calamine, CSV by DuckDB. As a program: a JSON
file that says where; it prints the seconds and records of each as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import psycopg
from python_calamine import CalamineWorkbook


def month_spans(first: date, last: date) -> list[tuple[date, date]]:
    """The calendar months from `first` to `last`, as the puller asks for them."""
    spans = []
    while first <= last:
        after = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        spans.append((first, min(after - timedelta(days=1), last)))
        first = after
    return spans


def read_apis(plan: dict[str, Any]) -> int:
    return sum(_read_api(plan, url, taxpayer) for url, taxpayer in plan["apis"])


def _read_api(plan: dict[str, Any], url: str, taxpayer: str) -> int:
    """All pages of each month until one is not full."""
    spans = month_spans(date.fromisoformat(plan["first"]), date.fromisoformat(plan["last"]))
    count = 0
    with httpx.Client(base_url=url, timeout=60) as client:
        login = client.post("/oauth/token", data={"client_id": plan["id"], "client_secret": plan["secret"]})
        client.headers["Authorization"] = f"Bearer {login.raise_for_status().json()['access_token']}"
        for first, last in spans:
            asked = {"from": str(first), "to": str(last), "taxpayer": taxpayer, "size": plan["page_rows"]}
            page, rows = 1, plan["page_rows"]
            while rows == plan["page_rows"]:
                answer = client.get("/invoices", params={**asked, "page": page}).raise_for_status()
                rows = len(json.loads(answer.content)["data"]["rows"])
                page, count = page + 1, count + rows
    return count


def read_database(plan: dict[str, Any]) -> int:
    """Every answer is fetched whole as rows."""
    span = {"from": plan["first"], "to": plan["last"]}
    with psycopg.connect(plan["database_url"].replace("+psycopg", "")) as con:
        asked = (text.replace(":from", "%(from)s").replace(":to", "%(to)s").encode() for text in plan["queries"])
        return sum(len(con.execute(query, span).fetchall()) for query in asked)


def read_files(plan: dict[str, Any]) -> int:
    """Data rows of all files: no header, no blank row, no line of totals."""
    return sum(_read_workbook(path) if path.endswith(".xlsx") else _read_csv(path) for path in plan["files"])


def _read_workbook(path: str) -> int:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return sum(1 for row in rows[1:] if row[0] not in {"", "合计"})


def _read_csv(path: str) -> int:
    with duckdb.connect() as con:
        found = con.execute("SELECT * FROM read_csv($path, all_varchar = true, header = true)", {"path": path})
        return sum(1 for row in found.fetchall() if row[0])


PARTS: dict[str, Callable[[dict[str, Any]], int]] = {
    "API": read_apis,
    "database": read_database,
    "files": read_files,
}


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    took = {}
    for kind, read in PARTS.items():
        started = time.perf_counter()
        records = read(plan)
        took[kind] = {"seconds": time.perf_counter() - started, "records": records}
    print(json.dumps(took))


if __name__ == "__main__":
    main()
