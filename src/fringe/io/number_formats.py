r"""How Excel shows a number: as a percentage, or with a unit that is only written behind it.

A ``%`` in a number format multiplies what is shown by 100, but not where it is *literal*: quoted (``0"%"``) or escaped
(``0\%``). Then 85 is shown as 85%, as 30 is shown as 30亩 by ``0"亩"``. A format has up to four sections, for positive
numbers, negative ones, zero and texts, or for those of its conditions (``[>=1]0%;0``).

ECMA-376 part 1, 18.8.31 numFmts.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from functools import cache

from fringe.model.units import parse_unit

# One piece of a format: a text in quotes, a sign behind a backslash or a "!", the width of a sign, a sign that fills
# the cell, a condition, colour or locale in brackets, or a sign of its own.
_PIECE = re.compile(r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<sign>.)', re.DOTALL)
_CONDITION = re.compile(r"^(?P<by><=|>=|<>|<|>|=)\s*(?P<limit>-?\d+(?:\.\d+)?)$")
_COMPARES = {
    "<=": operator.le, ">=": operator.ge, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
_DIGITS = frozenset("0#?")
_TEXT_SECTION = 3


@dataclass(frozen=True)
class Shown:
    """How a number is shown: times 100 with a percent sign, or with a known unit behind it."""

    percent: bool = False
    unit: str | None = None


@dataclass(frozen=True)
class _Section:
    shown: Shown
    condition: tuple[str, float] | None

    def holds(self, value: float) -> bool:
        return self.condition is not None and bool(_COMPARES[self.condition[0]](value, self.condition[1]))


def shown_as(number_format: str, value: float) -> Shown:
    r"""Return how a number is shown in a format.

    A unit is known to `fringe.model.units.parse_unit`. It is none where the format shows another number than the cell
    holds, in thousands (``0,"万"``) or with a sign between its digits (``0!.0``).

    Examples
    --------
    >>> [shown_as(text, 85).unit for text in ('0"%"', r"0\%", '#,##0" 亩"')], shown_as("0.0%", 0.85).percent
    (['%', '%', '亩'], True)
    """
    sections = _sections(number_format)[:_TEXT_SECTION]
    if not sections:
        return Shown()
    if any(section.condition for section in sections):
        return next((one.shown for one in sections if one.holds(value)), sections[-1].shown)
    at = 0 if value > 0 else (1 if value < 0 else 2)
    return (sections[at] if at < len(sections) else sections[0]).shown


@cache
def _sections(number_format: str) -> tuple[_Section, ...]:
    pieces: list[list[re.Match[str]]] = [[]]
    for piece in _PIECE.finditer(number_format):
        if piece["sign"] == ";":
            pieces.append([])
        else:
            pieces[-1].append(piece)
    return tuple(map(_section, pieces))


def _section(pieces: list[re.Match[str]]) -> _Section:
    signs = [piece["sign"] or "" for piece in pieces]
    conditions = [found for piece in pieces if (found := _CONDITION.match((piece["bracket"] or "").strip()))]
    condition = (conditions[0]["by"], float(conditions[0]["limit"])) if conditions else None
    digits = [at for at, sign in enumerate(signs) if sign in _DIGITS and sign]
    if "%" in signs:
        return _Section(Shown(percent=True), condition)
    if not digits:
        # A format without digits (General"%", @) shows the number as it is.
        whole = "".join(signs).lower()
        last = max((at for at, sign in enumerate(signs) if sign), default=-1) if whole.startswith("general") else None
        return _Section(Shown(unit=_unit(pieces[last + 1 :]) if last is not None else None), condition)
    other = any(_literal(piece) for piece in pieces[digits[0] : digits[-1]]) or "," in signs[digits[-1] + 1 :]
    return _Section(Shown(unit=None if other else _unit(pieces[digits[-1] + 1 :])), condition)


def _literal(piece: re.Match[str]) -> str:
    return piece["quoted"] or piece["escaped"] or ""


def _unit(pieces: list[re.Match[str]]) -> str | None:
    """Return the unit that is written behind the digits; signs that need no quotes are written too."""
    text = "".join(_literal(piece) or (piece["sign"] or "") for piece in pieces).strip()
    return text if text and parse_unit(text).known else None
