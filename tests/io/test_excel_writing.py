"""A written ledger reads back the same, runs nothing, and helps those who fill it in."""

import zipfile

import pandas as pd
import pyogrio
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

import fringe as fr
from fringe.errors import LedgerError
from fringe.io.excel import load_ledger
from fringe.io.excel_cells import figure
from fringe.io.excel_ledger import ledger_template, write_ledger
from fringe.io.ledger_rows import read_amount
from fringe.io.sheets import Cell
from fringe.model.problem import errors_of
from fringe.model.units import parse_unit
from fringe.works.standing import task_state


def assert_same(read, meant):
    pd.testing.assert_frame_equal(read[list(meant.columns)], meant, check_exact=True, check_dtype=False)


def ledger(*rows, **columns):
    ids = [f"T{at}" for at in range(1, len(rows) + 1)]
    frame = {
        "title": "任务", "zone": "东片", "category": "绿化", "unit": [unit for _, unit in rows],
        "target": [float(target) for target, _ in rows], "start": pd.Timestamp("2019-11-01"),
        "due": pd.Timestamp("2020-03-31"),
    }  # fmt: skip
    return pd.DataFrame({**frame, **columns}, index=pd.Index(ids, name="task", dtype=object))


def reports_on(*rows, **columns):
    frame = {
        "task": [task for task, _, _ in rows],
        "date": pd.to_datetime([day for _, day, _ in rows]).astype("datetime64[us]"),
        "done": [done for _, _, done in rows],
    }
    ids = pd.Index([f"R{at}" for at in range(1, len(rows) + 1)], name="report", dtype=object)
    return pd.DataFrame({**frame, **columns}, index=ids)


NONE = reports_on()


# The sample


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sample_goes_from_excel_to_tables_to_excel_without_a_difference(tmp_path, sample, lang):
    first = load_ledger(sample.parent / "ledger.xlsx")
    write_ledger(first[0], first[1], tmp_path / "again.xlsx", lang=lang)
    again = load_ledger(tmp_path / "again.xlsx")
    for one, other in zip(first[:2], again[:2], strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert errors_of(again[2]) == []
    write_ledger(*again[:2], tmp_path / "third.xlsx", lang=lang)
    assert cells_of(tmp_path / "again.xlsx") == cells_of(tmp_path / "third.xlsx")


def test_the_samples_own_figures_stand_in_the_written_file(tmp_path, sample):
    path = sample.parent / "ledger.xlsx"
    write_ledger(*load_ledger(path)[:2], tmp_path / "again.xlsx", lang="zh")
    old, new = (load_workbook(file).worksheets for file in (path, tmp_path / "again.xlsx"))
    for at in (0, 1):
        header = 2 if at == 0 else 1  # the old list of tasks has a title
        rows = [[cell.value for cell in row] for row in old[at].iter_rows(min_row=header + 1)]
        for name in ("目标量", "累计完成", "权重", "单位"):
            where = [[cell.value for cell in sheet[line]] for sheet, line in ((old[at], header), (new[at], 1))]
            if name in where[0]:
                before = [
                    row[where[0].index(name)] for row in rows if row[where[0].index("编号")] not in (None, "合计")
                ]
                after = [row[where[1].index(name)].value for row in new[at].iter_rows(min_row=2)]
                assert after == before[: len(after)]


def cells_of(path):
    return {
        (sheet.title, cell.coordinate): (cell.value, cell.number_format)
        for sheet in load_workbook(path).worksheets
        for row in sheet.iter_rows()
        for cell in row
    }


# Reading back


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_of_the_contract_reads_back(tmp_path, lang):
    tasks = ledger(
        (20_000.0, "m2"), (1500, "m"), (0.85, "share"), (12, "车次"),
        unit_given=["亩", "公里", "%", "车次"], target_given=["30", "１．５", "85", "12"],
        weight=[0.1 + 0.2, 1 / 3, 2, None], township=["甲镇", None, "=甲镇", "@"], village=None, lead_unit="园林局",
        local_unit="-", note=["+1", "a\nb", " x ", ""],
        pilot=pd.array([True, False, None, True], dtype="boolean"), 包村干部=["赵", None, 3, 2.5],
    )  # fmt: skip
    tasks["note"] = tasks["note"].where(tasks["note"] != "", None)
    moments = ["2019-12-06 17:30", "2019-12-06 17:30:59", None, "2019-12-07 08:00:00.000001", None]
    reports = reports_on(
        ("T1", "2019-12-06", 0.1 + 0.2), ("T2", "2019-12-06", 1e-7), ("T3", "2019-12-06", 0.005),
        ("T4", "2019-12-06", 3), ("T1", "2019-12-06", None), kind=["report", "report", None, "report", "void"],
        corrects=[None, None, None, None, "R1"], recorded_at=pd.to_datetime(moments, format="mixed"), reporter="王",
        evidence="'x",
    )  # fmt: skip
    write_ledger(tasks, reports, tmp_path / "a.xlsx", lang=lang)
    read_tasks, read_reports, _ = load_ledger(tmp_path / "a.xlsx")
    assert_same(read_tasks, tasks)
    assert_same(read_reports, reports)
    assert list(read_tasks.columns) == list(tasks.columns)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1, max_size=12
).filter(str.strip)
NASTY = st.sampled_from(
    ["=1+1", "@SUM(A1)", "+1", "-1", "'=1", "\t=1", "#N/A", "TRUE", "12", "2019-11-23", "11月23日", "合计", "小计",
     "注：无", "30亩", "85%", "_x0041_", "<b>&amp;", "１２", "None", "nan", "1e5", "0012", '=HYPERLINK("http://x","y")']
)  # fmt: skip
ANY_TEXT = st.one_of(TEXTS, NASTY)
FIGURES = st.one_of(
    st.floats(1e-6, 1e9), st.integers(1, 10**6).map(float), st.integers(1, 10**4).map(lambda number: number * 2000 / 3)
)
UNITS = st.sampled_from([("m2", "亩"), ("m2", "公顷"), ("m2", "m2"), ("m", "公里"), ("share", "%"), ("share", "share"),
                         ("株", "万株"), ("车次", "车次")])  # fmt: skip
