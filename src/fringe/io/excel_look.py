"""How a written ledger looks and what its cells take: header, widths, print, lists to choose from, colours.

Colours say the same as a word beside them, so that a grey print tells as much: *done* is green, *overdue* red, *behind*
and *at risk* amber. Lists of units, categories and places warn of what is not among them; yes or no, kinds of reports
and zones of a study take nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fringe.io.excel_cells import put_text, shown_width
from fringe.model import words

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_HEAD, _HEAD_NEEDED = "E8ECEF", "CFD8DC"
COLOURS = {"done": "D5E8D4", "overdue": "F8CECC", "behind": "FFE6CC", "at_risk": "FFF2CC"}
_WIDEST, _NARROWEST, _ROWS_MEASURED = 42, 9, 500
# Rows below the last one that already have lists and formats.
ROWS_AHEAD = 1000
_A4 = 9


def dress(sheet: Any, needed: Sequence[int], lang: str | None) -> None:
    """Style the header in the first row, freeze it, set widths and the printed page.

    Parameters
    ----------
    sheet
        With its rows in place.
    needed
        Columns that must be filled, counted from 1; their headings are darker.
    lang
        Of the page's footer.
    """
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    thin = Side(style="thin", color="90A4AE")
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=_HEAD_NEEDED if cell.column in needed else _HEAD)
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        cell.border = Border(bottom=thin)
    measured = min(sheet.max_row, _ROWS_MEASURED)  # to look at a row is to make one
    for at, column in enumerate(sheet.iter_cols(max_row=measured, values_only=True), start=1):
        width = max(shown_width(str(item)[:10] if hasattr(item, "year") else item) for item in column)
        sheet.column_dimensions[get_column_letter(at)].width = min(max(width + 2, _NARROWEST), _WIDEST)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(sheet.max_column)}{max(sheet.max_row, 2)}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    sheet.oddHeader.center.text = "&A"
    sheet.oddFooter.center.text = words.text("excel.page", lang)


def choices(book: Workbook, lists: Mapping[str, Sequence[str]], lang: str | None) -> dict[str, str]:
    """Write lists to choose from on a hidden sheet, and return the range of each."""
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(words.text("excel.sheet_lists", lang))
    sheet.sheet_state = "veryHidden"
    ranges = {}
    for at, (name, items) in enumerate(((name, items) for name, items in lists.items() if items), start=1):
        put_text(_cell(sheet, 1, at), words.label(name, lang))
        for row, item in enumerate(items, start=2):
            put_text(_cell(sheet, row, at), item)
        letter = get_column_letter(at)
        ranges[name] = f"{_quoted(str(sheet.title))}!${letter}$2:${letter}${len(items) + 1}"
    return ranges


def _cell(sheet: Worksheet, row: int, column: int) -> Any:
    return sheet.cell(row, column)


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"


def choose(sheet: Worksheet, column: int, source: str, *, strict: bool, lang: str | None) -> None:
    """Let a column be filled from a list; anything else is refused (`strict`) or warned of."""
    from openpyxl.worksheet.datavalidation import DataValidation

    said = words.text("excel.choose_strict" if strict else "excel.choose", lang)
    rule = DataValidation("list", formula1=source, allow_blank=True, errorStyle="stop" if strict else "warning")
    _guard(sheet, rule, column, said)


def take_dates(sheet: Worksheet, column: int, lang: str | None) -> None:
    """Let a column take days only."""
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation("date", operator="greaterThan", formula1="1", allow_blank=True, errorStyle="stop")
    _guard(sheet, rule, column, words.text("excel.take_dates", lang))


def take_figures(sheet: Worksheet, column: int, lang: str | None) -> None:
    """Let a column take numbers not below 0, and warn of others: a figure with its unit is a text."""
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(
        "decimal", operator="greaterThanOrEqual", formula1="0", allow_blank=True, errorStyle="warning"
    )
    _guard(sheet, rule, column, words.text("excel.take_figures", lang))


def _guard(sheet: Worksheet, rule: Any, column: int, said: str) -> None:
    from openpyxl.utils import get_column_letter

    rule.error = said
    rule.showErrorMessage = True
    letter = get_column_letter(column)
    rule.add(f"{letter}2:{letter}{sheet.max_row + ROWS_AHEAD}")
    sheet.add_data_validation(rule)


def colour(sheet: Worksheet, area: str, formula: str, name: str) -> None:
    """Fill the rows of an area for which a formula holds."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill

    fill = PatternFill("solid", start_color=COLOURS[name], end_color=COLOURS[name])
    rule: Any = FormulaRule(formula=[formula], fill=fill, stopIfTrue=True)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(area, rule)
