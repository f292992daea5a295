"""Rules about the result: nothing lost, nothing claimed without ground, and the findings themselves."""

from __future__ import annotations

from expectations.rules import Rule, Severity, Suite
from pipelines.model import CAUSES, Basis, Direction, Side, Verdict

_RECON = Suite("recon")
_STOP, _WARN = Severity.STOP, Severity.WARN
_ITEM, _MEMBER, _DECISION = "recon__item", "recon__member", "recon__decision"

STOP_RULES: tuple[Rule, ...] = (
    _RECON.unique("item_unique", _ITEM, "item_id", "核对项编号不重复", "No item repeats"),
    _RECON.present("item_present", _ITEM, "item_id", "核对项都有编号", "Every item has an id"),
    _RECON.listed(
        "item_direction_listed",
        _ITEM,
        ("direction", list(Direction)),
        "核对项的方向只有进项和销项",
        "Every item is input or output",
    ),
    _RECON.listed(
        "verdict_listed", _ITEM, ("verdict", list(Verdict)), "结论在清单之内", "Every verdict is a known one"
    ),
    _RECON.listed("cause_listed", _ITEM, ("cause", list(CAUSES)), "原因在清单之内", "Every cause is a known one"),
    _RECON.listed("basis_listed", _ITEM, ("basis", list(Basis)), "依据在清单之内", "Every basis is a known one"),
    _RECON.paired(
        "cause_within_verdict",
        _ITEM,
        "原因与结论相符",
        "Every cause belongs to its verdict",
        columns=("verdict", "cause"),
        pairs=[(verdict.value, cause) for cause, verdict in CAUSES.items()],
    ),
    _RECON.listed(
        "member_side_listed",
        _MEMBER,
        ("side", [Side.UPSTREAM, Side.LEDGER]),
        "成员属于税务或账",
        "Every member is of a known side",
    ),
    _RECON.sql(_STOP, "member_unique", _MEMBER, "每条记录只属一个核对项", "No record is in two items"),
    _RECON.sql(_STOP, "record_judged", _MEMBER, "每条记录都有结论", "Every record is a member of an item"),
    _RECON.sql(_STOP, "member_known", _MEMBER, "每个成员都有其记录", "Every member has its record"),
    _RECON.sql(_STOP, "member_in_item", _MEMBER, "每个成员都有其核对项", "Every member has its item"),
    _RECON.sql(_STOP, "item_has_members", _ITEM, "每个核对项都有成员", "Every item has a member"),
    _RECON.sql(
        _STOP, "sum_conserved", _MEMBER, "金额合计不增不减", "The sums over members equal the sums over records"
    ),
    _RECON.sql(_STOP, "item_sum_right", _ITEM, "核对项金额等于其成员之和", "Every item's sums equal its members'"),
    _RECON.sql(
        _STOP, "likely_needs_review", _ITEM, "推测的结论都标明需人工确认", "Every likely verdict asks for a person"
    ),
    _RECON.sql(_STOP, "matched_has_both_sides", _ITEM, "相符的核对项两方俱全", "Every matched item has both sides"),
    _RECON.sql(
        _STOP,
        "matched_money_agrees",
        _ITEM,
        "相符的核对项金额差异不超过容差",
        "No matched item differs by more than the tolerance",
    ),
    _RECON.sql(_STOP, "pending_has_due_day", _ITEM, "等待中的核对项都有到期日", "Every pending item has a due day"),
    _RECON.sql(
        _STOP,
        "absence_is_covered",
        _ITEM,
        "只对完整收到的日期断言税务系统没有",
        "Absence is claimed only of days that were fully received",
    ),
)

WARN_RULES: tuple[Rule, ...] = (
    _RECON.without_cause(
        "booked_is_known", "not_found", "账上每张发票税务系统都有", "Every booked invoice is known to the tax system"
    ),
    _RECON.without_cause(
        "number_possible", "impossible_number", "账上没有不可能存在的发票号码", "No booked number is an impossible one"
    ),
    _RECON.without_cause(
        "listed_is_booked",
        "not_booked",
        "税务系统每张发票都已及时入账",
        "Every invoice of the tax system is booked in time",
    ),
    _RECON.without_cause("booked_once", "booked_twice", "没有发票重复入账", "No invoice is booked twice"),
    _RECON.without_cause("listed_once", "listed_twice", "税务系统没有重复的发票", "No invoice is listed twice"),
    _RECON.without_cause(
        "dead_not_booked",
        "dead_invoice_booked",
        "账上没有作废或红冲的发票",
        "No void or reversed invoice is on the books",
    ),
    _RECON.without_cause("amount_agrees", "amount_differs", "账与税务金额一致", "Amounts agree"),
    _RECON.without_cause("tax_agrees", "tax_differs", "账与税务税额一致", "Taxes agree"),
    _RECON.without_cause("party_agrees", "party_differs", "账与税务对方单位一致", "Parties agree"),
    _RECON.without_cause("date_agrees", "date_differs", "账与税务开票日期一致", "Dates agree"),
    _RECON.without_cause(
        "number_typed_right", "number_mistyped", "账上发票号码没有录错", "No invoice number is mistyped"
    ),
    _RECON.without_cause(
        "digits_kept",
        "digits_lost",
        "账上发票号码没有被表格软件毁掉",
        "No invoice number was destroyed by a spreadsheet",
    ),
    _RECON.without_cause(
        "number_kept", "number_absent", "账上都记有发票号码", "Every ledger line has an invoice number"
    ),
    _RECON.without_cause(
        "reference_readable",
        "unreadable_reference",
        "账上发票号码都能读懂",
        "Every reference to an invoice can be read",
    ),
    _RECON.without_cause(
        "booked_is_comparable",
        "upstream_gap",
        "账上每张发票都能与税务数据比对",
        "Every booked invoice falls on a day that was received",
    ),
    _RECON.sql(
        _WARN,
        "decision_unchanged",
        _DECISION,
        "人工决定所指的记录没有变化",
        "No record has changed under a person's decision",
    ),
    _RECON.sql(
        _WARN,
        "witness_agrees",
        "recon__witness",
        "电子发票与税务系统、账相符",
        "E-invoices agree with the tax system and the books",
    ),
)

RULES = (*STOP_RULES, *WARN_RULES)