ROW = st.tuples(FIGURES, UNITS, ANY_TEXT, ANY_TEXT, ANY_TEXT, FIGURES)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=1, max_size=5), st.sampled_from(["zh", "en"]))
@example([(1.0, ("m2", "m2"), "合计", "合计", "合计", 1.0)], "zh")
def test_whatever_stands_in_a_ledger_reads_back(tmp_path, rows, lang):
    targets, units, titles, zones, notes, done = zip(*rows, strict=True)
    tasks = ledger(
        *((target, unit) for target, (unit, _) in zip(targets, units, strict=True)), title=list(titles),
        zone=list(zones), note=list(notes), unit_given=[given for _, given in units], target_given=list(titles),
    )  # fmt: skip
    reports = reports_on(*((f"T{at}", "2019-12-06", item) for at, item in enumerate(done, start=1)), note=list(notes))
    write_ledger(tasks, reports, tmp_path / "a.xlsx", lang=lang, overwrite=True)
    read_tasks, read_reports, problems = load_ledger(tmp_path / "a.xlsx")
    assert_same(read_tasks, tasks)
    assert_same(read_reports, reports)
    assert errors_of(problems) == []
    assert not formulas(tmp_path / "a.xlsx")


@given(st.floats(0, 1e12), UNITS)
def test_a_figure_is_read_as_it_was(value, units):
    unit, symbol = units
    written = figure(value, unit, symbol)
    amount = read_amount(Cell(written, "A!A1"))
    assert amount.number * parse_unit(amount.unit or symbol).factor == value
    # People see a number without a unit wherever one will do.
    if isinstance(written, str) and unit not in {"share", "车次"}:
        assert parse_unit(amount.unit).name == unit


def test_figures_stand_in_the_unit_they_were_given_in(tmp_path):
    tasks = ledger((20_000.0, "m2"), (7.0, "m2"), unit_given=["亩", "亩"], target_given=["30", "7㎡"])
    write_ledger(tasks, reports_on(("T1", "2019-12-06", 10_000.0)), tmp_path / "a.xlsx", lang="zh")
    book = load_workbook(tmp_path / "a.xlsx")
    row = {head.value: cell.value for head, cell in zip(book["任务台账"][1], book["任务台账"][2], strict=True)}
    assert (row["目标量"], row["单位"]) == (30, "亩")
    assert [cell.value for cell in book["进度上报"][2]][3] == 15


