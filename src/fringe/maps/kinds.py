"""Kinds: the different values of a column of words, their order, what the legend calls them, and how they look.

Kinds stand in the column's own order if it is categorical, else by size, by day, or as people sort words: numbers
within them count as numbers, Chinese ones too. Values that read alike are one kind, as in popups; blank text is no
data. A legend tells up to `MOST_KINDS` apart, in eight colours that differ in grey, plain, then hatched, then dotted;
of more, the rarest share one look and one entry.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from fringe.maps import palette, symbols
from fringe.maps.style import Categories, Category, Pattern, PatternKind, Symbol
from fringe.model import units, words

_PATTERNS: tuple[PatternKind | None, ...] = (None, "hatch", "stipple")
MOST_KINDS = len(palette.QUALITATIVE) * len(_PATTERNS)
_OTHERS = Symbol(fill="#e4e2dd", pattern=Pattern("cross", "#85898c", 7.0, 1.0))
_HAN = {sign: number for number, sign in enumerate("零一二三四五六七八九")}
_NUMBER = re.compile(r"(\d+|[零一二三四五六七八九十]+)")


def kinds_of(column: pd.Series) -> list[Any]:
    """Return the different values of a column, each once, in their order; missing and blank ones are none.

    Examples
    --------
    >>> kinds_of(pd.Series(["Z10", "Z2", " ", None, "Z1"])), kinds_of(pd.Series(["三类", "一类", "十二类", "二类"]))
    (['Z1', 'Z2', 'Z10'], ['一类', '二类', '三类', '十二类'])
    >>> kinds_of(pd.Series(pd.Categorical(["high", "low"], categories=["low", "middle", "high"])))
    ['low', 'high']
    """
    found = [item for item in column.dropna().drop_duplicates().tolist() if not _blank(item)]
    if isinstance(column.dtype, pd.CategoricalDtype):
        there = set(found)
        return [item for item in column.cat.categories.tolist() if item in there]
    if not any(isinstance(item, str) for item in found):
        try:
            return sorted(found)
        except TypeError:
            pass
    return sorted(found, key=_as_sorted)


def pooled(*columns: pd.Series) -> pd.Series:
    """Return the values of several columns as one; those of categorical columns keep their order.

    Examples
    --------
    >>> parts = [pd.Series(pd.Categorical(items, categories=items)) for items in (["low"], ["low", "high"])]
    >>> kinds_of(pooled(*parts))
    ['low', 'high']
    """
    if all(isinstance(column.dtype, pd.CategoricalDtype) for column in columns):
        lists = [column.cat.categories.tolist() for column in columns]
        # The same whichever column comes first.
        ordered = sorted(lists, key=lambda items: (-len(items), [str(item) for item in items]))
        kinds = list(dict.fromkeys(item for items in ordered for item in items))
        columns = tuple(column.astype(pd.CategoricalDtype(kinds)) for column in columns)
    return pd.concat(columns, ignore_index=True) if len(columns) > 1 else columns[0]


def too_many(column: pd.Series, lang: str | None = None) -> int:
    """Return how many kinds a column has if a legend cannot tell them apart, else 0."""
    if column.dropna().nunique() <= MOST_KINDS:
        return 0
    n = len(_alike(column, lang))
    return n if n > MOST_KINDS else 0


def categories_of(column: pd.Series, counts: Mapping[Any, int], lang: str | None) -> Categories:
    """Return the categories of a column of words, their labels as the legend shows them.

    Parameters
    ----------
    column
        Every value there is.
    counts
        How many rows hold each: the rarest give way where there are too many.
    lang
        Of the labels.
    """
    name = str(column.name)
    alike = _alike(column, lang)
    known = {text: items for text, items in alike.items() if str(items[0]) in symbols.PROGRESS_SYMBOLS}
    kinds = {text: known[text] for text in sorted(known, key=lambda text: _standing(known[text][0]))} | alike
    folded: list[str] = []
    if len(kinds) > MOST_KINDS:
        often = sorted(kinds, key=lambda text: -sum(counts.get(item, 0) for item in kinds[text]))
        folded = [text for text in kinds if text in set(often[MOST_KINDS - 1 :])]
    found, looks = [], iter(range(MOST_KINDS))
    for text, items in kinds.items():
        if text not in folded:
            look = symbols.PROGRESS_SYMBOLS[str(items[0])] if text in known else look_of(next(looks))
            found.append(Category(text, look, ((name, tuple(items)),)))
    if folded:
        items = [item for text in folded for item in kinds[text]]
        others = words.text("map.other_kinds", lang, n=f"{len(folded):,}")
        found.append(Category(others, _OTHERS, ((name, tuple(items)),)))
    unknown = replace(symbols.UNKNOWN_AREA, stroke=None)
    return Categories(tuple(found), Category(words.text("map.no_data", lang), unknown))


def look_of(number: int) -> Symbol:
    """Return the look of a kind by its place in the legend.

    Examples
    --------
    >>> look_of(0).pattern, look_of(8).pattern.kind, look_of(8).fill == look_of(0).fill
    (None, 'hatch', True)
    """
    fill = palette.QUALITATIVE[number % len(palette.QUALITATIVE)]
    kind = _PATTERNS[number // len(palette.QUALITATIVE) % len(_PATTERNS)]
    # Marks are darker than a light ground, and lighter than a dark one.
    ink = palette.spread([fill, palette.ink_on(fill)], 4)[2]
    return Symbol(fill=fill, pattern=kind and Pattern(kind, ink, 6.0, 1.6 if kind == "stipple" else 1.2))


def _alike(column: pd.Series, lang: str | None) -> dict[str, list[Hashable]]:
    """Return kinds by what they read as, in their order."""
    found: dict[str, list[Hashable]] = {}
    for item in kinds_of(column):
        found.setdefault(_text(item, str(column.name), lang), []).append(item)
    return found


def _text(item: Any, column: str, lang: str | None) -> str:
    text = units.show(item, column, lang)
    known = isinstance(item, bool) or words.has(f"value.{column}.{item}")
    return text[:1].upper() + text[1:] if known else text


def _blank(item: object) -> bool:
    return isinstance(item, str) and not item.strip()


def _standing(item: object) -> int:
    return list(symbols.PROGRESS_SYMBOLS).index(str(item))


def _as_sorted(item: object) -> tuple[list[Any], str, str]:
    parts: Iterable[str] = _NUMBER.split(str(item))
    # Every other part is a number.
    key = [_read(part) if at % 2 else part for at, part in enumerate(parts)]
    return key, str(item), type(item).__name__


def _read(digits: str) -> int:
    """Return the number that digits or Chinese numerals stand for.

    Examples
    --------
    >>> [_read(digits) for digits in ("012", "三", "十", "十二", "二十", "二一")]
    [12, 3, 10, 12, 20, 21]
    """
    if digits[0] not in _HAN and digits[0] != "十":
        return int(digits)
    tens, ten, ones = digits.partition("十")
    if not ten:
        return int("".join(str(_HAN[sign]) for sign in digits))
    units_of = "".join(str(_HAN.get(sign, 0)) for sign in ones) or "0"
    return 10 * int("".join(str(_HAN[sign]) for sign in tens) or "1") + int(units_of)
