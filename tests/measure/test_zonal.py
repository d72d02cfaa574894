"""Zonal statistics: by hand, by law, against slow boxes and exactextract, and everything a raster can be."""

from __future__ import annotations

import itertools
import warnings

import exactextract
import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import rasterio.shutil
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.enums import Resampling
from shapely import MultiPolygon, Polygon, box

from fringe.errors import CRSError, FringeWarning, LayerError
from fringe.io import raster as io_raster
from fringe.measure import zonal_cells
from fringe.measure.zonal import zonal

CRS = "EPSG:4547"
LEFT, TOP, CELL = 500_000.0, 3_840_000.0, 10.0
ALL = ("mean", "sum", "min", "max", "count")
NINE = np.arange(1, 10).reshape(3, 3)
modest = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path, cells, *, crs=CRS, way=None, scale=None, mask=None, **options):
    """A GeoTIFF of the cells, one band or several."""
    bands = cells if cells.ndim == 3 else cells[np.newaxis]
    way = way or rasterio.Affine(CELL, 0, LEFT, 0, -CELL, TOP)
    _, height, width = bands.shape
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=len(bands),
            height=height,
            width=width,
            dtype=bands.dtype,
            crs=crs,
            transform=way,
            **options,
        ) as out,
    ):
        out.write(bands)
        if scale:
            out.scales, out.offsets = [scale[0]] * len(bands), [scale[1]] * len(bands)
        if mask is not None:
            out.write_mask(mask)
    return path


def on_cells(shape):
    """A shape given in columns and rows."""
    return shapely.transform(shape, lambda xy: [LEFT, TOP] + xy * [CELL, -CELL])


def layer(*shapes, crs=CRS):
    shapes = [on_cells(shape) for shape in shapes]
    return gpd.GeoDataFrame(
        geometry=shapes, index=pd.Index([f"Z{at}" for at in range(len(shapes))], name="zone"), crs=crs
    )


@pytest.fixture
def nine(tmp_path):
    """Three by three cells, 1 to 9."""
    return write(tmp_path / "nine.tif", NINE.astype("uint8"))


@pytest.fixture(params=["plain", "compiled"])
def way(request, monkeypatch):
    """Both ways of counting; the compiled one even for nothing."""
    least = 0 if request.param == "compiled" else 1 << 60
    monkeypatch.setattr(zonal_cells, "WORTH_CALLING", least)
    monkeypatch.setattr(zonal_cells, "WORTH_LOADING", least)
    return request.param


# By hand


@pytest.mark.usefixtures("way")
def test_a_triangle_over_nine_cells(nine):
    # Below the diagonal from the top left: half of 1, 5 and 9, all of 4, 7 and 8.
    found = zonal(nine, layer(Polygon([(0, 0), (0, 3), (3, 3)])), stats=ALL, threshold=7).iloc[0]
    assert found["count"] == pytest.approx(4.5, abs=1e-9)
    assert found["sum"] == pytest.approx(15 / 2 + 19, abs=1e-9)
    assert found["mean"] == pytest.approx(26.5 / 4.5, abs=1e-9)
    assert (found["min"], found["max"]) == (1, 9)
    assert found["over_share"] == pytest.approx(1.5 / 4.5, abs=1e-9)
    assert (found["valid_share"], found["inside_share"]) == (1, 1)


@pytest.mark.usefixtures("way")
def test_holes_parts_overlaps_and_zones_within_a_cell(nine):
    ring = box(0, 0, 3, 3) - box(1, 1, 2, 2)
    pair = MultiPolygon([box(0, 0, 1, 1), box(2.5, 2.5, 3, 3)])
    tiny = box(1.2, 1.3, 1.2 + 1e-3, 1.3 + 1e-3)
    astride = box(0.9999, 0.9999, 1.0001, 1.0001)
    table = zonal(nine, layer(ring, ring, pair, tiny, astride), stats=("mean", "sum", "count"))
    assert table["sum"].tolist() == pytest.approx([40, 40, 1 + 9 / 4, 5e-6, 4e-8 * 3], rel=1e-6)
    assert table["count"].tolist() == pytest.approx([8, 8, 1.25, 1e-6, 4e-8], rel=1e-5)
    assert table["mean"].tolist() == pytest.approx([5, 5, 2.6, 5, 3], rel=1e-6)
    assert table.index.tolist() == ["Z0", "Z1", "Z2", "Z3", "Z4"]
    assert table.index.name == "zone"


