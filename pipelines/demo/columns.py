"""Columns of a generated population as NumPy arrays, and their way into Arrow tables of the declared shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = dict[str, Array]
Rng = np.random.Generator
Vector = Any
"""An Arrow array; the stubs cannot follow code that is generic over element types."""

pc: Any = pyarrow.compute

DAY = np.timedelta64(1, "D")
NEVER = np.datetime64("2999-01-01T00:00:00", "s")
NO_DATE = np.datetime64("NaT", "D")


def row_count(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def take_rows(columns: Columns, rows: Array) -> Columns:
    """The rows of a mask or of positions, as copies."""
    return {name: values[rows] for name, values in columns.items()}


def stack_rows(parts: list[Columns]) -> Columns:
    """The parts below each other; all have the same columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def day_of(moments: Array) -> Array:
    return moments.astype("datetime64[D]")


def zero_padded(numbers: Array, width: int) -> Array:
    """Whole numbers as bytes of exactly `width` digits."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    digits = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    return np.ascontiguousarray(digits).view(f"S{width}").reshape(len(numbers))


def money_array(cents: Array, is_kept: Array | None = None) -> Vector:
    """DECIMAL(18,2) from whole cents, exactly; NULL where not kept."""
    words = np.empty((len(cents), 2), dtype="<i8")
    words[:, 0] = cents
    words[:, 1] = np.where(cents < 0, -1, 0)
    buffers = [None, pa.py_buffer(words.tobytes())]
    values = pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), buffers)
    return null_unless(values, is_kept)


def text_array(values: Array) -> Vector:
    """Text from bytes or from Python text; empty and None become NULL."""
    if values.dtype.kind == "S":
        return null_unless(pa.array(values).cast(pa.string()), values != b"")
    return pa.array(values, type=pa.string())


def null_unless(values: Vector, is_kept: Array | None) -> Vector:
    if is_kept is None:
        return values
    return pc.if_else(pa.array(is_kept), values, pa.scalar(None, values.type))


def join_text(*parts: Vector | str) -> Vector:
    """Concatenate; NULL if any part is NULL."""
    return pc.binary_join_element_wise(*parts, "")


def number_text(values: Array, width: int = 0) -> Vector:
    text = pa.array(values).cast(pa.string())
    return pc.utf8_lpad(text, width, "0") if width else text


def on_gap_days(direction: Array, days: Array, gap_days: Mapping[int, list[np.datetime64]]) -> Array:
    """Rows whose day, in their direction, was not fully received from the tax system."""
    masks = [(direction == d) & np.isin(days, np.array(gap, "M8[D]")) for d, gap in gap_days.items() if gap]
    return np.logical_or.reduce(masks) if masks else np.zeros(len(days), bool)
