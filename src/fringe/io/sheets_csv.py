"""A CSV file as the one sheet of a workbook: cells are texts, with the addresses a spreadsheet would show."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from fringe.errors import FringeError, LedgerError
from fringe.io.sheets import Cell, Sheet
from fringe.io.tabular import decode_text
from fringe.model.problem import Problem

_DELIMITERS = ",\t;|"
_LETTERS = 26


def is_csv(path: Path) -> bool:
    """Return whether a file is there and called a CSV file."""
    return path.suffix.lower() == ".csv" and path.is_file()


def csv_sheet(path: Path) -> Sheet:
    r"""Return a CSV file's cells, all rows equally long; its delimiter is the commonest one of its first line.

    Raises
    ------
    LedgerError
        If it cannot be read as text.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "week.csv"
    >>> _ = path.write_bytes("任务编号,累计完成\nT1,3.2亩\n".encode("gbk"))
    >>> [cell.address for cell in csv_sheet(path).rows[1]], csv_sheet(path).rows[1][1].value
    (['week!A2', 'week!B2'], '3.2亩')
    """
    try:
        text, _ = decode_text(path.read_bytes(), None, path.name, path)
        first = text.lstrip().partition("\n")[0]
        delimiter = max(_DELIMITERS, key=first.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except FringeError as error:
        raise LedgerError(list(error.problems)) from error
    except csv.Error as error:
        params = {"path": str(path), "reason": str(error)}
        raise LedgerError(Problem("file_unreadable", path.name, params=params)) from error
    width = max(map(len, rows), default=0)
    return Sheet(
        path.stem,
        [
            [
                Cell(row[at] if at < len(row) else None, f"{path.stem}!{column_letters(at)}{number}")
                for at in range(width)
            ]
            for number, row in enumerate(rows, start=1)
        ],
        {},
    )


def column_letters(at: int) -> str:
    """Return a column's letters, counted from zero.

    Examples
    --------
    >>> [column_letters(at) for at in (0, 25, 26, 702)]
    ['A', 'Z', 'AA', 'AAA']
    """
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters
