"""Charts of the page as inline SVG: no library, no network, legible on paper without colour.

Every text in a chart is ours (numbers and dates), so the markup is safe as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

WIDTH, HEIGHT = 360, 150
LEFT, RIGHT, TOP, BOTTOM = 8, 352, 22, 128

STEPS: dict[str, tuple[tuple[int, int, str], ...]] = {
    "zh": ((10**8, 10**8, "亿"), (10**5, 10**4, "万")),
    "en": ((10**7, 10**6, "M"), (10**5, 10**3, "k")),
}
"""From which size on a number is written in which unit."""

Number = int | Decimal


@dataclass(frozen=True)
class Point:
    """One night: `label` is its day. `value` is None where nothing is known; `down` counts against it."""

    label: str
    value: Number | None
    down: Number = 0


def spell_compact(number: Number, unit: str) -> str:
    """`12,345`, from a hundred thousand on in 万 (`zh`) or k (`en`), above in 亿 or M."""
    amount = Decimal(number)
    for least, size, name in STEPS[unit]:
        if abs(amount) >= least:
            return f"{amount / size:,.1f}{name}"
    return f"{number:,.0f}"


def draw_line(points: Sequence[Point], title_zh: str, title_en: str) -> Markup:
    """A line over the nights with its last and largest value written out; nights without a value leave a hole."""
    known = [point.value for point in points if point.value is not None]
    top = max([*known, 1])
    xs = _spread(len(points))
    ys = [None if point.value is None else _height(point.value, top) for point in points]
    places = [None if y is None else (x, y) for x, y in zip(xs, ys, strict=True)]
    runs = _split(places)
    parts = [f'<path class="area" d="{_area(run)}"/><path class="line" d="{_line(run)}"/>' for run in runs]
    parts += [f'<circle class="dot" cx="{run[-1][0]:.1f}" cy="{run[-1][1]:.1f}" r="3"/>' for run in runs]
    shown = _bilingual(RIGHT, 14, "end", "now", known[-1]) if known and points[-1].value is not None else ""
    return _frame([*parts, shown, _bilingual(LEFT, 14, "start", "top", top)], points, title_zh, title_en)


def draw_mirror(points: Sequence[Point], title_zh: str, title_en: str) -> Markup:
    """Bars upward for `value` (what came) and downward for `down` (what went), one scale for both."""
    top = max([*(point.value or 0 for point in points), *(point.down for point in points), 1])
    middle, room = (TOP + BOTTOM) / 2, (BOTTOM - TOP) / 2
    wide = min(18.0, (RIGHT - LEFT) / max(len(points), 1) * 0.7)
    parts = [f'<path class="axis" d="M{LEFT} {middle}H{RIGHT}"/>']
    for x, point in zip(_spread(len(points), wide / 2), points, strict=True):
        up, down = (_share(number, top) * room for number in (point.value or 0, point.down))
        parts.append(_bar("up", x - wide / 2, middle - up, wide, up, f"{point.label} +{point.value or 0:,}"))
        parts.append(_bar("down", x - wide / 2, middle, wide, down, f"{point.label} −{point.down:,}"))
    last = points[-1] if points else Point("", 0)
    told = f'<text x="{RIGHT}" y="14" text-anchor="end" class="now">+{last.value or 0:,} −{last.down:,}</text>'
    return _frame([*parts, told, _bilingual(LEFT, 14, "start", "top", top)], points, title_zh, title_en)


def _frame(parts: Sequence[str], points: Sequence[Point], title_zh: str, title_en: str) -> Markup:
    days = [point.label for point in points]
    ends = [("start", LEFT, days[0])] if len(days) > 1 else []
    ends += [("end", RIGHT, days[-1])] if days else []
    texts = [f'<text x="{x}" y="{HEIGHT - 6}" text-anchor="{side}">{day}</text>' for side, x, day in ends]
    label = f"{title_zh} | {title_en}"
    axis = f'<path class="axis" d="M{LEFT} {BOTTOM}H{RIGHT}"/>'
    body = "".join([axis, *parts, *texts])
    return Markup(f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{body}</svg>')  # noqa: S704


def _spread(count: int, margin: float = 4.0) -> list[float]:
    """Places of the nights from left to right; a single one stands at the right."""
    left, right = LEFT + margin, RIGHT - margin
    return [right] if count == 1 else [left + (right - left) * place / (count - 1) for place in range(count)]


def _share(number: Number, top: Number) -> float:
    return float(number) / float(top)


def _height(number: Number, top: Number) -> float:
    return BOTTOM - _share(number, top) * (BOTTOM - TOP)


def _split(places: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Runs of neighbouring nights with a value."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def _line(run: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run)


def _area(run: Sequence[tuple[float, float]]) -> str:
    return f"{_line(run)}L{run[-1][0]:.1f} {BOTTOM}L{run[0][0]:.1f} {BOTTOM}Z"


def _bar(kind: str, x: float, y: float, wide: float, tall: float, title: str) -> str:
    if not tall:
        return ""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{max(tall, 1):.1f}">'
        f"<title>{title}</title></rect>"
    )


def _bilingual(x: int, y: int, anchor: str, kind: str, number: Number) -> str:
    return "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" class="{kind} {unit}">{spell_compact(number, unit)}</text>'
        for unit in ("zh", "en")
    )
