"""Ledgers as offices keep them: merged cells, two-row headings, week columns, units, dates as text, totals."""

import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import PatternFill

from fringe.errors import LedgerError
from fringe.io.excel import load_ledger
from fringe.model.problem import errors_of

M2_PER_MU = 2000 / 3
TASK_HEADER = (
    "编号", "任务名称", "乡镇/街道", "片区", "类别", "单位", "目标量", "权重", "开始日期", "完成时限",
    "牵头单位", "属地单位", "试点",
)  # fmt: skip
REPORT_HEADER = ("编号", "任务编号", "日期", "累计完成", "填报时间", "填报人", "备注", "类型", "更正")


def office_ledger() -> Workbook:
    """Return a workbook of three tasks and four reports, as an office would keep it."""
    book = Workbook()
    tasks = book.active
    tasks.title = "任务台账"
    tasks["A1"] = "某区城乡接合部综合整治任务台账"
    tasks.merge_cells("A1:M1")
    tasks.append(TASK_HEADER)
    tasks.append(
        ("T1", "补植", "甲镇", "东片", "绿化", "亩", 30, 2, "2019.11.23", "2020年3月31日", "园林局", "甲镇", "是")
    )
    tasks.append(
        (
            "T2",
            "修路",
            None,
            None,
            "道路",
            "公里",
            "１．５",
            3,
            pd.Timestamp(2019, 12, 1),
            43921,
            "交通局",
            "甲镇",
            "否",
        )
    )
    tasks.append(
        ("T3", "清运", "乙乡", "西片", "环卫", "处", "1,200", 1, "20191201", "2020-01-31", "城管局", "乙乡", None)
    )
    tasks.merge_cells("C3:C4")
    tasks.merge_cells("D3:D4")
    tasks.append(("合 计", None, None, None, None, None, "=SUM(G3:G5)", 6))
    tasks.append(())
    tasks.append(("注：目标量按实施方案。",))
    reports = book.create_sheet("周报")
    reports.append(REPORT_HEADER)
    reports.append(("R1", "T1", "2019-11-29", 10, "2019-11-29 17:30", "王", "@甲镇", "上报", None))
    reports.append(("R2", "T1", "2019-12-06", 12, "2019-12-06 17:30", "王", None, "上报", None))
    reports.append(("R3", "T1", "2019-12-06", None, "2019-12-09 08:00", "王", None, "作废", "R2"))
    reports.append(("R4", "T2", "2019-12-06", "0.5", "2019-12-06 18:00", "李", "=不是公式", None, None))
    reports["G5"].data_type = "s"
    return book


def saved(book: Workbook, tmp_path, name="ledger.xlsx"):
    book.save(tmp_path / name)
    return tmp_path / name


def codes(problems):
    return [found.code for found in problems]


def test_an_office_ledger_is_read_as_it_stands(tmp_path):
    tasks, reports, problems = load_ledger(saved(office_ledger(), tmp_path))

    assert errors_of(problems) == []
    assert tasks.index.tolist() == ["T1", "T2", "T3"]
    assert tasks.index.name == "task"
    assert tasks["township"].tolist() == ["甲镇", "甲镇", "乙乡"]
    assert tasks["zone"].tolist() == ["东片", "东片", "西片"]
    assert tasks["unit"].tolist() == ["m2", "m", "处"]
    assert tasks["target"].tolist() == pytest.approx([30 * M2_PER_MU, 1500, 1200])
    assert tasks["unit_given"].tolist() == ["亩", "公里", "处"]
    assert tasks["target_given"].tolist() == ["30", "１．５", "1,200"]
    assert tasks["start"].tolist() == [
        pd.Timestamp("2019-11-23"),
        pd.Timestamp("2019-12-01"),
        pd.Timestamp("2019-12-01"),
    ]
    assert tasks["due"].tolist() == [pd.Timestamp("2020-03-31"), pd.Timestamp("2020-03-31"), pd.Timestamp("2020-01-31")]
    assert tasks["pilot"].tolist()[:2] == [True, False]

    assert reports.index.tolist() == ["R1", "R2", "R3", "R4"]
    assert reports["done"].tolist()[:2] == pytest.approx([10 * M2_PER_MU, 12 * M2_PER_MU])
    assert reports.loc["R4", "done"] == 500
    assert reports["kind"].tolist() == ["report", "report", "void", None]
    assert reports.loc["R3", "corrects"] == "R2"
    assert reports.loc["R1", "recorded_at"] == pd.Timestamp("2019-11-29 17:30")


