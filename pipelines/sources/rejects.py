"""What a person should know of a file that was read: nothing in it, or rows that could not be used, and why."""

from __future__ import annotations

from pipelines.sources.reasons import Message
from pipelines.sources.typing import FileAccount, Rejected

TOLD = 3
"""So many reasons are told with their first row; raw_reject names every row."""
OF_SETTINGS = frozenset(
    {"direction_unknown", "direction_contradicts", "other_side", "other_taxpayer", "taxpayer_unknown"}
)
"""The file may be as it should be: what is missing or wrong is said in fapiao.toml."""
NAMES_PARTIES = frozenset({"taxpayer_unknown", "not_ours", "other_side", "other_taxpayer"})
"""What was found may be a party's name or id, which stays out of messages."""


def say_account(name: str, account: FileAccount) -> tuple[Message, ...]:
    """Sentences about the rows of a file that were not used; none if all were."""
    if account.rows_kept and not account.rows_rejected:
        return ()
    if not account.rejects:
        return (
            Message(
                f"文件 {name} 没有任何可用的行：按未收到处理，请确认导出条件后重新导出。",
                f"File {name} holds no usable row: it counts as not received. Check what was asked for and export it "
                "again.",
            ),
        )
    count, why, todo = account.rows_rejected, say_reasons(account.rejects), _say_remedy(account)
    if account.rows_kept:
        return (
            Message(
                f"文件 {name} 有 {count} 行无法采用：{why.zh}。这些行不参与核对。{todo.zh}",
                f"File {name}: {count} rows could not be used: {why.en}. They are not compared. {todo.en}",
            ),
        )
    return (
        Message(
            f"文件 {name} 没有任何可用的行（{count} 行无法采用）：{why.zh}。按未收到处理。{todo.zh}",
            f"File {name} holds no usable row ({count} could not be used): {why.en}. It counts as not received. "
            f"{todo.en}",
        ),
    )


def _say_remedy(account: FileAccount) -> Message:
    if account.rejects[0].reason in OF_SETTINGS and not _is_unknown_word(account.rejects[0]):
        return Message(
            "请在 fapiao.toml 中改正此来源的设置，下一夜会重新读取此文件，不必重新导出。",
            "Correct the source's settings in fapiao.toml: the next night reads the file again, no new export is "
            "needed.",
        )
    return Message(
        "请更正后重新导出，或按文件改正版式，下一夜会重新读取；逐行原因见 raw_reject。",
        "Correct and export it again, or fit the layout to it: the next night reads it again. raw_reject says why of "
        "each row.",
    )


def _is_unknown_word(reject: Rejected) -> bool:
    """The file does say a direction, in a word of its own."""
    return reject.reason == "direction_unknown" and reject.found is not None


def say_reasons(rejects: tuple[Rejected, ...]) -> Message:
    """The most frequent reasons, each with the place and text of its first row and what was expected."""
    said = [_say_reason(reject) for reject in rejects[:TOLD]]
    rest = len(rejects) - len(said)
    zh, en = "；".join(m.zh for m in said), "; ".join(m.en for m in said)
    return Message(f"{zh}；另有 {rest} 种原因", f"{en}; {rest} more reasons") if rest else Message(zh, en)


def _say_reason(reject: Rejected) -> Message:
    expected_zh, _, expected_en = reject.expected.partition(" | ")
    sheet_zh, sheet_en = (f"工作表 {reject.sheet} ", f"sheet {reject.sheet}, ") if reject.sheet else ("", "")
    column_zh, column_en = (f"“{reject.column}”列", f", column {reject.column}") if reject.column else ("", "")
    found_zh, found_en = (f"为“{reject.found}”", f' holds "{reject.found}"') if reject.found else ("为空", " is empty")
    if reject.reason in NAMES_PARTIES:
        found_zh = found_en = ""
    if reject.reason == "taxpayer_unknown" or (reject.reason == "direction_unknown" and not reject.found):
        column_zh = column_en = found_zh = found_en = ""
    more_zh, more_en = (
        (f"（同因共 {reject.row_count} 行）", f" ({reject.row_count} rows alike)") if reject.row_count > 1 else ("", "")
    )
    return Message(
        f"{sheet_zh}第 {reject.first_row} 行{column_zh}{found_zh}，应为 {expected_zh}{more_zh}",
        f"{sheet_en}row {reject.first_row}{column_en}{found_en}, expected {expected_en or expected_zh}{more_en}",
    )