@pytest.mark.usefixtures("way")
def test_a_border_along_cells_takes_nothing_of_the_next(nine):
    found = zonal(nine, layer(box(1, 1, 2, 2)), stats=("min", "max", "count")).iloc[0]
    assert found[["min", "max", "count"]].tolist() == [5, 5, 1]


@pytest.mark.usefixtures("way")
def test_partly_and_wholly_outside(nine):
    zones = layer(box(-1, 0, 1, 1), box(10, 10, 12, 12), box(-5, -5, 8, 8), box(-9, 1, -8, 2))
    with pytest.warns(FringeWarning, match="Z1, Z3.*outside"):
        table = zonal(nine, zones, stats=ALL, threshold=0)
    assert table["inside_share"].tolist() == pytest.approx([0.5, 0, 9 / 169, 0])
    assert table["valid_share"].tolist() == pytest.approx([0.5, 0, 9 / 169, 0])
    assert table["mean"].tolist() == pytest.approx([1, np.nan, 5, np.nan], nan_ok=True)
    assert table.loc[["Z1", "Z3"], [*("mean", "sum", "min", "max"), "over_share"]].isna().all(axis=None)
    assert table["count"].tolist() == pytest.approx([1, 0, 9, 0])


def test_classes_have_a_row_for_each_zone_and_class(tmp_path):
    cells = np.array([[11, 11, 12], [11, 12, 12], [255, 13, 13]], dtype="uint8")
    path = write(tmp_path / "land.tif", cells, nodata=255)
    table = zonal(path, layer(box(0, 0, 3, 1), box(0, 0, 3, 3)), stats="class_share")
    assert table.index.names == ["zone", "class"]
    assert table["class_share"].to_dict() == pytest.approx(
        {
            ("Z0", 11): 2 / 3, ("Z0", 12): 1 / 3, ("Z0", 13): 0,
            ("Z1", 11): 3 / 8, ("Z1", 12): 3 / 8, ("Z1", 13): 2 / 8,
        }
    )  # fmt: skip
    assert table["valid_share"].tolist() == pytest.approx([1, 1, 1, 8 / 9, 8 / 9, 8 / 9])


@pytest.mark.parametrize("kind", ["int16", "uint16", "int32", "float32"])
def test_classes_of_every_type(tmp_path, kind, way):
    del way
    path = write(tmp_path / "land.tif", np.array([[301, 301], [1201, 301]], dtype=kind))
    table = zonal(path, layer(box(0, 0, 2, 2)), stats=("count", "class_share"))
    assert table["class_share"].tolist() == [0.75, 0.25]
    assert table["count"].tolist() == [4, 4]


# What a cell may be


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("kind", "nodata"),
    [("uint8", 255), ("uint16", 65535), ("int16", -9999), ("int32", -1), ("float32", -99999.0), ("float32", np.nan),
     ("float64", -3.4e38), ("float32", -3.4028234663852886e38), ("int64", -1), ("int8", -128)],
)  # fmt: skip
def test_every_value_of_no_data(tmp_path, kind, nodata):
    cells = NINE.astype(kind)
    cells[1, 1] = nodata
    found = zonal(write(tmp_path / "a.tif", cells, nodata=nodata), layer(box(0, 0, 3, 3)), stats=ALL, threshold=8).iloc[
        0
    ]
    assert found[["mean", "sum", "min", "max", "count"]].tolist() == [5, 40, 1, 9, 8]
    assert found["valid_share"] == pytest.approx(8 / 9)
    assert (found["inside_share"], found["over_share"]) == (1, 1 / 8)


@pytest.mark.usefixtures("way")
def test_what_is_not_finite_is_no_data_beside_the_value(tmp_path):
    cells = NINE.astype("float32")
    cells[0] = [np.nan, np.inf, -1]
    found = zonal(write(tmp_path / "a.tif", cells, nodata=-1), layer(box(0, 0, 3, 3)), stats=ALL).iloc[0]
    assert found[["sum", "count", "max"]].tolist() == [39, 6, 9]


