"""Checklists and ratings: files with their cells, scores by hand, by law, and told slowly."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from fringe import read_checklist, read_ratings, score_checklist
from fringe.errors import FringeWarning, LayerError
from fringe.model import words
from fringe.model.layers import TABLES


def items(**weights):
    frame = pd.DataFrame({"content": list(weights), "weight": [float(one) for one in weights.values()]})
    return frame.set_index(pd.Index(list(weights), name="item"))


def ratings(*rows):
    """Return ratings from (item, zone, site, score, day of January 2020)."""
    frame = pd.DataFrame(rows, columns=["item", "zone", "site", "score", "day"])
    frame["date"] = [f"2020-01-{day:02}" for day in frame.pop("day")]
    return frame


def test_by_hand():
    checklist = items(paving=50, toilets=30, wires=20)
    given_ = ratings(
        ("paving", "NW", "lane", 50, 3),
        ("paving", "NW", "lane", 25, 10),
        ("paving", "NW", "street", 0, 10),
        ("toilets", "NW", "street", 30, 10),
        ("wires", "SE", "street", 5, 10),
        ("wires", "SE", "street", 20, 31),
    )
    table = score_checklist(checklist, given_, on="2020-01-20")
    # Paving: the lane's latest 25 of 50 and the street's 0 of 50 are a quarter of 50 points.
    assert table.loc["NW", ["points", "points_rated"]].tolist() == [12.5 + 30, 80]
    assert table.loc["NW", "score_share"] == pytest.approx(42.5 / 80)
    assert table.loc["NW", ["n_items", "n_rated", "n_sites"]].tolist() == [3, 2, 2]
    assert table.loc["NW", "completeness_share"] == 0.8
    assert table.loc["SE", ["points", "completeness_share", "last_rated_on"]].tolist() == [
        5,
        0.2,
        pd.Timestamp("2020-01-10"),
    ]
    later = score_checklist(checklist, given_, on="2020-01-31")
    assert later.loc["SE", "points"] == 20


def test_every_zone_appears_and_townships_pool_their_sites(grid):
    given_ = ratings(("a", "NW", None, 10, 1), ("a", "NE", None, 0, 1), ("a", "NE", "x", 5, 1))
    table = score_checklist(items(a=10, b=10), given_, on="2020-01-02", zones=grid)
    assert table.index.equals(grid.index)
    assert table["n_rated"].tolist() == [1, 1, 0, 0]
    assert np.isnan(table.loc["SW", "score_share"])
    assert table.loc["SW", "completeness_share"] == 0
    towns = score_checklist(items(a=10, b=10), given_, on="2020-01-02", by="township", zones=grid)
    assert towns.loc["north", ["points", "n_sites"]].tolist() == [5, 3]
    with pytest.raises(LayerError, match="no zone 'XX'"):
        score_checklist(items(a=10), given_.assign(zone="XX"), on="2020-01-02", zones=grid)


def test_sections_and_full_marks():
    checklist = items(a=40, b=60).assign(section=["streets", "water"], full_mark=[5.0, None])
    given_ = ratings(("a", "Z", None, 4, 1), ("b", "Z", None, 30, 1))
    table = score_checklist(checklist, given_, on="2020-01-02", by=["zone", "section"])
    assert table.loc[("Z", "streets"), ["points", "n_items", "completeness_share"]].tolist() == [32, 1, 1]
    assert table.loc[("Z", "water"), "points"] == 30
    assert score_checklist(checklist, given_, on="2020-01-02", by=None)["points"].item() == 62


def test_nothing_rated_yet(grid):
    table = score_checklist(items(a=1), pd.DataFrame(), on="2020-01-01", zones=grid)
    assert table["score_share"].isna().all()
    assert table["n_rated"].sum() == 0
    assert score_checklist(items(a=1), pd.DataFrame(), on="2020-01-01").empty


def codes(found):
    return {problem.code for problem in found.value.problems}


def test_what_is_wrong_is_refused():
    good = ratings(("a", "Z", None, 4, 1))
    with pytest.raises(LayerError) as found:
        score_checklist(items(a=10), ratings(("c", "Z", None, 4, 1), ("a", "Z", None, 11, 1)), on="2020-01-01")
    assert codes(found) == {"rating_unknown_item", "rating_above"}
    with pytest.raises(LayerError) as found:
        score_checklist(items(a=-1), good.assign(score=-3), on="soon")
    assert codes(found) == {"below_minimum", "day_unclear"}
    with pytest.raises(LayerError) as found:
        score_checklist(items(a=0), good.assign(score=0), on="2020-01-01")
    assert codes(found) == {"checklist_weightless"}
    with pytest.raises(LayerError) as found:
        score_checklist(items(a=10), good, on="2020-01-01", by="colour")
    assert codes(found) == {"by_unknown"}


PLACES = (st.sampled_from("abc"), st.sampled_from("PQ"), st.sampled_from([None, "x", "y"]))
RATINGS = st.tuples(*PLACES, st.integers(0, 10), st.integers(1, 9))


@settings(max_examples=60, deadline=None)
@given(st.lists(RATINGS, min_size=1, max_size=15), st.integers(1, 9))
def test_agrees_with_a_slow_telling(rows, day):
    checklist = items(a=10, b=20, c=30).assign(full_mark=10.0)
    table = score_checklist(checklist, ratings(*rows), on=dt.date(2020, 1, day))
    for zone in {row[1] for row in rows}:
        latest = {}
        for item, own, site, score, at in rows:
            if own == zone and at <= day and latest.get((item, site), (0, 0))[0] <= at:
                latest[item, site] = (at, score)
        points = rated = 0
        for item, weight in checklist["weight"].items():
            marks = [score for (name, _), (_, score) in latest.items() if name == item]
            if marks:
                points += weight * sum(marks) / len(marks) / 10
                rated += weight
        if rated:
            assert table.loc[zone, ["points", "points_rated"]].tolist() == pytest.approx([points, rated])
            assert table.loc[zone, "completeness_share"] == pytest.approx(rated / 60)
            assert 0 <= table.loc[zone, "score_share"] <= 1
        else:
            assert zone not in table.index


def book(path, rows, merges=()):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for merge in merges:
        made.active.merge_cells(merge)
    made.active.title = "表"
    made.save(path)
    return path


CHECKLIST = [
    ["2020 年测评清单"],
    ["编号", "测评项目", "测评内容", "测评标准", "测评方法", "分值（分）"],
    [1, "环境卫生", "路面", "无垃圾", "实地", 60],
    [2, None, "公厕", "干净", "实地", 40],
    ["合计", None, None, None, None, 100],
]


def test_a_checklist_as_offices_keep_it(tmp_path):
    read = read_checklist(book(tmp_path / "list.xlsx", CHECKLIST, ["A1:F1", "B3:B4"]))
    assert read.index.tolist() == ["1", "2"]
    assert read["section"].tolist() == ["环境卫生", "环境卫生"]
    assert read["weight"].tolist() == [60, 40]
    assert read.loc["1", ["standard", "method"]].tolist() == ["无垃圾", "实地"]


def test_ratings_are_refused_with_their_cells(tmp_path, grid):
    checklist = read_checklist(book(tmp_path / "list.xlsx", CHECKLIST))
    rows = [
        ["测评编号", "片区", "点位", "得分", "检查日期"],
        [1, "NW", "村口", 48, "2020年1月17日"],
        [3, "NW", "村口", 48, "2020-01-17"],
        [1, "NX", "村口", 61, "2020-01-17"],
        [2, "SE", "村口", "优", "soon"],
        [2, "SE", "村口", -1, None],
    ]
    with pytest.raises(LayerError) as found:
        read_ratings(book(tmp_path / "given.xlsx", rows), checklist, zones=grid)
    said = {(problem.code, str(row).rpartition(" ")[2]) for problem in found.value.problems for row in problem.rows}
    assert said == {
        ("rating_unknown_item", "表!A3"),
        ("unknown_zone", "表!B4"),
        ("rating_above", "表!D4"),
        ("not_a_number", "表!D5"),
        ("not_a_date", "表!E5"),
        ("below_minimum", "表!D6"),
        ("value_missing", "表!E6"),
    }
    read = read_ratings(book(tmp_path / "good.xlsx", rows[:2]), checklist, zones=grid)
    assert score_checklist(checklist, read, on="2020-02-01").loc["NW", "score_share"] == pytest.approx(0.8)


def test_a_csv_in_chinese_encoding_and_its_cells(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("项目编号,内容,权重\nA,路面,0.5\nB,公厕,半\n", encoding="gb18030")
    with pytest.raises(LayerError) as found:
        read_checklist(path)
    assert [(one.code, one.rows) for one in found.value.problems] == [("not_a_number", ("B C3",))]
    path.write_text("项目编号,内容,权重\nA,路面,0.5\nB,公厕,0.5\n", encoding="gb18030")
    assert read_checklist(path)["weight"].sum() == 1


def test_weights_that_do_not_add_up_are_said(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("编号,内容,分值\nA,路面,50\nB,公厕,40\n", encoding="utf-8")
    with pytest.warns(FringeWarning, match="add up to 90, not 100, 1"):
        read_checklist(path)
    assert len(read_checklist(path, total=90)) == 2


def test_editions(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("编号,内容,分值,版本\nA,路面,100,2018\nA,路面,90,2020\nB,公厕,10,2020\n", encoding="utf-8")
    with pytest.raises(LayerError, match="several editions: 2018, 2020"):
        read_checklist(path)
    assert read_checklist(path, edition="2020")["weight"].tolist() == [90, 10]
    with pytest.raises(LayerError, match="edition cannot be '2019'"):
        read_checklist(path, edition="2019")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("编号,内容,分值\nA,路面,50\nA,公厕,50\n", "id_duplicate"),
        ("编号,内容,分值\nA,路面,50\n,公厕,50\n", "id_missing"),
        ("编号,分值\nA,100\n", "column_missing"),
        ("甲,乙\n1,2\n", "table_not_found"),
        ("编号,内容,分值\n", "layer_empty"),
    ],
)
def test_files_that_are_no_checklist(tmp_path, text, code):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LayerError) as found:
        read_checklist(path)
    assert codes(found) == {code}


def test_formulas_nobody_computed_and_other_sheets(tmp_path):
    rows = [["编号", "内容", "分值"], ["A", "路面", "=50+50"]]
    with pytest.raises(LayerError) as found:
        read_checklist(book(tmp_path / "list.xlsx", rows))
    assert [(one.code, one.rows) for one in found.value.problems] == [("formula_without_value", ("表!C2",))]
    with pytest.raises(LayerError, match="Sheet9"):
        read_checklist(tmp_path / "list.xlsx", sheet="Sheet9")
    with pytest.raises(LayerError):
        read_checklist(tmp_path / "none.xlsx")


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_column_has_a_label_in_both_languages(kind):
    for name in (kind, TABLES[kind].index, *(column.name for column in TABLES[kind].columns)):
        assert not words.label(name, "zh").isascii(), name
        assert words.label(name, "en").isascii(), name
