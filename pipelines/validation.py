"""What is wrong with a settings file, a layout or another TOML file of a person, in both languages."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipelines.errors import UsageError

NEEDS_NO_VALUE = {"missing", "value_error", "extra_forbidden"}
"""What was found is the key itself, or stands in the message."""
CHINESE = {
    "missing": "必填",
    "extra_forbidden": "没有这个键：请核对拼写",
    "literal_error": "以下之一：{expected}",
    "enum": "以下之一：{expected}",
    "int_parsing": "整数",
    "int_type": "整数",
    "int_from_float": "整数",
    "float_parsing": "数字",
    "float_type": "数字",
    "decimal_parsing": "数字",
    "decimal_type": "数字",
    "bool_parsing": "true 或 false",
    "bool_type": "true 或 false",
    "string_type": "文字（加引号）",
    "list_type": "列表（[...]）",
    "model_type": "一组键值",
    "time_parsing": "时刻，如 08:30",
    "greater_than": "大于 {gt}",
    "greater_than_equal": "不小于 {ge}",
    "less_than": "小于 {lt}",
    "less_than_equal": "不大于 {le}",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "string_pattern_mismatch": "符合样式 {pattern} 的文字",
}
"""By pydantic's kind of error (https://docs.pydantic.dev/latest/errors/validation_errors/): what is expected."""


def say_invalid(message: str, place: str, error: ValidationError) -> UsageError:
    """The first error with its key, what was found and what is expected; the keys of the others besides."""
    first, *others = error.errors()
    also = ", ".join(_key(other) for other in others)
    return UsageError(
        message,
        where=f"{place}: {_key(first)}",
        found=(None if first["type"] in NEEDS_NO_VALUE else repr(first["input"])),
        expected=_expected(first),
        next_step=f"还有其他项有误 | others are wrong too: {also}" if also else None,
    )


def _key(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"]) or "整个文件 (whole file)"


def _expected(error: ErrorDetails) -> str:
    chinese = CHINESE.get(error["type"])
    if chinese is None:
        return error["msg"]
    limits = {name: str(limit).replace(" or ", ", ") for name, limit in error.get("ctx", {}).items()}
    return f"{chinese.format(**limits)} | {error['msg']}"
