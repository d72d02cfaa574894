"""The cells of a column read as its contract has them: numbers, shares, days, yes and no, words of a category.

A cell that cannot be read is missing in the result, and a problem that names its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import pandas as pd

from fringe.model import words
from fringe.model.dates import parse_day, parse_moment
from fringe.model.layers import Column
from fringe.model.problem import Problem
from fringe.model.units import figure_text, plain

_YES = frozenset({"是", "yes", "y", "true", "t", "1", "1.0", "√", "有", "✓"})
_NO = frozenset({"否", "no", "n", "false", "f", "0", "0.0", "×", "无", "-", ""})


def id_text(item: object) -> str:
    """Return an id as text; Excel turns 12 into 12.0."""
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    return str(item).strip()


def values(items: pd.Series[Any], column: Column, kind: str) -> tuple[pd.Series[Any], list[Problem]]:
    """Return a column in its type, and the values that are none of it."""
    missing = items.isna() | items.map(lambda item: isinstance(item, str) and not item.strip()).astype(bool)
    problems = []
    if column.required and missing.any():
        rows = tuple(items.index[missing])
        problems.append(Problem("value_missing", kind, rows, params={"column": column.name}))
    readers: dict[str, Callable[..., tuple[pd.Series[Any], list[Problem]]]] = {
        "number": _numbers,
        "share": _numbers,
        "date": _days,
        "moment": _days,
        "flag": _flags,
        "category": _categories,
    }
    if column.type == "text":
        return items.where(missing, items.map(_text)).astype(object).where(~missing, None), problems
    converted, found = readers[column.type](items, ~missing, column, kind)
    return converted, problems + found


def _text(item: object) -> object:
    return id_text(item) if isinstance(item, float | int) and not isinstance(item, bool) else item


def _odd(
    code: str, items: pd.Series[Any], wrong: pd.Series[bool], column: Column, kind: str, **more: object
) -> list[Problem]:
    """Return one problem for each wrong value, naming all its rows."""
    return [
        Problem(code, kind, tuple(rows), params={"column": column.name, "value": value, **more})
        for value, rows in items[wrong].groupby(items[wrong].map(str), sort=False).groups.items()
    ]


def number(item: object) -> float | None:
    """Return a number from a number or a text such as ``１,２３４`` or ``85%``.

    Examples
    --------
    >>> number("１,２３４"), number("85%"), number("2,5")
    (1234.0, 0.85, None)
    """
    if isinstance(item, bool) or item is None:
        return None
    if isinstance(item, str):
        bare = figure_text(item)
        share = bare.endswith("%")
        try:
            # Python itself would take 1_0 for 10.
            return None if "_" in bare else float(bare.removesuffix("%")) / (100 if share else 1)
        except ValueError:
            return None
    try:
        return float(item)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _numbers(
    items: pd.Series[Any], given: pd.Series[bool], column: Column, kind: str
) -> tuple[pd.Series[Any], list[Problem]]:
    plain_numbers = pd.api.types.is_numeric_dtype(items) and not pd.api.types.is_bool_dtype(items)
    numbers = pd.to_numeric(items if plain_numbers else items.map(number), errors="coerce").astype(float)
    unread = given & (numbers.isna() | numbers.isin([float("inf"), float("-inf")]))
    problems = _odd("not_a_number", items, unread, column, kind)
    if column.type == "share":
        outside = given & ~unread & ~numbers.between(0, 1)
        problems += _odd("share_range", items, outside, column, kind)
        numbers = numbers.mask(outside)
    if column.minimum is not None:
        low = given & ~unread & (numbers < column.minimum)
        problems += _odd("below_minimum", items, low, column, kind, allowed=f"{column.minimum:g}")
    return numbers.mask(unread), problems


def _days(
    items: pd.Series[Any], given: pd.Series[bool], column: Column, kind: str
) -> tuple[pd.Series[Any], list[Problem]]:
    if pd.api.types.is_datetime64_any_dtype(items):
        moments = items.dt.tz_localize(None) if getattr(items.dt, "tz", None) else items
        return (moments.dt.normalize() if column.type == "date" else moments), []
    reader = parse_day if column.type == "date" else parse_moment
    read = items.where(given, None).map(lambda item: None if item is None else reader(item), na_action="ignore")
    moments = pd.to_datetime(read, errors="coerce").astype("datetime64[us]")
    return moments, _odd("not_a_date", items, given & moments.isna(), column, kind)


def _flags(
    items: pd.Series[Any], given: pd.Series[bool], column: Column, kind: str
) -> tuple[pd.Series[Any], list[Problem]]:
    if pd.api.types.is_bool_dtype(items):
        return items.astype("boolean"), []
    texts = items.map(lambda item: plain(str(item)), na_action="ignore")
    flags = pd.Series(pd.NA, index=items.index, dtype="boolean")
    flags[given & texts.isin(_YES)] = True
    flags[given & texts.isin(_NO)] = False
    return flags, _odd("not_a_flag", items, given & flags.isna(), column, kind)


def _categories(
    items: pd.Series[Any], given: pd.Series[bool], column: Column, kind: str
) -> tuple[pd.Series[Any], list[Problem]]:
    """Return the contract's words for words in either language; suggest the nearest for the rest."""
    by_text = {
        plain(text): value
        for value in column.values  # noqa: PD011 - not a frame
        for text in (value, words.value(column.name, value, "zh"), words.value(column.name, value, "en"))
    }
    texts = items.map(lambda item: plain(str(item)), na_action="ignore")
    codes = texts.map(by_text).where(given, None)
    problems = []
    for found in _odd("unknown_value", items, given & codes.isna(), column, kind, allowed=", ".join(column.values)):
        near = get_close_matches(plain(str(found.params["value"])), by_text, n=1)
        hint = by_text[near[0]] if near else ""
        problems.append(Problem(found.code, kind, found.rows, params={**found.params, "hint": hint}))
    return codes.astype(object).where(codes.notna(), None), problems