def test_totals_and_footnotes_are_said(tmp_path):
    _, _, problems = load_ledger(saved(office_ledger(), tmp_path))

    assert {found.code: found.rows for found in problems} == {
        "totals_left_out": ("任务台账!A6",),
        "footnotes_left_out": ("任务台账!A8",),
    }


def test_texts_that_begin_like_formulas_are_texts(tmp_path):
    _, reports, _ = load_ledger(saved(office_ledger(), tmp_path))
    assert reports.loc["R1", "note"] == "@甲镇"
    assert reports.loc["R4", "note"] == "=不是公式"


def test_two_row_headings_units_in_the_heading_and_week_columns(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["绿化台账"])
    sheet.append(["编号", "任务名称", "片区", "类别", "目标量", "时限", None, "累计完成（亩）", None, None])
    sheet.append([None, None, None, None, "（亩）", "开始日期", "完成日期", "2019.11.29", 43805, "截至2019年12月13日"])
    for block in ("A2:A3", "B2:B3", "C2:C3", "D2:D3", "F2:G2", "H2:J2", "A1:J1"):
        sheet.merge_cells(block)
    sheet.append(["T1", "补植", "东片", "绿化", 30, "2019-11-23", "2020-03-31", 5, 12, None])
    sheet.append(["T2", "新植", "东片", "绿化", "2公顷", "2019-11-23", "2020-03-31", None, "3000平方米", 40])

    tasks, reports, problems = load_ledger(saved(book, tmp_path))

    assert errors_of(problems) == []
    assert tasks["target"].tolist() == pytest.approx([30 * M2_PER_MU, 20_000])
    assert tasks["unit_given"].tolist() == ["亩", "公顷"]
    assert reports.index.tolist() == ["T1@2019-11-29", "T1@2019-12-06", "T2@2019-12-06", "T2@2019-12-13"]
    assert reports["done"].tolist() == pytest.approx([5 * M2_PER_MU, 12 * M2_PER_MU, 3000, 40 * M2_PER_MU])
    assert codes(problems) == ["recorded_at_missing"]


def test_one_sheet_for_each_township(tmp_path):
    book = Workbook()
    book.remove(book.active)
    for township in ("甲镇", "乙乡"):
        sheet = book.create_sheet(township)
        sheet.append(["序号", "任务名称", "片区", "类别", "单位", "目标量", "开始日期", "完成时限"])
        sheet.append([1, f"{township}补植", "东片", "绿化", "㎡", 100, "2019-11-23", "2020-03-31"])
        sheet.append([None] * 8)
        sheet.append([2, f"{township}清运", "东片", "环卫", "处", 8, "2019-11-23", "2020-03-31"])
    book.create_sheet("填表说明").append(["请如实填写"])

    tasks, reports, problems = load_ledger(saved(book, tmp_path))

    assert tasks.index.tolist() == ["甲镇-1", "甲镇-2", "乙乡-1", "乙乡-2"]
    assert tasks["township"].tolist() == ["甲镇", "甲镇", "乙乡", "乙乡"]
    assert reports.empty
    assert sorted(set(codes(problems))) == ["ids_of_sheet", "sheet_left_out", "township_from_sheet"]


def test_merges_are_not_read_into_figures_and_blanks_are_not_filled(tmp_path):
    book = office_ledger()
    sheet = book["任务台账"]
    sheet["G4"] = None
    sheet.merge_cells("G3:G4")
    sheet["D5"] = None
    tasks, _, problems = load_ledger(saved(book, tmp_path))
    assert pd.isna(tasks.loc["T2", "target"])
    assert tasks.loc["T3", "zone"] is None
    assert [found.rows for found in errors_of(problems)] == [("T3 任务台账!D5",), ("T2 任务台账!G4",)]


