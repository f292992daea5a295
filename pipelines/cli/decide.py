"""`fapiao decide`: what a person decides about records, kept for the next night."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.decide_words import ALERT_NOT_THERE, NEXT_NIGHT, RECOVERED, WORDS
from pipelines.cli.options import AsJson
from pipelines.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from pipelines.reconcile.decisions import Decision, Seen
    from pipelines.reconcile.published import Hit
    from pipelines.settings import Settings
    from pipelines.warehouse import Connection

app = typer.Typer(
    help="人工决定：关联、不关联、重试、接受差异、暂时忽略 | Decisions of people, honoured on the next night.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Records = Annotated[
    list[str],
    typer.Argument(
        help="核对项编号、记录号、发票号码或凭证号，须各指一条 | "
        "Item ids, record ids, invoice numbers or vouchers; each must name one record.",
        metavar="RECORD...",
    ),
]
Items = Annotated[
    list[str],
    typer.Argument(
        help="核对项，各用其编号或其中一条记录指明，各成一个决定 | "
        "Items, each by its id or a record of it; each is decided by itself.",
        metavar="ITEM...",
    ),
]
Reason = Annotated[str, typer.Option(help="理由 | Why.")]
By = Annotated[str | None, typer.Option(help="决定人，默认为登录名 | Who; the login name if not given.")]


@app.command("link")
def link(records: Records, *, reason: Reason, by: By = None) -> None:
    """这些记录是同一笔 | These records belong together; takes records of both sides."""
    _decide("link", records, by, reason)


@app.command("leave-alone")
def leave_alone(records: Records, *, reason: Reason, by: By = None) -> None:
    """不与任何记录关联 | Link these records to nothing."""
    _decide("leave_alone", records, by, reason)


@app.command("try-again")
def try_again(records: Records, *, reason: Reason, by: By = None) -> None:
    """这些记录彼此不是一笔，其余照规则 | Not with each other, otherwise as the rules say."""
    _decide("try_again", records, by, reason)


@app.command("accept")
def accept(items: Items, *, reason: Reason, by: By = None) -> None:
    """接受一项的差异 | The difference of this item is fine."""
    _decide("accept_difference", items, by, reason)


@app.command("ignore")
def ignore(
    items: Items,
    *,
    until: Annotated[str, typer.Option(help="从这天起恢复提醒 | The first day that counts again.", metavar="DAY")],
    reason: Reason,
    by: By = None,
) -> None:
    """暂时忽略一项 | Ask nothing about this item until a day."""
    _decide("ignore_until", items, by, reason, until=until)


@app.command("withdraw")
def withdraw(
    decision_id: Annotated[str, typer.Argument(help="决定编号 | Its id, from `decide list`.", metavar="ID")],
    *,
    reason: Reason,
    by: By = None,
) -> None:
    """撤销一个决定 | Take a decision back; it stays on record."""
    from pipelines.cli.output import print_line
    from pipelines.reconcile import decisions

    decisions.withdraw(_load_with_warehouse(), decision_id, withdrawn_by=_who(by), reason=reason)
    print_line(
        f"已撤销 {decision_id}，下一夜照规则重新判断 | Withdrawn: from the next night on the rules decide again."
    )


@app.command("recover")
def recover(
    replaced: Annotated[
        str, typer.Argument(help="被恢复替换的工作库 | The working database that a restore replaced.", metavar="FILE")
    ],
) -> None:
    """从被恢复替换的工作库找回决定和确认 | Take over what people decided before a restore."""
    from pipelines.cli.output import print_line
    from pipelines.snapshots.people import take_over

    settings = _load_with_warehouse()
    done, left = take_over(settings, _find_replaced(settings, replaced))
    acknowledged = done.acknowledgements - left.acknowledgements
    zh, en = RECOVERED
    values = {"decisions": done.decisions, "withdrawals": done.withdrawals, "acknowledged": acknowledged}
    print_line(f"{zh.format(**values)} | {en.format(**values)}")
    if left.acknowledgements:
        zh, en = (text.format(count=left.acknowledgements) for text in ALERT_NOT_THERE)
        print_line(f"! {zh} | {en}", "yellow")


@app.command("list")
def list_decisions(as_json: AsJson = False) -> None:
    """所有决定及其执行情况 | Every decision, and whether the published night honours it."""
    from pipelines.cli.output import print_json, print_line, print_table
    from pipelines.reconcile import decisions

    settings = _load_with_warehouse()
    made = decisions.list_decisions(settings)
    states = _read_states(settings, made)
    if as_json:
        print_json([vars(decision) | {"state": states[decision.decision_id]} for decision in made])
    elif not made:
        print_line("还没有人工决定 | No decision was made yet.")
    else:
        columns = ["编号 id", "决定 kind", "记录 records", "至 until", "谁 who", "何时 when", "理由 why", "情况 state"]
        print_table(columns, [_list_row(decision, states[decision.decision_id]) for decision in made])


def _decide(kind: str, texts: list[str], by: str | None, reason: str, until: str | None = None) -> None:
    from pipelines.cli.moments import parse_day
    from pipelines.cli.output import print_line
    from pipelines.reconcile import decisions

    settings = _load_with_warehouse()
    until_on = parse_day(until, "--until")
    _check_ahead(until_on)
    who = _who(by)
    for hits, seen in _pick(settings, kind, texts):
        made = decisions.decide(
            settings,
            kind,
            upstream_ids=[hit.record_id for hit in hits if hit.side == "upstream"],
            ledger_ids=[hit.record_id for hit in hits if hit.side == "ledger"],
            decided_by=who,
            reason=reason,
            until_on=until_on,
            seen=seen,
        )
        zh, en = (text.format(count=_count(made), until=until_on) for text in NEXT_NIGHT[kind])
        print_line(f"{made.decision_id}  {zh} | {en}.")
        print_line(f"  {', '.join((*made.upstream_ids, *made.ledger_ids))}")
        print_line(f"  撤销 to withdraw: fapiao decide withdraw {made.decision_id} --reason …")


def _pick(settings: Settings, kind: str, texts: list[str]) -> list[tuple[list[Hit], Seen]]:
    """What each decision is about, and as the published night shows it: all records together, or each item that is
    named by itself."""
    from pipelines.find import clean_number
    from pipelines.query import require_published
    from pipelines.reconcile.published import open_beside, pick_records

    whole_item = kind in ("accept_difference", "ignore_until")
    with open_beside(settings, require_published(settings)) as con:
        picked = [pick_records(con, text, clean_number(text), whole_item=whole_item) for text in texts]
        if not whole_item:
            hits = [hit for hits in picked for hit in hits]
            return [(hits, _look(con, hits))]
        named = list(zip(texts, picked, strict=True))
        causes = [_require_difference(con, kind, text, hits[0].item_id) for text, hits in named]
        items = {hits[0].item_id: (hits, _look(con, hits, cause)) for hits, cause in zip(picked, causes, strict=True)}
        return list(items.values())


def _look(con: Connection, hits: list[Hit], cause: str | None = None) -> Seen:
    """What the published night shows of them: a later one that was not published may have other records."""
    from pipelines.model import LEDGER_ENTRY, UPSTREAM_INVOICE
    from pipelines.reconcile.decisions import Seen, hash_records

    for table in (UPSTREAM_INVOICE, LEDGER_ENTRY):
        con.execute(f"CREATE OR REPLACE TEMP VIEW {table.name} AS FROM published.{table.name}")
    upstream_ids, ledger_ids = ([hit.record_id for hit in hits if hit.side == side] for side in ("upstream", "ledger"))
    return Seen(hash_records(con, upstream_ids, ledger_ids), cause)


def _require_difference(con: Connection, kind: str, text: str, item_id: str) -> str:
    """The cause of the item. UsageError if it is matched and asks nothing, or if it is to be accepted and nothing is
    found of it yet: what would be found later would be accepted unseen."""
    statement = "SELECT verdict, cause, needs_review FROM published.recon__item WHERE item_id = ?"
    ((verdict, cause, needs_review),) = con.execute(statement, [item_id]).fetchall()
    if verdict == "matched" and not needs_review:
        raise UsageError(
            "这一项两边相符，没有要处理的 | It is matched and asks nothing: there is nothing to decide.",
            found=f"{text}: {verdict}/{cause}",
            next_step="不是同一笔的，fapiao decide try-again … | if they are not one: fapiao decide try-again …",
        )
    if kind == "accept_difference" and (verdict == "pending" or cause == "upstream_gap"):
        raise UsageError(
            "这一项还没有结论，没有差异可以接受 | Nothing was found of it yet: there is no difference to accept.",
            found=f"{text}: {verdict}/{cause}",
            next_step="等到有结论，或 fapiao decide ignore … --until DAY | wait, or ignore it until a day",
        )
    return str(cause)


def _check_ahead(until_on: date | None) -> None:
    """UsageError for a day that is not ahead: such a decision would never count."""
    from pipelines.settings import beijing_now

    today = beijing_now().date()
    if until_on is not None and until_on <= today:
        raise UsageError(
            "从这一天起恢复提醒，要在今天之后 | It counts again from that day on, so the day must be after today.",
            where="--until",
            found=str(until_on),
            expected=f"{today + timedelta(days=1)} …",
        )


def _who(by: str | None) -> str:
    """The name given, or the login name. Raises UsageError if there is neither."""
    import getpass

    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise UsageError(
            "不知道是谁 | It is not known who you are: there is no login name.", expected="--by NAME"
        ) from None


def _load_with_warehouse() -> Settings:
    """Settings of an installation that has judged at least once; else BadInputError."""
    from pipelines.settings import load_settings

    settings = load_settings()
    if not settings.warehouse_path.is_file():
        raise BadInputError(
            "还没有核对过 | Nothing was judged yet.",
            where=settings.warehouse_path,
            next_step="`fapiao nightly` or `fapiao demo` makes the database; decisions are kept in it",
        )
    return settings


def _find_replaced(settings: Settings, text: str) -> Path:
    """That file, or the one of that name beside the working database. BadInputError if neither is there."""
    found = [path for path in (Path(text), settings.warehouse_path.with_name(text)) if path.is_file()]
    if not found:
        raise BadInputError(
            "没有这个文件 | There is no such file.",
            where=text,
            expected=f"{settings.warehouse_path.with_name('recon.replaced-*.duckdb')}",
        )
    return found[0]


def _read_states(settings: Settings, made: list[Decision]) -> dict[str, str]:
    """State of each decision by its id: withdrawn, waiting for the next night, or what the published one made of it."""
    from pipelines.reconcile.published import open_beside

    as_of, states = None, {}
    if settings.published_path.is_file():
        with open_beside(settings, settings.published_path) as con:
            as_of = con.execute("SELECT as_of FROM published.out__night").fetchall()[0][0]
            states = dict(con.execute("SELECT decision_id, state FROM published.recon__decision").fetchall())
    return {decision.decision_id: _state_of(decision, states, as_of) for decision in made}


def _state_of(decision: Decision, states: dict[str, str], as_of: datetime | None) -> str:
    if decision.withdrawn_at:
        return "withdrawn"
    is_waiting = as_of is None or decision.decided_at > as_of
    return states.get(decision.decision_id, "waiting" if is_waiting else "ended")


def _list_row(decision: Decision, state: str) -> list[Any]:
    return [
        decision.decision_id, _word(decision.kind), [*decision.upstream_ids, *decision.ledger_ids], decision.until_on,
        decision.decided_by, decision.decided_at.replace(microsecond=0), decision.reason, _word(state),
    ]  # fmt: skip


def _word(code: str) -> str:
    return " ".join(WORDS[code])


def _count(decision: Decision) -> int:
    return len(decision.upstream_ids) + len(decision.ledger_ids)
