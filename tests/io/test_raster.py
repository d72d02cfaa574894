"""Rasters: what a band is, windows of whole blocks, and files that are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyproj
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from fringe.errors import LayerError
from fringe.io.raster import Raster, describe, opened, windows

WAY = rasterio.Affine(10, 0, 500_000, 0, -10, 3_840_000)
PLAIN = Raster(
    path="a.tif", band=1, crs=pyproj.CRS(4547), left=0, top=0, cell_x=1, cell_y=-1, height=10, width=10,
    dtype=np.dtype("u1"), nodata=None, scale=1, offset=0, block=(1, 10), masked=False,
)  # fmt: skip


def write(path, cells, **options):
    height, width = cells.shape
    options = {"crs": "EPSG:4547", "transform": WAY, **options}
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=height, width=width, dtype=cells.dtype, **options
    ) as out:
        out.write(cells, 1)
    return path


def test_what_a_band_is(tmp_path):
    path = write(tmp_path / "a.tif", np.zeros((40, 50), dtype="int16"), nodata=-9999)
    with rasterio.open(path, "r+") as out:
        out.scales, out.offsets = (0.5,), (2.0,)
    found = describe(path)
    assert (found.left, found.top, found.cell_x, found.cell_y) == (500_000, 3_840_000, 10, -10)
    assert (found.height, found.width, found.dtype) == (40, 50, np.dtype("int16"))
    assert (found.nodata, found.scale, found.offset, found.masked) == (-9999, 0.5, 2.0, False)
    assert (found.crs.to_epsg(), found.name) == (4547, "a.tif")


@pytest.mark.parametrize(("kind", "stated", "held"), [("uint8", 300, None), ("uint8", 1.5, None), ("uint8", 7, 7)])
def test_a_value_of_no_data_that_cannot_occur_is_none(tmp_path, kind, stated, held):
    path = write(tmp_path / "a.tif", np.zeros((4, 4), dtype=kind))
    if held is None:
        with pytest.raises(LayerError, match="cannot occur"):
            describe(path, nodata=stated)
    else:
        assert describe(path, nodata=stated).nodata == held


@given(
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    block=st.tuples(st.integers(1, 64), st.integers(1, 400)),
    cells=st.integers(1, 20_000),
)
def test_windows_are_the_raster_once_in_whole_blocks(size, block, cells):
    height, width = size
    rows, cols = min(block[0], height), min(block[1], width)
    raster = replace(PLAIN, height=height, width=width, block=block)
    seen = np.zeros(size, dtype=int)
    for window in windows(raster, cells):
        seen[window.row : window.row + window.height, window.col : window.col + window.width] += 1
        assert window.row % rows == 0
        assert window.col % cols == 0
        assert window.height * window.width <= max(cells, rows * cols)
    assert (seen == 1).all()


def test_a_block_that_is_too_large_is_read_in_parts():
    raster = replace(PLAIN, height=20_000, width=26_000, block=(20_000, 26_000))
    assert max(window.height * window.width for window in windows(raster)) <= 1 << 22


@pytest.mark.parametrize("kept", [1, 1 << 27])
def test_windows_hold_what_the_file_holds(tmp_path, monkeypatch, kept):
    monkeypatch.setattr("fringe.io.raster._KEPT_BYTES", kept)
    cells = np.arange(200 * 300, dtype="uint16").reshape(200, 300)
    raster = describe(write(tmp_path / "a.tif", cells, tiled=True, blockxsize=64, blockysize=64))
    with opened(raster) as reader:
        for window in windows(raster, 5_000):
            rows, cols = slice(window.row, window.row + window.height), slice(window.col, window.col + window.width)
            found = reader.read(window)
            assert found.valid is None
            np.testing.assert_array_equal(found.stored, cells[rows, cols])


def test_files_inside_archives_are_gdals_business(tmp_path):
    import zipfile

    path = write(tmp_path / "a.tif", np.ones((4, 4), dtype="uint8"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "a.tif")
    assert describe(f"/vsizip/{tmp_path}/a.zip/a.tif").height == 4
    with pytest.raises(LayerError, match="cannot be read"):
        describe(f"/vsizip/{tmp_path}/a.zip/b.tif")


def test_a_damaged_file_is_said_where_it_is_read(tmp_path):
    path = write(
        tmp_path / "a.tif", np.random.default_rng(1).integers(0, 255, (300, 300), dtype="uint8"), compress="deflate"
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LayerError, match="cannot be read"):  # noqa: PT012 - a cut file may fail when opened or when read
        raster = describe(path)
        with opened(raster) as reader:
            for window in windows(raster):
                reader.read(window)


def test_complex_numbers_are_refused(tmp_path):
    with pytest.raises(LayerError, match="complex"):
        describe(write(tmp_path / "a.tif", np.ones((4, 4), dtype="complex64")))


@pytest.mark.parametrize("band", ["1", 1.0, True, 0, 2])
def test_a_band_is_a_number_of_those_there_are(tmp_path, band):
    path = write(tmp_path / "a.tif", np.ones((2, 2), dtype="u1"))
    with pytest.raises(LayerError, match="band"):
        describe(path, band)


def test_no_data_is_a_number(tmp_path):
    path = write(tmp_path / "a.tif", np.ones((2, 2), dtype="u1"))
    with pytest.raises(LayerError, match="x"):
        describe(path, nodata="x")
