"""Workbooks that say tasks twice, in a summary beside the townships' sheets, and sheets whose header is missing."""

import pandas as pd
import pytest
from openpyxl import Workbook
from tests.io.test_excel import codes, saved

from fringe.io.excel import load_ledger, read_ledger
from fringe.model.problem import errors_of
from fringe.works.progress import progress

HEADER = ("序号", "任务名称", "片区", "类别", "单位", "目标量", "开始日期", "完成时限")


def row(number, title, target=30, unit="亩", zone="东片", start="2019-11-23"):
    return (number, title, zone, "绿化", unit, target, start, "2020-03-31")


def workbook(sheets, header=HEADER):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for line in (header, *rows) if header else rows:
            sheet.append(line)
    return book


TOWNS = {"甲镇": [row(1, "补植")], "乙乡": [row(1, "新植", 10)]}
BOTH = [row(1, "补植"), row(2, "新植", 10)]


@pytest.mark.parametrize("name", ["汇总", "2019年任务汇总表", "合计", "总表", "Summary", "全区"])
@pytest.mark.parametrize("first", [True, False])
def test_a_summary_is_left_out_and_named(tmp_path, name, first):
    sheets = {name: BOTH, **TOWNS} if first else {**TOWNS, name: BOTH}
    tasks, _, problems = load_ledger(saved(workbook(sheets), tmp_path))
    assert tasks["title"].tolist() == ["补植", "新植"]
    assert tasks["township"].tolist() == ["甲镇", "乙乡"]
    assert tasks.index.tolist() == ["甲镇-1", "乙乡-1"]
    assert errors_of(problems) == []
    (found,) = [found for found in problems if found.code == "summary_left_out"]
    assert (found.rows, found.severity) == ((name,), "warning")
    for lang in ("zh", "en"):
        assert name in found.render(lang)
        assert found.remedy(lang)


def test_a_programme_is_not_doubled(tmp_path):
    path = saved(workbook({"汇总": BOTH, **TOWNS}), tmp_path)
    tasks, reports, _ = load_ledger(path)
    assert progress(tasks, reports, on="2019-12-31", by=None)["n_tasks"].item() == 2
    table = read_ledger(path, lang="zh")[2]
    assert table.loc[table["code"] == "summary_left_out", "severity"].tolist() == ["warning"]


def test_the_same_is_the_same_however_it_is_written(tmp_path):
    summary = [
        row(7, " 补 植", "２公顷", None, start=pd.Timestamp(2019, 11, 23)),
        (8, "新植", "东片", "绿化", "㎡", 10_000, "2019年11月23日", 43921),
    ]
    sheets = {"汇总": summary, "甲镇": [row(1, "补植", 30)], "乙乡": [row(1, "新植", 15)]}
    tasks, _, problems = load_ledger(saved(workbook(sheets), tmp_path))
    assert tasks["title"].tolist() == ["补植", "新植"]
    assert "summary_left_out" in codes(problems)


@pytest.mark.parametrize(
    "odd",
    [
        row(2, "新植", 11),  # the summary has another figure
        row(2, "新植", 10, zone="西片"),
        row(2, "新植", 10, start="2019-11-24"),
        row(2, "清运", 10),
    ],
)
def test_rows_that_only_a_summary_has_are_asked_for(tmp_path, odd):
    tasks, _, problems = load_ledger(saved(workbook({"汇总": [row(1, "补植"), odd], **TOWNS}), tmp_path))
    assert tasks["title"].tolist() == ["补植", "新植"]
    (found,) = errors_of(problems)
    assert (found.code, found.rows) == ("summary_unclear", ("汇总!A3",))
    for lang in ("zh", "en"):
        assert "汇总!A3" in found.render(lang)
        assert found.remedy(lang)


def test_sums_without_titles_and_days_are_no_tasks(tmp_path):
    book = workbook(TOWNS)
    sheet = book.create_sheet("汇总", 0)
    sheet.append(["片区", "类别", "单位", "目标量"])
    sheet.append(["东片", "绿化", "亩", 40])
    tasks, _, problems = load_ledger(saved(book, tmp_path))
    assert tasks["title"].tolist() == ["补植", "新植"]
    assert errors_of(problems) == []
    assert [found.rows for found in problems if found.severity == "warning"] == [("汇总",)]


