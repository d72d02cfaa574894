"""A study in one file: what comes back is what went in, and reports are never lost."""

import os
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import LineString, MultiPolygon, Point, Polygon, box

from fringe.errors import StudyError
from fringe.io.columns import PackError, pack, unpack
from fringe.io.store import is_study, load_study, save_study

PLANE = "EPSG:4548"


def ids(name, *items):
    return pd.Index(list(items), name=name, dtype=object)


def reports(*names):
    return pd.DataFrame(
        {
            "task": ["T-1"] * len(names),
            "date": pd.to_datetime(["2019-11-23"] * len(names)).astype("datetime64[us]"),
            "done": [3.5] * len(names),
            "recorded_at": pd.to_datetime(["2019-11-23 08:30:01.123456"] * len(names)).astype("datetime64[us]"),
        },
        index=ids("report", *names),
    )


def zones():
    return gpd.GeoDataFrame(
        {
            "name": ["王桐村", "<script>alert(1)</script>", "D:\\2024\\x"],
            "Name": ["a", "", None],
            "kind": pd.Categorical(
                ["pilot", None, "ordinary"], categories=["pilot", "showcase", "ordinary"], ordered=True
            ),
            "population": [1200.0, np.nan, 3.0],
            "fid": [7, 8, 9],
            "geom": pd.array([True, None, False], dtype="boolean"),
            "households": pd.array([2**60 + 1, None, 3], dtype="Int64"),
            "flag": [True, False, True],
            "small": np.array([1, 2, 3], dtype="int16"),
            "mixed": pd.Series([1, "a", None], dtype=object, index=None).to_numpy(),
            "seen": pd.to_datetime(["2020-01-01 10:00", None, "2020-07-01 00:00"]).tz_localize("Asia/Shanghai"),
            "opened_on": pd.to_datetime(["2019-11-23", None, "2020-02-29"]).astype("datetime64[us]"),
        },
        index=ids("zone", "Z-3", "Z-1", "Z-2"),
        geometry=[box(0, 0, 1, 1), None, MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])],
        crs=PLANE,
    )


def test_everything_comes_back_in_type_and_order(tmp_path):
    layers = {
        "reports": reports("R-2", "R-1"),
        "zones": zones(),
        "plots": zones().iloc[:0].rename_axis("plot"),
        "findings": gpd.GeoDataFrame(index=ids("finding", "F"), geometry=[Point(1, 2, 3)], crs=PLANE),
        "own": gpd.GeoDataFrame({"a": [1]}, geometry=[LineString([(0, 0), (1, 1)])]).rename_geometry("shape"),
    }
    before = {kind: frame.copy(deep=True) for kind, frame in layers.items()}
    save_study(tmp_path / "s.gpkg", layers, {"title": "东片区", "note": ""})
    back, meta = load_study(tmp_path / "s.gpkg")
    assert meta == {"title": "东片区", "note": ""}
    assert list(back) == ["zones", "plots", "reports", "findings", "own"]
    for kind, frame in layers.items():
        compare = assert_geodataframe_equal if isinstance(frame, gpd.GeoDataFrame) else assert_frame_equal
        compare(back[kind], frame)
        compare(frame, before[kind])
        assert back[kind].index.name == frame.index.name
    assert back["zones"]["mixed"].tolist() == [1, "a", None]
    assert back["zones"]["households"].iloc[0] == 2**60 + 1
    assert back["own"].crs is None


def test_a_crs_without_a_code_comes_back(tmp_path):
    own = "+proj=tmerc +lat_0=0 +lon_0=113.5 +k=1 +x_0=500000 +y_0=-3000000 +ellps=GRS80 +units=m +no_defs"
    frame = zones().set_crs(own, allow_override=True)
    save_study(tmp_path / "s.gpkg", {"zones": frame}, {})
    assert load_study(tmp_path / "s.gpkg")[0]["zones"].crs == frame.crs


def test_broken_shapes_come_back_as_they_are(tmp_path):
    tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    frame = gpd.GeoDataFrame(index=ids("plot", "P"), geometry=[tie], crs=PLANE)
    save_study(tmp_path / "s.gpkg", {"plots": frame}, {})
    assert load_study(tmp_path / "s.gpkg")[0]["plots"].geometry["P"].equals_exact(tie)


def test_other_programs_see_layers_and_tables_without_an_index_on_what_is_appended(tmp_path):
    path = tmp_path / "s.gpkg"
    points = gpd.GeoDataFrame(index=ids("finding", "F"), geometry=[Point(1, 2)], crs=PLANE)
    save_study(path, {"zones": zones(), "reports": reports("R-1"), "findings": points}, {})
    assert dict(pyogrio.list_layers(path))["reports"] is None
    connection = sqlite3.connect(path)
    indexed = {name for (name,) in connection.execute("SELECT table_name FROM gpkg_extensions") if name}
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("SELECT report, done FROM reports").fetchall() == [("R-1", 3.5)]
    connection.close()
    assert "zones" in indexed
    assert not indexed & {"reports", "findings"}