@pytest.mark.usefixtures("way")
def test_masks_and_alpha_bands(tmp_path):
    mask = np.full((3, 3), 255, dtype="uint8")
    mask[0, 0] = 0
    masked = write(tmp_path / "m.tif", NINE.astype("uint8"), mask=mask)
    alpha = write(
        tmp_path / "a.tif", np.stack([NINE, NINE * 2, NINE, mask]).astype("uint8"), photometric="RGB", alpha="YES"
    )
    zones = layer(box(0, 0, 3, 3))
    for path, band, total in ((masked, 1, 44), (alpha, 1, 44), (alpha, 2, 88)):
        found = zonal(path, zones, stats=ALL, band=band).iloc[0]
        assert found[["sum", "count", "min"]].tolist() == [total, 8, 2 * band]
    shares = zonal(masked, zones, stats="class_share")["class_share"]
    assert shares.to_dict() == {("Z0", value): 1 / 8 for value in range(2, 10)}


def test_a_value_of_no_data_can_be_stated(nine):
    assert zonal(nine, layer(box(0, 0, 3, 3)), stats="sum", nodata=9)["sum"].tolist() == [36]
    with pytest.raises(LayerError, match="-1 cannot occur"):
        zonal(nine, layer(box(0, 0, 3, 3)), nodata=-1)


@pytest.mark.usefixtures("way")
def test_scale_and_offset(tmp_path):
    zones = layer(box(0, 0, 3, 3))
    path = write(tmp_path / "a.tif", (NINE * 1000).astype("int16"), scale=(1e-4, 0.5))
    found = zonal(path, zones, stats=ALL, threshold=0.8).iloc[0]
    assert found[["mean", "sum", "min", "max"]].tolist() == pytest.approx([1.0, 9.0, 0.6, 1.4])
    # 0.5 + 3000 * 0.0001 is 0.8, not over it, whatever the last digit of (0.8 - 0.5) / 0.0001.
    assert found["over_share"] == 6 / 9
    turned = write(tmp_path / "b.tif", NINE.astype("int16"), scale=(-1.0, 10.0))
    found = zonal(turned, zones, stats=ALL, threshold=4).iloc[0]
    assert found[["mean", "min", "max"]].tolist() == [5, 1, 9]
    assert found["over_share"] == 5 / 9


@pytest.mark.usefixtures("way")
def test_thresholds_are_compared_in_the_rasters_type(tmp_path):
    zones = layer(box(0, 0, 2, 1))
    floats = write(tmp_path / "f.tif", np.array([[0.4, 0.5]], dtype="float32"))
    assert float(np.float32(0.4)) > 0.4
    assert zonal(floats, zones, threshold=0.4)["over_share"].tolist() == [0.5]
    bytes_ = write(tmp_path / "u.tif", np.array([[3, 200]], dtype="uint8"))
    over = {
        limit: zonal(bytes_, zones, threshold=limit)["over_share"].iloc[0] for limit in (-1, 0, 2.5, 3, 199.5, 255, 300)
    }
    assert over == {-1: 1, 0: 1, 2.5: 1, 3: 0.5, 199.5: 0.5, 255: 0, 300: 0}


def test_bands_are_counted_from_one(tmp_path):
    path = write(tmp_path / "two.tif", np.stack([NINE, NINE * 10]).astype("uint16"))
    zones = layer(box(0, 0, 3, 3))
    assert [zonal(path, zones, band=band)["mean"].iloc[0] for band in (1, 2)] == [5, 50]
    for band in (0, 3, 1.5):
        with pytest.raises(LayerError, match="there is no band"):
            zonal(path, zones, band=band)


# Grids


@pytest.mark.parametrize("flip", ["south", "west"])
def test_grids_that_run_the_other_way(tmp_path, flip):
    way = (
        rasterio.Affine(CELL, 0, LEFT, 0, CELL, TOP - 30)
        if flip == "south"
        else rasterio.Affine(-CELL, 0, LEFT + 30, 0, -CELL, TOP)
    )
    cells = NINE[::-1] if flip == "south" else NINE[:, ::-1]
    path = write(tmp_path / "a.tif", cells.astype("uint8"), way=way)
    found = zonal(path, layer(Polygon([(0, 0), (0, 3), (3, 3)])), stats=ALL).iloc[0]
    assert found["sum"] == pytest.approx(26.5, abs=1e-9)