def test_a_unit_of_ones_own_keeps_the_quantity(tmp_path):
    write_ledger(ledger((30, "亩")), reports_on(("T1", "2019-12-06", 12.0)), tmp_path / "a.xlsx")
    tasks, reports, _ = load_ledger(tmp_path / "a.xlsx")
    assert tasks.loc["T1", ["unit", "target", "unit_given"]].tolist() == ["m2", pytest.approx(20_000), "亩"]
    assert reports["done"].tolist() == pytest.approx([8_000])


# Nothing runs


def formulas(path):
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        return [name for name in sheets if b"<f>" in parts.read(name) or b"<f " in parts.read(name)]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t="])
def test_texts_are_never_formulas(tmp_path, sign):
    nasty = f"{sign}cmd|' /C calc'!A0"
    tasks = ledger((1, "m2"), title=nasty, zone=nasty, category=nasty, note=nasty, **{nasty.strip(): nasty})
    zones = pd.DataFrame({"name": [nasty], "township": [nasty]}, index=pd.Index(["Z1"], name="zone"))
    path = tmp_path / "a.xlsx"
    write_ledger(tasks, NONE, path, zones=zones, state=task_state(tasks, NONE, on="2020-01-01"), lang="en")
    assert formulas(path) == []
    for sheet in load_workbook(path).worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value == nasty):
            assert cell.data_type == "s"
            assert cell.quotePrefix


def test_another_reader_sees_the_same_cells(tmp_path):
    texts = ["=1+1", "@x", "-2+3", "0012"]
    tasks = ledger(*[(20_000.0, "m2")] * 4, title=texts, unit_given="亩", target_given="30")
    write_ledger(tasks, NONE, tmp_path / "a.xlsx", lang="zh")
    seen = pyogrio.read_dataframe(tmp_path / "a.xlsx", layer="任务台账", use_arrow=False)
    assert seen["任务名称"].tolist() == texts
    assert seen["目标量"].tolist() == [30] * 4
    assert seen["开始日期"].dt.strftime("%Y-%m-%d").tolist() == ["2019-11-01"] * 4


# What cannot be written is not


@pytest.mark.parametrize(
    ("columns", "code", "rows", "said"),
    [
        ({"title": ["a", "b\x07"]}, "text_unwritable", ("T2",), "Title"),
        ({"note": ["a", "b" * 40_000]}, "text_unwritable", ("T2",), "Note"),
        ({"2019-12-06": ["a", "b"]}, "not_read_back", ("T1", "T2"), "2019-12-06"),
        ({"note": ["a", "b\r\nc"]}, "not_read_back", ("T2",), "Note"),
        ({"target": [1.0, 0.0]}, "target_not_positive", ("T2",), "0"),
    ],
)
def test_what_excel_cannot_keep_is_refused_by_row(tmp_path, columns, code, rows, said):
    tasks = ledger((1, "m2"), (2, "m2")).assign(**columns)
    path = tmp_path / "a.xlsx"
    with pytest.raises(LedgerError) as caught:
        write_ledger(tasks, NONE, path)
    found = next(found for found in caught.value.problems if found.rows == rows)
    assert found.code == code
    assert said in found.render("en")
    assert rows[-1] in found.render("zh")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"mine")
    for write in (lambda: write_ledger(ledger((1, "m2")), NONE, path), lambda: ledger_template(path)):
        with pytest.raises(LedgerError) as caught:
            write()
        assert [found.code for found in caught.value.problems] == ["layer_exists"]
    assert path.read_bytes() == b"mine"
    with pytest.raises(LedgerError, match=r"\.xlsx"):
        write_ledger(ledger((1, "m2")), NONE, tmp_path / "a.xls")


def test_inputs_are_not_written_to(tmp_path):
    tasks, reports = ledger((1, "m2"), unit_given="亩"), reports_on(("T1", "2019-12-06", 1.0))
    before = tasks.copy(deep=True), reports.copy(deep=True)
    write_ledger(tasks, reports, tmp_path / "a.xlsx")
    pd.testing.assert_frame_equal(tasks, before[0])
    pd.testing.assert_frame_equal(reports, before[1])


# What helps those who fill it in


def lists_of(sheet):
    return {
        str(rule.sqref).split("2:")[0]: (rule.type, rule.formula1, rule.errorStyle)
        for rule in sheet.data_validations.dataValidation
    }


def column(sheet, heading):
    return next(cell.column_letter for cell in sheet[1] if cell.value == heading)


