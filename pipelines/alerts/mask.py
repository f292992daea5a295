"""Names and ids made unrecognisable to outsiders yet recognisable to the person who keeps the books."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONG_ID = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Za-z]*[0-9])[0-9A-Za-z]{15,20}(?![0-9A-Za-z])")
"""Tax ids (15 to 20 characters) and 20-digit invoice numbers, also those of records that are no member."""

_CITED = re.compile(r"(?<![0-9])(?:0[1-6][1-6][0-9]{9}|[1-6][1-6][0-9]{8}(?:[0-9]{2})?)-[0-9]{8}(?![0-9])")
"""Invoices cited by code, which begins with a region, and number."""

_SHORTEST_ID = 7
_FULL_WIDTH_BRACKETS = str.maketrans("()", "（）")
_HALF_WIDTH_BRACKETS = str.maketrans("（）", "()")


def mask_name(name: str) -> str:
    """First two and last two characters; shorter names keep less: `张三` is `张*`, `华为公司` is `华…司`."""
    if len(name) <= 2:
        return name[:1] + "*"
    return f"{name[:1]}…{name[-1:]}" if len(name) < 6 else f"{name[:2]}…{name[-2:]}"


def mask_id(identifier: str) -> str:
    """The last four characters; of a text of four or fewer only the last one."""
    return f"…{identifier[-4:]}" if len(identifier) > 4 else f"…{identifier[-1:]}"


def mask_text(text: str, names: Iterable[str], ids: Iterable[str]) -> str:
    """Replace the names (with either width of brackets, with or without blanks) and ids that stand in a text.

    Long ids and invoices cited by code and number that nobody listed are masked too. Ids of less than seven characters
    stay: they would hit amounts.
    """
    masks = {spelling: mask_name(name) for name in names for spelling in _spell_name(name)}
    masks |= {identifier: mask_id(identifier) for identifier in ids if len(identifier) >= _SHORTEST_ID}
    standing = sorted((found for found in masks if found in text), key=len, reverse=True)
    masked = _CITED.sub(lambda hit: mask_id(hit[0]), _replace(text, standing, masks))
    return _LONG_ID.sub(lambda hit: mask_id(hit[0]), masked)


def _replace(text: str, standing: list[str], masks: dict[str, str]) -> str:
    """The longest first; what was put in is not looked at again. No pattern is compiled: pages mask 50,000 texts."""
    if not standing:
        return text
    first, *rest = standing
    return masks[first].join(_replace(part, rest, masks) for part in text.split(first))


def _spell_name(name: str) -> set[str]:
    styles = {name, name.translate(_FULL_WIDTH_BRACKETS), name.translate(_HALF_WIDTH_BRACKETS)}
    return {spelling for style in styles for spelling in (style, "".join(style.split())) if len(spelling) >= 2}