def test_a_turned_grid_is_refused_with_the_command_that_rights_it(tmp_path):
    path = write(tmp_path / "turned.tif", NINE.astype("uint8"), way=rasterio.Affine(10, 2, LEFT, 2, -10, TOP))
    with pytest.raises(LayerError, match=r"turned or sheared.*gdalwarp .*turned.tif .*turned_north.tif"):
        zonal(path, layer(box(0, 0, 1, 1)))


def test_a_raster_without_crs_or_place_is_refused(tmp_path):
    path = write(tmp_path / "a.tif", NINE.astype("uint8"), crs=None)
    with pytest.raises(CRSError, match=r"states no coordinate system.*gdal_edit"):
        zonal(path, layer(box(0, 0, 1, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        write(tmp_path / "b.tif", NINE.astype("uint8"), crs=None, way=rasterio.Affine.identity())
    with pytest.raises(LayerError, match="no place on a grid"):
        zonal(tmp_path / "b.tif", layer(box(0, 0, 1, 1)))


def test_overviews_are_not_read(tmp_path):
    rng = np.random.default_rng(5)
    cells = rng.integers(0, 200, (700, 900), dtype="uint8")
    plain = write(tmp_path / "plain.tif", cells)
    with rasterio.open(plain) as source:
        options = {"driver": "COG", "blocksize": 256, "overview_resampling": "mode", "compress": "deflate"}
        rasterio.shutil.copy(source, tmp_path / "cog.tif", **options)
    with rasterio.open(tmp_path / "cog.tif") as source:
        assert source.overviews(1)
        assert (source.read(1, out_shape=(350, 450), resampling=Resampling.nearest) != cells[::2, ::2]).any()
    zones = layer(box(3.5, 4.5, 800, 600), Polygon([(10, 10), (600, 50), (300, 650)]))
    one, other = (zonal(tmp_path / name, zones, stats=ALL) for name in ("plain.tif", "cog.tif"))
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)
    # The first zone by hand: weights of rows and columns.
    rows, cols = np.r_[0.5, np.ones(595)], np.r_[0.5, np.ones(796)]
    assert one["sum"].iloc[0] == pytest.approx(rows @ cells[4:600, 3:800] @ cols, rel=1e-12)


# Coordinate systems


def test_zones_of_another_system_keep_their_edges_straight(tmp_path):
    path = write(tmp_path / "a.tif", np.random.default_rng(2).random((300, 300)).astype("float32"))
    here = layer(box(20, 20, 280, 280), Polygon([(10, 10), (290, 30), (150, 280)]))
    # A degree rectangle of long edges; in the plane they are curves.
    there = here.to_crs("EPSG:4490")
    table = zonal(path, there, stats=ALL)
    dense = there.set_geometry(there.geometry.segmentize(1e-5)).to_crs(CRS)
    pd.testing.assert_frame_equal(table, zonal(path, dense, stats=ALL), rtol=1e-6, check_exact=False)
    assert [(found.code, found.severity) for found in table.attrs["problems"]] == [("zones_reprojected", "note")]
    assert zonal(path, here).attrs["problems"] == ()


def test_degrees_weigh_cells_by_their_area(tmp_path):
    # Two cells of 30 degrees, from the equator to 60 north: on a sphere their areas are as sin 30 to sin 60 - sin 30.
    sphere = "+proj=longlat +R=6371000 +no_defs"
    path = write(
        tmp_path / "a.tif",
        np.array([[2.0], [1.0]], dtype="float64"),
        crs=sphere,
        way=rasterio.Affine(30, 0, 0, 0, -30, 60),
    )
    zones = gpd.GeoDataFrame(index=["all", "half"], geometry=[box(0, 0, 30, 60), box(-30, 0, 30, 60)], crs=sphere)
    table = zonal(path, zones, stats=("mean", "sum", "count"), threshold=1)
    south, north = 0.5, 3**0.5 / 2 - 0.5
    assert table["mean"].tolist() == pytest.approx([(south + 2 * north) / (south + north)] * 2)
    assert table["over_share"].tolist() == pytest.approx([north / (south + north)] * 2)
    assert table["sum"].tolist() == [3, 3]
    assert table["inside_share"].tolist() == pytest.approx([1, 0.5], rel=1e-3)


def test_web_mercator_weighs_cells_as_degrees_do(tmp_path):
    # The same two bands of latitude, in the plane of EPSG:3857 and in degrees.
    radius = 6378137.0
    edges = [radius * np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) for lat in (40, 50)]
    middle = (edges[0] + edges[1]) / 2
    path = write(
        tmp_path / "a.tif", np.array([[2.0], [1.0]]), crs="EPSG:3857",
        way=rasterio.Affine(1e6, 0, 0, 0, -(edges[1] - edges[0]) / 2, edges[1]),
    )  # fmt: skip
    zones = gpd.GeoDataFrame(geometry=[box(0, edges[0], 1e6, edges[1])], crs="EPSG:3857")
    lat = np.degrees(2 * np.arctan(np.exp(middle / radius)) - np.pi / 2)
    geod = pyproj.Geod(ellps="WGS84")
    areas = []
    for south, north in ((40, lat), (lat, 50)):
        ring = shapely.segmentize(box(0, south, 1, north), 0.01).exterior
        areas.append(abs(geod.polygon_area_perimeter(*np.array(ring.coords).T)[0]))
    expected = (areas[0] + 2 * areas[1]) / sum(areas)
    assert zonal(path, zones)["mean"].iloc[0] == pytest.approx(expected, rel=1e-6)


# Strips, blocks and threads


def test_windows_are_read_once_and_bounded(tmp_path, monkeypatch):
    cells = np.random.default_rng(8).integers(0, 255, (1000, 1100), dtype="uint8")
    path = write(tmp_path / "a.tif", cells, tiled=True, blockxsize=128, blockysize=128)
    seen = []
    read = io_raster.Reader.read
    monkeypatch.setattr(io_raster.Reader, "read", lambda self, window: seen.append(window) or read(self, window))
    zones = layer(box(5, 5, 950, 990), Polygon([(100, 900), (1050, 30), (800, 980)]), box(127.5, 127.5, 128.5, 128.5))
    whole = zonal(path, zones, stats=ALL, threshold=100)
    assert len(seen) == 1
    monkeypatch.setattr(io_raster.windows, "__defaults__", (20_000,))
    small = zonal(path, zones, stats=ALL, threshold=100)
    many = seen[1:]
    pd.testing.assert_frame_equal(whole, small, rtol=1e-12)
    assert len(set(many)) == len(many) > 50
    assert all(window.row % 128 == 0 and window.col % 128 == 0 for window in many)
    assert max(window.height * window.width for window in many) <= 20_000
    for workers in (1, 3):
        pd.testing.assert_frame_equal(small, zonal(path, zones, stats=ALL, threshold=100, workers=workers), rtol=0)


def test_only_windows_near_zones_are_read(tmp_path, monkeypatch):
    path = write(tmp_path / "a.tif", np.ones((1000, 1000), dtype="uint8"), tiled=True, blockxsize=128, blockysize=128)
    monkeypatch.setattr(io_raster.windows, "__defaults__", (20_000,))
    seen = []
    read = io_raster.Reader.read
    monkeypatch.setattr(io_raster.Reader, "read", lambda self, window: seen.append(window) or read(self, window))
    zonal(path, layer(box(3, 3, 9, 9), box(990, 990, 995, 995)))
    assert sorted((window.row, window.col) for window in seen) == [(0, 0), (896, 896)]


# Laws and second opinions


@st.composite
def shapes(draw, size=8):
    """Polygons on and off the lattice of a small grid, also beyond its borders, some with a hole."""
    on = draw(st.booleans())
    number = st.integers(-2, size + 2) if on else st.floats(-2, size + 2, allow_nan=False, width=32)
    kind = draw(st.sampled_from(["hull", "box", "ring"]))
    if kind == "hull":
        points = draw(st.lists(st.tuples(number, number), min_size=3, max_size=7))
        hull = shapely.convex_hull(shapely.MultiPoint(points))
        return hull if hull.area > 1e-3 else box(1, 1, 2, 3)
    x, y = draw(number), draw(number)
    shape = box(x, y, x + draw(st.integers(1, 5)) + 0.25, y + draw(st.integers(1, 5)) + 0.5)
    return shape - shapely.buffer(shape.centroid, 0.3) if kind == "ring" else shape


def by_boxes(cells, shape):
    """Fractions of every cell, one intersection after the other."""
    return np.array(
        [
            [shape.intersection(box(col, row, col + 1, row + 1)).area for col in range(cells.shape[1])]
            for row in range(cells.shape[0])
        ]
    )


@modest
@given(zone=shapes(), seed=st.integers(0, 5))
def test_fractions_are_those_of_boxes(tmp_path, zone, seed):
    cells = np.random.default_rng(seed).random((8, 8)) + 0.5
    path = write(tmp_path / "a.tif", cells)
    fractions = by_boxes(cells, zone)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        found = zonal(path, layer(zone), stats=("sum", "count"), threshold=1).iloc[0]
    assert found["count"] == pytest.approx(fractions.sum(), abs=1e-6)
    assert found["inside_share"] == pytest.approx(fractions.sum() / zone.area, abs=1e-6)
    if fractions.sum() > 1e-4:
        assert found["sum"] == pytest.approx((fractions * cells).sum(), abs=1e-6)
        assert found["over_share"] == pytest.approx((fractions * (cells > 1)).sum() / fractions.sum(), abs=1e-5)


@modest
@given(zones=st.lists(shapes(), min_size=1, max_size=4), kind=st.sampled_from(["uint8", "float32"]))
def test_both_ways_and_exactextract_agree(tmp_path, zones, kind):
    cells = np.random.default_rng(len(zones)).integers(1, 200, (8, 8)).astype(kind)
    path = write(tmp_path / "a.tif", cells, nodata=7)
    frame = layer(*zones)
    tables = []
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", FringeWarning)
        for least in (0, 1 << 60):
            patch.setattr(zonal_cells, "WORTH_CALLING", least)
            patch.setattr(zonal_cells, "WORTH_LOADING", least)
            tables.append(zonal(path, frame, stats=ALL, threshold=90))
    pd.testing.assert_frame_equal(*tables, rtol=1e-9, atol=1e-9)
    theirs = exactextract.exact_extract(str(path), frame.reset_index(), ["sum", "count"], output="pandas")
    np.testing.assert_allclose(tables[0]["count"], theirs["count"], rtol=1e-8, atol=1e-6)
    np.testing.assert_allclose(tables[0]["sum"].fillna(0), theirs["sum"], rtol=1e-8, atol=1e-4)


@modest
@given(cuts=st.lists(st.floats(0.125, 7.875, width=32), min_size=1, max_size=4, unique=True), slant=st.floats(-2, 2))
def test_zones_that_tile_the_raster_add_up_to_it(tmp_path, cuts, slant):
    cells = np.random.default_rng(1).random((8, 8)) + 1
    path = write(tmp_path / "a.tif", cells)
    x = [-20, *sorted(cuts), 20]
    tiles = [
        Polygon([(west, 0), (east, 0), (east + slant, 8), (west + slant, 8)]) for west, east in itertools.pairwise(x)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        table = zonal(path, layer(*tiles), stats=("sum", "count"))
    assert table["count"].sum() == pytest.approx(64, abs=1e-6)
    assert table["sum"].sum() == pytest.approx(cells.sum(), abs=1e-5)


# Bad input


def test_what_is_wrong_is_said(tmp_path, nine):
    zones = layer(box(0, 0, 1, 1))
    with pytest.raises(LayerError, match="stats cannot be 'median'"):
        zonal(nine, zones, stats=("mean", "median"))
    with pytest.raises(LayerError, match=r"there is no file .*gone.tif"):
        zonal(tmp_path / "gone.tif", zones)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(LayerError, match="cannot be read"):
        zonal(tmp_path / "text.tif", zones)
    with pytest.raises(LayerError, match="threshold cannot be"):
        zonal(nine, zones, threshold=np.nan)
    with pytest.raises(CRSError):
        zonal(nine, layer(box(0, 0, 1, 1), crs=None))
    with pytest.raises(LayerError):
        zonal(nine, zones.iloc[:0])
    with pytest.raises(LayerError, match="too many for classes"):
        zonal(
            write(tmp_path / "f.tif", np.random.default_rng(1).random((50, 50))),
            layer(box(0, 0, 50, 50)),
            stats="class_share",
        )


def test_inputs_are_left_alone(nine):
    zones = layer(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))
    before = zones.copy()
    with pytest.warns(FringeWarning):
        zonal(nine, zones)
    pd.testing.assert_frame_equal(zones, before)
