"""The rows below a ledger's header: which are entries, and what their cells say.

Merges are read downwards where they mean "the same for all of these" (a township, a zone, a lead unit, a date), never
for an id or a figure, which would be counted again. A *total* row (合计, 小计), a *footnote* (注：…) and a header
that is repeated on every printed page are left out and said, blank rows are left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fringe.io.ledger_header import Header, Heading, Kind
from fringe.io.sheets import Cell, Sheet
from fringe.model.problem import Problem
from fringe.model.units import figure_text, parse_unit, plain

_DAYS: Mapping[Kind, tuple[str, ...]] = MappingProxyType({"tasks": ("start", "due"), "reports": ("date",)})
_NAMES = ("report", "task", "title")
_FIGURES = frozenset({"task", "report", "target", "weight", "done", "corrects"})
_TOTAL = re.compile(r"^(总?合计|小计|总计|共计|累计|total|subtotal|sum)(\(.*\))?:?$")
_TOTAL_END = re.compile(r"(合计|小计|总计)(\(.*\))?:?$")
# A total says so in its first cells; further right the word may be part of a remark.
_LABELS = 3
_FOOTNOTE = re.compile(r"^(注|备注|说明|填表|填报|制表|审核|联系|负责人|note)")
_AMOUNT = re.compile(r"^(?P<number>[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)(?P<unit>[^\d., ].*)?$")


@dataclass
class Entry:
    """One row: where it begins, values by column and the cell each came from, and the unit the heading gives."""

    where: str
    held: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    weeks: list[tuple[Heading, Cell]] = field(default_factory=list)
    unit: str | None = None


@dataclass(frozen=True)
class Amount:
    """A figure as it stands in a cell: its number, and the unit written with it (`None`: none)."""

    number: float
    unit: str | None


@dataclass(frozen=True)
class Line:
    """A row that is an entry or a total; a total's word, such as 小计, without blanks and capitals."""

    entry: Entry
    word: str = ""

    @property
    def total(self) -> bool:
        """Whether the row sums others."""
        return bool(self.word)


def read_rows(sheet: Sheet, header: Header) -> tuple[list[Line], list[Problem]]:
    """Return the entries and totals below a header, and what was left out or cannot be read."""
    lines, problems = [], []
    left: dict[str, list[str]] = {"totals_left_out": [], "footnotes_left_out": [], "header_repeated": []}
    for row in range(header.below, len(sheet.rows)):
        own = [cell for cell in sheet.rows[row] if not cell.blank]
        if not own:
            continue
        entry = _entry(sheet, header, row)
        if word := _total_word(own, entry, header.kind):
            left["totals_left_out"].append(own[0].address)
            lines.append(Line(entry, word))
        elif len(own) == 1 and isinstance(own[0].value, str) and _FOOTNOTE.match(plain(own[0].value)):
            left["footnotes_left_out"].append(own[0].address)
        elif _repeats(sheet, header, row):
            left["header_repeated"].append(own[0].address)
        else:
            lines.append(Line(entry))
            problems += _faults(entry, header)
    said = [Problem(code, sheet.title, tuple(cells), "note") for code, cells in left.items() if cells]
    return lines, [*problems, *said]


def _repeats(sheet: Sheet, header: Header, row: int) -> bool:
    """Return whether a row is one of the header's own."""
    own = [cell.value for cell in sheet.rows[row]]
    return any(own == [cell.value for cell in sheet.rows[above]] for above in range(header.top, header.below))


def _entry(sheet: Sheet, header: Header, row: int) -> Entry:
    entry = Entry(next(cell.address for cell in sheet.rows[row] if not cell.blank))
    for at, heading in header.headings.items():
        own = heading.column in _FIGURES or heading.day is not None
        cell = sheet.rows[row][at] if own else sheet.from_above(row, at)
        if heading.day is not None:
            entry.weeks.append((heading, cell))
            continue
        name = heading.column or heading.text
        name = name if name not in entry.held else f"{name} ({cell.address.rpartition('!')[2]})"
        entry.held[name] = None if cell.blank or cell.fault else cell.value
        entry.cells[name] = cell
    return entry


def _total_word(own: list[Cell], entry: Entry, kind: Kind) -> str:
    """Return the word by which a row sums others, or an empty text for a task or report of its own.

    A row sums others if it says so in front; one that has an id and its days is an entry whatever its texts are.
    """
    texts = [plain(cell.value) for cell in own[:_LABELS] if isinstance(cell.value, str)]
    named = any(entry.held.get(name) is not None for name in ("task", "report"))
    dated = all(entry.held.get(name) is not None for name in _DAYS[kind])
    names = [plain(str(entry.held[name])) for name in _NAMES if entry.held.get(name) is not None]
    if named and dated and any(not _TOTAL.match(name) for name in names):
        return ""
    exact = next((text for text in texts if _TOTAL.match(text)), "")
    return exact or ("" if named else next((text for text in texts if _TOTAL_END.search(text)), ""))


def _faults(entry: Entry, header: Header) -> list[Problem]:
    """Return formulas without a computed value and Excel's error values: errors where the library reads the column."""
    problems = []
    known = {heading.column for heading in header.headings.values()}
    for name, cell in [*entry.cells.items(), *((heading.text, cell) for heading, cell in entry.weeks)]:
        if cell.fault:
            code = "formula_without_value" if cell.fault == "formula" else "cell_error"
            read = name in known or name not in entry.cells
            params = {"column": name, "value": cell.value}
            severity = "error" if read else "warning"
            problems.append(Problem(code, header.kind, (cell.address,), severity, params))  # type: ignore[arg-type]
    return problems


def read_amount(cell: Cell) -> Amount | None:
    """Return the figure of a cell, or `None` where it is no figure with a known unit.

    Examples
    --------
    >>> read_amount(Cell("１.２万㎡", "A!B2")), read_amount(Cell(0.85, "A!B3", percent=True))
    (Amount(number=1.2, unit='万m2'), Amount(number=85.0, unit='%'))
    >>> read_amount(Cell(85, "A!B3", unit="%"))
    Amount(number=85.0, unit='%')

    Commas separate thousands, in groups of three; 1,5 may be 15 or 1.5, and is no figure.

    >>> read_amount(Cell("1,500亩", "A!B4")), read_amount(Cell("1,5亩", "A!B5"))
    (Amount(number=1500.0, unit='亩'), None)
    """
    value = cell.value
    if isinstance(value, bool) or cell.fault:
        return None
    if isinstance(value, int | float):
        # Excel keeps 85 % as 0.85; 0.85 * 100 is not 85 in floats.
        return Amount(round(value * 100, 10), "%") if cell.percent else Amount(float(value), cell.unit)
    found = _AMOUNT.match(figure_text(value)) if isinstance(value, str) else None
    if found is None:
        return None
    unit = found["unit"]
    if unit and not parse_unit(unit).known:
        return None
    return Amount(float(found["number"]), unit)


def as_written(cell: Cell) -> str:
    """Return what stands in a cell, as text.

    Examples
    --------
    >>> as_written(Cell(30.0, "A!B2")), as_written(Cell(0.85, "A!B3", percent=True)), as_written(Cell(" 30亩", "A!B4"))
    ('30', '85%', '30亩')
    """
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value.date() if isinstance(value, dt.datetime) else value).strip()
    return f"{value * 100 if cell.percent else value:.12g}{'%' if cell.percent else cell.unit or ''}"
