"""Contracts: headings, identity, values and geometry, by hand and against random cells."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPoint, Point, Polygon, box

import fringe as fr
from fringe.model.contract import conform
from fringe.model.geometry import mend
from fringe.model.layers import LAYERS
from fringe.model.problem import refuse, table
from fringe.model.units import M2_PER_MU, display, parse_unit, show, split_heading

CRS = "EPSG:4547"


def plots(**columns: object) -> gpd.GeoDataFrame:
    n = len(next(iter(columns.values())))
    shapes = [box(20 * at, 0, 20 * at + 10, 10) for at in range(n)]
    return gpd.GeoDataFrame({"status": ["kept"] * n, **columns}, geometry=shapes, crs=CRS)


def codes(frame: pd.DataFrame, kind: str) -> list[str]:
    return [found.code for found in conform(frame, kind)[1]]


def test_chinese_headings_units_words_and_dates():
    raw = gpd.GeoDataFrame(
        {
            "地块编号": ["P1"],
            "状态": ["已栽植"],
            "上报面积（亩）": ["１５"],
            "成活率(%)": [85],
            "栽植日期": ["2020年3月1日"],
        },
        geometry=[box(0, 0, 10, 10)],
        crs=CRS,
    )
    layer, problems = conform(raw, "plots")
    row = layer.loc["P1"]
    assert problems == []
    assert (row["status"], row["planted_on"]) == ("planted", pd.Timestamp("2020-03-01"))
    assert row["claimed_m2"] == pytest.approx(15 * M2_PER_MU)
    assert row["survival_share"] == pytest.approx(0.85)


def test_a_unit_of_another_quantity_is_refused():
    assert "unit_mismatch" in codes(plots(plot=["P1"], **{"claimed_m2 (km)": [3]}), "plots")


def test_the_input_is_not_written_to():
    raw = plots(plot=["P1"], survival_share=["85%"])
    before = raw.copy(deep=True)
    conform(raw, "plots")
    pd.testing.assert_frame_equal(raw, before)


@pytest.mark.parametrize(
    ("columns", "index", "found"),
    [
        ({"plot": ["A", "B"]}, ["A", "B"], []),
        ({"编号": [1.0, 2.0]}, ["1", "2"], []),
        ({"name": ["x", "y"]}, ["x", "y"], []),
        ({"name": ["x", "x"]}, ["plots-0001", "plots-0002"], ["id_made"]),
        ({"plot": ["A", None]}, ["A", "?2"], ["id_missing"]),
        ({"plot": ["A", "A"]}, ["A", "A"], ["id_duplicate"]),
    ],
)
def test_identity(columns, index, found):
    layer, problems = conform(plots(**columns), "plots")
    assert layer.index.tolist() == index
    assert layer.index.name == "plot"
    assert [problem.code for problem in problems] == found


def test_unknown_columns_are_kept():
    layer, _ = conform(plots(plot=["A"], 管护单位=["园林所"]), "plots")
    assert layer["管护单位"].tolist() == ["园林所"]


def test_all_problems_at_once():
    raw = plots(plot=["A", "A"], planted_on=["soon", None], survival_share=[3, 0.5])
    raw["status"] = ["plantd", None]
    assert {"id_duplicate", "unknown_value", "value_missing", "not_a_date", "share_range"} <= set(codes(raw, "plots"))
    with pytest.raises(fr.errors.LayerError) as caught:
        refuse(conform(raw, "plots")[1])
    assert len(caught.value.problems) >= 5


def test_an_error_reads_in_both_languages():
    with pytest.raises(fr.errors.LayerError) as caught:
        refuse(conform(plots(plot=["A"]).assign(status="plantd"), "plots")[1])
    assert "Did you mean 'planted'?" in caught.value.render("en")
    assert "是否应为“planted”？" in caught.value.render("zh")


def test_check_is_a_table_a_line_per_row():
    found = fr.check(plots(plot=["A", "B"]).assign(status="plantd"), "plots", lang="en")
    assert found["row"].tolist() == ["A", "B"]
    with pytest.raises(fr.errors.LayerError, match="zones"):
        fr.check(plots(plot=["A"]), "plot")


SHAPES = [
    (Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), "geometry_invalid", "warning", 2.0),
    (GeometryCollection([box(0, 0, 2, 2), Point(9, 9)]), "geometry_collection", "repaired", 4.0),
    (GeometryCollection([box(0, 0, 2, 2), box(5, 0, 7, 2)]), "geometry_collection", "repaired", 8.0),
    (Polygon([(0, 0, 5), (2, 0, 5), (2, 2, 5), (0, 2, 5)]), "geometry_height", "note", 4.0),
    (LineString([(0, 0), (1, 1)]), "geometry_type", "error", None),
    (MultiPoint([(0, 0)]), "geometry_type", "error", None),
    (None, "geometry_missing", "error", None),
    (Polygon(), "geometry_missing", "error", None),
    (Polygon([(0, 0), (2, 0), (0, 0)]), "geometry_collapsed", "error", None),
]


@pytest.mark.parametrize(("shape", "code", "severity", "area"), SHAPES)
def test_geometry(shape, code, severity, area):
    frame = gpd.GeoDataFrame(index=["A", "B"], geometry=[box(0, 0, 1, 1), shape], crs=CRS)
    mended, problems = mend(frame, "plots")
    assert [(found.code, found.severity, found.rows) for found in problems] == [(code, severity, ("B",))]
    assert len(mended) == 2
    if area is not None:
        assert mended.area.tolist() == pytest.approx([1, area])


def test_a_nick_is_repaired_without_a_warning():
    nick = Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50.1, 100.1), (50.1, 100), (50, 100.1), (0, 100)])
    problems = mend(gpd.GeoDataFrame(index=["A"], geometry=[nick], crs=CRS), "plots")[1]
    assert [found.severity for found in problems] == ["repaired"]


def test_sound_geometry_is_the_same_object():
    frame = gpd.GeoDataFrame(index=["A"], geometry=[box(0, 0, 1, 1)], crs=CRS)
    assert mend(frame, "plots")[0] is frame


ODD = st.one_of(st.none(), st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.just("=1+1"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_cell_gives_a_problem_or_a_value_never_a_traceback(data):
    kind = data.draw(st.sampled_from(sorted(LAYERS)))
    spec = LAYERS[kind]
    names = data.draw(st.lists(st.sampled_from([spec.index, *(column.name for column in spec.columns)]), unique=True))
    frame = pd.DataFrame({name: data.draw(st.lists(ODD, min_size=2, max_size=2)) for name in names}, dtype=object)
    layer, problems = conform(frame, kind)
    assert len(layer) == len(frame)
    assert len(table(problems, "zh")) == sum(max(1, len(found.rows)) for found in problems)


def test_units_and_their_display():
    assert parse_unit("㎡").name == "m2"
    assert split_heading("长度(公里)") == ("长度", "公里")
    assert split_heading("乡镇(街道)") == ("乡镇(街道)", None)
    assert show(1_000_000.0, "covered_m2", "zh") == "100.00 公顷 (1,500.0 亩)"
    assert show(-0.00001, "covered_share_change", "en") == "0.0%"
    assert show(0.05, "covered_share_change", "en") == "+5.0%"
    assert display("name", "en") is None


@pytest.mark.parametrize(
    ("heading", "given", "column", "kept"),
    [("常住人口（万人）", 3.2, "population", 32_000), ("户数(户)", 120, "households", 120)],
)
def test_counts_in_a_heading_s_unit(heading, given, column, kept):
    raw = gpd.GeoDataFrame({"name": ["A"], heading: [given]}, geometry=[Point(0, 0)], crs=CRS)
    assert conform(raw, "villages")[0][column].tolist() == pytest.approx([kept])


def test_a_unit_that_fits_no_column_is_never_ignored():
    tasks = pd.DataFrame({"task": ["T"], "目标量（亩）": [30]})
    assert "unit_mismatch" in codes(tasks, "tasks")
    rail = gpd.GeoDataFrame({"track": ["t"], "起点里程（m）": [3200]}, geometry=[LineString([(0, 0), (9, 0)])], crs=CRS)
    assert conform(rail, "rail")[0]["km_start"].tolist() == pytest.approx([3.2])


def test_ids_given_as_an_index_are_kept():
    assert conform(plots(name=["x", "y"]).set_axis(["P-a", "P-b"]), "plots")[0].index.tolist() == ["P-a", "P-b"]


def test_link_roads_are_links_of_their_class():
    roads = gpd.GeoDataFrame(
        {"road": ["a", "b"], "highway": ["primary_link", "primary"]},
        geometry=[LineString([(0, 0), (9, 0)])] * 2,
        crs=CRS,
    )
    layer, problems = conform(roads, "roads")
    assert problems == []
    assert layer["road_class"].tolist() == ["primary", "primary"]
    assert layer["link"].fillna(value=False).tolist() == [True, False]


def test_strict_refuses_repairs_and_a_missing_crs_is_said():
    tie = gpd.GeoDataFrame({"plot": ["A"], "status": ["kept"]}, geometry=[Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])])
    found = fr.check(tie, "plots", strict=True)
    assert set(found["severity"]) == {"error"}
    assert set(found["code"]) == {"geometry_invalid", "crs_missing"}


def test_what_is_no_frame_is_refused():
    with pytest.raises(fr.errors.LayerError, match="NoneType"):
        conform(None, "plots")