def test_percentages_mean_the_same_however_excel_shows_them(tmp_path):
    book = office_ledger()
    sheet, reports = book["任务台账"], book["周报"]
    sheet["F5"], sheet["G5"] = "%", 1
    sheet["G5"].number_format = "0%"
    for row, done in enumerate((0.25, "25%", 25, "２５％"), start=6):
        reports.append([f"P{row}", "T3", "2019-12-06", done])
        if done == 0.25:
            reports.cell(row, 4).number_format = "0.0%"
    tasks, read, _ = load_ledger(saved(book, tmp_path))
    assert tasks.loc["T3", ["unit", "target", "target_given"]].tolist() == ["share", 1.0, "100%"]
    assert read["done"].tolist()[4:] == [0.25] * 4


CELLS = [
    ("任务台账", "G4", "很多", "not_a_number", "T2 任务台账!G4", "很多"),
    ("任务台账", "G5", 0, "target_not_positive", "T3 任务台账!G5", "0"),
    ("任务台账", "I3", "2019-02-30", "not_a_date", "T1 任务台账!I3", "2019-02-30"),
    ("任务台账", "J5", "2019-01-31", "due_before_start", "T3 任务台账!A5", "2019-01-31"),
    ("任务台账", "A4", "T1", "id_duplicate", "T1 任务台账!A3", "T1"),
    ("任务台账", "A4", None, "id_missing", "任务台账!A4", ""),
    ("任务台账", "G3", "=1+1", "formula_without_value", "任务台账!G3", "=1+1"),
    ("任务台账", "G3", "#DIV/0!", "cell_error", "任务台账!G3", "#DIV/0!"),
    ("任务台账", "G4", "3亩", "units_contradict", "任务台账!G4", "亩"),
    ("周报", "D2", -1, "below_minimum", "R1 周报!D2", "-"),
    ("周报", "D2", "10公里", "unit_of_report", "周报!D2", "10公里"),
    ("周报", "B5", "T9", "unknown_task", "R4 周报!B5", "T9"),
    ("周报", "C2", "下周", "not_a_date", "R1 周报!C2", "下周"),
    ("周报", "H2", "撤销", "unknown_value", "R1 周报!H2", "撤销"),
    ("周报", "I4", None, "void_of_nothing", "R3 周报!A4", ""),
    ("周报", "I4", "R9", "unknown_report", "R3 周报!I4", "R9"),
    ("周报", "I4", "R4", "corrects_other_task", "R3 周报!A4", "T2"),
    ("周报", "C2", "2999-01-01", "date_in_future", "R1 周报!C2", "2999-01-01"),
    ("周报", "C2", "11月29日", "day_without_year", "周报!C2", "11月29日"),
    ("周报", "D2", "3株", "unit_of_report", "周报!D2", "3株"),
    ("周报", "D2", "=3*4", "formula_without_value", "周报!D2", "=3*4"),
]


@pytest.mark.parametrize(("sheet", "cell", "value", "code", "row", "said"), CELLS)
def test_a_wrong_cell_is_named_with_its_value(tmp_path, sheet, cell, value, code, row, said):
    book = office_ledger()
    book[sheet][cell] = value
    _, _, problems = load_ledger(saved(book, tmp_path))
    found = next(found for found in errors_of(problems) if found.code == code)
    assert row in found.rows
    for lang in ("zh", "en"):
        assert row.split()[-1] in found.render(lang)
        assert said in found.render(lang)
        assert found.remedy(lang) or code == "unknown_value"  # its message says what is allowed


def test_a_formula_that_excel_has_computed_is_its_value(tmp_path):
    book = office_ledger()
    book["任务台账"]["G3"] = "=15*2"
    path = saved(book, tmp_path)
    computed = tmp_path / "computed.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(computed, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, part.replace(b"<f>15*2</f><v></v>", b"<f>15*2</f><v>30</v>").replace(
                b"<f>15*2</f><v />", b"<f>15*2</f><v>30</v>"))  # fmt: skip
    tasks, _, problems = load_ledger(computed)
    assert errors_of(problems) == []
    assert tasks.loc["T1", "target"] == pytest.approx(30 * M2_PER_MU)


