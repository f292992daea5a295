"""Reads moments and days as people type them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from pipelines.errors import UsageError


def parse_moment(text: str, option: str) -> datetime:
    """`2026-11-03` (its first moment), `2026-11-03 02:00`, `2026-11-02T18:00:00Z`.

    Returns naive Beijing time; an offset is converted. Raises UsageError that names the option.
    """
    from pipelines.night import Night  # noqa: PLC0415 - reaches pydantic

    try:
        return Night.at(datetime.fromisoformat(text.strip())).as_of
    except ValueError:
        raise UsageError(
            "时间不能识别 | The time cannot be read.",
            where=option,
            found=repr(text),
            expected="2026-11-03, 2026-11-03 02:00 (北京时间 Beijing time) or 2026-11-03T02:00:00+08:00",
        ) from None


def parse_day(text: str | None, option: str) -> date | None:
    """A calendar day, `2026-11-03`; None stays None. Raises UsageError that names the option."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            "日期不能识别 | The date cannot be read.", where=option, found=repr(text), expected="2026-11-03"
        ) from None


def parse_money(text: str | None, option: str) -> Decimal | None:
    """An amount in CNY, `1130.00` or `1,130`; None stays None. Raises UsageError that names the option."""
    if text is None:
        return None
    try:
        amount = Decimal(text.strip().replace(",", "").replace("，", "").lstrip("¥￥"))
        if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
            raise InvalidOperation
    except InvalidOperation:
        raise UsageError(
            "金额不能识别 | The amount cannot be read.", where=option, found=repr(text), expected="1130.00"
        ) from None
    return amount
