"""Figures of a ledger in the library's units.

A figure's unit is the one in its cell, else the heading's, else that of the row's unit column, else what stands above
the table. A *bare* figure has none in its cell. A bare figure of a share is *unclear* where it may be meant either way:
0.85 under % (0.85 % or 85 %?), 85 as a share from 0 to 1. Such a figure is an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping

from fringe.io.ledger_rows import Amount, Entry, as_written, read_amount
from fringe.io.sheets import Cell
from fringe.model.problem import Problem
from fringe.model.units import Unit, parse_unit

_SHARE = "share"


def set_target(entry: Entry, above: str | None) -> tuple[Unit | None, list[Problem]]:
    """Turn a task's target into its unit, keep what stood there, and return the unit of its bare figures.

    Parameters
    ----------
    entry
        A task; `unit` is its heading's. Its values are replaced.
    above
        The unit that stands above the table.
    """
    own = entry.held.get("unit")
    cell = entry.cells.get("target")
    amount = read_amount(cell) if cell is not None else None
    given = amount.unit if amount else None
    symbol = given or entry.unit or own or above
    unit = parse_unit(str(symbol)) if symbol is not None else None
    problems = []
    if unit is not None and cell is not None:
        stated = [str(item) for item in (own, entry.unit, given) if item is not None]
        other = [item for item in stated if parse_unit(item).name != unit.name]
        if other:
            params = {"value": symbol, "other": other[0]}
            problems.append(Problem("units_contradict", "tasks", (cell.address,), params=params))
    if unit is not None:
        _keep(entry, "unit_given", str(symbol).strip())
        entry.held["unit"] = unit.name
    bare = entry.unit or own or above or given
    usual = parse_unit(str(bare)) if bare is not None else None
    if amount is not None and cell is not None:
        if unit is not None and (unclear := share_unclear(cell, amount, unit, "tasks")):
            entry.held["target"] = None
            return usual, [*problems, unclear]
        _keep(entry, "target_given", as_written(cell))
        entry.held["target"] = amount.number * (unit.factor if unit else 1.0)
    return usual, problems


def _keep(entry: Entry, name: str, given: str) -> None:
    """Keep what stood in a cell, unless the sheet has a column of its own for that."""
    if name not in entry.cells:
        entry.held[name] = given


def set_done(entry: Entry, symbol: str | None, units: Mapping[str, Unit]) -> list[Problem]:
    """Turn a report's figure into its task's unit; another kind of unit is an error.

    Parameters
    ----------
    entry
        A report. Its values are replaced.
    symbol
        The unit of its heading or row; `None`: the task's.
    units
        The unit of each task's bare figures.
    """
    cell = entry.cells.get("done")
    amount = read_amount(cell) if cell is not None else None
    if amount is None or cell is None:
        return []
    unit = units.get(str(entry.held["task"]), Unit("", 1.0))
    given = amount.unit or symbol
    own = parse_unit(given) if given else unit
    if unit.name and own.name != unit.name:
        params = {"value": f"{as_written(cell)} {'' if amount.unit else given}".strip(), "allowed": unit.name}
        entry.held["done"] = None
        return [Problem("unit_of_report", "reports", (cell.address,), params=params)]
    if unclear := share_unclear(cell, amount, own, "reports"):
        entry.held["done"] = None
        return [unclear]
    entry.held["done"] = amount.number * own.factor
    return []


def share_unclear(cell: Cell, amount: Amount, unit: Unit, layer: str) -> Problem | None:
    """Return the problem of a share that may be meant in percent or not, or `None`.

    Examples
    --------
    >>> percent = parse_unit("%")
    >>> [share_unclear(cell, read_amount(cell), percent, "reports") is None
    ...  for cell in (Cell(85, "A!B2"), Cell("85%", "A!B3"), Cell(0.85, "A!B4", percent=True), Cell(0.85, "A!B5"))]
    [True, True, True, False]
    """
    if unit.name != _SHARE or amount.unit is not None:
        return None
    size = abs(amount.number)
    if size == 0 or (size > 1) == (unit.factor != 1.0):
        return None
    params = {
        "value": as_written(cell),
        "percent": f"{size * 100 if size <= 1 else size:.12g}%",
        "same": f"{size:.12g}%",
    }
    return Problem("share_unclear", layer, (cell.address,), params=params)