def test_a_study_that_is_there_is_replaced_only_when_told(tmp_path):
    path = tmp_path / "s.gpkg"
    save_study(path, {"reports": reports("R-1")}, {})
    with pytest.raises(StudyError, match="overwrite"):
        save_study(path, {"reports": reports("R-1")}, {})
    save_study(path, {"reports": reports("R-1", "R-2")}, {"n": "2"}, overwrite=True)
    assert load_study(path)[1] == {"n": "2"}


@pytest.mark.parametrize("layers", [{"reports": reports("R-1")}, {"zones": zones()}])
def test_reports_that_are_not_known_are_not_written_over(tmp_path, layers):
    path = tmp_path / "s.gpkg"
    save_study(path, {"reports": reports("R-1", "R-2", "R-3")}, {})
    before = path.read_bytes()
    with pytest.raises(StudyError) as caught:
        save_study(path, layers, {}, overwrite=True)
    assert set(caught.value.problems[0].rows) >= {"R-2", "R-3"}
    assert "R-3" in caught.value.render("zh")
    assert path.read_bytes() == before


def test_a_report_that_comes_while_saving_is_not_lost(tmp_path, monkeypatch):
    path = tmp_path / "s.gpkg"
    save_study(path, {"reports": reports("R-1")}, {})

    from fringe.io import store

    write = store._write

    def slow_write(made, layers, meta):
        write(made, layers, meta)
        write(path.with_name("other.gpkg"), {"reports": reports("R-1", "R-9")}, {})
        path.with_name("other.gpkg").replace(path)

    monkeypatch.setattr(store, "_write", slow_write)
    with pytest.raises(StudyError, match="R-9"):
        save_study(path, {"reports": reports("R-1")}, {}, overwrite=True)
    assert list(load_study(path)[0]["reports"].index) == ["R-1", "R-9"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "s.gpkg"
    save_study(path, {"reports": reports("R-1")}, {})
    before = path.read_bytes()
    with pytest.raises(StudyError) as caught:
        save_study(path, {"reports": reports("R-1"), "zones": zones().assign(bad=[object()] * 3)}, {}, overwrite=True)
    assert "bad" in caught.value.render("en")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["s.gpkg"]  # noqa: PTH208 - hidden files too


def test_what_is_no_study_is_neither_opened_nor_replaced(tmp_path):
    other = tmp_path / "o.gpkg"
    pyogrio.write_dataframe(zones()[["name", "geometry"]], other)
    assert not is_study(other)
    for attempt in (
        lambda: load_study(other),
        lambda: save_study(other, {"zones": zones()}, {}, overwrite=True),
        lambda: load_study(tmp_path / "x.gpkg"),
        lambda: save_study(tmp_path / "x.txt", {"zones": zones()}, {}),
        lambda: save_study(tmp_path / "no" / "x.gpkg", {"zones": zones()}, {}),
    ):
        with pytest.raises(StudyError) as caught:
            attempt()
        assert all("{" not in caught.value.render(lang) for lang in ("zh", "en"))
    (tmp_path / "g.gpkg").write_text("hello")
    with pytest.raises(StudyError):
        load_study(tmp_path / "g.gpkg")


def test_a_newer_format_is_said(tmp_path):
    path = tmp_path / "s.gpkg"
    save_study(path, {"reports": reports("R-1")}, {})
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE fringe_meta SET value = '99' WHERE key = 'fringe_format'")
    connection.close()
    with pytest.raises(StudyError, match="99"):
        load_study(path)


def test_a_thing_without_a_type_is_refused():
    with pytest.raises(PackError):
        pack(pd.Series([{1, 2}], dtype=object))
    with pytest.raises(PackError):
        pack(pd.Series(pd.to_timedelta([1])))


@given(
    st.lists(
        st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.one_of(st.none(), st.integers(-(2**63) + 1, 2**63 - 1)), min_size=1, max_size=6),
    st.lists(st.one_of(st.none(), st.datetimes()), min_size=1, max_size=6),
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=6),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_column_comes_back(tmp_path, texts, wholes, moments, numbers):
    path = tmp_path / "any.gpkg"
    path.unlink(missing_ok=True)
    frames = {
        "texts": pd.DataFrame({"v": pd.Series(texts, dtype=object), "s": pd.Series(texts, dtype="str")}),
        "wholes": pd.DataFrame({"v": pd.array(wholes, dtype="Int64")}),
        "moments": pd.DataFrame({"v": pd.Series(moments, dtype="datetime64[us]")}),
        "numbers": pd.DataFrame({"v": numbers}),
    }
    save_study(path, frames, {})
    back, _ = load_study(path)
    for kind, frame in frames.items():
        assert_frame_equal(back[kind], frame, check_index_type=False)


@given(st.lists(st.one_of(st.none(), st.sampled_from(["a", "b"])), max_size=5))
@settings(max_examples=20, deadline=None)
def test_packing_is_undone_without_a_file(items):
    column = pd.Series(items, dtype=pd.CategoricalDtype(["b", "a"], ordered=True))
    packed = pack(column)
    pd.testing.assert_series_equal(unpack(packed.column, packed.tag), column)