def test_figures_that_only_a_summary_has_are_not_lost(tmp_path):
    header = (*HEADER, "2019-12-06")
    sheets = {"汇总": [(*BOTH[0], 5), (*BOTH[1], None)], "甲镇": [TOWNS["甲镇"][0]], "乙乡": [TOWNS["乙乡"][0]]}
    _, _, problems = load_ledger(saved(workbook(sheets, header), tmp_path))
    assert [(found.code, found.rows) for found in errors_of(problems)] == [("summary_unclear", ("汇总!A2",))]
    sheets["甲镇"] = [(*TOWNS["甲镇"][0], 5)]
    tasks, reports, problems = load_ledger(saved(workbook(sheets, header), tmp_path, "both.xlsx"))
    assert errors_of(problems) == []
    assert (len(tasks), len(reports)) == (2, 1)


def test_a_copy_of_a_sheet_is_left_out(tmp_path):
    tasks, _, problems = load_ledger(saved(workbook({"甲镇 (2)": TOWNS["甲镇"], **TOWNS}), tmp_path))
    assert tasks["township"].tolist() == ["甲镇", "乙乡"]
    assert [found.rows for found in problems if found.code == "summary_left_out"] == [("甲镇 (2)",)]


def test_townships_with_the_same_tasks_are_kept_and_said(tmp_path):
    sheets = {"甲镇": [row(1, "补植")], "乙乡": [row(1, "补植")]}
    tasks, _, problems = load_ledger(saved(workbook(sheets), tmp_path))
    assert len(tasks) == 2
    (found,) = [found for found in problems if found.code == "sheet_repeated"]
    assert (found.rows, found.params["other"], found.severity) == (("乙乡",), "甲镇", "warning")
    # With townships of their own they are two works, and nothing is said.
    named = {title: [(*rows[0], title)] for title, rows in sheets.items()}
    tasks, _, problems = load_ledger(saved(workbook(named, (*HEADER, "乡镇")), tmp_path, "named.xlsx"))
    assert tasks["township"].tolist() == ["甲镇", "乙乡"]
    assert not {"sheet_repeated", "summary_left_out"} & set(codes(problems))


def test_a_summary_alone_is_the_list(tmp_path):
    tasks, _, problems = load_ledger(saved(workbook({"任务汇总": BOTH}), tmp_path))
    assert len(tasks) == 2
    assert errors_of(problems) == []


def test_a_township_without_a_header_is_an_error(tmp_path):
    book = workbook(TOWNS)
    bare = book.create_sheet("丙镇")
    bare.append(["丙镇任务台账"])
    bare.append(row(1, "补植"))
    bare.append(row(2, "新植"))
    _, _, problems = load_ledger(saved(book, tmp_path))
    (found,) = errors_of(problems)
    assert (found.code, found.layer, found.rows) == ("sheet_without_header", "tasks", ("丙镇!A2", "丙镇!A3"))
    for lang in ("zh", "en"):
        assert "丙镇" in found.render(lang)
        assert found.remedy(lang)


def test_rows_in_other_columns_are_seen_as_well(tmp_path):
    book = workbook(TOWNS)
    book.create_sheet("丙镇").append(["2019.11.23", "2020.3.31", "补植", "西片", "30亩"])
    _, _, problems = load_ledger(saved(book, tmp_path))
    assert [(found.code, found.rows) for found in errors_of(problems)] == [("sheet_without_header", ("丙镇!A1",))]


def test_reports_without_a_header_are_seen_as_well(tmp_path):
    book = workbook(TOWNS)
    book.create_sheet("第一周").append(["任务编号", "日期", "累计完成"])
    book["第一周"].append(["甲镇-1", "2019-12-06", 3])
    book.create_sheet("第二周").append(["甲镇-1", "2019-12-13", 5])
    _, _, problems = load_ledger(saved(book, tmp_path))
    (found,) = [found for found in errors_of(problems) if found.code == "sheet_without_header"]
    assert (found.layer, found.rows) == ("reports", ("第二周!A1",))


def test_notes_for_readers_are_left_out_with_a_warning(tmp_path):
    book = workbook(TOWNS)
    notes = book.create_sheet("填表说明")
    notes.append(["请于 2019-12-06 前报送", "联系人", 3])
    notes.append(["2019-12-06", "调度会", "三楼", 10])
    _, _, problems = load_ledger(saved(book, tmp_path))
    assert errors_of(problems) == []
    assert [(found.rows, found.severity) for found in problems if found.code == "sheet_left_out"] == [
        (("填表说明",), "warning")
    ]
