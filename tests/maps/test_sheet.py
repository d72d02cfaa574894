"""What stands on sheets drawn by matplotlib: names beside points, every part of a layer, texts in their room."""

from __future__ import annotations

import math
from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib import font_manager
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, box

from fringe.maps import Categories, Map, Symbol
from fringe.maps.bivariate import COLOURS
from fringe.maps.fonts import CHINESE
from fringe.maps.legend_sheet import rows_of
from fringe.maps.sheet_text import Ruler
from fringe.maps.static import figure_of

HAS_CHINESE = any(entry.name in CHINESE for entry in font_manager.fontManager.ttflist)
needs_font = pytest.mark.skipif(not HAS_CHINESE, reason="no Chinese font: apt-get install fonts-noto-cjk")
LONG = "A very long name that a clerk pasted from a contract about the improvement of the railway corridor, phase 3"
LONG_ZH = "郑州市管城回族区城乡接合部综合整治工作领导小组办公室铁路沿线环境综合整治三期工程第七标段"


def frame(shapes, index="thing", **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").rename_axis(index)


def cells(n, **columns):
    wide = math.ceil(math.sqrt(n))
    at = [(113 + 0.02 * (i % wide), 34 + 0.02 * (i // wide)) for i in range(n)]
    return frame([box(x, y, x + 0.018, y + 0.018) for x, y in at], "zone", **columns)


def written(axes):
    axes.figure.canvas.draw()
    return [text for text in axes.texts if text.get_text()]


def markers(ground):
    """Return the boxes of all points, from what matplotlib was told to draw."""
    found = []
    for line in ground.lines:
        if line.get_marker() in ("None", "", None):
            continue
        r = line.get_markersize() / 2 * ground.figure.dpi / 72
        for x, y in ground.transData.transform(np.column_stack(line.get_data())):
            found.append(box(x - r, y - r, x + r, y + r))
    return found


def outline(text):
    """Return the ground a text covers, a slanting one too."""
    slant = text.get_rotation()
    text.set_rotation(0)
    extent = text.get_window_extent()
    text.set_rotation(slant)
    middle = shapely.Point(*text.get_transform().transform(text.get_position()))
    flat = box(extent.x0, extent.y0, extent.x1, extent.y1)
    return shapely.affinity.rotate(flat, slant, origin=middle)


@needs_font
@pytest.mark.parametrize("size", ["A4", "A3"])
def test_no_name_covers_a_point_or_another_name(town, size):
    ground = figure_of(town.sheet("zh"), size=size).axes[0]
    points, names = markers(ground), [outline(text) for text in written(ground)]
    assert len(points) >= len(town.villages)
    assert len(names) > 40
    assert not any(name.intersects(point) for name in names for point in points)
    # Two lines of one name touch.
    assert not any(one.buffer(-2).intersects(other.buffer(-2)) for one, other in combinations(names, 2))


@needs_font
def test_roads_are_named_and_not_again_nearby(town):
    ground = figure_of(town.sheet("zh")).axes[0]
    texts = written(ground)
    lines = [text for text in texts if text.get_text() in {*town.roads["name"]}]
    assert len({text.get_text() for text in lines}) >= 3
    px = ground.figure.dpi / 96
    for one, other in combinations(lines, 2):
        if one.get_text() == other.get_text():
            places = [ground.transData.transform(text.get_position()) for text in (one, other)]
            assert np.hypot(*(places[0] - places[1])) >= 280 * px


def test_a_name_runs_along_its_line_and_beside_a_railway():
    """A line at 45 degrees on the sheet: its name leans as much; a railway's lies a few points off it."""
    for symbol, beside in (
        (Symbol(stroke="#222222", rank=5), 0),
        (Symbol(stroke="#222222", core="#ffffff", rank=5), 1),
    ):
        line = LineString([(0, 0), (0.05, 0.05)])
        sheet = Map("A", lang="en").draw(frame([line], name=["Diagonal"]), style=symbol, label="name")
        ground = figure_of(sheet).axes[0]
        (text,) = written(ground)
        assert text.get_rotation() == pytest.approx(45, abs=0.1)
        x, y = text.get_position()
        west, south = 2**27, 2**27
        # On this line x and y grow alike from the corner at nought.
        off = (
            abs((x - west) - (y + south)) / math.sqrt(2) * ground.get_window_extent().width / np.ptp(ground.get_xlim())
        )
        assert (off > 5) == bool(beside)
        assert off < 15


def test_a_bent_line_and_one_that_is_too_short_have_no_name():
    zigzag = LineString([(0.002 * n, 0.002 * (n % 2)) for n in range(25)])
    short = LineString([(0, 0.02), (0.001, 0.02)])
    drawn = frame([zigzag, short], name=["Zigzag of the east", "Short way to the station"])
    sheet = Map("A", lang="en").draw(drawn, style=Symbol(stroke="#222222", rank=5), label="name")
    assert written(figure_of(sheet).axes[0]) == []


def test_a_crowded_area_puts_its_name_where_there_is_room():
    """Points fill the west of an area; its name stands in the east of it."""
    zone = frame([box(0, 0, 0.06, 0.03)], "zone", name=["Area"], v=[1.0])
    crowd = frame([Point(0.002 * x + 0.001, 0.002 * y + 0.001) for x in range(22) for y in range(15)])
    ground = figure_of(Map("A", lang="en").shade(zone, "v").draw(crowd)).axes[0]
    names = [text for text in written(ground) if text.get_text() == "Area"]
    assert len(names) == 1
    lon = (names[0].get_position()[0] / 2**28 - 0.5) * 360
    assert 0.044 < lon < 0.06
    assert not any(outline(names[0]).intersects(point) for point in markers(ground))


MIXED = [
    box(0, 0, 0.02, 0.02),
    MultiPolygon([box(0.03, 0, 0.04, 0.01), box(0.05, 0, 0.06, 0.01)]),
    GeometryCollection([box(0.07, 0, 0.08, 0.01), GeometryCollection([LineString([(0.07, 0.02), (0.09, 0.03)])])]),
    LineString([(0, 0.03), (0.05, 0.035)]),
    MultiPoint([(0.06, 0.03), (0.065, 0.035)]),
    Point(0.02, 0.04),
    None,
    box(0, 0, 1, 1).difference(box(0, 0, 1, 1)),
]


def inks_at(figure, lon, lat):
    """Return the colours within three pixels of a place."""
    ground = figure.axes[0]
    x = (lon / 360 + 0.5) * 2**28
    y = (np.arcsinh(np.tan(np.radians(lat))) / math.tau - 0.5) * 2**28
    px, py = ground.transData.transform((x, y))
    figure.canvas.draw()
    image = np.asarray(figure.canvas.buffer_rgba())[::-1, :, :3]
    near = image[int(py) - 3 : int(py) + 4, int(px) - 3 : int(px) + 4].reshape(-1, 3)
    return {tuple(ink) for ink in near.tolist()}


@pytest.mark.parametrize("stroke", ["#aa0000", None])
def test_every_part_of_a_mixed_layer_is_drawn(stroke):
    style = Symbol(fill="#123456", stroke=stroke, width=2.0)
    figure = figure_of(Map("A", lang="en").draw(frame(MIXED), style=style))
    ink = tuple(round(part * 255) for part in to_rgb(stroke or "#123456"))
    fill = (0x12, 0x34, 0x56)
    for place in ((0.01, 0.01), (0.035, 0.005), (0.055, 0.005), (0.075, 0.005)):
        assert fill in inks_at(figure, *place)
    for place in ((0.08, 0.025), (0.025, 0.0325)):
        assert ink in inks_at(figure, *place)
    for place in ((0.06, 0.03), (0.065, 0.035), (0.02, 0.04)):
        assert fill in inks_at(figure, *place)
    assert inks_at(figure, 0.03, 0.02) == {(255, 255, 255)}


def test_rows_without_geometry_are_said_and_not_counted():
    layer = Map("A", lang="en").draw(frame(MIXED)).document()["layers"][0]
    assert layer["n"] == 8
    assert [entry["count"] for entry in layer["legend"]] == [6]
    assert layer["without"] == "2 without geometry"
    (row,) = [row for row in rows_of([layer], "en") if row.kind == "entry"]
    assert row.note == "2 without geometry"
    kinds = cells(4, kind=["a", "b", "b", "c"])
    kinds.loc[[1, 3], "geometry"] = None
    shaded = Map("A", lang="zh").shade(kinds, "kind").document()["layers"][0]
    counts = {entry["label"]: entry["count"] for entry in shaded["legend"]}
    assert sum(counts.values()) == 2
    assert "2" in shaded["without"]
    assert "without" not in Map("A", lang="en").draw(cells(3)).document()["layers"][0]


def within(figure, texts, box_mm):
    """Return whether texts lie in a box of millimetres of the paper."""
    px = figure.dpi / 25.4
    x0, y0, x1, y1 = (edge * px for edge in box_mm)
    extents = [text.get_window_extent() for text in texts]
    return all(e.x0 >= x0 - 1 and e.y0 >= y0 - 1 and e.x1 <= x1 + 1 and e.y1 <= y1 + 1 for e in extents)


@needs_font
@pytest.mark.parametrize(("text", "lang"), [(LONG, "en"), (LONG_ZH, "zh"), ("x" * 200, "en"), ("字" * 400, "zh")])
def test_long_texts_stay_in_their_room(text, lang):
    title = {"subtitle": text, "organisation": text, "attribution": text * 2, "date": "2020-01-01"}
    sheet = Map(text, lang=lang, **title).shade(cells(4, name=[text] * 4, v=[1.0, 2, 3, 4]), "v", name=text, group=text)
    figure = figure_of(sheet)
    page = figure.axes[1]
    texts = written(page)
    assert within(figure, texts, (8, 8, 289, 202))
    head = [part for part in texts if part.get_window_extent().y0 > (202 - 17.5) * figure.dpi / 25.4]
    assert within(figure, head, (8, 185, 289, 202))
    for one, other in combinations(head, 2):
        across = [part.get_window_extent() for part in (one, other)]
        assert not across[0].padded(-1.5).overlaps(across[1].padded(-1.5))
    # The map's own texts stay on the map, and the panel's in the panel.
    body = [part for part in texts if part not in head]
    panel = [part for part in body if part.get_window_extent().x0 > 227 * figure.dpi / 25.4]
    assert within(figure, [part for part in body if part not in panel], (8, 8, 227, 186))
    assert within(figure, written(figure.axes[0]), (8, 8, 227, 186))


def test_legends_shrink_little_then_stand_in_columns_then_are_cut_and_counted():
    sizes = {}
    for n in (5, 60, 80, 300):
        # A style of one's own may have as many kinds as it likes.
        kinds = [f"kind {i:03d}" for i in range(n)]
        style = Categories.of("kind", {kind: Symbol(fill="#aa8844") for kind in kinds}, other=Symbol(fill="#ffffff"))
        sheet = Map("A", lang="en").draw(cells(n, kind=kinds), style=style, label=False)
        figure = figure_of(sheet.draw(frame([Point(113, 34)]), name="Wells"))
        panel = [text for text in written(figure.axes[1]) if text.get_window_extent().x0 > 227 * figure.dpi / 25.4]
        entries = [text for text in panel if text.get_text().startswith("kind ")]
        sizes[n] = min(text.get_fontsize() for text in entries)
        assert within(figure, panel, (227, 8, 289, 186))
        rest = [text.get_text() for text in panel if "more" in text.get_text()]
        left = int(rest[0].split()[2]) if rest else 0
        assert len(entries) + left == n
        assert bool(rest) == (n == 300)
        # What comes after the long layer is there.
        assert "Wells" in [text.get_text() for text in panel]
        assert len({round(text.get_window_extent().x0) for text in entries}) == (2 if n >= 60 else 1)
    assert sizes[5] > sizes[60] >= sizes[80] > sizes[300] >= 0.6 * sizes[5] - 0.01


def test_the_word_count_heads_groups_that_have_counts():
    lines = frame([LineString([(0, 0), (0.1, 0.1)])], "road", name=["a"])
    sheet = Map("A", lang="en").shade(cells(4, v=[1.0, 2, 3, 4]), "v").draw(lines)
    texts = [text.get_text() for text in written(figure_of(sheet).axes[1])]
    assert texts.count("Count") == 1
    assert "Base map" in texts


def test_two_figures_have_a_square_with_counts_axes_and_classes():
    values = {"covered_share": [0.1, 0.2, 0.5, 0.6, 0.9, None], "progress_share": [0.1, 0.5, 0.5, 0.9, 0.9, 0.1]}
    sheet = Map("A", lang="en").bivariate(
        cells(6, **values), "covered_share", "progress_share", breaks=([0, 0.3, 0.7, 1],) * 2
    )
    layer = sheet.document()["layers"][0]
    page = figure_of(sheet).axes[1]
    texts = [text.get_text() for text in written(page)]
    assert {"↑ Progress (%)", "Coverage (%) →", "0–30", "30–70", "70–100", "No data"} <= {*texts}
    assert [texts.count(label) for label in ("0–30", "30–70", "70–100")] == [2, 2, 2]
    assert not any(" / " in text for text in texts)
    # By hand: (across, up) of the five areas that have both.
    expected = {(0, 0): 1, (0, 1): 1, (1, 1): 1, (1, 2): 1, (2, 2): 1}
    fills = {symbol["fill"]: n for n, symbol in enumerate(layer["symbols"][:9])}
    squares = [patch for patch in page.patches if isinstance(patch, Rectangle) and 5 < patch.get_height() < 12]
    assert len(squares) == 9
    for patch in squares:
        x, y = patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2
        colour = "#" + "".join(f"{round(part * 255):02x}" for part in patch.get_facecolor()[:3])
        across, up = fills[colour] % 3, fills[colour] // 3
        assert colour == COLOURS[up][across]
        counts = [text.get_text() for text in page.texts if np.hypot(*(np.array(text.get_position()) - [x, y])) < 0.5]
        assert counts == [str(expected.get((across, up), 0))]
    columns = {round(patch.get_x(), 3) for patch in squares}
    assert len(columns) == len({round(patch.get_y(), 3) for patch in squares}) == 3


def test_lines_are_broken_where_people_break_them():
    figure = figure_of(Map("A", lang="en").draw(cells(1)))
    ruler = Ruler(figure)
    room = ruler.width_mm("the railway", 9) + 0.1
    assert ruler.wrapped("the railway of the east", room, 9) == ["the railway", "of the east"]
    assert "".join(ruler.wrapped("x" * 50, room, 9)) == "x" * 50
    assert all(ruler.width_mm(line, 9) <= room for line in ruler.wrapped("x" * 50, room, 9, most=2))
    assert ruler.wrapped("x" * 50, room, 9, most=2)[-1].endswith("…")
    assert ruler.wrapped("", room, 9) == [""]


def test_the_watermark_stays_on_the_map():
    sheet = Map("A", lang="en", audience="public", watermark=True).draw(cells(4))
    figure = figure_of(sheet)
    marks = [text for text in written(figure.axes[1]) if "not reviewed" in text.get_text() and text.get_rotation()]
    ground = figure.axes[0].get_window_extent()
    assert marks
    for mark in marks:
        clip = mark.get_clip_box()
        assert np.allclose(clip.extents, ground.extents, atol=0.6)


@pytest.mark.browser
def test_the_page_says_what_has_no_geometry_and_counts_alike_when_it_counts_anew(opened, tmp_path):
    drawn = cells(5, kind=["a", "b", "b", "c", "c"])
    drawn.loc[[1, 3], "geometry"] = None
    with opened(Map("A", lang="en").shade(drawn, "kind").save(tmp_path / "a.html")) as shown:
        counts = "() => [...document.querySelectorAll('.fringe-count')].map((cell) => cell.textContent)"
        first = shown.run(counts)
        assert sum(int(count) for count in first) == 3
        assert "2 without geometry" in shown.page.inner_text(".fringe-layer-name")
        shown.run("() => fringe.layers[0].recount()")
        assert shown.run(counts) == first
        assert shown.complaints == []
