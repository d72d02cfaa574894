"""Totals rows (合计, 小计) held against the rows they total.

A *subtotal* adds the rows since the total before it, a *total* all rows above it; where none stand above, it adds
those below. Offices are not strict about the words, so a figure is right if it is the sum of any such block. Figures
are compared as they stand, in the unit of the rows; where these have several units, or are shares, nothing adds up and
nothing is compared. A total written with fewer decimals than its rows may be rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
Block = Sequence[Entry]


def total_problems(lines: Sequence[Line], header: Header) -> list[Problem]:
    """Return a warning for each figure of a totals row that is not the sum of its rows.

    Parameters
    ----------
    lines
        The entries and totals of a sheet, from top to bottom.
    header
        Of the sheet.
    """
    problems = []
    for at, line in enumerate(lines):
        if not line.total:
            continue
        blocks = _blocks(lines, at)
        for figure in _figures(line.entry, header):
            problems += _compared(header, figure, line.entry, blocks)
    return problems


def _blocks(lines: Sequence[Line], at: int) -> list[Block]:
    """Return the rows a total may add, those it should add by its word first."""
    above, below = lines[:at], lines[at + 1 :]
    last = max((where for where, line in enumerate(above) if line.total), default=-1)
    following = next((where for where, line in enumerate(below) if line.total), len(below))
    whole, near = (above, above[last + 1 :]) if _entries(above) else (below, below[:following])
    near_first = any(word in lines[at].word for word in _SUBTOTAL)
    # A total may also stand above each of several blocks.
    blocks = [_entries(part) for part in ((near, whole) if near_first else (whole, near))]
    return [block for block in (*blocks, _entries(below[:following])) if block]


def _entries(lines: Sequence[Line]) -> list[Entry]:
    return [line.entry for line in lines if not line.total]


def _figures(entry: Entry, header: Header) -> Iterator[tuple[str, str | None, Cell]]:
    """Return the cells of a row that may hold sums: their column, its unit, the cell."""
    for name in _SUMMED:
        at = header.at(name)
        if at is not None and name in entry.cells:
            yield name, header.headings[at].unit, entry.cells[name]
    yield from ((heading.text, heading.unit, cell) for heading, cell in entry.weeks)


def _compared(
    header: Header, figure: tuple[str, str | None, Cell], total: Entry, blocks: Sequence[Block]
) -> list[Problem]:
    name, _, cell = figure
    written = read_amount(cell)
    if cell.blank or written is None:
        return []
    sums = []
    for block in blocks:
        rows = [(entry, own) for entry in block for own in _figures(entry, header) if own[0] == name]
        given = [(entry, own) for entry, own in rows if not own[2].blank]
        read = [read_amount(own[2]) for _, own in given]
        units = {_unit(entry, own) for entry, own in [*given, (total, figure)]} - {""}
        if not given or None in read or len(units) > 1 or any(unit.startswith("share") for unit in units):
            continue
        added = sum(item.number for item in read if item is not None)
        if abs(added - written.number) <= _tolerance(cell, [own[2] for _, own in given], written.number):
            return []
        sums.append(added)
    if not sums:
        return []
    params = {"column": name, "value": as_written(cell), "added": f"{sums[0]:.12g}"}
    return [Problem("total_differs", header.kind, (cell.address,), "warning", params)]


def _unit(entry: Entry, figure: tuple[str, str | None, Cell]) -> str:
    """Return the unit of a figure as one word for all ways of writing it; empty where none is given."""
    name, heading, cell = figure
    if name == "weight":
        return ""
    amount = read_amount(cell)
    symbol = (amount.unit if amount else None) or heading or entry.held.get("unit")
    if symbol is None:
        return ""
    unit = parse_unit(str(symbol))
    return f"{unit.name} {unit.factor}" if unit.known else plain(str(symbol))


def _tolerance(total: Cell, rows: Sequence[Cell], size: float) -> float:
    written = _decimals(total)
    if written < max(_decimals(cell) for cell in rows):
        return float(0.5 * 10.0**-written) * (1 + _ROUNDING)
    return max(abs(size), 1.0) * _ROUNDING


def _decimals(cell: Cell) -> int:
    amount = read_amount(cell)
    if amount is None:
        return 0
    exponent = Decimal(f"{amount.number:.12g}").normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
