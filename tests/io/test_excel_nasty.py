"""What offices do to a ledger: totals that are wrong, days without a year, shares that may be meant either way."""

import zipfile

import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from tests.io.test_excel import M2_PER_MU, codes, office_ledger, saved

from fringe.errors import LedgerError
from fringe.io.excel import load_ledger, load_reports
from fringe.io.ledger_rows import Amount, read_amount
from fringe.io.log_door import read_done
from fringe.io.sheets import read_sheets
from fringe.model.problem import errors_of
from fringe.works.progress import progress

HEADER = ("编号", "任务名称", "乡镇", "片区", "类别", "单位", "目标量", "权重", "开始日期", "完成时限")


def ledger(*rows, title="台账", above=None, header=HEADER):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    if above is not None:
        sheet.append([above])
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    return book


def task(name, target, weight=1, unit="亩", start="2019-11-01", due="2020-03-31"):
    return (name, f"任务{name}", "甲镇", "东片", "绿化", unit, target, weight, start, due)


def total(word, target, weight=None):
    return (None, word, None, None, None, None, target, weight)


def differences(problems):
    return [
        (found.rows, found.params["column"], found.params["value"], found.params["added"])
        for found in problems
        if found.code == "total_differs"
    ]


# Totals


def test_subtotals_and_a_total_that_are_right_are_only_left_out(tmp_path):
    rows = (
        task("T1", 10), task("T2", 20), total("小计", 30, 2), task("T3", 5), total("小计", 5, 1), total("合计", 35, 3),
    )  # fmt: skip
    tasks, _, problems = load_ledger(saved(ledger(*rows), tmp_path))
    assert tasks.index.tolist() == ["T1", "T2", "T3"]
    assert [(found.code, found.rows) for found in problems] == [("totals_left_out", ("台账!B4", "台账!B6", "台账!B7"))]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((task("T1", 10), task("T2", 20), total("合计", 31)), [(("台账!G4",), "target", "31", "30")]),
        ((task("T1", 10), task("T2", 20), total("合计", 30, 5)), [(("台账!H4",), "weight", "5", "2")]),
        # The second subtotal adds its own block, not all above it.
        (
            (task("T1", 10), total("小计", 10), task("T2", 20), total("小计", 21), total("合计", 30)),
            [(("台账!G5",), "target", "21", "20")],
        ),
        # A total may stand on top.
        ((total("合计", 30), task("T1", 10), task("T2", 20)), []),
        ((total("合计", 29), task("T1", 10), task("T2", 20)), [(("台账!G2",), "target", "29", "30")]),
        # One above each block.
        ((total("甲镇合计", 10), task("T1", 10), total("乙乡合计", 20), task("T2", 20)), []),
        # Written with fewer decimals than its rows, a total may be rounded, but not by more.
        ((task("T1", 10.26), task("T2", 20.26), total("合计", 30.5)), []),
        ((task("T1", 10.26), task("T2", 20.26), total("合计", 30.6)), [(("台账!G4",), "target", "30.6", "30.52")]),
        ((task("T1", 10), task("T2", 20), total("合计", "３０亩")), []),
        ((task("T1", "1,000"), task("T2", 20), total("合 计：", "1,020")), []),
        # Nothing adds up in several units, nor do shares.
        ((task("T1", 10), task("T2", 20, unit="公里"), total("合计", 99)), []),
        ((task("T1", "85%", unit="%"), task("T2", "95%", unit="%"), total("合计", "90%")), []),
    ],
)
def test_a_total_is_held_against_its_rows(tmp_path, rows, said):
    _, _, problems = load_ledger(saved(ledger(*rows), tmp_path))
    assert differences(problems) == said
    assert errors_of(problems) == []
    for found in problems:
        if found.code == "total_differs":
            assert found.severity == "warning"
            for lang in ("zh", "en"):
                assert all(part in found.render(lang) for part in (found.rows[0], *said[0][2:]))


def test_totals_of_week_columns_are_held_against_their_rows(tmp_path):
    header = (*HEADER, "2019-11-29", "2019-12-06")
    rows = ((*task("T1", 10), 1, 2), (*task("T2", 20), 3, None), (*total("合计", 30), None, None, 4, 3))
    _, reports, problems = load_ledger(saved(ledger(*rows, header=header), tmp_path))
    assert differences(problems) == [(("台账!L4",), "2019-12-06", "3", "2")]
    assert len(reports) == 3


