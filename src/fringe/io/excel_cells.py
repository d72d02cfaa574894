"""Values put into cells of Excel so that they are read back the same.

A text is a text whatever it begins with: Excel neither computes ``=1+1`` nor takes ``@x`` for a name, because the cell
has the type of a text and the mark of a leading apostrophe. Numbers keep all their digits. Days and moments are Excel's
own, but for those it cannot hold: years before 1901 and fractions of a second stand as texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from fringe.io.ledger_amounts import share_unclear
from fringe.io.ledger_rows import Amount, read_amount
from fringe.io.sheets import Cell as Seen
from fringe.model.units import Unit, parse_unit

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

TEXT_LONGEST = 32_767
# What a spreadsheet takes for the beginning of a formula, in cells and in files made from them.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
# Excel's calendar has a day too many before March 1900.
_YEAR_FIRST = 1901
_DIGITS = range(1, 18)


def put(cell: Cell, value: Any) -> None:
    """Write a text, a number, a yes or no, a day or a moment into a cell; a missing value leaves it empty.

    Raises
    ------
    ValueError
        If Excel cannot hold the value: a text with control characters or beyond 32 767 characters.
    """
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return
    if isinstance(value, pd.Timestamp):
        _put_moment(cell, value)
    elif isinstance(value, str):
        put_text(cell, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        put_number(cell, value)
    else:
        cell.value = value


def put_text(cell: Cell, text: str) -> None:
    """Write a text that stays one."""
    from openpyxl.utils.exceptions import IllegalCharacterError

    if len(text) > TEXT_LONGEST:
        raise ValueError(text)
    try:
        cell.value = text
    except IllegalCharacterError as error:
        raise ValueError(text) from error
    cell.data_type = "s"
    if text.startswith(_FORMULA_SIGNS):
        cell.quotePrefix = True


def put_number(cell: Cell, number: float) -> None:
    """Write a number with all its digits; openpyxl would keep 16 of 17."""
    cell.value = number
    if float(f"{number:.16g}") != number:
        cell.value = repr(number)
        cell.data_type = "n"


def _put_moment(cell: Cell, moment: pd.Timestamp) -> None:
    whole = not (moment.hour or moment.minute or moment.second or moment.microsecond or moment.nanosecond)
    if moment.year < _YEAR_FIRST or moment.microsecond or moment.nanosecond:
        text = f"{moment:%Y-%m-%d}" if whole else f"{moment:%Y-%m-%d %H:%M:%S.%f}"
        # strftime does not fill years up to four digits on every system.
        put_text(cell, text.rjust(len("2020-01-01") if whole else len("2020-01-01 00:00:00.000000"), "0"))
        return
    cell.value = moment.to_pydatetime()
    cell.number_format = "yyyy-mm-dd" if whole else ("yyyy-mm-dd hh:mm:ss" if moment.second else "yyyy-mm-dd hh:mm")


def figure(value: float, unit: str, symbol: str) -> float | str:
    """Return what to write for a quantity so that it is read back to the last bit.

    Parameters
    ----------
    value
        The quantity.
    unit
        What it is in.
    symbol
        What people want to read it in; the unit of bare figures of its row.

    Returns
    -------
    written
        A number in `symbol`, where there is one that gives the value; else a text with its unit.

    Examples
    --------
    >>> figure(20000.0, "m2", "亩"), figure(0.85, "share", "%"), figure(0.005, "share", "%"), figure(0.1, "m2", "公顷")
    (30.0, 85.0, '0.5%', 1e-05)
    """
    own, wanted = parse_unit(unit), parse_unit(symbol)
    exact = value * own.factor
    for number in _near(exact / wanted.factor):
        if number * wanted.factor == exact and _clear(number, wanted):
            return number
    if wanted.name == "share":
        text = next(
            (f"{number:.17g}%" for number in _near(exact * 100) if number * parse_unit("%").factor == exact), ""
        )
        return text or f"{exact!r}share"
    return f"{exact!r}{own.name}" if own.known else value


def _near(number: float) -> list[float]:
    """Return a number and those beside it, the ones with few digits first."""
    from math import inf, nextafter

    short = [float(f"{number:.{digits}g}") for digits in _DIGITS]
    return list(dict.fromkeys([*short, nextafter(number, -inf), nextafter(number, inf)]))


def _clear(number: float, unit: Unit) -> bool:
    return share_unclear(Seen(number, "A!A1"), Amount(number, None), unit, "reports") is None


def symbols_of(tasks: pd.DataFrame) -> pd.Series[Any]:
    """Return the unit each task's figures are written in: the one given, where it is of the same kind."""
    if "unit_given" not in tasks.columns:
        return tasks["unit"]
    given = tasks["unit_given"]
    fits = [
        isinstance(one, str) and isinstance(other, str) and parse_unit(one).name == parse_unit(other).name
        for one, other in zip(given, tasks["unit"], strict=True)
    ]
    return given.where(pd.Series(fits, index=tasks.index, dtype=bool), tasks["unit"])


def reads_as(written: float | str) -> Amount | None:
    """Return what a figure written by `figure` is read as."""
    return read_amount(Seen(written, "A!A1"))


def shown_width(value: Any) -> int:
    """Return how many columns of digits a value takes: Chinese characters take two.

    Examples
    --------
    >>> shown_width("片区A"), shown_width(None)
    (5, 0)
    """
    text = "" if value is None else str(value)
    return max((sum(2 if ord(sign) > 0x2E7F else 1 for sign in line) for line in text.split("\n")), default=0)  # noqa: PLR2004
