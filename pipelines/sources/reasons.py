"""Closed lists of reading: why a row is rejected, why one is left aside, and what a file says when it is stopped."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import BadInputError, FapiaoError

REJECT_REASONS: dict[str, str] = {
    "number_missing": "发票号码 | an invoice number",
    "number_unreadable": "8 位或 20 位数字 | 8 or 20 digits",
    "digits_lost": "完整的 20 位号码（以文本格式导出） | all 20 digits: export the column as text",
    "code_unreadable": "10 位或 12 位发票代码 | an invoice code of 10 or 12 digits",
    "date_missing": "日期 | a date",
    "date_unreadable": "1990 至 2099 年的日期，如 2026-08-17 | a date from 1990 to 2099 such as 2026-08-17",
    "money_missing": "金额 | an amount",
    "money_unreadable": "数字金额，如 1,234.56 | money such as 1,234.56",
    "money_fraction": "最多两位小数 | at most two decimals",
    "status_unknown": "reference/statuses.csv 中的发票状态 | an invoice status of reference/statuses.csv",
    "direction_unknown": "进项或销项，或来源设置 direction | input or output, or the source's setting direction",
    "direction_contradicts": "与来源设置或版式的 direction 相同的方向 | "
    "the direction that the source's setting or the layout says",
    "debit_or_credit": "进项或销项；借、贷是科目的方向：请用有借方、贷方两列的版式，或写明规则 sign.negative_if | "
    "input or output; for 借 and 贷 take a layout with columns of debit and credit, or give it a rule sign.negative_if",
    "taxpayer_unknown": "本企业税号：设置 taxpayers 或来源的 taxpayer_id | "
    "our own tax id: set taxpayers, or the source's taxpayer_id",
    "not_ours": "销方或购方为本企业 | our own entity as seller or buyer",
    "cells_slipped": "单元格不多于表头：含逗号的金额或文字须加引号 | "
    "no more cells than the header: quote money and text with commas",
    "other_side": "来源设置 direction 所说的一方为本企业：input 为购方，output 为销方 | "
    "our own entity on the side that the source's setting direction says: as buyer for input, as seller for output",
    "other_taxpayer": "来源设置 taxpayer_id 的企业为销方或购方 | "
    "the company of the source's setting taxpayer_id as seller or buyer",
    "line_rejected": "该发票的所有明细行均可读 | every line of the invoice readable: another line of it was rejected",
}
"""Every reason of `raw_reject` with what was expected, Chinese | English."""

IGNORE_KINDS: dict[str, str] = {
    "title": "表头以上的行 | a row above the header",
    "header": "表头行 | a header row, also one repeated by a page break",
    "blank": "空行 | a row without text",
    "control_total": "合计行 | the total of the sheet, compared with its rows",
    "subtotal": "小计行 | a subtotal, not compared",
    "note": "说明，如导出时间：仅一格文字的行，或按版式规则 | "
    "a note such as the export time: nothing but words in one cell, or by a rule of the layout",
    "other_account": "其他科目的分录 | a line of an account that holds no invoices",
    "settlement": "收付款、往来对冲及其退回，或结转 | a payment, a receipt or an offset on the account, also one that "
    "came back, or a carry-forward: it refers to no invoice of its own",
    "accrual": "暂估及冲暂估，没有自己的发票 | an accrual of an invoice that has not come, or its end, without an "
    "invoice of its own",
    "paging_repeat": "接口在后一页重复给出的行 | a record that an earlier page of the same listing holds too",
    "hidden_sheet": "隐藏的工作表（计一行，行号 0） | a hidden sheet, left aside; counts as one row with number 0",
    "other_sheet": "未读取的工作表（计一行，行号 0） | a sheet left aside; counts as one row with number 0",
}
"""Every kind of `raw_ignored`, Chinese | English."""


@dataclass(frozen=True)
class Message:
    """One sentence for a person, in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh if self.zh == self.en else f"{self.zh} | {self.en}"


EXPORT_AGAIN = Message("请重新导出", "export it again")


class StoppedFileError(FapiaoError):
    """Nothing of a file may be used; caught per file by the intake, which keeps the sentence and goes on."""

    def __init__(self, zh: str, en: str, *, is_shape: bool = False) -> None:
        super().__init__(en)
        self.sentence = Message(zh, en)
        self.is_shape = is_shape
        """The file has another shape than the layout, so another layout may fit it."""


class UnreadableFileError(BadInputError):
    """The bytes of a file are no table that can be read; caught per file by the intake, as StoppedFileError is."""

    def __init__(
        self,
        reason: Message,
        *,
        name: str,
        place: str = "",
        found: Message,
        expected: Message,
        next_step: Message = EXPORT_AGAIN,
    ) -> None:
        super().__init__(
            str(reason), where=f"{name}{place}", found=str(found), expected=str(expected), next_step=str(next_step)
        )
        self.sentence = Message(
            f"文件 {name}{place} 无法读取：{reason.zh}（实际：{found.zh}；应为：{expected.zh}）。"
            f"文件未采用，{next_step.zh}。",
            f"File {name}{place} cannot be read: {reason.en} (found: {found.en}; expected: {expected.en}). "
            f"Nothing of it was used; {next_step.en}.",
        )


def same(text: str) -> Message:
    """A detail that is the same in both languages: a size, a name, a message of a library."""
    return Message(text, text)


def join_messages(messages: tuple[Message, ...]) -> tuple[str | None, str | None]:
    """All sentences as one text per language; (None, None) without any."""
    if not messages:
        return None, None
    return " ".join(m.zh for m in messages), " ".join(m.en for m in messages)
