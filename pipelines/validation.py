"""What is wrong with a settings file, a layout or another TOML file of a person, in both languages."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipelines.errors import UsageError

NEEDS_NO_VALUE = {"missing", "value_error", "extra_forbidden"}
"""What was found is the key itself, or stands in the message."""
CHINESE = {
    "missing": "必填",
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


def read_toml(message: str, path: Path) -> dict[str, Any]:
    """The content of a TOML file, also with the byte order mark of Windows Notepad. UsageError if it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(
            message,
            where=path,
            found="不是 UTF-8（可能是 GBK） | another encoding, maybe GBK",
            expected="UTF-8",
            next_step="用编辑器另存为 UTF-8 编码 | save the file as UTF-8",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            message,
            where=path,
            found=str(error),
            expected="TOML；出错处可能在所指位置之前，如缺一个引号 | "
            "TOML; the fault may stand before the place that is named, such as a quote that is missing",
        ) from None


def say_invalid(
    message: str,
    place: str,
    error: ValidationError,
    model: type[BaseModel],
    values: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
) -> UsageError:
    """The first error with its key, what was found and what is expected; the keys of the others besides.

    `values` are those of the file, `environment` names the variables that win over them, by key.
    """
    first, *others = error.errors()
    variables = environment or {}
    also = ", ".join(_key(other, values, variables) for other in others)
    key = _key(first, values, variables)
    return UsageError(
        message,
        where=key if _variable(first, variables) else f"{place}: {key}",
        found=(None if first["type"] in NEEDS_NO_VALUE else repr(first["input"])),
        expected=_expected(first, model),
        next_step=f"还有其他项有误 | others are wrong too: {also}" if also else None,
    )


def _variable(error: ErrorDetails, variables: Mapping[str, str]) -> str | None:
    return variables.get(str(error["loc"][0])) if error["loc"] else None


def _key(error: ErrorDetails, values: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """`sources[tax].layout`: entries of a list by their id or name where they have one."""
    variable, said, at = _variable(error, variables), "", values
    for part in error["loc"]:
        at = _look_into(at, part)
        named = at.get("id") or at.get("name") if isinstance(part, int) and isinstance(at, dict) else None
        said += f"[{named}]" if named else f".{part}" if said else str(part)
    if variable:
        return f"环境变量 | environment {variable}" + said.removeprefix(str(error["loc"][0]))
    return said or "整个文件 (whole file)"


def _look_into(values: Any, part: str | int) -> Any:
    """The part of nested values; what is not there (the kind of a route, say) stands for the whole."""
    try:
        return values[part]
    except (LookupError, TypeError):
        return values


def _expected(error: ErrorDetails, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        return _say_unknown(error, model)
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    chinese = CHINESE.get(error["type"])
    if chinese is None:
        return error["msg"]
    limits = {name: str(limit).replace(" or ", ", ") for name, limit in error.get("ctx", {}).items()}
    return f"{chinese.format(**limits)} | {error['msg']}"


def _say_unknown(error: ErrorDetails, model: type[BaseModel]) -> str:
    *parents, key = error["loc"]
    known = _list_keys([model], parents)
    near = difflib.get_close_matches(str(key), known, n=1)
    if near:
        return f"没有这个键，是否为 {near[0]} | unknown key, did you mean {near[0]}?"
    return f"没有这个键，可用的有 {', '.join(known)} | unknown key; known are {', '.join(known)}"


def _list_keys(models: list[type[BaseModel]], parents: Sequence[str | int]) -> list[str]:
    """Keys that the models know at that place."""
    for part in parents:
        inner = [found for model in models if (found := model.model_fields.get(str(part)))]
        if inner:
            models = [deeper for field in inner for deeper in _models_in(field.annotation)]
    return sorted({key for model in models for key in model.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
