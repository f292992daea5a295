"""Patterns that several layouts share: what people write into the summary of a voucher line. RE2, as all patterns.

Taken after a word such as 发票, 专票, 票号, FP or No: a number of 8 or 20 digits, with a digit too few or too many,
with its code, in groups of four, as a float; and what is listed after it (`12345678/79/80`, `12345678-12345680`).
Standing alone only 20 digits are a reference. A text with several numbers gives all from the first to the last, with
what stands between them. Dates (also `20261101`), phone, contract and account numbers and money are none; nor are fewer
than 7 digits, which are a sum or a count far more often than a number that lost its zeros.
"""

from __future__ import annotations

import re

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def _both_widths(pattern: str) -> str:
    """The same pattern for half-width and full-width digits: every class of digits holds both."""
    return re.sub(r"\[([0-9-]+)\]", lambda found: f"[{found[1]}{found[1].translate(FULL_WIDTH)}]", pattern)


# RE2 cannot look ahead: eight digits that are no date are spelt out by century, month and day.
_CENTURY = "(?:[1][9]|[2][0])"
_NO_CENTURY = "(?:[03-9][0-9]|[1][0-8]|[2][1-9])"
_NO_DATE = (
    f"(?:{_NO_CENTURY}[0-9]{{6}}"
    f"|{_CENTURY}[0-9]{{2}}(?:[0][0]|[1][3-9]|[2-9][0-9])[0-9]{{2}}"
    f"|{_CENTURY}[0-9]{{2}}(?:[0][1-9]|[1][0-2])(?:[0][0]|[3][2-9]|[4-9][0-9]))"
)
_FLOAT = "[0-9](?:[.．][0-9]+)?[eE][+＋]?[0-9]{1,2}"
_GROUPS = "[0-9]{4}(?: [0-9]{4}){4}|[0-9]{4} [0-9]{4}"
_WITH_CODE = "[0-9]{9,12}[ /-]?[0-9]{8}"
_ONE = f"(?:{_FLOAT}|{_GROUPS}|{_WITH_CODE}|[0-9]{{19,22}}|{_NO_DATE}|[0-9]{{9}}|[0-9]{{7}})(?:[.．]0)?"
_WHOLE = f"(?:[0-9]{{20}}|{_NO_DATE})"
_TAIL = f"(?:[0-9]{{1,3}}|{_NO_CENTURY}[0-9]{{2}})"
_LISTED = f"(?: ?[/／、;；~～&+—–至到和及\\\\-] ?(?:{_WHOLE}|{_TAIL})| ?[,，] ?{_WHOLE}| {_WHOLE})"

_CODE = "发票代码[:： ]*[0-9]{9,12}"
_COUNT = "(?:共|共?计)? ?(?:[0-9]{1,3}|[一二两三四五六七八九十]{1,3}) ?[张份]"
_ENDING = "(?:号码|号)?(?:尾号|[后末] ?(?:[8]|八) ?位)"
_WORD = (
    f"(?:{_CODE}[ ,，;；、/]*(?:发票)?号码|(?:发票|[专普增电]票)(?:号码|编号|号|{_COUNT}|{_ENDING})?"
    "|(?:^|[^支汇本车机])票号"
    "|(?:^|[^A-Za-z])(?:[Ff][Pp]|[Ii][Nn][Vv](?:[Oo][Ii][Cc][Ee])?)|(?:^|[^同号单书约码A-Za-z ]) *[Nn][Oo]|№)"
)
_SKIPPED = "[ \t:：.．#＃=\"'“”‘’(（【\\[为是-]*(?:(?:发票号码|发票号|号码|号|[Nn][Oo]|№)[ :：.．]*)?"
_END = "(?:[^0-9.．元圆万亿%％]|[.．](?:[^0-9]|$)|$)"
_LIST_END = "(?:[^0-9.．元圆万亿%％年月日张份]|[.．](?:[^0-9]|$)|$)"
_NOT_OURS = "(?:^|[^0-9A-Za-z.同号单书约码卡户账机话 :：-])[ :：]*"

# Between two numbers may stand words, sums, counts and days, and a telephone; another long number ends the list.
_DAY = f"{_CENTURY}[0-9]{{2}}(?:[0][1-9]|[1][0-2])(?:[0][1-9]|[12][0-9]|[3][01])"
_STANDING = f"(?:[0-9]{{1,7}}|{_DAY}|[1][3-9][0-9]{{9}})"
_BETWEEN = f"(?:[^0-9０-９](?:[^0-9０-９]|{_STANDING}[^0-9０-９])*?{_STANDING}?)?"
_BRACKETS = f"[（(](?:[^0-9０-９（）()]|{_STANDING}[^0-9０-９（）()])*{_STANDING}?[)）]"
_ASIDE = f" ?(?:{_BRACKETS}|[0-9,]+(?:[.][0-9]+)? ?元)"
_MORE = (
    f"(?:{_LISTED}|{_ASIDE}[ ,，、;；/和及]*{_WHOLE}|{_BETWEEN}(?:{_WORD}{_SKIPPED}|[重换改]开){_ONE}"
    f"|{_BETWEEN}{_NOT_OURS}[0-9]{{20}})"
)

SHARED_PATTERNS: dict[str, tuple[str, ...]] = {
    "invoice_reference": tuple(
        map(
            _both_widths,
            (
                f"{_WORD}{_SKIPPED}(?P<found>{_ONE}{_MORE}+){_LIST_END}",
                f"{_WORD}{_SKIPPED}(?P<found>{_ONE}){_END}",
                f"{_NOT_OURS}(?P<found>[0-9]{{20}}{_MORE}+){_LIST_END}",
                f"{_NOT_OURS}(?P<found>[0-9]{{20}}){_END}",
                f"{_NOT_OURS}(?P<found>{_WHOLE}{_LISTED}*) ?[#＃] ?(?:发票|[专普增电]票)",
            ),
        )
    ),
    "invoice_code": (_both_widths("发票代码[:： ]*(?P<found>[0-9]{9,12})(?:[^0-9]|$)"),),
}
"""Patterns by the name that a layout calls them by (`[[extract]] shared`); the first that finds something counts."""
