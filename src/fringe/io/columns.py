"""Columns as a GeoPackage can hold them, and back in their own type.

A GeoPackage knows texts, numbers, yes or no, and moments to the millisecond. A column of another type is *packed*:
written as the nearest of these, with a *tag* that tells how to unpack it, so that what is read is what was written,
missing values included.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

# The whole numbers that a double, which a column with gaps comes back as, holds exactly.
_EXACT = 2**53
_WITH_GAPS = {"bool": "boolean"} | {
    f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
Column = Any  # a Series; its type parameter says nothing here


@dataclass(frozen=True)
class Packed:
    """A column ready for a GeoPackage, and its tag."""

    column: Column
    tag: str


class PackError(TypeError):
    """A column holds something that no tag describes."""


def pack(column: Column) -> Packed:
    """Return a column as a GeoPackage holds it, with its tag.

    Raises
    ------
    PackError
        If it holds things other than texts, numbers, flags and moments.

    Examples
    --------
    >>> packed = pack(pd.Series(["a", None, "a"], dtype="category"))
    >>> packed.column.tolist(), packed.tag
    (['a', None, 'a'], '{"type": "category", "categories": ["a"], "ordered": false, "of": "text"}')
    >>> unpack(packed.column, packed.tag).cat.categories.tolist()
    ['a']
    """
    api = pd.api.types
    ways: tuple[tuple[Callable[[Any], bool], Callable[[Column], Packed]], ...] = (
        (lambda dtype: isinstance(dtype, pd.CategoricalDtype), _pack_category),
        (lambda dtype: isinstance(dtype, pd.DatetimeTZDtype), _pack_zoned),
        (api.is_datetime64_dtype, _pack_moments),
        (api.is_bool_dtype, lambda flags: Packed(flags, _tag(str(flags.dtype)))),
        (api.is_integer_dtype, _pack_whole),
        (api.is_float_dtype, lambda numbers: Packed(numbers.astype("float64"), _tag(str(numbers.dtype)))),
        (lambda dtype: isinstance(dtype, pd.StringDtype), lambda texts: Packed(_texts(texts), _tag("str"))),
        (api.is_object_dtype, _pack_objects),
    )
    for fits, way in ways:
        if fits(column.dtype):
            return way(column)
    raise PackError(str(column.dtype))


def unpack(column: Column, tag: str) -> Column:
    """Return a packed column in its own type."""
    told = json.loads(tag)
    return _WAYS_BACK.get(told["type"], _numbers_back)(column, told)


def _tag(kind: str, **more: object) -> str:
    return json.dumps({"type": kind, **more}, ensure_ascii=False)


def _texts(column: Column) -> Column:
    plain = column.astype(object)
    return plain.where(plain.notna(), None)


def _each(column: Column, change: Callable[[Any], str]) -> Column:
    """Return texts made of what is there, and nothing where nothing is."""
    items = [None if _absent(item) else change(item) for item in column]
    return pd.Series(items, index=column.index, dtype=object)


def _absent(item: Any) -> bool:
    return item is None or (pd.api.types.is_scalar(item) and bool(pd.isna(item)))


def _pack_category(column: Column) -> Packed:
    dtype = column.dtype
    plain = pack(_texts(column))
    categories = [_plain(item) for item in dtype.categories]
    if not all(isinstance(item, str | int | float | bool) for item in categories):
        raise PackError(str(dtype.categories.dtype))
    of = json.loads(plain.tag)["type"]
    return Packed(plain.column, _tag("category", categories=categories, ordered=bool(dtype.ordered), of=of))


def _pack_zoned(column: Column) -> Packed:
    moments = _each(column.dt.tz_convert("UTC"), lambda item: item.isoformat())
    return Packed(moments, _tag("zoned", zone=str(column.dtype.tz), unit=column.dtype.unit))


def _pack_moments(column: Column) -> Packed:
    unit = np.datetime_data(column.dtype)[0]
    given = column.dropna()
    # GDAL keeps milliseconds; finer moments are kept as texts.
    if given.dt.floor("ms").ne(given).any():
        return Packed(_each(column, lambda item: item.isoformat()), _tag("moment_text", unit=unit))
    return Packed(column, _tag("moment", unit=unit))


def _pack_whole(column: Column) -> Packed:
    name = str(column.dtype)
    wide = column.dropna().abs().gt(_EXACT).any() if column.isna().any() else name.lower() == "uint64"
    return Packed(_each(column, str) if wide else column, _tag(name))


def _pack_objects(column: Column) -> Packed:
    given = column.dropna()
    if given.map(lambda item: isinstance(item, str)).all():
        return Packed(_texts(column), _tag("text"))
    try:
        return Packed(_each(column, lambda item: json.dumps(_plain(item), ensure_ascii=False)), _tag("json"))
    except TypeError as error:
        raise PackError(", ".join(sorted({type(item).__name__ for item in given}))) from error


def _plain(item: object) -> object:
    return item.item() if isinstance(item, np.generic) else item


def _category_back(column: Column, told: Mapping[str, Any]) -> Column:
    plain = unpack(column, _tag(told["of"]))
    return plain.astype(pd.CategoricalDtype(told["categories"], ordered=told["ordered"]))


def _zoned_back(column: Column, told: Mapping[str, Any]) -> Column:
    moments: Column = pd.to_datetime(column, format="ISO8601", utc=True)
    return moments.dt.as_unit(told["unit"]).dt.tz_convert(told["zone"])


def _moments_back(column: Column, told: Mapping[str, Any]) -> Column:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype(f"datetime64[{told['unit']}]")
    moments: Column = pd.to_datetime(column, format="ISO8601")
    return moments.astype(f"datetime64[{told['unit']}]")


def _str_back(column: Column, _told: Mapping[str, Any]) -> Column:
    texts = _texts(column)
    # A pandas without a text type of its own keeps texts as objects.
    return texts.astype("str") if isinstance(pd.Series(["a"]).dtype, pd.StringDtype) else texts


def _numbers_back(column: Column, told: Mapping[str, Any]) -> Column:
    kind = told["type"]
    if column.isna().any():
        # Rows that were added later need not have every column.
        kind = _WITH_GAPS.get(kind, kind)
    if pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column):
        items = [None if _absent(item) else int(item) for item in column]
        return pd.Series(items, index=column.index, dtype=kind)
    return column.astype(kind)


_WAYS_BACK: Mapping[str, Callable[[Column, Mapping[str, Any]], Column]] = MappingProxyType(
    {
        "category": _category_back,
        "zoned": _zoned_back,
        "moment": _moments_back,
        "moment_text": _moments_back,
        "json": lambda column, _told: _texts(column).map(json.loads, na_action="ignore"),
        "text": lambda column, _told: _texts(column),
        "str": _str_back,
    }
)