def test_a_task_may_be_called_total(tmp_path):
    rows = (("T1", "合计", *task("T1", 10)[2:]), task("小计", 5))
    assert load_ledger(saved(ledger(*rows), tmp_path))[0].index.tolist() == ["T1", "小计"]


# Days without a year


def weeks(*headings, **words):
    return ledger((*task("T1", 10), *range(1, len(headings) + 1)), header=(*HEADER, *headings), **words)


def test_week_columns_take_the_year_of_the_one_before_and_pass_new_year(tmp_path):
    _, reports, problems = load_ledger(saved(weeks("2019年12月20日", "12月27日", "截至1月3日", "1.10"), tmp_path))
    assert reports["date"].dt.strftime("%Y-%m-%d").tolist() == ["2019-12-20", "2019-12-27", "2020-01-03", "2020-01-10"]
    told = [found for found in problems if found.code == "year_told"]
    assert [(found.rows, found.severity) for found in told] == [
        (("台账!L1",), "warning"), (("台账!M1",), "warning"), (("台账!N1",), "warning"),
    ]  # fmt: skip
    assert "2020-01-03" in told[1].render("zh")
    assert "2020-01-03" in told[1].render("en")


@pytest.mark.parametrize("words", [{"title": "2019台账"}, {"above": "某区2019年度任务台账"}])
def test_a_single_year_above_is_the_year(tmp_path, words):
    _, reports, problems = load_ledger(saved(weeks("11月29日", **words), tmp_path))
    assert reports["date"].tolist() == [pd.Timestamp("2019-11-29")]
    assert codes(errors_of(problems)) == []


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        (("11月29日",), {}),
        (("11月29日",), {"above": "2019—2020年度台账"}),
        (("11月29日",), {"above": "2019年今冬明春台账"}),  # the spring of which is 2020
        (("2月30日",), {"above": "2019年台账"}),
        (("2019-12-20", "12月13日"), {}),  # out of order: not a year later
        ((11.3,), {"above": "2019年台账"}),  # Excel has made a number of 11.30
    ],
)
def test_a_year_nobody_tells_is_asked_for(tmp_path, headings, words):
    book = weeks(*headings, **words)
    _, _, problems = load_ledger(saved(book, tmp_path))
    (found,) = [found for found in errors_of(problems) if found.code == "day_without_year"]
    column = "K" if len(headings) == 1 else "L"
    assert found.rows == (f"台账!{column}{2 if 'above' in words else 1}",)
    assert "year=" in found.remedy("zh")
    assert "year=" in found.remedy("en")


def test_the_reader_may_tell_the_year(tmp_path):
    rows = (task("T1", 10, start="11月1日"),)
    path = saved(ledger(*rows), tmp_path)
    assert [found.rows for found in errors_of(load_ledger(path)[2])] == [("台账!I2",)]
    tasks, _, problems = load_ledger(path, year=2019)
    assert tasks.loc["T1", "start"] == pd.Timestamp("2019-11-01")
    assert [(found.code, found.rows) for found in problems] == [("year_told", ("台账!I2",))]


def test_a_week_block_with_the_year_above_its_days(tmp_path):
    book = ledger((*task("T1", 10), 1, 2), header=(*HEADER, "2019年", None))
    sheet = book.active
    sheet.insert_rows(2)
    sheet["K2"], sheet["L2"] = "11月29日", "12月6日"
    sheet.merge_cells("K1:L1")
    _, reports, problems = load_ledger(saved(book, tmp_path))
    assert reports["date"].dt.strftime("%Y-%m-%d").tolist() == ["2019-11-29", "2019-12-06"]
    assert codes(problems) == ["recorded_at_missing"]


