"""Layouts: what a kind of file looks like, as TOML. A new kind of file is a new layout, not new code.

`docs/layouts.md` explains every key. Shipped layouts lie beside this module; an installation's own lie in
`<data_root>/layouts/` and win over a shipped one of the same name.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.errors import UsageError
from pipelines.model import LEDGER_TEXT_FIELDS, UPSTREAM_TEXT_FIELDS, Direction, Side, Status
from pipelines.settings import Settings
from pipelines.sources.patterns import SHARED_PATTERNS
from pipelines.validation import read_toml, say_invalid

TEXT_FIELDS = {Side.UPSTREAM: UPSTREAM_TEXT_FIELDS, Side.LEDGER: LEDGER_TEXT_FIELDS}
MONEY_FIELDS = ("amount", "tax", "total", "debit", "credit")
DATE_DIRECTIVES = "YymdbBHMS"

_ACCOUNT = "应预往账帐抵借欠款押"
REVERSAL = (
    "红字|红票|红冲|冲[销红回正]|负数|退货|退回|折让|折扣"
    f"|(?:^|[^对互抵相])冲(?:[^{_ACCOUNT}]{{8}}|[^{_ACCOUNT}]{{0,7}}$)"
)
"""What a red letter says, also 冲 with a day or an invoice (冲8月15日发票12345678).
对冲, 冲应付, 冲预付, 冲账 and 冲货款 are offsets."""
SETTLEMENT = (
    "(?:^|[^应未已待])付[^票红退]{0,30}款|收[^票红退]{0,30}款|[补重]付|银行退|退回[^票货]{0,8}款|现金折扣"
    "|预[付收][^票红退]{0,8}冲|冲[^票红退]{0,4}预[付收]"
)
"""What a payment or an offset says. 应付款, 未付款 and 已付款 are debts, and name no payment."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SheetRule(_Part):
    """A sheet to read: `name` is exact or ends in `*`. Of several rules the first that fits a workbook is used."""

    name: str = "*"
    grain: Literal["invoice", "line"] = "invoice"


class HeaderRule(_Part):
    """The header is the first row among the first `within` that holds a header of every required field; `a|b` means
    that one of the two is enough."""

    within: int = Field(default=10, ge=1, le=100)
    required: list[str] = Field(min_length=1)


class JoinedField(_Part):
    """A field made of several columns: each inner list holds the synonyms of one part."""

    parts: list[list[str]] = Field(min_length=2)
    separator: str = "-"


class ControlTotal(_Part):
    """Columns whose sum the 合计 row states; `required` when its absence means that the file was cut."""

    labels: list[str] = ["合计", "总计"]
    subtotal_labels: list[str] = ["小计", "本页合计", "本页小计", "本月合计", "本期合计", "本年累计", "累计"]
    columns: list[str] = []
    required: bool = False


class EntryRule(_Part):
    """Lines of these accounts are entries; `total` says which side is the invoice's, the other one takes it back.

    `holds_payments`: payments go through the account too, as through cash or advances: a line counts if it cites an
    invoice and its voucher settles no other account.
    """

    account_prefix: str
    direction: Direction
    total: Literal["credit-debit", "debit-credit"]
    holds_payments: bool = False


class Extraction(_Part):
    """Takes group `found` of a pattern out of the text of a field; tried in order where `field` is still empty, or
    always when `source` is the field itself. `shared` names patterns of `SHARED_PATTERNS` instead of one of its own."""

    field: str
    source: str = "summary"
    pattern: str | None = None
    shared: str | None = None

    @model_validator(mode="after")
    def _have_one_kind_of_pattern(self) -> Self:
        if (self.pattern is None) == (self.shared is None):
            raise ValueError("either pattern or shared is needed, not both")
        if self.shared is not None and self.shared not in SHARED_PATTERNS:
            raise ValueError(f"no shared pattern {self.shared}; known: {', '.join(SHARED_PATTERNS)}")
        return self

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.pattern,) if self.pattern is not None else SHARED_PATTERNS[self.shared or ""]


class NegativeRule(_Part):
    """Rows whose text in `field` fits the pattern are negative, whatever sign they show."""

    field: str
    pattern: str


class SignRule(_Part):
    """Where a file's signs are not those of the core tables: red-letter rows are negative, all others positive.

    `negate`: columns that hold every value with the opposite sign. `negative_if`: rows whose amount, tax and total are
    made negative; a row that shows them negative already stays as it is.
    """

    negate: list[str] = []
    negative_if: list[NegativeRule] = []


