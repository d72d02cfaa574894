"""Reading aids in Python: what is searched, filtered and shown besides, and what is refused."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from shapely import LineString, Point, box
from tests.maps.test_palette import BLIND, seen_by

from fringe.errors import MapError
from fringe.maps import Map, palette
from fringe.maps.bivariate import COLOURS
from fringe.maps.curves import curves_of
from fringe.maps.photos import photos_of
from fringe.maps.reading import filter_columns, initials, search_columns

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>window.owned = 1</script></svg>'


def zones(n=6, /, **columns):
    cells = [box(at * 0.01, 0, at * 0.01 + 0.01, 0.01) for at in range(n)]
    data = {"name": [f"Zone {at}" for at in range(n)], **columns}
    index = pd.Index([f"Z{at}" for at in range(n)], name="zone")
    return gpd.GeoDataFrame(data, index=index, geometry=cells, crs="EPSG:4326")


def first_layer(sheet):
    return sheet.document()["layers"][0]


def named(layer, what):
    return [layer["columns"][at]["name"] for at in layer[what]]


def test_every_reading_of_a_sign_counts():
    # Dictionaries give 重 as zhòng and chóng, 长 as cháng and zhǎng, 绿 as lǜ and lù.
    found = initials(["重长", "绿 A", "重"])
    assert set("zc") <= set(found["重"])
    assert set("cz") <= set(found["长"])
    assert found["绿"] == "l"
    assert list(found) == sorted(found)
    assert "A" not in found


def test_names_and_numbers_are_looked_up_and_an_index_that_repeats_them_is_not():
    frame = zones(2, task=["T1", "T2"], kind=["a", "a"])
    assert search_columns(frame, ("zone", "name", "task", "kind"), "name") == ["name", "task", "zone"]
    same = frame.set_index("name", drop=False).rename_axis("zone")
    assert search_columns(same, ("name",), "name") == ["name"]
    counted = frame.reset_index(drop=True).rename_axis("zone")
    assert search_columns(counted, ("name",), "name") == ["name"]
    assert search_columns(counted, ("zone", "name"), "name") == ["name", "zone"]
    assert search_columns(frame, (), "name") == []


def test_few_words_make_a_filter_but_names_numbers_days_and_free_text_do_not():
    frame = zones(
        6,
        kind=["a", "b"] * 3,
        pilot=[True, False] * 3,
        given=["a", None] * 3,
        one=["a"] * 6,
        n=[1, 2] * 3,
        on=pd.to_datetime(["2020-01-01", "2020-01-02"] * 3),
        note=list("abcdef"),
    )
    assert filter_columns(frame, tuple(frame.columns[:-1]), ["name"]) == ["kind", "pilot", "given"]


def test_filters_are_what_is_asked_for():
    frame = zones(4, kind=["a", "b"] * 2, note=list("abcd"), covered_share=0.5)
    sheet = Map("A", lang="en").shade(frame, "covered_share")
    assert named(first_layer(sheet), "filters") == ["kind"]
    assert named(first_layer(sheet.details(filters=["note"])), "filters") == ["note"]
    assert named(first_layer(sheet.details(filters="note")), "filters") == ["note"]
    assert named(first_layer(sheet.details(filters=False)), "filters") == []


def test_details_belong_to_the_last_layer_and_add_up():
    frame = zones(2, kind=["a", "b"], covered_share=0.5)
    table = pd.DataFrame(
        {"progress_share": [0.1]}, index=pd.MultiIndex.from_tuples([("Z1", "2020-01-05")], names=["zone", "date"])
    )
    one = Map("A", lang="en").shade(frame, "covered_share")
    two = one.details(filters=["kind"]).details(curves=table)
    assert two.layers[-1].details.filters == ("kind",)
    assert two.layers[-1].details.curves is not None
    assert one.layers[-1].details.curves is None
    assert "layer-0-curves" in first_layer(two)["blocks"]


def test_curves_are_those_of_progress_where_there_are_any():
    index = pd.MultiIndex.from_product([["Z0", "elsewhere"], ["2020-01-12", "2020-01-05"]])
    table = pd.DataFrame({"pv": 1.0, "planned_share": [0.4, 0.2, 0, 0], "progress_share": [np.nan, 0.1, 0, 0]}, index)
    found = curves_of(table, "zones", zones(2).index)
    assert list(found.table.columns) == ["planned_share", "progress_share"]
    assert found.table["planned_share"].tolist() == [0.2, 0.4]
    assert curves_of(table[["pv"]], "zones", zones(2).index).table.columns.tolist() == ["pv"]


@pytest.mark.parametrize(
    ("table", "part"),
    [
        (pd.DataFrame({"a": [1.0]}), "two levels"),
        (pd.Series([1.0]), "two levels"),
        (pd.DataFrame({"a": ["x"]}, pd.MultiIndex.from_tuples([("Z0", "2020-01-05")])), "no column of numbers"),
        (pd.DataFrame({"a": [1.0]}, pd.MultiIndex.from_tuples([("Z0", "soon")])), "soon"),
        (pd.DataFrame({"a": [1.0]}, pd.MultiIndex.from_tuples([("Q", "2020-01-05")])), "none of the ids"),
        (pd.DataFrame({"a": [1.0, 2]}, pd.MultiIndex.from_tuples([("Z0", "2020-01-05")] * 2)), "twice"),
    ],
)
def test_tables_that_are_no_curves_are_refused(table, part):
    with pytest.raises(MapError, match=part) as caught:
        Map("A", lang="en").draw(zones(2)).details(curves=table)
    assert caught.value.render("zh")


def photograph(path, size=(900, 600), **how):
    Image.new("RGB", size, "#336633").save(path, **how)
    return path


def test_photographs_are_small_upright_and_tell_nothing_else(tmp_path):
    taken = Image.Exif()
    taken[0x0112], taken[0x010F] = 6, "SECRET CAMERA"
    taken.get_ifd(0x8825)[2] = (34.0, 40.0, 12.0)
    path = photograph(tmp_path / "a.jpg", (1600, 900), exif=taken)
    assert b"SECRET" in path.read_bytes()
    (photo,) = photos_of({"Z0": path}, "zones", zones(1).index)
    made = Image.open(io.BytesIO(photo.data))
    assert made.format == "JPEG"
    # Lying on its side it was 1600 wide.
    assert made.size == photo.size == (360, 640)
    assert b"SECRET" not in photo.data
    assert not made.getexif()


def test_what_else_files_carry_is_not_kept(tmp_path):
    """Comments, texts, profiles, XMP, thumbnails and what is hung on at the end."""
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("Author", "SECRET NAME")
    said.add_itxt("XML:com.adobe.xmp", "<x>SECRET PLACE</x>")
    marks = {"comment": b"SECRET", "xmp": b"<x>SECRET</x>", "icc_profile": b"SECRET" * 40}
    files = [photograph(tmp_path / "a.png", pnginfo=said), photograph(tmp_path / "a.jpg", **marks)]
    files[1].write_bytes(files[1].read_bytes() + b"<script>SECRET</script>")
    assert all(b"SECRET" in path.read_bytes() for path in files)
    for photo in photos_of({"Z0": files}, "zones", zones(1).index):
        assert b"SECRET" not in photo.data
        assert set(Image.open(io.BytesIO(photo.data)).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_pictures_with_clear_ground_stand_on_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "a.png")
    (photo,) = photos_of(pd.Series({"Z0": [str(tmp_path / "a.png")]}), "zones", zones(1).index)
    assert Image.open(io.BytesIO(photo.data)).getpixel((1, 1)) == (255, 255, 255)


def test_all_files_that_are_no_photographs_are_named_at_once(tmp_path):
    (tmp_path / "plan.svg").write_text(SVG)
    (tmp_path / "hidden.jpg").write_text(SVG)
    whole = photograph(tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    files = {"Z0": [tmp_path / name for name in ("plan.svg", "hidden.jpg", "torn.jpg", "gone.jpg")], "Z1": None}
    files["Q"] = tmp_path / "whole.jpg"
    with pytest.raises(MapError) as caught:
        Map("A", lang="en").draw(zones(2)).details(photos=files)
    text = caught.value.render("en")
    assert [name for name in ("plan.svg", "hidden.jpg", "torn.jpg", "gone.jpg", "whole.jpg") if name not in text] == []
    assert caught.value.render("zh")


def test_photographs_too_much_for_a_page_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("fringe.maps.photos._MOST_BYTES", 1000)
    with pytest.raises(MapError, match="2 photos"):
        photos_of({"Z0": [photograph(tmp_path / "a.jpg")] * 2}, "zones", zones(1).index)


def test_a_public_map_tells_nothing_of_rows_and_columns_it_leaves_out(tmp_path):
    frame = zones(2, kind=["a", "军事用地"], phone=["1", "2"], covered_share=0.5)
    index = pd.MultiIndex.from_product([["Z0", "Z1"], ["2020-01-05", "2020-01-12"]])
    table = pd.DataFrame({"progress_share": [0.1, 0.2, 0.3, 0.4]}, index)
    path = photograph(tmp_path / "a.jpg")
    sheet = Map("A", lang="en", audience="public", review_no="1").shade(frame, "covered_share")
    sheet = sheet.details(filters=["kind", "phone"], curves=table, photos={"Z0": path, "Z1": path})
    assert named(first_layer(replace(sheet, audience="internal")), "filters") == ["kind", "phone"]
    found = first_layer(sheet)
    assert found["n"] == 1
    assert named(found, "filters") == ["kind"]


def test_both_figures_are_counted_in_nine_classes():
    frame = zones(6, covered_share=[0.1, 0.4, 0.9, 0.1, 0.9, np.nan], progress_share=[0.1, 0.5, 0.9, 0.9, 0.2, 0.5])
    edges = (0, 0.3, 0.6, 1)
    found = first_layer(Map("A", lang="en").bivariate(frame, "covered_share", "progress_share", breaks=(edges, edges)))
    assert [item["count"] for item in found["legend"]] == [1, 0, 1, 0, 1, 0, 1, 0, 1, 1]
    assert found["legend"][2]["label"] == "60–100 / 0–30"
    assert [side["classes"] for side in found["grid"]] == [["0–30", "30–60", "60–100"]] * 2
    assert [symbol["fill"] for symbol in found["symbols"][:9]] == [colour for row in COLOURS for colour in row]


def test_fixed_classes_hold_what_lies_beyond_them_and_few_values_make_few_classes():
    frame = zones(3, covered_share=[0.1, 0.5, 1.2], progress_share=0.5)
    found = first_layer(
        Map("A", lang="en").bivariate(frame, "covered_share", "progress_share", breaks=((0, 0.3, 1), None))
    )
    assert [side["classes"] for side in found["grid"]] == [["0–30", "≥30"], ["50"]]
    assert [item["count"] for item in found["legend"]] == [1, 2]
    assert [symbol["fill"] for symbol in found["symbols"][:2]] == [COLOURS[1][0], COLOURS[1][2]]


def test_a_map_of_two_figures_refuses_words_lines_and_too_many_breaks():
    frame = zones(2, covered_share=[0.1, 0.5], kind=["a", "b"])
    with pytest.raises(MapError) as caught:
        Map("A", lang="en").bivariate(
            frame, "kind", "covered_share", breaks=(None, (0, 0.1, 0.2, 0.3, 1)), popup=["gone"]
        )
    text = caught.value.render("en")
    for part in ("kind", "at most three", "gone"):
        assert part in text
    with pytest.raises(MapError, match="absent"):
        Map("A", lang="en").bivariate(frame, "covered_share", "absent")


def test_nine_colours_differ_in_grey_and_for_colour_blind_readers():
    nine = [colour for row in COLOURS for colour in row]
    light = sorted(palette.to_lab(nine)[:, 0])
    assert (np.diff(light) > 2).all()
    for kind in BLIND:
        lab = palette.to_lab([seen_by(colour, kind) for colour in nine])
        assert min(float(np.linalg.norm(a - b)) for a, b in combinations(lab, 2)) > 7, kind
    # Both ways darker, step by step.
    table = palette.to_lab(nine)[:, 0].reshape(3, 3)
    assert (np.diff(table, axis=0) < -5).all()
    assert (np.diff(table, axis=1) < -5).all()


def test_posts_need_a_line_and_a_chainage():
    rail = gpd.GeoDataFrame({"line": ["East"]}, geometry=[LineString([(0, 0), (1, 0)])], crs="EPSG:4326").rename_axis(
        "track"
    )
    with pytest.raises(MapError, match="km"):
        Map("A", lang="en").chainage(rail)
    with pytest.raises(MapError, match="coordinate system"):
        Map("A", lang="en").chainage(gpd.GeoDataFrame({"line": ["E"], "km": [1.0]}, geometry=[Point(0, 0)]))
    with pytest.raises(MapError, match="GeoDataFrame"):
        Map("A", lang="en").chainage(pd.DataFrame({"line": ["E"]}))