@pytest.mark.parametrize("text", [False, True])
def test_a_workbook_that_counts_from_1904_means_its_own_days(tmp_path, text):
    """42330 days after 1904-01-01 is 2019-11-23, which other workbooks call 43792."""
    serial = str if text else int
    book = ledger(
        (*task("T1", 10, start=serial(42330), due=pd.Timestamp(2020, 3, 31)), 4), header=(*HEADER, serial(42343))
    )
    book.epoch = CALENDAR_MAC_1904
    sheet = book.create_sheet("周报")
    sheet.append(["编号", "任务编号", "日期", "累计完成", "填报时间"])
    sheet.append(["R1", "T1", serial(42337), 1, pd.Timestamp(2019, 12, 1, 9, 30)])
    tasks, reports, problems = load_ledger(saved(book, tmp_path))
    assert tasks.loc["T1", ["start", "due"]].tolist() == [pd.Timestamp("2019-11-23"), pd.Timestamp("2020-03-31")]
    assert sorted(reports["date"].dt.strftime("%Y-%m-%d")) == ["2019-11-30", "2019-12-06"]
    assert reports.loc["R1", "recorded_at"] == pd.Timestamp("2019-12-01 09:30")
    assert errors_of(problems) == []
    told = [found for found in problems if found.code == "day_from_1904"]
    assert {found.rows for found in told} == {("台账!K1",), ("台账!I2",), ("周报!C2",)}
    for lang in ("zh", "en"):
        assert "42330" in "".join(found.render(lang) for found in told)
        assert "2019-11-23" in "".join(found.render(lang) for found in told)


# Shares


@pytest.mark.parametrize(
    ("unit", "done", "shown", "expected"),
    [
        ("%", 85, "General", 0.85),
        ("%", "85", "General", 0.85),
        ("%", "85%", "General", 0.85),
        ("%", "８５％", "General", 0.85),
        ("%", 0.85, "0%", 0.85),
        ("%", 0, "General", 0.0),
        ("%", "0.5%", "General", 0.005),
        ("%", 0.85, "General", None),
        ("%", 1, "General", None),
        ("share", 0.85, "General", 0.85),
        ("share", "85%", "General", 0.85),
        ("share", 85, "General", None),
    ],
)
def test_a_share_is_read_as_meant_or_refused(tmp_path, unit, done, shown, expected):
    book = ledger(task("T1", "100%", unit=unit))
    sheet = book.create_sheet("周报")
    sheet.append(["编号", "任务编号", "日期", "累计完成"])
    sheet.append(["R1", "T1", "2019-12-06", done])
    sheet["D2"].number_format = shown
    tasks, reports, problems = load_ledger(saved(book, tmp_path))
    assert tasks.loc["T1", ["unit", "target"]].tolist() == ["share", 1.0]
    if expected is not None:
        assert errors_of(problems) == []
        assert reports["done"].tolist() == pytest.approx([expected], abs=1e-15)
        return
    (found,) = errors_of(problems)
    assert (found.code, found.rows) == ("share_unclear", ("周报!D2",))
    for lang in ("zh", "en"):
        assert "周报!D2" in found.render(lang)
        assert f"{done:g}" in found.render(lang)
        assert "85%" in found.remedy(lang) or "100%" in found.remedy(lang)


LITERAL = ['0"%"', r"0\%", '0.00"%"', '#,##0"%";-0"%"', "0!%", '0_%"%"', 'General"%"', '[Red]0" %"', '0"％"']


@pytest.mark.parametrize("shown", LITERAL)
def test_a_percent_sign_that_is_only_written_does_not_scale(tmp_path, shown):
    """Excel shows 85% where the cell holds 85."""
    book = ledger(task("T1", 100, unit="%"), task("T2", "100%", unit="share"), task("T3", 100, unit=None))
    sheet = book.create_sheet("周报")
    sheet.append(["编号", "任务编号", "日期", "累计完成"])
    for name in ("T1", "T2", "T3"):
        sheet.append([f"R{name}", name, "2019-12-06", 85])
        sheet.cell(sheet.max_row, 4).number_format = shown
    book["台账"]["G2"].number_format = book["台账"]["G4"].number_format = shown
    tasks, reports, problems = load_ledger(saved(book, tmp_path))
    assert errors_of(problems) == []
    assert tasks["target"].tolist() == [1.0] * 3
    assert tasks["unit"].tolist() == ["share"] * 3
    assert reports["done"].tolist() == [0.85] * 3
    assert tasks.loc["T1", "target_given"] in {"100%", "100％"}
    assert progress(tasks, reports, on="2019-12-06", by=None)["progress_share"].item() == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("shown", "value", "expected"),
    [
        ("0%", 0.85, (85, "%")),
        ("0.0 %", 0.85, (85, "%")),
        ('0%" done"', 0.85, (85, "%")),
        ('"50%: "0', 85, (85, None)),
        ("[$%-804]0", 85, (85, None)),
        ('0" of 100%"', 85, (85, None)),
        ("0_%", 85, (85, None)),
        ("0*%", 85, (85, None)),
        # Each section has its own say, by sign or by condition.
        ('0%;-0"%"', 0.85, (85, "%")),
        ('0%;-0"%"', -85, (-85, "%")),
        ("0;-0%;0%", 85, (85, None)),
        ("0;-0;0%", 0, (0, "%")),
        ("[<=1]0%;0", 0.85, (85, "%")),
        ("[<=1]0%;0", 85, (85, None)),
        # Other units are written behind numbers as well, but not where another number is shown.
        ('0"亩"', 30, (30, "亩")),
        ("#,##0.0\\ \\m\\²", 30, (30, "m²")),
        ('0,"公里"', 30_000, (30_000, None)),
        ('0!.0000"万亩"', 30_000, (30_000, None)),
        ('0"个月"', 3, (3, None)),
        ("General", 85, (85, None)),
    ],
)
def test_what_a_format_writes_is_told_from_what_it_computes(tmp_path, shown, value, expected):
    book = Workbook()
    book.active["A1"] = value
    book.active["A1"].number_format = shown
    amount = read_amount(read_sheets(saved(book, tmp_path))[0].rows[0][0])
    assert amount == Amount(pytest.approx(expected[0]), expected[1])