def test_week_headings_must_be_cumulative_and_have_a_year(tmp_path):
    book = office_ledger()
    sheet = book["任务台账"]
    sheet["N2"], sheet["O2"] = "11月22日", "2019年11月29日本周完成"
    sheet["O3"] = 5
    _, _, problems = load_ledger(saved(book, tmp_path))
    assert {found.code: found.rows for found in errors_of(problems)} == {
        "week_not_cumulative": ("任务台账!O2",),
        "day_without_year": ("任务台账!N2",),
    }


def test_columns_without_a_contract_are_kept(tmp_path):
    book = office_ledger()
    book["任务台账"]["N2"], book["任务台账"]["N3"] = "包村干部", "赵"
    tasks, _, _ = load_ledger(saved(book, tmp_path))
    assert tasks["包村干部"].tolist() == ["赵", None, None]


def test_colours_and_lists_do_not_matter(tmp_path):
    book = office_ledger()
    book["任务台账"]["A3"].fill = PatternFill("solid", fgColor="FFFF00")
    book["任务台账"].freeze_panes = "A3"
    assert errors_of(load_ledger(saved(book, tmp_path))[2]) == []


def test_the_same_file_reads_the_same(tmp_path):
    path = saved(office_ledger(), tmp_path)
    first, second = load_ledger(path), load_ledger(path)
    pd.testing.assert_frame_equal(first[0], second[0])
    pd.testing.assert_frame_equal(first[1], second[1])


ODD_CELLS = [None, "", "-", "x", "=1/0", "#N/A", "@", 0, -3, 1e300, True, "30亩", "2019-13-01", "合计", 43792, "T1"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["任务台账", "周报"]), st.integers(2, 9), st.integers(1, 14), st.sampled_from(ODD_CELLS))
def test_any_cell_may_hold_anything(tmp_path, sheet, row, column, value):
    """Whatever stands in a cell is read, or said, and figures nobody touched stay as they were."""
    book = office_ledger()
    cell = book[sheet].cell(row, column)
    if isinstance(cell, MergedCell) or (sheet == "任务台账" and row == 2):
        return
    cell.value = value
    tasks, reports, problems = load_ledger(saved(book, tmp_path))
    assert all(found.render("zh") and found.render("en") for found in problems)
    untouched = tasks.index.intersection(["T1", "T2", "T3"])
    if errors_of(problems) or sheet == "任务台账":
        return
    assert tasks.loc[untouched, "target"].tolist() == pytest.approx([30 * M2_PER_MU, 1500, 1200])
    assert len(reports) >= 4 or value == "合计"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("missing.xlsx", None, "file_missing"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not_a_workbook"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "workbook_encrypted"),
        ("text.txt", b"a,b", "not_a_workbook"),
        ("broken.xlsx", b"PK\x03\x04 nothing more", "workbook_broken"),
        ("empty.xlsx", b"", "workbook_broken"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path, name, content, code):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LedgerError) as caught:
        load_ledger(path)
    assert codes(caught.value.problems) == [code]
    assert name in caught.value.render("zh")
    assert name in caught.value.render("en")


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "zip.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(LedgerError) as caught:
        load_ledger(path)
    assert codes(caught.value.problems) == ["workbook_broken"]


def test_a_workbook_without_tasks_is_refused(tmp_path):
    book = Workbook()
    book.active.title = "说明"
    book.active.append(["请如实填写"])
    with pytest.raises(LedgerError) as caught:
        load_ledger(saved(book, tmp_path))
    assert codes(caught.value.problems) == ["no_task_list"]
    assert "说明" in caught.value.render("en")


def test_a_template_without_rows_says_so(tmp_path):
    book = Workbook()
    book.active.append(TASK_HEADER)
    tasks, reports, problems = load_ledger(saved(book, tmp_path))
    assert len(tasks) == len(reports) == 0
    assert codes(errors_of(problems)) == ["layer_empty"]
