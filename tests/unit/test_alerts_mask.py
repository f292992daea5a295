"""Masked texts tell insiders enough and outsiders nothing."""

from __future__ import annotations

import pytest

from pipelines.alerts.mask import mask_id, mask_name, mask_text


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("北京示例贸易有限公司", "北京…公司"),
        ("华为公司", "华…司"),
        ("张三", "张*"),
        ("张", "张*"),
        ("Acme Ltd", "Ac…td"),
    ],
)
def test_a_name_keeps_its_ends(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_an_id_keeps_its_last_four_characters() -> None:
    assert mask_id("91110105MA01A1B2X3") == "…B2X3"
    assert mask_id("1234") == "…4"


def test_a_name_in_a_sentence_is_masked_in_either_style_of_brackets() -> None:
    said = mask_text("请联系 深圳市样例(南山)电子有限公司 核对。", ["深圳市样例（南山）电子有限公司"], [])
    assert said == "请联系 深圳…公司 核对。"


def test_an_unlisted_tax_id_and_invoice_number_are_masked_and_money_and_dates_stay() -> None:
    said = mask_text("发票 26442000001234567890，税号 91440300MA5F2K7Q9T，2026-11-24，1,130.00 元", [], [])
    assert said == "发票 …7890，税号 …7Q9T，2026-11-24，1,130.00 元"


def test_the_longer_of_two_names_wins_and_a_short_id_does_not_hit_amounts() -> None:
    said = mask_text(
        "上海甲乙丙丁有限公司分公司 付 1300.00", ["上海甲乙丙丁有限公司", "上海甲乙丙丁有限公司分公司"], ["1300"]
    )
    assert said == "上海…公司 付 1300.00"
