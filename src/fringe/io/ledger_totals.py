"""Totals rows (合计, 小计) held against the rows they total.

A *subtotal* adds the rows since the total before it, a *total* all rows above it; where none stand above, it adds
those below. Offices are not strict about the words, so a figure is right if it is the sum of any such block. Figures
are compared as they stand, in the unit of the rows; where these have several units, or are shares, nothing adds up and
nothing is compared. A total written with fewer decimals than its rows may be rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fringe.io.ledger_header import Header
from fringe.io.ledger_rows import Entry, Line, as_written, read_amount
from fringe.io.sheets import Cell
from fringe.model.problem import Problem
from fringe.model.units import parse_unit, plain

_SUMMED = ("target", "weight", "done")
_SUBTOTAL = ("小计", "subtotal")
# Sums of binary fractions miss those of decimal ones by less.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Figure:
    """A figure as it stands: its number (`None`: it cannot be read), its unit as one word, and its cell."""

    number: float | None
    unit: str
    cell: Cell

    @property
    def decimals(self) -> int:
        """How many digits stand behind the point."""
        exponent = Decimal(f"{self.number or 0.0:.12g}").normalize().as_tuple().exponent
        return max(-exponent, 0) if isinstance(exponent, int) else 0


_Row = Mapping[str, _Figure]


def total_problems(lines: Sequence[Line], header: Header) -> list[Problem]:
    """Return a warning for each figure of a totals row that is not the sum of its rows.

    Parameters
    ----------
    lines
        The entries and totals of a sheet, from top to bottom.
    header
        Of the sheet.
    """
    totals = [at for at, line in enumerate(lines) if line.total]
    if not totals:
        return []
    rows = [_figures(line.entry, header) for line in lines]
    problems = []
    for at in totals:
        blocks = _blocks(lines, totals, at)
        for name, figure in rows[at].items():
            wrong = _compared(
                name, figure, [[rows[row][name] for row in block if name in rows[row]] for block in blocks]
            )
            if wrong is not None:
                problems.append(Problem("total_differs", header.kind, (figure.cell.address,), "warning", wrong))
    return problems


def _blocks(lines: Sequence[Line], totals: Sequence[int], at: int) -> list[list[int]]:
    """Return the rows a total may add, those it should add by its word first."""
    last = max((other for other in totals if other < at), default=-1)
    following = min((other for other in totals if other > at), default=len(lines))
    above, since = _entries(lines, 0, at), _entries(lines, last + 1, at)
    below, until = _entries(lines, at + 1, len(lines)), _entries(lines, at + 1, following)
    whole, near = (above, since) if above else (below, until)
    near_first = any(word in lines[at].word for word in _SUBTOTAL)
    # A total may also stand above each of several blocks.
    return [block for block in ((near, whole) if near_first else (whole, near)) + (until,) if block]


def _entries(lines: Sequence[Line], begin: int, end: int) -> list[int]:
    return [at for at in range(begin, end) if not lines[at].total]


def _figures(entry: Entry, header: Header) -> _Row:
    """Return the cells of a row that may hold sums, by their column; empty ones are left out."""
    places = {name: header.at(name) for name in _SUMMED if name in entry.cells}
    found = [(name, header.headings[at].unit, entry.cells[name]) for name, at in places.items() if at is not None]
    found += [(heading.text, heading.unit, cell) for heading, cell in entry.weeks]
    return {name: _figure(name, heading, cell, entry) for name, heading, cell in found if not cell.blank}


def _figure(name: str, heading: str | None, cell: Cell, entry: Entry) -> _Figure:
    amount = read_amount(cell)
    symbol = (amount.unit if amount else None) or heading or entry.held.get("unit")
    if name == "weight" or symbol is None:
        unit = ""
    else:
        known = parse_unit(str(symbol))
        unit = f"{known.name} {known.factor}" if known.known else plain(str(symbol))
    return _Figure(None if amount is None else amount.number, unit, cell)


def _compared(name: str, total: _Figure, blocks: Sequence[Sequence[_Figure]]) -> dict[str, str] | None:
    """Return what a total is and should be, or `None` where it is right or nothing can be added."""
    if total.number is None:
        return None
    sums = []
    for block in blocks:
        units = {figure.unit for figure in (*block, total)} - {""}
        numbers = [figure.number for figure in block if figure.number is not None]
        if not block or len(numbers) < len(block) or len(units) > 1 or any(unit.startswith("share") for unit in units):
            continue
        added = sum(numbers)
        if abs(added - total.number) <= _tolerance(total, block, added):
            return None
        sums.append(added)
    return {"column": name, "value": as_written(total.cell), "added": f"{sums[0]:.12g}"} if sums else None


def _tolerance(total: _Figure, block: Sequence[_Figure], size: float) -> float:
    written = total.decimals
    if written < max(figure.decimals for figure in block):
        return float(0.5 * 10.0**-written) * (1 + _ROUNDING)
    return max(abs(size), 1.0) * _ROUNDING
