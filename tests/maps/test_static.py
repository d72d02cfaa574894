"""The sheet drawn by matplotlib: the page's colours and counts, a legend, a Chinese font, no surprises."""

from __future__ import annotations

import re
import sys

import geopandas as gpd
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.colors import to_hex
from shapely import Polygon, box

from fringe.errors import MapError
from fringe.maps import Map, Pattern, Symbol
from fringe.maps.fonts import CHINESE, families
from fringe.maps.legend_sheet import rows_of
from fringe.maps.static import figure_of

HAS_CHINESE = any(entry.name in CHINESE for entry in font_manager.fontManager.ttflist)
needs_font = pytest.mark.skipif(not HAS_CHINESE, reason="no Chinese font: apt-get install fonts-noto-cjk")


def texts(figure):
    return [part.get_text() for axes in figure.axes for part in axes.texts]


def two_zones(lang="en", **title):
    zones = gpd.GeoDataFrame(
        {"name": ["West", "East"], "covered_share": [0.1, 0.9]},
        index=["a", "b"],
        geometry=[box(0, 0, 0.02, 0.02), box(0.02, 0, 0.04, 0.02)],
        crs="EPSG:4326",
    ).rename_axis("zone")
    return Map("Two", lang=lang, **title).shade(zones, "covered_share")


