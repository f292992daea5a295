"""The first sentences of a night, in both languages: what was judged, what is open, whether readers see it."""

from __future__ import annotations

from pipelines.reports.shapes import NightSummary
from pipelines.reports.words import Language, format_money, pick, strip_controls


def say_headline(summary: NightSummary, language: Language) -> str:
    """How many items, how many agree, what is open and what of it is new."""
    counts = (summary.item_count, summary.matched_count, summary.finding_count)
    share = _format_share(summary.matched_count, summary.item_count)
    money = format_money(summary.at_stake_cny)
    if language == "zh":
        return (
            f"核对 {counts[0]:,} 项，相符 {counts[1]:,} 项（{share}）；需处理 {counts[2]:,} 项，涉及 {money} 元。"
            + _say_new(summary, language)
        )
    return (
        f"{counts[0]:,} items judged, {counts[1]:,} agree ({share}); {counts[2]:,} need a person, {money} CNY. "
        + _say_new(summary, language)
    )


def _say_new(summary: NightSummary, language: Language) -> str:
    new, gone, money = summary.new_count, summary.gone_count, format_money(summary.new_at_stake_cny)
    if language == "zh":
        return (f"今夜新增 {new:,} 项（{money} 元）" if new else "今夜没有新增") + f"，消除 {gone:,} 项。"
    return (f"New tonight: {new:,} ({money} CNY)" if new else "Nothing new tonight") + f", settled: {gone:,}."


def _format_share(part: int, whole: int) -> str:
    """Percent with one decimal, rounded down: 100.0 % is said only when nothing is left."""
    return "—" if whole == 0 else f"{part * 1000 // whole / 10:.1f} %"


def say_publication(summary: NightSummary, language: Language) -> str:
    """Published or not, and why not."""
    if summary.night.is_published:
        return (
            "已发布，读者看到的就是这一夜。" if language == "zh" else "Published: this is the night that readers see."
        )
    return _say_reason(summary, language) + _say_fallback(summary.night.last_published_night, language)


def _say_reason(summary: NightSummary, language: Language) -> str:
    stops = summary.stop_failures
    if stops and language == "zh":
        return "未发布，阻断检查未通过：" + "；".join(row.name_zh for row in stops) + "。"
    if stops:
        return "Not published, a stop-rule failed: " + "; ".join(row.name_en for row in stops) + ". "
    if language == "zh":
        return "未发布：没有阻断检查失败的记录，本夜可能中途停止。"
    return "Not published although no failed stop-rule is on record: the night may have ended halfway. "


def _say_fallback(last_published: str | None, language: Language) -> str:
    if language == "zh":
        return f"读者仍用 {last_published} 这一夜。" if last_published else "此前没有发布过。"
    return f"Readers keep the night {last_published}." if last_published else "Nothing was ever published before."


def say_troubles(summary: NightSummary, language: Language) -> str:
    """How many sources and files are not as they should be; empty when all are."""
    sources = sum(row.state in {"silent", "failed"} for row in summary.sources)
    resting = sum(row.state == "maintenance" for row in summary.sources)
    stopped = sum(row.status == "stopped" for row in summary.files)
    counts = (
        (sources, "个来源未到或不可用", "sources silent or failed"),
        (resting, "个来源系统维护，按旧数据核对", "sources under maintenance, judged on older data"),
        (stopped, "个文件未采用", "files not used"),
        (len(summary.files) - stopped, "个文件不完整或有拒绝的行", "files incomplete or with rows rejected"),
    )
    said = [f"{count} {zh if language == 'zh' else en}" for count, zh, en in counts if count]
    return ("，" if language == "zh" else ", ").join(said)


def say_resting(summary: NightSummary, language: Language) -> str:
    """Why the newest days of the tax system may be missing without anybody's fault; empty when no system rests."""
    rows = summary.resting_upstream
    said = " ".join(strip_controls(pick(language, row.message_zh, row.message_en)) for row in rows)
    lead = pick(language, "以下天数暂缺不必处理：", "Days that lack because of this need nobody: ")
    return f"{lead}{said}" if rows else ""


def say_alerts(summary: NightSummary, language: Language) -> str:
    """How many alerts were raised and whether all of them arrived; that there were none is said too."""
    raised, missed = len(summary.alerts), len(summary.undelivered_alerts)
    if summary.is_look_back:
        return pick(language, "回看不发新的提醒。", "A look back sends no new alerts.")
    if raised == 0:
        return "本夜没有提醒。" if language == "zh" else "No alert was raised."
    if language == "zh":
        return f"提醒 {raised} 条，" + (f"其中 {missed} 条未能送达所有渠道。" if missed else "全部送达。")
    return f"{raised} alerts, " + (f"{missed} of them did not reach every channel." if missed else "all delivered.")


def say_drill(summary: NightSummary, language: Language) -> str:
    """How long ago a snapshot was last restored to prove that it can be; what to do if that is too long."""
    drill = summary.drill
    if drill.problem:
        zh, en = "恢复演练的记录无法读取。", "The notes of the restore drills cannot be read."
    elif drill.age_days is None:
        zh, en = "还没有做成过恢复演练。", "No restore drill has succeeded yet."
    else:
        zh, en = (
            f"上次成功的恢复演练在 {drill.age_days} 天前。",
            f"Last good restore drill: {drill.age_days} days ago.",
        )
    if drill.is_overdue:
        zh += f"已超过 {drill.max_age_days} 天，请运行 fapiao snapshot drill。"
        en += f" That is more than {drill.max_age_days} days: run fapiao snapshot drill."
    return zh if language == "zh" else en
