"""The map as a sheet drawn by matplotlib, for reports: no browser, no network, as PNG, PDF or SVG.

It has what the page has: the same colours, patterns, legend with counts, title block, scale bar and north arrow, in the
same projection. Names are set where they find room. Lengths on paper are millimetres, those of symbols CSS pixels
(1/96 inch).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from fringe.errors import MapError
from fringe.maps import legend_sheet, offline
from fringe.maps.document import as_shown, describe_map
from fringe.maps.encode import encode_anchors, mercator, to_degrees
from fringe.maps.fonts import families
from fringe.maps.ground_sheet import draw_grounds, grounds_for, veiled, veiled_drawings
from fringe.maps.layer import Drawing, Layer, dimension_of, drawing_of
from fringe.maps.legend_sheet import HATCH_PT, MARKERS, PT_PER_PX, dashes, hatched
from fringe.maps.palette import INK, PAPER
from fringe.maps.style import Symbol
from fringe.maps.symbols import level_of
from fringe.model import units, words
from fringe.model.problem import Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fringe.maps.map import Map

PAPERS_MM = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
FORMATS = (".png", ".pdf", ".svg")
_MARGIN_MM, _TITLE_MM, _PANEL_MM, _FOOT_MM = 8.0, 15.0, 62.0, 9.0
_MM_PER_INCH, _PX_PER_INCH = 25.4, 96.0
_BITS_TO_ZOOM = 28 - 8
_BORDER_LEVEL = 70
_NAME_PT = {"zones": 7.8, "villages": 6.6}
_VALUE_PT = 6.4
_PLACES = ((0, 0), (0, -0.4), (0, 0.4), (-0.4, 0), (0.4, 0), (0, -0.8), (0, 0.8))
_BAR_MM = 34.0
_LIBRARY = "fringe"


def write_sheet(sheet: Map, path: Path, *, size: str, dpi: int, font: str | Path | None) -> Path:
    """Draw a map and write it in the format of the path's ending; equal maps give equal files.

    Raises
    ------
    MapError
        If the ending is none of `FORMATS`, or see `figure_of`.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        params = {"option": "path", "value": path.name, "allowed": ", ".join(FORMATS)}
        raise MapError(Problem("map_option_unknown", "map", params=params))
    figure = figure_of(sheet, size=size, font=font)
    import matplotlib as mpl

    undated: dict[str, dict[str, Any]] = {
        ".png": {"Software": _LIBRARY},
        ".pdf": {"Creator": _LIBRARY, "Producer": _LIBRARY, "CreationDate": None},
        ".svg": {"Creator": _LIBRARY, "Date": None},
    }
    made = BytesIO()
    with mpl.rc_context({"svg.hashsalt": _LIBRARY, "hatch.linewidth": HATCH_PT}):
        figure.savefig(made, format=ending[1:], dpi=dpi, metadata=undated[ending])
    return offline.write_file(made.getvalue(), path)