def test_a_unit_that_a_format_writes_must_be_the_tasks_own(tmp_path):
    book = ledger(task("T1", 30, unit="亩"), task("T2", 30, unit="公里"))
    book.active["G2"].number_format = book.active["G3"].number_format = '0"亩"'
    tasks, _, problems = load_ledger(saved(book, tmp_path))
    assert tasks.loc["T1", ["unit", "target_given"]].tolist() == ["m2", "30亩"]
    assert tasks.loc["T1", "target"] == pytest.approx(30 * M2_PER_MU)
    assert [(found.code, found.rows) for found in errors_of(problems)] == [("units_contradict", ("台账!G3",))]


# Cells and rows


def test_a_formula_whose_result_is_an_empty_text_is_empty(tmp_path):
    book = office_ledger()
    book["周报"]["G2"] = '=IF(1=2,"x","")'
    path, computed = saved(book, tmp_path), tmp_path / "computed.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(computed, "w") as target:
        for name in source.namelist():
            part = source.read(name).replace(b'<c r="G2"><f>', b'<c r="G2" t="str"><f>')
            target.writestr(name, part)
    _, reports, problems = load_ledger(computed)
    assert reports.loc["R1", "note"] is None
    assert errors_of(problems) == []


def test_a_header_repeated_on_every_page_is_no_row(tmp_path):
    _, _, problems = load_ledger(saved(ledger(task("T1", 1), HEADER, task("T2", 2)), tmp_path))
    assert [(found.code, found.rows) for found in problems] == [("header_repeated", ("台账!A3",))]


def test_a_unit_above_the_table_holds_for_its_figures(tmp_path):
    header = tuple(name for name in HEADER if name != "单位")
    row = tuple(item for at, item in enumerate(task("T1", 3)) if at != 5)
    tasks, _, problems = load_ledger(saved(ledger(row, above="单位：亩", header=header), tmp_path))
    assert tasks.loc["T1", ["unit", "unit_given"]].tolist() == ["m2", "亩"]
    assert tasks.loc["T1", "target"] == pytest.approx(3 * M2_PER_MU)
    assert errors_of(problems) == []


def test_a_sheet_formatted_down_to_the_last_row_is_read_at_once(tmp_path):
    book = ledger(task("T1", 1))
    book.active["A1048576"].number_format = "0.00"
    book.active["XFD2"].number_format = "0.00"
    tasks, _, problems = load_ledger(saved(book, tmp_path))
    assert tasks.index.tolist() == ["T1"]
    assert problems == []


# Reports on tasks that are known


def reports_book(*rows, header=("编号", "任务编号", "日期", "累计完成")):
    book = Workbook()
    book.active.title = "周报"
    book.active.append(header)
    for row in rows:
        book.active.append(row)
    return book