class Layout(_Part):
    """One kind of file. Field names are those of `raw_upstream__row` or `raw_ledger__row`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    side: Side
    title_zh: str
    title_en: str
    encodings: list[str] = ["utf-8", "gb18030"]
    delimiter: str | None = Field(default=None, pattern=r"^[\t!#$%&*+,/:;<=>?@^`|~-]$")
    sheets: list[SheetRule] = [SheetRule()]
    header: HeaderRule
    fields: dict[str, list[str]]
    joined: dict[str, JoinedField] = {}
    fill_forward: list[str] = []
    key_fields: list[str] = Field(min_length=1)
    control: ControlTotal = ControlTotal()
    ignore: list[str] = []
    placeholders: list[str] = []
    date_formats: list[str] = []
    status: dict[str, Status] = {}
    sign: SignRule = SignRule()
    row_cap: int | None = None
    coverage: Literal["file_name", "title", "none"] = "none"
    title: dict[Literal["taxpayer_id", "period"], str] = {}
    direction: Direction | None = None
    entry: list[EntryRule] = []
    extract: list[Extraction] = []
    reversal_pattern: str = REVERSAL
    settlement_pattern: str = SETTLEMENT
    carried_pattern: str = "结转|转出未交|转出多交"
    accrual_pattern: str = "暂估"

    @model_validator(mode="after")
    def _know_every_field(self) -> Self:
        allowed = TEXT_FIELDS[self.side]
        required = [name for need in self.header.required for name in need.split("|")]
        named = [*self.fields, *self.joined, *self.fill_forward, *self.key_fields, *self.control.columns, *required]
        named += [e.field for e in self.extract] + [e.source for e in self.extract]
        named += [rule.field for rule in self.sign.negative_if]
        unknown = sorted(set(named) - set(allowed))
        if unknown:
            raise ValueError(f"unknown field {', '.join(unknown)}; allowed: {', '.join(allowed)}")
        unmapped = sorted(set(required) - {*self.fields, *self.joined})
        if unmapped:
            raise ValueError(f"required without headers: {', '.join(unmapped)}")
        return self

    @property
    def _entry_patterns(self) -> tuple[str, ...]:
        return (self.reversal_pattern, self.settlement_pattern, self.carried_pattern, self.accrual_pattern)

    @model_validator(mode="after")
    def _know_every_pattern(self) -> Self:
        named = (*(p for e in self.extract for p in e.patterns), *(rule.pattern for rule in self.sign.negative_if))
        for pattern in (*self.ignore, *self.title.values(), *self._entry_patterns, *named):
            try:
                pc.match_substring_regex(pa.array([""]), pattern)
            except pa.ArrowInvalid as error:
                raise ValueError(f"not a pattern (RE2): {pattern!r}: {error}") from None
        if any("(?P<found>" not in p for e in self.extract for p in e.patterns):
            raise ValueError("a pattern of [[extract]] needs a group (?P<found>...)")
        return self

    @model_validator(mode="after")
    def _know_every_sign_and_status(self) -> Self:
        money = [name for name in MONEY_FIELDS if name in TEXT_FIELDS[self.side]]
        unknown = sorted(set(self.sign.negate) - set(money))
        if unknown:
            raise ValueError(f"sign.negate: no money field {', '.join(unknown)}; allowed: {', '.join(money)}")
        if self.status and self.side == Side.LEDGER:
            raise ValueError("[status] belongs to upstream layouts: a ledger line has no invoice status")
        return self

    @field_validator("date_formats")
    @classmethod
    def _determine_the_day(cls, formats: list[str]) -> list[str]:
        """A format must give the whole day back, by directives that Python and DuckDB understand alike."""
        for text in formats:
            directives = re.findall(r"%(.)", text)
            foreign = sorted(set(directives) - set(DATE_DIRECTIVES))
            has_day = {"d"} < set(directives) and ({"m", "b", "B"} & set(directives)) and ({"Y", "y"} & set(directives))
            if foreign or not has_day:
                raise ValueError(
                    f"{text!r} gives no whole day; use %d with %m (or %b, %B) and %Y (or %y), and %H %M %S"
                )
        return formats

    @field_validator("placeholders")
    @classmethod
    def _be_no_value(cls, texts: list[str]) -> list[str]:
        """A placeholder with a digit would make numbers and money vanish."""
        wrong = [text for text in texts if not text.strip() or re.search(r"[0-9０-９]", text)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no placeholder: expected a text without digits, such as 无")
        return [text.strip() for text in texts]


def load_layout(name: str, settings: Settings | None = None) -> Layout:
    """The layout of that name, the installation's own before the shipped one; UsageError with the known names."""
    known = known_layouts(settings)
    if name not in known:
        raise UsageError(
            "没有这个版式 | There is no such layout.",
            where=f"layout {name}",
            found=name,
            expected="以下之一 | one of: " + ", ".join(known),
        )
    return known[name]


def known_layouts(settings: Settings | None = None) -> dict[str, Layout]:
    """Shipped layouts by name, with the installation's own ones (they win) from `<data_root>/layouts/*.toml`."""
    own = sorted((settings.data_root / "layouts").glob("*.toml")) if settings else []
    return {**shipped_layouts(), **{path.stem: read_layout(path) for path in own}}


@cache
def shipped_layouts() -> dict[str, Layout]:
    """The layouts that come with the package, by name."""
    with resources.as_file(resources.files("pipelines.sources").joinpath("layouts")) as folder:
        return {path.stem: read_layout(path) for path in sorted(folder.glob("*.toml"))}


def read_layout(path: Path) -> Layout:
    """Read one TOML file. Raises UsageError that names file, key, what was found and what is expected."""
    values = read_toml("版式不是有效的 TOML | A layout is no valid TOML.", path)
    try:
        layout = Layout(**values)
    except ValidationError as error:
        raise say_invalid("版式不能采用 | A layout is not usable.", str(path), error, Layout, values) from None
    if layout.name != path.stem:
        raise UsageError(
            "版式的名称须与文件名一致 | A layout's name is its file's.",
            where=f"{path}: name",
            found=layout.name,
            expected=path.stem,
        )
    return layout
