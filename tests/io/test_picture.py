"""Pictures: where they lie, what colours they have, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image
from tests.maps import quadrants

from fringe.errors import CRSError, LayerError
from fringe.io.picture import box_of, describe_picture, read_picture, size_of

EVERYWHERE = (-2e7, -2e7, 2e7, 2e7)


def mercator(path, colours):
    """A picture on a Web Mercator grid of 10 m, so that nothing has to be interpolated."""
    size = {"count": colours.shape[0], "height": colours.shape[1], "width": colours.shape[2], "dtype": colours.dtype}
    place = {"crs": "EPSG:3857", "transform": Affine(10, 0, 1_000_000, 0, -10, 4_000_000)}
    with rasterio.open(path, "w", driver="GTiff", **size, **place) as file:
        file.write(colours)
    return path


def read(path, **rest):
    return read_picture(describe_picture(path), EVERYWHERE, most_pixels=rest.pop("most_pixels", 10**6), **rest)


def test_what_lies_on_the_grid_already_comes_back_as_it_is(tmp_path):
    given = np.random.default_rng(3).integers(0, 256, (3, 40, 60)).astype(np.uint8)
    found, box = read(mercator(tmp_path / "a.tif", given))
    assert np.array_equal(np.moveaxis(found[..., :3], 2, 0), given)
    assert (found[..., 3] == 255).all()
    assert np.allclose(box, (1_000_000, 3_999_600, 1_000_600, 4_000_000))


def test_a_part_is_cut_and_a_place_elsewhere_has_none(tmp_path):
    given = np.arange(100, dtype=np.uint8).reshape(1, 10, 10)
    picture = describe_picture(mercator(tmp_path / "a.tif", given))
    found, box = read_picture(picture, (1_000_020, 3_999_930, 1_000_050, 3_999_960), most_pixels=100)
    assert found[..., 0].tolist() == given[0, 4:7, 2:5].tolist()
    assert box == (1_000_020, 3_999_930, 1_000_050, 3_999_960)
    assert read_picture(picture, (0, 0, 10, 10), most_pixels=100) is None


def test_a_coarser_picture_holds_the_means(tmp_path):
    given = np.zeros((1, 40, 40), dtype=np.uint8)
    given[:, ::2] = 200
    found, _ = read(mercator(tmp_path / "a.tif", given), least_step=20)
    assert found.shape == (20, 20, 4)
    assert set(found[..., 0].ravel()) == {100}


def test_no_data_is_clear_and_does_not_bleed(tmp_path):
    given = np.full((3, 300, 300), 180, dtype=np.uint8)
    given[:, :, :150] = 0
    found, _ = read(quadrants.geotiff(tmp_path / "a.tif", given, nodata=0))
    seen = found[found[..., 3] > 0]
    assert (seen[:, :3] >= 179).all()
    assert 0.45 < (found[..., 3] > 127).mean() < 0.5


@pytest.mark.parametrize("kind", ["uint16", "float32"])
def test_wide_numbers_are_stretched_between_their_percentiles(tmp_path, kind):
    given = np.linspace(1000, 3000, 100 * 100).reshape(1, 100, 100).astype(kind)
    found, _ = read(mercator(tmp_path / "a.tif", given))
    low, high = np.percentile(given, (2, 98))
    wanted = np.clip((given[0] - low) / (high - low) * 255, 0, 255)
    assert np.abs(found[..., 0] - wanted).max() <= 1
    assert (found[..., 0] == found[..., 2]).all()


def test_palettes_become_their_colours(tmp_path):
    path = tmp_path / "a.tif"
    place = {"crs": "EPSG:3857", "transform": Affine(10, 0, 0, 0, -10, 0)}
    with rasterio.open(path, "w", driver="GTiff", count=1, height=2, width=2, dtype="uint8", **place) as file:
        file.write(np.array([[[7, 8], [8, 7]]], dtype=np.uint8))
        file.write_colormap(1, {7: (10, 20, 30, 255), 8: (200, 100, 50, 255)})
    assert read(path)[0][0, :, :3].tolist() == [[10, 20, 30], [200, 100, 50]]


@pytest.mark.parametrize(("ending", "beside"), [("png", "pgw"), ("jpg", "jgw"), ("webp", "wld"), ("png", "wld")])
def test_world_files_place_pictures(tmp_path, ending, beside):
    path = tmp_path / f"a.{ending}"
    Image.new("RGB", (30, 20), (9, 99, 199)).save(path)
    # The middle of the first pixel.
    (tmp_path / f"a.{beside}").write_text("2\n0\n0\n-2\n501\n899\n")
    picture = describe_picture(path, "EPSG:3857")
    assert Affine(*picture.way) == Affine(2, 0, 500, 0, -2, 900)
    assert np.allclose(box_of(picture), (500, 860, 560, 900))


def test_what_cannot_be_placed_is_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (3, 3)).save(path)
    with pytest.raises(LayerError, match="world file"):
        describe_picture(path, "EPSG:3857")
    (tmp_path / "a.pgw").write_text("1\n0\n0\n-1\n0\n0\n")
    with pytest.raises(CRSError, match="crs="):
        describe_picture(path)
    with pytest.raises(CRSError, match="EPSG:nothing"):
        describe_picture(path, "EPSG:nothing")
    (tmp_path / "a.pgw").unlink()
    (tmp_path / "a.wld").write_text("1\ntwo\n")
    with pytest.raises(LayerError, match="6 numbers"):
        describe_picture(path, "EPSG:3857")
    (tmp_path / "b.tif").write_bytes(b"no picture")
    with pytest.raises(LayerError, match=r"b\.tif"):
        describe_picture(tmp_path / "b.tif")
    with pytest.raises(LayerError, match=r"c\.tif"):
        describe_picture(tmp_path / "c.tif")


def test_sizes_of_tiles():
    with pytest.raises(LayerError):
        size_of(b"no picture")
    assert size_of(next(iter(quadrants.tiles(range(12, 13), side=512, reach=1).values()))) == (512, 512)