def test_headers_are_frozen_and_cells_have_lists(tmp_path, grid):
    tasks = ledger((1, "m2"), zone="NW", pilot=True)
    write_ledger(tasks, reports_on(("T1", "2019-12-06", 1.0)), tmp_path / "a.xlsx", zones=grid, lang="zh")
    book = load_workbook(tmp_path / "a.xlsx")
    first, second, lists = book["任务台账"], book["进度上报"], book["选项"]
    for sheet in (first, second):
        assert sheet.freeze_panes == "B2"
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert all(9 <= size.width <= 42 for size in sheet.column_dimensions.values())
    assert lists.sheet_state == "veryHidden"
    offered = lists_of(first)
    kind, source, style = offered[column(first, "片区编号")]
    assert (kind, style) == ("list", "stop")
    area = source.rpartition("!")[2].replace("$", "")
    assert [row[0].value for row in lists[area]] == ["NW", "NE", "SW", "SE"]
    assert offered[column(first, "单位")][2] == "warning"
    assert offered[column(first, "试点")][2] == "stop"
    assert offered[column(first, "开始日期")][0] == "date"
    assert lists_of(second)[column(second, "任务编号")][1].startswith("'任务台账'!$A$2")
    assert first[f"{column(first, '开始日期')}2"].number_format == "yyyy-mm-dd"


def test_colours_say_what_the_words_say(tmp_path):
    tasks = ledger((10, "m2"), (10, "m2"), (10, "m2"))
    tasks["due"] = pd.to_datetime(["2019-12-31", "2019-12-31", "2020-03-31"])
    reports = reports_on(("T1", "2019-12-06", 10.0), ("T2", "2019-12-06", 4.0))
    state = task_state(tasks, reports, on="2020-01-10")
    write_ledger(tasks, reports, tmp_path / "a.xlsx", state=state, lang="zh")
    book = load_workbook(tmp_path / "a.xlsx")
    assert [row[1].value for row in book["执行情况"].iter_rows(min_row=2)] == ["已完成", "逾期", "滞后"]
    words = {
        rule.formula[0].rpartition("=")[2].strip('"'): rule.dxf.fill.start_color.rgb[-6:]
        for rules in book["任务台账"].conditional_formatting
        for rule in rules.rules
        if "执行情况" in rule.formula[0]
    }
    assert set(words) == {"已完成", "逾期", "滞后", "预警"}
    assert len(set(words.values())) == 4
    read = load_ledger(tmp_path / "a.xlsx")
    assert_same(read[0], tasks)
    assert "sheet_left_out" not in {found.code for found in read[2]}


def test_a_state_of_other_tasks_is_refused(tmp_path):
    tasks = ledger((10, "m2"), (10, "m2"))
    state = task_state(tasks.head(1), NONE, on="2020-01-10").drop(columns="status")
    with pytest.raises(LedgerError) as caught:
        write_ledger(tasks, NONE, tmp_path / "a.xlsx", state=state)
    assert {(found.code, found.rows) for found in caught.value.problems} == {
        ("column_missing", ()), ("state_missing", ("T2",)),
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_template_can_be_filled_in_and_read(tmp_path, grid, lang):
    path = tmp_path / "template.xlsx"
    ledger_template(path, zones=grid, categories=["绿化", "=1"], lang=lang)
    assert formulas(path) == []
    assert {found.code for found in load_ledger(path)[2]} == {"layer_empty"}
    book = load_workbook(path)
    first, second = book.worksheets[:2]
    filled = {"task": "T1", "title": "补植", "zone": "NW", "category": "绿化", "unit": "亩", "target": 30,
              "start": "2019-11-23", "due": "2020年3月31日"}  # fmt: skip
    for name, item in filled.items():
        first[f"{column(first, fr_label(name, lang))}2"] = item
    for name, item in {"report": "R1", "task": "T1", "date": "2019.12.6", "done": 15}.items():
        second[f"{column(second, fr_label(name, lang))}2"] = item
    book.save(path)
    tasks, reports, problems = load_ledger(path)
    assert errors_of(problems) == []
    assert tasks.loc["T1", "target"] == pytest.approx(20_000)
    assert reports.loc["R1", "done"] == pytest.approx(10_000)


def fr_label(name, lang):
    from fringe.model import words

    return words.label(name, lang)


def test_the_names_are_public():
    assert fr.write_ledger is write_ledger
    assert fr.ledger_template is ledger_template
