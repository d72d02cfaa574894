"""The ledger as an Excel workbook, as offices keep it: a title, merged cells, mixed units, a total at the end.

The file's own times are fixed, so that the same data give the same workbook.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from recipe.states import DATA_DAY

TASK_SHEET, REPORT_SHEET = "任务台账", "周报"
TASK_HEADINGS = {
    "task": "编号",
    "title": "任务名称",
    "township": "乡镇/街道",
    "zone": "片区",
    "category": "类别",
    "unit": "单位",
    "target": "目标量",
    "weight": "权重",
    "start": "开始日期",
    "due": "完成时限",
    "lead_unit": "牵头单位",
    "local_unit": "属地单位",
    "pilot": "试点",
}
REPORT_HEADINGS = {
    "report": "编号",
    "task": "任务编号",
    "date": "日期",
    "done": "累计完成",
    "recorded_at": "填报时间",
    "reporter": "填报人",
    "note": "备注",
    "kind": "类型",
    "corrects": "更正",
}
_KINDS = {"report": "上报", "void": "作废"}
_TASK_WIDTHS = (8, 34, 14, 15, 11, 7, 9, 9, 12, 12, 12, 20, 7)
_REPORT_WIDTHS = (9, 10, 12, 11, 18, 11, 20, 8, 9)
_MERGED = ("township", "zone")
_FIXED = (1980, 1, 1, 0, 0, 0)
_THIN = Side(style="thin", color="FFBFBFBF")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def write_workbook(tasks: pd.DataFrame, reports: pd.DataFrame, path: Path) -> None:
    """Write tasks and reports to an .xlsx file."""
    book = Workbook()
    _tasks(book.worksheets[0], tasks)
    _reports(book.create_sheet(REPORT_SHEET), reports)
    book.properties.creator = book.properties.lastModifiedBy = "fringe"
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(_timeless(held.getvalue()))


def _tasks(sheet: Worksheet, tasks: pd.DataFrame) -> None:
    sheet.title = TASK_SHEET
    sheet.append(["管城回族区城乡接合部综合整治任务台账（2019年今冬明春，示例）"])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(TASK_HEADINGS))
    sheet["A1"].font = Font(bold=True, size=15)
    sheet["A1"].alignment = Alignment(horizontal="center")
    _head(sheet, list(TASK_HEADINGS.values()), _TASK_WIDTHS)
    shown = tasks.reset_index().assign(pilot=tasks["pilot"].map({True: "是", False: "否"}).to_numpy())
    for row in shown[list(TASK_HEADINGS)].itertuples(index=False):
        sheet.append([_cell(item) for item in row])
    first = 3
    for column in _MERGED:
        _merge_runs(sheet, shown[column].tolist(), first, list(TASK_HEADINGS).index(column) + 1)
    total = ["合计", *[None] * 6, round(float(tasks["weight"].sum()), 1)]
    sheet.append(total)
    sheet.cell(sheet.max_row, 1).font = Font(bold=True)
    _dress(sheet, {"start": "yyyy-mm-dd", "due": "yyyy-mm-dd"}, list(TASK_HEADINGS), first)
    sheet.freeze_panes = "C3"


def _reports(sheet: Worksheet, reports: pd.DataFrame) -> None:
    _head(sheet, list(REPORT_HEADINGS.values()), _REPORT_WIDTHS)
    shown = reports.reset_index().assign(kind=reports["kind"].map(_KINDS).to_numpy())
    for row in shown[list(REPORT_HEADINGS)].itertuples(index=False):
        sheet.append([_cell(item) for item in row])
    _dress(sheet, {"date": "yyyy-mm-dd", "recorded_at": "yyyy-mm-dd hh:mm"}, list(REPORT_HEADINGS), 2)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _cell(item: object) -> object:
    if item is None or item is pd.NaT or (isinstance(item, float) and pd.isna(item)):
        return None
    if isinstance(item, pd.Timestamp):
        return item.to_pydatetime()
    return int(item) if isinstance(item, float) and item.is_integer() else item


def _head(sheet: Worksheet, headings: list[str], widths: tuple[int, ...]) -> None:
    sheet.append(headings)
    for at, wide in enumerate(widths, start=1):
        cell = sheet.cell(sheet.max_row, at)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFE2EFDA")
        cell.alignment = Alignment(horizontal="center", vertical="center")
        sheet.column_dimensions[get_column_letter(at)].width = wide


def _merge_runs(sheet: Worksheet, values: list[str], first: int, column: int) -> None:
    begin = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[begin]:
            if at - begin > 1:
                sheet.merge_cells(
                    start_row=first + begin, end_row=first + at - 1, start_column=column, end_column=column
                )
            sheet.cell(first + begin, column).alignment = Alignment(horizontal="center", vertical="center")
            begin = at


def _dress(sheet: Worksheet, formats: dict[str, str], columns: list[str], first: int) -> None:
    for row in sheet.iter_rows(min_row=first, max_col=len(columns)):
        for cell, column in zip(row, columns, strict=True):
            cell.border = _BOX
            if column in formats:
                cell.number_format = formats[column]


def _timeless(packed: bytes) -> bytes:
    """Return the workbook with every time in it fixed."""
    stamp = f"{DATA_DAY:%Y-%m-%d}T00:00:00Z".encode()
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as given, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(given.namelist()):
            body = given.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, body)
            made.writestr(zipfile.ZipInfo(name, _FIXED), body, compress_type=zipfile.ZIP_DEFLATED)
    return held.getvalue()