def test_reports_alone_are_read_against_known_tasks(tmp_path):
    tasks = load_ledger(saved(office_ledger(), tmp_path))[0]
    rows = (("N1", "T1", "2020-01-03", "15亩"), ("N2", "T3", "2020-01-03", 40), ("N3", "T2", "2020-01-03", 900, "米"))
    book = reports_book(*rows, header=("编号", "任务编号", "日期", "累计完成", "单位"))
    reports, problems = load_reports(saved(book, tmp_path, "new.xlsx"), tasks)
    assert reports["done"].tolist() == pytest.approx([15 * M2_PER_MU, 40, 900])
    assert codes(problems) == ["recorded_at_missing"]


@pytest.mark.parametrize(
    ("row", "code", "cell", "said"),
    [
        (("N1", "T1", "2020-01-03", 15), "unit_unclear", "周报!D2", "亩"),
        (("N1", "T9", "2020-01-03", 15), "unknown_task", "N1 周报!B2", "T9"),
        (("N1", "T3", "2999-01-03", 15), "date_in_future", "N1 周报!C2", "2999-01-03"),
        (("N1", "T3", "2020-01-03", -15), "below_minimum", "N1 周报!D2", "-15"),
        (("N1", "T3", "2020-01-03", "15亩"), "unit_of_report", "周报!D2", "15亩"),
        (("N1", "T3", "2020-01-03", "=7+8"), "formula_without_value", "周报!D2", "=7+8"),
    ],
)
def test_bad_reports_name_their_cell(tmp_path, row, code, cell, said):
    tasks = load_ledger(saved(office_ledger(), tmp_path))[0]
    _, problems = load_reports(saved(reports_book(row), tmp_path, "new.xlsx"), tasks)
    found = next(found for found in errors_of(problems) if found.code == code)
    assert found.rows == (cell,)
    for lang in ("zh", "en"):
        assert cell.split()[-1] in found.render(lang)
        assert said in found.render(lang)
        assert found.remedy(lang)


def test_a_workbook_without_reports_is_refused(tmp_path):
    tasks = load_ledger(saved(office_ledger(), tmp_path))[0]
    with pytest.raises(LedgerError) as caught:
        load_reports(saved(ledger(task("T1", 1)), tmp_path, "tasks.xlsx"), tasks)
    assert codes(caught.value.problems) == ["no_report_list"]


# Figures with commas and blanks


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1,500", 1500), ("１，５００", 1500), ("1 500", 1500), ("1,234,567.5", 1_234_567.5), ("12 亩", 12),
        ("2,5", None), ("1,5亩", None), ("1,50", None), ("1,5000", None), ("0,500", None), ("1234,567", None),
        ("1,234 567", None), ("10 20", None), ("1，5", None), ("1_0", None), ("1,,000", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["target", "weight", "done"])
def test_separators_of_thousands_stand_in_groups_of_three_or_the_figure_is_asked_for(
    tmp_path, written, expected, place
):
    figures = {"target": 10_000_000, "weight": 1, "done": 1} | {place: written}
    book = ledger(task("T1", figures["target"], figures["weight"]), header=HEADER)
    sheet = book.create_sheet("周报")
    sheet.append(["编号", "任务编号", "日期", "累计完成"])
    sheet.append(["R1", "T1", "2019-12-06", figures["done"]])
    if place == "weight" and "亩" in written:
        return
    tasks, reports, problems = load_ledger(saved(book, tmp_path))
    read = {"target": tasks["target"], "weight": tasks["weight"], "done": reports["done"]}[place].iloc[0]
    cell = {"target": "台账!G2", "weight": "台账!H2", "done": "周报!D2"}[place]
    if expected is None:
        (found,) = [found for found in errors_of(problems) if found.code == "not_a_number"]
        assert found.rows[0].endswith(cell)
        assert pd.isna(read)
        for lang in ("zh", "en"):
            assert written in found.render(lang)
    else:
        assert errors_of(problems) == []
        assert read == pytest.approx(expected * (1 if place == "weight" else M2_PER_MU))


@pytest.mark.parametrize("given", ["2,5", "1,5亩", "10 20"])
def test_a_recorded_figure_with_a_doubtful_comma_is_refused(given):
    found, problems = read_done(given, pd.Series({"unit": "m2", "unit_given": "m2"}))
    assert found is None
    assert codes(problems) == ["log_done_unclear"]
    assert read_done("1,500", pd.Series({"unit": "m2", "unit_given": "m2"})) == (1500.0, [])
