"""The map as a sheet drawn by matplotlib, for reports: no browser, no network, as PNG, PDF or SVG.

It has what the page has on paper: the same colours, patterns, names, legend with counts, title block, scale bar and
north arrow, in the same projection. Lengths on paper are millimetres, those of symbols CSS pixels (1/96 inch).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from fringe.errors import MapError
from fringe.maps import offline
from fringe.maps.document import as_shown, describe_map
from fringe.maps.encode import mercator, to_degrees
from fringe.maps.fonts import families
from fringe.maps.ground_sheet import draw_grounds, grounds_for, veiled, veiled_drawings
from fringe.maps.layer import Drawing, Layer, dimension_of, drawing_of
from fringe.maps.palette import INK
from fringe.maps.sheet_frame import draw_bar, furnish
from fringe.maps.sheet_names import Names, column_of
from fringe.maps.sheet_shapes import Shown, draw_layers
from fringe.maps.sheet_symbols import HATCH_PT
from fringe.model import units
from fringe.model.problem import Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fringe.maps.map import Map

PAPERS_MM = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
FORMATS = (".png", ".pdf", ".svg")
_MARGIN_MM, _TITLE_MM, _PANEL_MM, _FOOT_MM = 8.0, 17.0, 62.0, 9.0
_MM_PER_INCH, _PX_PER_INCH = 25.4, 96.0
_BITS_TO_ZOOM = 28 - 8
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
    written += [
        units.show(item, layer.label, lang)
        for layer in shown.layers
        if layer.show and layer.label
        for item in column_of(layer, layer.label)
    ]
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
        ground = figure.add_axes(_share(place, width, height), facecolor="#ffffff")
        view = _look(ground, document["view"], place[2], place[3])
        drawings = veiled_drawings([drawing_of(layer, lang) for layer in shown.layers], document)
        layers = [_shown(*pair) for pair in zip(shown.layers, drawings, strict=True) if pair[0].show]
        draw_grounds(ground, grounds_for(shown, document, lang))
        draw_layers(ground, layers, view.widen, view.zoom)
        page = figure.add_axes((0, 0, 1, 1), facecolor="none", xlim=(0, width), ylim=(0, height), zorder=2)
        page.axis("off")
        taken = furnish(page, document, inner, title_mm=_TITLE_MM, panel_mm=_PANEL_MM)
        taken += draw_bar(page, document, place, view.unit_mm)
        Names(ground, zoom=view.zoom, widen=view.widen, lang=lang).write(layers, taken)
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


def _shown(layer: Layer, drawing: Drawing) -> Shown:
    shapes = np.asarray(shapely.transform(to_degrees(layer.frame).to_numpy(), _plane))
    return Shown(layer, drawing, shapes, dimension_of(layer.frame))


def _share(place: Sequence[float], width: float, height: float) -> tuple[float, float, float, float]:
    return place[0] / width, place[1] / height, place[2] / width, place[3] / height


class _View:
    """What the map frame shows, in Web Mercator units with y pointing north."""

    def __init__(self, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], width_mm: float) -> None:
        self.low, self.high = low, high
        self.unit_mm = width_mm / float(high[0] - low[0])
        unit_px = self.unit_mm / _MM_PER_INCH * _PX_PER_INCH
        self.zoom = _BITS_TO_ZOOM + math.log2(unit_px)
        # As on the page.
        self.widen = max(0.55, min(2.6, 2 ** ((self.zoom - 13) * 0.35)))


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
