"""Where the table of a ledger's sheet begins, and what its columns are.

The *header* is the row, or the two rows, whose headings are most of all known to the contract of tasks or of reports;
what stands above it is a title. In two rows the lower heading counts, else both read together (完成 over 时限), and a
lower row may hold nothing but units. A heading that is a day heads a *week column*: what was done altogether by that
day. Above the header may stand a year (2019年台账) and a unit for all figures (单位：亩).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pandas as pd

from fringe.io.sheets import Cell, Sheet
from fringe.model import words
from fringe.model.dates import parse_day
from fringe.model.layers import LAYERS
from fringe.model.units import parse_unit, plain, split_heading

Kind = Literal["tasks", "reports"]
_ROWS_SEARCHED = 20
# A table is a task list if it has this many of the columns a task must have.
_TASK_COLUMNS_MIN = 3
_REPORT_COLUMNS = frozenset({"task", "date", "done"})
# What makes a sheet the other kind although headings like 任务 and 日期 occur in both.
_TASK_ONLY = frozenset({"title", "target"})
_DAY_INSIDE = re.compile(r"\d{4}\s*[-./年]\s*\d{1,2}\s*[-./月]\s*\d{1,2}\s*日?")
_DAY_WITHOUT_YEAR = re.compile(
    r"^(?:截至|截止|至)?(?P<month>\d{1,2})(?:月(?P<day>\d{1,2})日?|[-./](?P<short>\d{1,2}))(?:累计完成|累计|完成)?$"
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
# A plan for the winter that comes and the spring after it has two years, whatever single one is written.
_TWO_YEARS = re.compile("明春|明年|次年|跨年|冬春")
_UNIT_ABOVE = re.compile(r"^(?:计量)?单位:(?P<unit>.+)$|^unit:(?P<english>.+)$")
_NOT_CUMULATIVE = re.compile("本周|当周|本期|本月|当月|新增|周完成|月完成")


@dataclass(frozen=True)
class Heading:
    """What stands above a column.

    Parameters
    ----------
    text
        The whole heading, in one line.
    cell
        Its lowest cell.
    column
        The contract's column, or `None`.
    rank
        How good a name for it the heading is: 0 is best.
    unit
        The unit the heading gives, or `None`.
    day
        The day of a week column, or `None`.
    """

    text: str
    cell: Cell
    column: str | None = None
    rank: int = 0
    unit: str | None = None
    day: pd.Timestamp | None = None

    @property
    def cumulative(self) -> bool:
        """Whether a week column may hold cumulative figures, as far as its heading says."""
        return not _NOT_CUMULATIVE.search(self.text)

    @property
    def day_without_year(self) -> bool:
        """Whether the heading looks like a day whose year is not written."""
        texts = (self.text, str(self.cell.value))
        return self.column is None and self.day is None and any(month_day(text) is not None for text in texts)


@dataclass(frozen=True)
class Header:
    """The header of a table: its kind, its columns by position, the first row below it and its own first row."""

    kind: Kind
    headings: dict[int, Heading]
    below: int
    top: int = 0

    def at(self, column: str) -> int | None:
        """Return the position of a contract's column, or `None`."""
        return next((at for at, heading in self.headings.items() if heading.column == column), None)

    def weeks(self) -> dict[int, Heading]:
        """Return the week columns."""
        return {at: heading for at, heading in self.headings.items() if heading.day is not None}


def find_header(sheet: Sheet) -> Header | None:
    """Return the header of a sheet, or `None` where no table of a ledger can be seen."""
    best: tuple[tuple[int, int], Header] | None = None
    for top in range(min(_ROWS_SEARCHED, len(sheet.rows))):
        for depth in (1, 2):
            if top + depth > len(sheet.rows):
                continue
            for kind in ("tasks", "reports"):
                header = _header(sheet, top, depth, kind)
                score = (_score(header), -depth)
                if score[0] > 0 and (best is None or score > best[0]):
                    best = score, header
    return best[1] if best else None


def month_day(text: object) -> tuple[int, int] | None:
    """Return the month and the day of a text that leaves the year out, or `None`.

    A number is none: 11.3 may have been 11.30.

    Examples
    --------
    >>> month_day("截至11月29日"), month_day("１２.６"), month_day(11.3), month_day("2019.11.29")
    ((11, 29), (12, 6), None, None)
    """
    found = _DAY_WITHOUT_YEAR.match(plain(text)) if isinstance(text, str) else None
    return (int(found["month"]), int(found["day"] or found["short"])) if found else None


