"""Invented suppliers and customers: valid GB 32100 check digits, names that nobody bears, several almost equal.

No id can be a real taxpayer's: the nine characters of the organisation code carry a wrong check character of their own
(GB 11714), which the check of the whole 18 characters does not see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from stdnum.cn import uscc

from pipelines.demo.columns import Array, Rng

OUR_NAME = "北京云栖示例贸易有限公司"
OUR_REGION = "1100"
REGIONS = (
    *("1100", "1200", "1300", "1400", "1500", "2100", "2200", "2300", "3100", "3200", "3300", "3400", "3500", "3600"),
    *("3700", "4100", "4200", "4300", "4400", "4500", "4600", "5000", "5100", "5200", "5300", "6100", "6200", "6400"),
    *("3302", "3502", "4403"),
)
BUREAUS = {"3302": "93", "3502": "94", "4403": "95"}
"""Region to the two digits of the tax bureau in a 20-digit number; elsewhere they are the region's first two."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_PLACES = (
    *("北京", "天津", "石家庄", "太原", "呼和浩特", "沈阳", "长春", "哈尔滨", "上海", "苏州"),
    *("杭州", "合肥", "福州", "南昌", "济南", "郑州", "武汉", "长沙", "广州", "南宁"),
    *("海口", "重庆", "成都", "贵阳", "昆明", "西安", "兰州", "银川", "宁波", "厦门"),
    *("深圳"),
)
_FIRST = "澜岚煦栩翊霁砚珩笙筠槿茗屿汐沐潼溪骁朔昱"
_SECOND = "远恒拓辰屹川越晟弘泽朗衡颂毅澄瀚铭启仓"
_TRADES = (
    *(
        "精密机械",
        "电子科技",
        "电子技术",
        "包装材料",
        "物业管理",
        "物流服务",
        "信息技术",
        "办公用品",
        "化工原料",
        "建筑装饰",
    ),
    *("五金制品", "检测服务", "软件科技", "餐饮管理", "设备租赁", "印刷"),
)
_FORMS = ("有限公司", "有限公司", "有限公司", "股份有限公司", "（{place}）有限公司", "有限公司第一分公司")
_TWINS = {"澜": "岚", "岚": "澜", "翊": "栩", "栩": "翊", "远": "越", "越": "远", "恒": "衡", "衡": "恒", "泽": "晟"}


@dataclass(frozen=True)
class Parties:
    """Row i is counterparty i. `rate` is the VAT rate in per cent; `fee_cents` is 0 where amounts vary."""

    tax_id: Array
    name: Array
    region: Array
    direction: Array
    rate: Array
    fee_cents: Array
    weight: Array
    layout: Array

    @property
    def count(self) -> int:
        return len(self.tax_id)


def make_tax_id(region: str, serial: int) -> str:
    """18 characters with a valid check digit and an organisation code that no registry can have issued."""
    body = "MA" + "".join(_ALPHABET[serial // 31**power % 31] for power in range(5, -1, -1))
    total = sum(_ORGANISATION_ALPHABET.index(c) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    true_check = "0123456789X"[(11 - total % 11) % 11]
    head = f"91{region}00{body}{'7' if true_check != '7' else '3'}"
    return head + str(uscc.calc_check_digit(head))


OUR_TAX_ID = make_tax_id(OUR_REGION, 20261103)


def _draw_name(rng: Rng, place: str) -> str:
    stem = str(rng.choice(list(_FIRST))) + str(rng.choice(list(_SECOND)))
    form = _FORMS[int(rng.integers(len(_FORMS)))].format(place=_PLACES[int(rng.integers(len(_PLACES)))])
    return f"{place}{stem}{rng.choice(_TRADES)}{form}"


def _almost_equal(name: str) -> str:
    """The same name but for one character, or with the other word of 科技 / 技术."""
    swapped = next((name.replace(a, b, 1) for a, b in _TWINS.items() if a in name), name)
    return swapped if swapped != name else name.replace("有限公司", "实业有限公司", 1)


def _draw_names(rng: Rng, regions: Array) -> list[str]:
    """One name each, all different; about one in eight is almost its predecessor's."""
    names: list[str] = []
    seen: set[str] = set()
    for region in regions:
        place = _PLACES[REGIONS.index(str(region))]
        name = _almost_equal(names[-1]) if names and rng.random() < 0.12 else _draw_name(rng, place)
        while name in seen:
            name = _draw_name(rng, place)
        names.append(name)
        seen.add(name)
    return names


def make_parties(rng: Rng, count: int, layout_shares: tuple[tuple[float, ...], tuple[float, ...]]) -> Parties:
    """`layout_shares` are the shares of the ledger layouts for input and for output parties."""
    region = rng.choice(REGIONS, count)
    direction = (rng.random(count) < 0.3).astype(np.int8)
    direction[:4] = (0, 0, 0, 1)
    layouts = [rng.choice(len(shares), count, p=shares) for shares in layout_shares]
    is_flat = rng.random(count) < 0.25
    fee = rng.choice([50000, 88000, 120000, 300000, 365000, 500000, 860000, 1250000], count)
    serials = rng.choice(31**4, count, replace=False) + 31**5
    return Parties(
        tax_id=np.array([make_tax_id(str(r), int(s)) for r, s in zip(region, serials, strict=True)], dtype=object),
        name=np.array(_draw_names(rng, region), dtype=object),
        region=region,
        direction=direction,
        rate=rng.choice([13, 13, 13, 9, 6, 6, 3, 1, 0], count),
        fee_cents=np.where(is_flat, fee, 0),
        weight=rng.pareto(1.3, count) + 0.2,
        layout=np.where(direction == 0, layouts[0], layouts[1]).astype(np.int8),
    )