def figure_of(sheet: Map, *, size: str = "A4", font: str | Path | None = None) -> Figure:
    """Return the sheet as a matplotlib figure.

    Raises
    ------
    MapError
        If matplotlib or a font for the sheet's signs is missing, the size is unknown, the map compares two
        states, or nothing can be drawn.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MapError(Problem("map_no_matplotlib", "map")) from error
    if size not in PAPERS_MM:
        raise MapError(
            Problem("map_option_unknown", "map", params={"option": "size", "value": size, "allowed": "A4, A3"})
        )
    if sheet.comparison is not None:
        # The two states would lie one upon the other.
        raise MapError(Problem("map_static_comparison", "map", params={"title": sheet.title}))
    document = veiled(describe_map(sheet))
    lang = "zh" if document["lang"].startswith("zh") else "en"
    shown = as_shown(sheet, lang)[0]
    width, height = PAPERS_MM[size]
    written = [str(text) for text in _texts(document)]
    written += [str(text) for layer in shown.layers if layer.label for text in _column(layer, layer.label)]
    # A dollar sign in a name is no formula.
    style: Any = {
        "text.parse_math": False,
        "font.family": families(written, font),
        "hatch.linewidth": HATCH_PT,
        "axes.unicode_minus": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(width / _MM_PER_INCH, height / _MM_PER_INCH), facecolor="#ffffff")
        FigureCanvasAgg(figure)
        inner = (_MARGIN_MM, _MARGIN_MM, width - 2 * _MARGIN_MM, height - 2 * _MARGIN_MM)
        place = (inner[0], inner[1], inner[2] - _PANEL_MM, inner[3] - _TITLE_MM)
        ground = figure.add_axes(_share(place, width, height), facecolor=PAPER)
        view = _look(ground, document["view"], place[2], place[3])
        drawings = veiled_drawings([drawing_of(layer, lang) for layer in shown.layers], document)
        draw_grounds(ground, grounds_for(shown, document, lang))
        _draw_layers(ground, shown.layers, drawings, view)
        page = figure.add_axes((0, 0, 1, 1), facecolor="none", xlim=(0, width), ylim=(0, height), zorder=2)
        page.axis("off")
        taken = legend_sheet.furnish(page, document, inner, title_mm=_TITLE_MM, panel_mm=_PANEL_MM)
        taken += _scale_bar(page, document, place)
        _write_names(ground, shown.layers, view, lang, taken)
    return figure


def _texts(part: Any) -> Iterable[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for name, item in part.items():
            if name != "blocks":
                yield from _texts(item)
    elif isinstance(part, list):
        for item in part:
            yield from _texts(item)


def _column(layer: Layer, name: str) -> list[Any]:
    frame = layer.frame
    return list(frame[name] if name in frame.columns else frame.index)


def _share(place: Sequence[float], width: float, height: float) -> tuple[float, float, float, float]:
    return place[0] / width, place[1] / height, place[2] / width, place[3] / height


class _View:
    """What the map frame shows, in Web Mercator units with y pointing north."""

    def __init__(self, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], width_mm: float) -> None:
        self.low, self.high = low, high
        self.unit_mm = width_mm / float(high[0] - low[0])
        self.unit_px = self.unit_mm / _MM_PER_INCH * _PX_PER_INCH
        zoom = _BITS_TO_ZOOM + math.log2(self.unit_px)
        # As on the page.
        self.widen = max(0.55, min(2.6, 2 ** ((zoom - 13) * 0.35)))


def _look(ground: Axes, view: Sequence[float], width_mm: float, height_mm: float) -> _View:
    west, south, east, north = view
    corners = _plane(np.array([[west, south], [east, north]]))
    middle, half = corners.mean(axis=0), np.maximum((corners[1] - corners[0]) / 2, 1.0)
    room = np.array([width_mm / 2 - 4, (height_mm - _FOOT_MM) / 2 - 4])
    unit = float((half / room).max())
    # The foot of the frame holds the scale bar.
    middle = middle - [0, _FOOT_MM / 2 * unit]
    reach = np.array([width_mm, height_mm]) / 2 * unit
    low, high = middle - reach, middle + reach
    ground.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    for spine in ground.spines.values():
        spine.set(color=INK, linewidth=0.6)
    return _View(low, high, width_mm)


def _plane(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return mercator(lonlat) * [1.0, -1.0]


def _draw_layers(ground: Axes, layers: Sequence[Layer], drawings: Sequence[Drawing], view: _View) -> None:
    for number, (layer, drawing) in enumerate(zip(layers, drawings, strict=True)):
        if not layer.show:
            continue
        dimension = dimension_of(layer.frame)
        shapes = shapely.transform(to_degrees(layer.frame).to_numpy(), _plane)
        order = level_of(layer.kind, dimension) + number / (len(layers) + 1)
        ranks = sorted(range(len(drawing.drawn)), key=lambda n: drawing.drawn[n].rank)
        groups = [(drawing.drawn[n], shapes[drawing.codes == n]) for n in ranks]
        if dimension == 1:
            _draw_lines(ground, groups, order, view.widen)
        for step, (symbol, chosen) in enumerate(groups):
            if dimension == 0:
                _draw_points(ground, symbol, chosen, order + step / 1e3, view.widen)
            elif dimension != 1:
                _draw_areas(ground, symbol, chosen, order + step / 1e3)
        if drawing.outline:
            for step, (ink, wide, _) in enumerate(_strokes(drawing.outline, min(1.5, view.widen))):
                _outline(ground, shapes, ink, wide, _BORDER_LEVEL + step / 10)


def _strokes(symbol: Symbol, widen: float) -> list[tuple[str, float, tuple[float, ...]]]:
    found: list[tuple[str, float, tuple[float, ...]]] = []
    if symbol.casing:
        found.append((symbol.casing, symbol.width * widen + 2 * symbol.casing_width, ()))
    if symbol.stroke:
        found.append((symbol.stroke, symbol.width * widen, symbol.dash))
    if symbol.core:
        found.append((symbol.core, symbol.core_width * widen, symbol.core_dash))
    return found


def _paths(shapes: npt.NDArray[Any]) -> list[Any]:
    """Return a path for each area: its rings, holes the other way round, so that a nonzero fill leaves them out."""
    from matplotlib.path import Path as Outline

    found = []
    for shape in shapely.orient_polygons(shapes):
        rings: Any = shapely.get_rings(shapely.get_parts(shape)) if shape is not None else []
        lines = [shapely.get_coordinates(ring) for ring in rings]
        if lines:
            codes = [
                code
                for line in lines
                for code in (Outline.MOVETO, *[Outline.LINETO] * (len(line) - 2), Outline.CLOSEPOLY)
            ]
            found.append(Outline(np.concatenate(lines), codes))
    return found


def _draw_areas(ground: Axes, symbol: Symbol, shapes: npt.NDArray[Any], order: float) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_rgba

    paths = _paths(shapes)
    if not paths:
        return
    fill = to_rgba(symbol.fill, symbol.opacity) if symbol.fill else "none"
    ground.add_collection(PathCollection(paths, facecolors=fill, edgecolors="none", linewidths=0, zorder=order))
    if symbol.pattern:
        ground.add_collection(hatched(PathCollection(paths, zorder=order + 1e-4), symbol.pattern))
    for ink, wide, dash in _strokes(symbol, 1.0):
        edge = PathCollection(paths, facecolors="none", edgecolors=ink, zorder=order + 2e-4)
        edge.set(linewidth=wide * PT_PER_PX, linestyle=dashes(dash, wide))
        ground.add_collection(edge)


def _draw_lines(ground: Axes, groups: Sequence[tuple[Symbol, npt.NDArray[Any]]], order: float, widen: float) -> None:
    """Draw casings under all lines of a layer and cores over them, as the page does."""
    from matplotlib.collections import LineCollection

    for at, name in enumerate(("casing", "stroke", "core")):
        for step, (symbol, shapes) in enumerate(groups):
            passes = dict(
                zip(
                    [part for part in ("casing", "stroke", "core") if getattr(symbol, part)],
                    _strokes(symbol, widen),
                    strict=True,
                )
            )
            lines = [shapely.get_coordinates(part) for part in shapely.get_parts(shapes[~shapely.is_missing(shapes)])]
            if name not in passes or not lines:
                continue
            ink, wide, dash = passes[name]
            made = LineCollection([line for line in lines if len(line)], colors=ink, capstyle="butt", joinstyle="round")
            made.set(linewidth=wide * PT_PER_PX, linestyle=dashes(dash, wide), zorder=order + at / 1e3 + step / 1e5)
            ground.add_collection(made)


def _outline(ground: Axes, shapes: npt.NDArray[Any], ink: str, wide: float, order: float) -> None:
    from matplotlib.collections import PathCollection

    paths = _paths(shapes)
    ground.add_collection(
        PathCollection(paths, facecolors="none", edgecolors=ink, linewidths=wide * PT_PER_PX, zorder=order)
    )


def _draw_points(ground: Axes, symbol: Symbol, shapes: npt.NDArray[Any], order: float, widen: float) -> None:
    places = shapely.get_coordinates(shapes)
    wide = 2 * symbol.radius * max(0.85, min(1.4, widen)) * PT_PER_PX
    ground.plot(
        places[:, 0],
        places[:, 1],
        linestyle="none",
        marker=MARKERS[symbol.shape],
        markersize=wide,
        markerfacecolor=symbol.fill or "none",
        markeredgecolor=symbol.stroke or "none",
        markeredgewidth=symbol.width * PT_PER_PX if symbol.stroke else 0,
        alpha=symbol.opacity,
        zorder=order,
    )


def _scale_bar(page: Axes, document: dict[str, Any], place: Sequence[float]) -> list[Any]:
    """Draw the bar and the north arrow; return what they cover."""
    west, south, east, north = document["view"]
    frame = page.figure.axes[0]
    unit_mm = place[2] / float(frame.get_xlim()[1] - frame.get_xlim()[0])
    middle = (south + north) / 2
    # The length of the longest bar there is room for, along the parallel through the middle.
    degrees = _BAR_MM / unit_mm / 2.0**28 * 360
    lon = (west + east) / 2
    metres = pyproj.Geod(ellps="WGS84").line_length([lon, lon + degrees / 2, lon + degrees], [middle] * 3)
    if not metres > 0:
        return []
    power = 10.0 ** math.floor(math.log10(metres))
    long = power * next(step for step in (5, 2, 1) if step * power <= metres)
    kilometres = long >= units.M_PER_KM
    key, n = ("map.scale_km", long / units.M_PER_KM) if kilometres else ("map.scale_m", long)
    text = words.text(key, "zh" if document["lang"].startswith("zh") else "en", n=f"{n:g}")
    return legend_sheet.draw_bar(page, place, _BAR_MM * long / metres, text)


def _write_names(ground: Axes, layers: Sequence[Layer], view: _View, lang: str, taken: list[Any]) -> None:
    """Write names that find room, the most important first."""
    from matplotlib.patheffects import withStroke

    renderer = ground.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    frame = ground.get_window_extent(renderer)
    halo = [withStroke(linewidth=2.2, foreground="#ffffff")]
    named = [layer for layer in layers if layer.show and layer.label and dimension_of(layer.frame) != 1]
    for layer in sorted(named, key=lambda each: (each.kind != "zones", each.kind != "villages")):
        size = _NAME_PT.get(layer.kind or "", 6.6)
        weight = "bold" if layer.kind == "zones" else "normal"
        for name, value, spots in _wanted(layer, view, lang):
            tries = [(f"{name}\n{value}", spots[:3]), (name, spots)] if value else [(name, spots)]
            for text, places in tries:
                # Two lines stand a little smaller.
                points = size if "\n" not in text else (size + _VALUE_PT) / 2
                written = ground.text(
                    0,
                    0,
                    text,
                    ha="center",
                    va="center",
                    fontsize=points,
                    weight=weight,
                    color=INK,
                    path_effects=halo,
                    zorder=100,
                    linespacing=1.15,
                )
                for x, y in places:
                    written.set_position((x, y))
                    extent = written.get_window_extent(renderer).padded(1.5)
                    inside = (
                        frame.x0 < extent.x0 and extent.x1 < frame.x1 and frame.y0 < extent.y0 and extent.y1 < frame.y1
                    )
                    if inside and not extent.count_overlaps(taken):
                        taken.append(extent)
                        break
                else:
                    written.remove()
                    continue
                break


def _wanted(layer: Layer, view: _View, lang: str) -> Iterable[tuple[str, str, list[tuple[float, float]]]]:
    """Yield the name of each row, the shaded value below it, and where they may stand."""
    degrees = to_degrees(layer.frame)
    names = _column(layer, str(layer.label))
    shaded = getattr(layer.style, "column", None)
    values = _column(layer, shaded) if shaded else [None] * len(names)
    anchors = encode_anchors(degrees)
    order = np.argsort(-anchors["r"], kind="stable")
    points = shapely.get_coordinates(shapely.transform(shapely.centroid(degrees.to_numpy()), _plane))
    there = np.flatnonzero(~(shapely.is_missing(degrees.to_numpy()) | shapely.is_empty(degrees.to_numpy())))
    middles = dict(zip(there.tolist(), points.tolist(), strict=True))
    for row in order.tolist():
        name = units.show(names[row], str(layer.label), lang)
        if row not in middles or name == "–":
            continue
        r = float(anchors["r"][row])
        if r:
            x, y = float(anchors["x"][row]), -float(anchors["y"][row])
            spots = [(x + dx * r, y + dy * r) for dx, dy in _PLACES]
        else:
            x, y = middles[row]
            away = 2.6 / view.unit_mm
            side = (1.8 + 1.15 * len(name)) / view.unit_mm
            spots = [(x + side, y), (x - side, y), (x, y + away), (x, y - away)]
        value = units.show(values[row], str(shaded), lang).split(" (")[0] if shaded and shaded != layer.label else ""
        yield name, "" if value == "–" else value, spots