@dataclass(frozen=True)
class Above:
    """What a sheet says once for all its rows: its year, if there is only one, and the unit of its figures."""

    year: int | None = None
    unit: str | None = None


def said_above(sheet: Sheet, header: Header) -> Above:
    """Return the year and the unit that stand in the sheet's name or above its header."""
    texts = [plain(str(cell.value)) for row in sheet.rows[: header.top] for cell in row if not cell.blank]
    years = {int(year) for text in (plain(sheet.title), *texts) for year in _YEAR.findall(text)}
    units = [(found["unit"] or found["english"]) for text in texts if (found := _UNIT_ABOVE.match(text))]
    known = {unit for unit in units if parse_unit(unit).known}
    one_year = len(years) == 1 and not any(_TWO_YEARS.search(text) for text in texts)
    return Above(years.pop() if one_year else None, known.pop() if len(known) == 1 else None)


def _header(sheet: Sheet, top: int, depth: int, kind: Kind) -> Header:
    headings = {}
    for at in range(len(sheet.rows[top])):
        cells = [sheet.merged(row, at) for row in range(top, top + depth)]
        filled = list({cell.address: cell for cell in cells if not cell.blank}.values())
        if filled:
            headings[at] = _heading(filled, kind, from_1904=sheet.from_1904)
    return Header(kind, _best_only(headings), top + depth, top)


def _score(header: Header) -> int:
    columns = {heading.column for heading in header.headings.values()} - {None}
    required = {column.name for column in LAYERS[header.kind].columns if column.required}
    if header.kind == "reports":
        fits = columns >= _REPORT_COLUMNS
    else:
        fits = len(columns & required) >= _TASK_COLUMNS_MIN and bool(columns & _TASK_ONLY)
    return len(columns) + len(header.weeks()) if fits else 0


def _heading(cells: list[Cell], kind: Kind, *, from_1904: bool) -> Heading:
    """Return what one column's cells in the header say, from top to bottom."""
    texts = [_one_line(cell.value) for cell in cells]
    whole, last = " ".join(texts), cells[-1]
    unit = None
    if len(texts) > 1 and parse_unit(texts[-1].strip("()（）[]【】 ")).known:
        unit, texts = texts[-1].strip("()（）[]【】 "), texts[:-1]
    names = _names(kind)
    for text in dict.fromkeys([texts[-1], "".join(texts)]):
        head, own_unit = split_heading(text)
        for name, given in ((text, unit), (head, own_unit or unit)):
            if plain(name) in names:
                column, rank = names[plain(name)]
                return Heading(whole, last, column, rank, given)
    day = parse_day(last.value, from_1904=from_1904)
    if isinstance(last.value, str):
        day = day or _day_in(texts[-1]) or _day_in("".join(texts))
    units = [split_heading(text)[1] for text in reversed(texts)]
    return Heading(whole, last, unit=unit or next(filter(None, units), None), day=day)


def _one_line(value: object) -> str:
    return re.sub(r"\s*\n\s*", "", str(value)).strip()


def _day_in(text: str) -> pd.Timestamp | None:
    """Return the day a heading names, as in 截至2019年11月23日累计完成."""
    found = _DAY_INSIDE.search(plain(text))
    return parse_day(found.group()) if found else parse_day(text)


def _best_only(headings: dict[int, Heading]) -> dict[int, Heading]:
    """Leave each column to its best heading; the others stay as columns of their own."""
    best: dict[str, int] = {}
    for at, heading in headings.items():
        if heading.column and (heading.column not in best or heading.rank < headings[best[heading.column]].rank):
            best[heading.column] = at
    return {
        at: heading if heading.column is None or best[heading.column] == at else Heading(heading.text, heading.cell)
        for at, heading in headings.items()
    }


@cache
def _names(kind: Kind) -> dict[str, tuple[str, int]]:
    """Return what headings mean: the column, and how good a name for it they are."""
    spec = LAYERS[kind]
    wanted = {spec.index: spec.index_aliases, **{column.name: column.aliases for column in spec.columns}}
    found: dict[str, tuple[str, int]] = {}
    for column, aliases in wanted.items():
        known = (column, words.label(column, "zh"), words.label(column, "en"), *aliases)
        for rank, name in enumerate(known):
            # The first column to claim a name has it: the identity comes before the rest.
            found.setdefault(plain(name), (column, rank))
    return found