def picture(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[:, :, :3].astype(int)


@needs_font
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_legend_says_what_the_page_says(town, lang):
    sheet = town.sheet(lang, attribution="© OpenStreetMap contributors", organisation="指挥部")
    page = sheet.document()
    written = texts(figure_of(sheet))
    for layer in page["layers"]:
        for entry in layer["legend"]:
            label = layer["name"] if len(layer["symbols"]) == 1 else entry["label"]
            assert label in written
            if layer["dimension"] != 1:
                assert f"{entry['count']:,}" in written
    for part in (page["title"], page["date"], page["review"], page["attribution"], page["words"]["north"]):
        assert part in written
    assert any(re.fullmatch(r"\d+ (公里|km|米|m)", text) for text in written)


def test_every_entry_of_the_legend_has_its_line():
    sheet = two_zones()
    lines = rows_of(sheet.document()["layers"])
    entries = [row.text for row in lines if row.kind == "entry"]
    assert entries == ["0–20", "20–40", "40–60", "60–80", "80–100"]
    assert [row.text for row in lines if row.kind == "group"] == ["Themes"]


@needs_font
def test_chinese_is_written_in_a_font_that_has_it(town):
    figure = figure_of(town.sheet("zh"))
    named = figure.axes[1].texts[0].get_fontfamily()
    font = font_manager.findfont(font_manager.FontProperties(family=named))
    signs = {sign for text in texts(figure) for sign in text if sign > "\u2e80"}
    assert len(signs) > 50
    face = font_manager.get_font(font)
    assert all(face.get_char_index(ord(sign)) for sign in signs)
    # No glyph is drawn as a box: matplotlib warns of those, and warnings are errors.
    figure.canvas.draw()


def test_without_a_chinese_font_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.raises(MapError, match=r"fonts-noto-cjk.*font="):
        families(["管城区"])
    assert families(["Guancheng"]) == ["DejaVu Sans"]
    with pytest.raises(MapError, match="nowhere"):
        families(["Guancheng"], "nowhere.ttf")


def test_colours_are_the_pages_and_areas_true():
    sheet = two_zones()
    fills = [symbol["fill"] for symbol in sheet.document()["layers"][0]["symbols"]]
    figure = figure_of(sheet)
    ground = figure.axes[0].get_window_extent()
    found = picture(figure)
    high = found.shape[0]
    x0, x1, y0, y1 = (int(edge) for edge in (ground.x0, ground.x1, high - ground.y1, high - ground.y0))
    body = found[y0:y1, x0:x1].reshape(-1, 3)
    shares = [(np.abs(body - [int(fill[n : n + 2], 16) for n in (1, 3, 5)]).sum(axis=1) == 0).mean() for fill in fills]
    assert shares[0] == pytest.approx(shares[4], rel=0.05)
    assert shares[0] > 0.1
    assert max(shares[1:4]) < 0.001


def test_a_hole_is_a_hole_and_patterns_are_drawn():
    ring = Polygon(box(0, 0, 0.03, 0.03).exterior, [box(0.01, 0.01, 0.02, 0.02).exterior.coords])
    frame = gpd.GeoDataFrame({"name": ["x"]}, geometry=[ring], crs="EPSG:4326", index=["r"]).rename_axis("thing")
    plain = figure_of(Map("A", lang="en").draw(frame, style=Symbol(fill="#123456"), label=False))
    inks = np.unique(picture(plain).reshape(-1, 3), axis=0, return_counts=True)
    found = {to_hex(ink / 255): count for ink, count in zip(*inks, strict=True)}
    # Eight ninths of the square; the swatch of the legend is small beside it.
    frame_of = Map("A", lang="en").draw(frame.set_geometry([box(0, 0, 0.03, 0.03)]), style=Symbol(fill="#123456"))
    whole = np.unique(picture(figure_of(frame_of)).reshape(-1, 3), axis=0, return_counts=True)
    full = {to_hex(ink / 255): count for ink, count in zip(*whole, strict=True)}["#123456"]
    assert found["#123456"] / full == pytest.approx(8 / 9, abs=0.02)
    hatched = Symbol(fill="#ffffff", pattern=Pattern("hatch", "#aa0000"))
    striped = picture(figure_of(Map("A", lang="en").draw(frame, style=hatched, label=False)))
    assert ((striped[:, :, 0] > 150) & (striped[:, :, 1] < 140)).sum() > 500


@pytest.mark.parametrize(("size", "paper_mm"), [("A4", (297, 210)), ("A3", (420, 297))])
def test_sheets_have_the_size_of_their_paper(tmp_path, size, paper_mm):
    path = two_zones().to_static(tmp_path / "a.pdf", size=size)
    data = path.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1
    edges = [float(edge) for edge in re.search(rb"/MediaBox\s*\[([^\]]+)\]", data)[1].split()]
    assert edges[2:] == pytest.approx([mm / 25.4 * 72 for mm in paper_mm], abs=0.5)
    head = two_zones().to_static(tmp_path / "a.png", size=size, dpi=50).read_bytes()
    pixels = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    assert pixels == pytest.approx([mm / 25.4 * 50 for mm in paper_mm], abs=1.01)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_equal_maps_give_equal_files(tmp_path, ending):
    made = [two_zones().to_static(tmp_path / f"{n}.{ending}").read_bytes() for n in range(2)]
    assert made[0] == made[1]
    assert str(tmp_path).encode() not in made[0]


def test_the_scale_bar_is_true():
    """A zone 0.04 degrees wide on the equator is 4 452.8 m; the bar is measured against it."""
    figure = figure_of(two_zones())
    ground, page = figure.axes
    label = next(text.get_text() for text in page.texts if re.fullmatch(r"\d+ k?m", text.get_text()))
    metres = float(label.split()[0]) * (1000 if label.endswith("km") else 1)
    halves = [patch for patch in page.patches if getattr(patch, "get_height", lambda: 0)() == 1.3]
    bar_mm = sum(patch.get_width() for patch in halves)
    paths = ground.collections[0].get_paths()
    units = max(path.vertices[:, 0].max() for path in ground.collections[0].get_paths()) - min(
        path.vertices[:, 0].min() for path in paths
    )
    share = units / np.ptp(ground.get_xlim())
    zone_mm = share * ground.get_window_extent().width / figure.dpi * 25.4
    # The first collection holds one of the two zones.
    assert metres / bar_mm == pytest.approx(0.02 * 111_319.49 / zone_mm, rel=0.002)


def test_public_sheets_are_marked_and_generalised(tmp_path):
    sheet = two_zones(audience="public", watermark=True)
    written = texts(figure_of(sheet))
    assert sum("not reviewed" in text for text in written) >= 6
    assert any("grid of 10 m" in text for text in written)
    assert any("LIB-PUBLIC-POS" in text for text in written)
    assert sheet.to_static(tmp_path / "a.png", dpi=40).exists()


def test_comparisons_are_refused(tmp_path):
    sheet = Map("A", lang="en").compare(two_zones(), two_zones())
    with pytest.raises(MapError, match="to_pdf"):
        sheet.to_static(tmp_path / "a.png")


def test_texts_stand_as_typed(tmp_path):
    odd = "$\\frac{1}{2}$ <b> \\x_1"
    zones = two_zones().layers[0].frame.assign(name=[odd, "$"])
    sheet = Map(odd, lang="en", attribution=odd).shade(zones, "covered_share", name=odd)
    assert texts(figure_of(sheet)).count(odd) >= 2
    assert sheet.to_static(tmp_path / "odd.png", dpi=40).exists()


@pytest.mark.parametrize(
    ("act", "part"),
    [
        (lambda sheet, folder: sheet.to_static(folder / "a.gif"), r"\.png, \.pdf, \.svg"),
        (lambda sheet, folder: sheet.to_static(folder / "a.png", size="A0"), "A4, A3"),
        (lambda sheet, folder: sheet.to_static(folder / "no" / "a.png"), "a.png"),
        (lambda _, folder: Map("A", lang="en").to_static(folder / "a.png"), "no feature"),
    ],
)
def test_refusals(tmp_path, act, part):
    with pytest.raises(MapError, match=part):
        act(two_zones(), tmp_path)


def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MapError, match=r"fringe-gis\[static\]"):
        two_zones().to_static(tmp_path / "a.png")
