"""Archives: what they hold, which tiles lie where, the common schemas of vectors, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pytest
import shapely
from shapely import LineString, box
from tests.io import archives
from tests.maps import quadrants

from fringe.errors import LayerError
from fringe.io.tiles import describe_archive, read_tiles, sqlite_uri, tiles_over
from fringe.io.vector_tiles import CLASS, read_base

X, Y = 12_657_000.0, 4_120_000.0
AROUND = (X - 9000, Y - 9000, X + 9000, Y + 9000)


@pytest.mark.parametrize("write", [archives.mbtiles, archives.pmtiles])
@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_tiles_come_back_as_they_are_from_the_row_they_belong_to(tmp_path, write, form):
    given = quadrants.tiles(range(11, 13), form.upper(), reach=1)
    ending = "mbtiles" if write is archives.mbtiles else "pmtiles"
    archive = describe_archive(write(tmp_path / f"a.{ending}", given, form, attribution="&copy; <b>Us</b>"))
    assert (archive.holds, archive.least, archive.most, archive.attribution) == (form, 11, 12, "© Us")
    assert dict(read_tiles(archive, [*given, (11, 0, 0)])) == given


def test_reading_leaves_no_trace(tmp_path):
    path = archives.mbtiles(tmp_path / "a.mbtiles", quadrants.tiles(range(12, 13), reach=1), "png")
    before = path.read_bytes()
    archive = describe_archive(path)
    list(read_tiles(archive, tiles_over(AROUND, 12)))
    assert [item.name for item in tmp_path.iterdir()] == ["a.mbtiles"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PureWindowsPath(r"\\srv\gis\a.mbtiles"), "file:////srv/gis/a.mbtiles"),
        (PureWindowsPath(r"D:\map #1\a?.mbtiles"), "file:///D:/map%20%231/a%3F.mbtiles"),
        (PurePosixPath("/gis/地图.mbtiles"), "file:///gis/%E5%9C%B0%E5%9B%BE.mbtiles"),
    ],
)
def test_sqlite_is_told_of_no_host(path, uri):
    assert sqlite_uri(path) == uri


def test_strange_names_and_shares_are_opened(tmp_path):
    path = archives.mbtiles(tmp_path / "地图 #1?a%20.mbtiles", quadrants.tiles(range(12, 13), reach=1), "png")
    assert describe_archive(path).most == 12
    # Two slashes begin a share on Windows and are one elsewhere.
    base = sqlite3.connect(sqlite_uri(PureWindowsPath(f"/{path}")) + "?mode=ro", uri=True)
    assert base.execute("SELECT count(*) FROM tiles").fetchone()[0] > 0
    base.close()


def test_tiles_over_a_box_cover_it_and_no_more():
    for zoom in (3, 9, 14):
        found = [box(*archives.bounds(*place)) for place in tiles_over(AROUND, zoom)]
        assert shapely.union_all(found).covers(box(*AROUND))
        assert all(tile.intersects(box(*AROUND)) for tile in found)


@pytest.mark.parametrize(
    ("name", "data", "part"),
    [
        ("a.mbtiles", b"no base", "cannot be read"),
        ("a.pmtiles", b"no archive of tiles", "cannot be read"),
        ("a.pmtiles", b"", "cannot be read"),
        ("b.mbtiles", None, "no file"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path, name, data, part):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(LayerError, match=part) as caught:
        describe_archive(tmp_path / name)
    assert caught.value.render("zh")


def test_empty_and_strange_archives_are_refused(tmp_path):
    with pytest.raises(LayerError, match="no tiles"):
        describe_archive(archives.mbtiles(tmp_path / "a.mbtiles", {}, "png"))
    with pytest.raises(LayerError, match="grib"):
        describe_archive(archives.mbtiles(tmp_path / "b.mbtiles", {(0, 0, 0): b"GRIB"}, "grib"))


FIELD, LAKE, HOUSE = (
    box(X - 4000, Y - 4000, X + 4000, Y - 100),
    box(X, Y, X + 3000, Y + 2500),
    box(X, Y, X + 40, Y + 30),
)
ROAD, TRACK = (
    LineString([(X - 5000, Y - 60), (X + 5000, Y + 80)]),
    LineString([(X - 5000, Y + 900), (X + 5000, Y - 900)]),
)
SCHEMAS = {
    "openmaptiles": {
        "landcover": [(FIELD, {"class": "farmland", "subclass": "farmland"})],
        "water": [(LAKE, {"class": "lake"})],
        "building": [(HOUSE, {"render_height": "3"})],
        "transportation": [(ROAD, {"class": "trunk"}), (TRACK, {"class": "rail"}), (ROAD, {"class": "ferry"})],
        "place": [(ROAD, {"class": "town"})],
    },
    "protomaps-4": {
        "landuse": [(FIELD, {"kind": "farmland"})],
        "water": [(LAKE, {"kind": "lake"})],
        "buildings": [(HOUSE, {"kind": "building"})],
        "roads": [
            (ROAD, {"kind": "major_road", "kind_detail": "trunk"}),
            (TRACK, {"kind": "rail", "kind_detail": "rail"}),
        ],
    },
    "protomaps-3": {
        "landuse": [(FIELD, {"pmap:kind": "farmland"})],
        "water": [(LAKE, {"pmap:kind": "lake"})],
        "buildings": [(HOUSE, {"pmap:kind": "building"})],
        "roads": [(ROAD, {"pmap:kind": "highway"})],
        "transit": [(TRACK, {"pmap:kind": "rail"})],
    },
    "shortbread": {
        "land": [(FIELD, {"kind": "farmland"})],
        "water_polygons": [(LAKE, {"kind": "water"})],
        "buildings": [(HOUSE, {"dummy": "1"})],
        "streets": [(ROAD, {"kind": "trunk"}), (TRACK, {"kind": "rail"})],
    },
}


def vectors(path, layers, zooms=(12, 13)):
    columns = dict.fromkeys(key for rows in layers.values() for _, facts in rows for key in facts)
    tiles = archives.vector_tiles(layers, zooms)
    if path.suffix == ".pmtiles":
        return archives.pmtiles(path, tiles, "pbf", **archives.vector_facts(layers, columns))
    return archives.mbtiles(path, tiles, "pbf", json=archives.vector_json(layers, columns))


@pytest.mark.parametrize("ending", ["mbtiles", "pmtiles"])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_common_schemas_become_the_same_themes(tmp_path, schema, ending):
    found = read_base(describe_archive(vectors(tmp_path / f"a.{ending}", SCHEMAS[schema])), AROUND, 1e6)
    classes = {theme: set(frame[CLASS]) for theme, frame in found.items()}
    assert classes == {
        "land": {"farm"}, "water": {"water"}, "buildings": {"buildings"}, "roads": {"main"}, "rail": {"rail"},
    }  # fmt: skip
    # Both span many tiles, and are one again.
    for theme, shape in (("land", FIELD), ("water", LAKE)):
        assert len(found[theme]) == 1
        assert abs(found[theme].area.sum() - shape.area) < 0.002 * shape.area
    assert np.isclose(found["roads"].union_all().intersection(ROAD.buffer(3)).length, ROAD.length, rtol=0.01)


def test_a_coarser_zoom_is_taken_where_the_finest_is_too_much(tmp_path):
    archive = describe_archive(
        vectors(tmp_path / "a.mbtiles", {"transportation": [(ROAD, {"class": "minor"})]}, range(11, 14))
    )
    fine, coarse = (len(read_base(archive, AROUND, most)["roads"]) for most in (1e6, 10))
    # As many pieces as tiles of the zoom that the road crosses.
    assert (fine, coarse) == tuple(
        sum(ROAD.intersection(box(*archives.bounds(*place))).length > 0 for place in tiles_over(ROAD.bounds, zoom))
        for zoom in (13, 11)
    )


def test_vectors_of_no_known_schema_name_their_layers(tmp_path):
    archive = describe_archive(vectors(tmp_path / "a.mbtiles", {"contours": [(ROAD, {"height": "100"})]}))
    with pytest.raises(LayerError, match="contours"):
        read_base(archive, AROUND, 1e6)
