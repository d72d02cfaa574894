"""Names on a sheet: set in order of importance where they cover neither one another nor a point, else left away.

The same rules as on the page: names of zones first, then of villages, of other features, of lines; a name of an area
stands near the middle of its widest circle, the shaded value below it where there is room; a name of a point beside
it; a name of a line along a nearly straight stretch of it, beside the track of a railway, and not again nearby.

Places are pixels of the figure from its lower left corner, lengths in constants CSS pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from fringe.maps.encode import anchors_of
from fringe.maps.palette import INK
from fringe.maps.sheet_shapes import radius_px
from fringe.maps.sheet_symbols import PT_PER_PX
from fringe.maps.sheet_text import MM_PER_PT, Ruler
from fringe.model import units

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fringe.maps.layer import Layer
    from fringe.maps.sheet_shapes import Shown
    from fringe.maps.style import Symbol

Box = tuple[float, float, float, float]
Pixels = npt.NDArray[np.float64]

_SIZES = {"zones": 13.5, "lines": 11.0}
_SIZE, _VALUE_SIZE, _LINE_HEIGHT = 12.0, 11.5, 1.22
_GAP = 2.0
# A line of a name is as long as so many Chinese signs.
_LONGEST, _MOST_LINES = 11, 3
# Smaller areas keep their name, and areas a little larger their value, to themselves.
_LEAST_RADIUS, _LEAST_VALUED = 4.0, 22.0
_PLACES = ((0, 0), (0, 0.4), (0, -0.4), (-0.4, 0), (0.4, 0), (0, 0.8), (0, -0.8), (-0.7, 0.4), (0.7, -0.4))
# Where those are taken, places on a grid of so many steps over the area.
_STEPS = 14
# Around so many points of one layer nothing finds room; names go over them.
_MOST_DOTS = 2000
_AGAIN_AFTER = 280.0
_MINOR_RANK, _MINOR_FROM_ZOOM = 3, 14.5
_STRAIGHT, _SLACK = 0.965, 1.15
_SHARES = (0.5, 0.35, 0.65, 0.2, 0.8)
_POINT, _LINE, _AREA = 0, 1, 2
_HALO_PT = 2.5
_ORDER = 100


@dataclass(frozen=True)
class _Name:
    """A text at a place: its lines with size and weight, the angle in radians, and the boxes it covers."""

    lines: tuple[tuple[str, float, str], ...]
    x: float
    y: float
    angle: float
    boxes: tuple[Box, ...]


class _Room:
    """What is taken."""

    def __init__(self, frame: Box, taken: Iterable[Box], dots: list[Box]) -> None:
        self._frame = frame
        self._taken = list(taken)
        self._dots = shapely.STRtree([shapely.box(*dot) for dot in dots])

    def has(self, boxes: Sequence[Box]) -> bool:
        x0, y0, x1, y1 = self._frame
        if any(box[0] < x0 or box[1] < y0 or box[2] > x1 or box[3] > y1 for box in boxes):
            return False
        if self._taken:
            taken = np.array(self._taken)
            for box in boxes:
                apart = (
                    (taken[:, 0] >= box[2])
                    | (taken[:, 2] <= box[0])
                    | (taken[:, 1] >= box[3])
                    | (taken[:, 3] <= box[1])
                )
                if not apart.all():
                    return False
        return not any(self._dots.query(shapely.box(*box)).size for box in boxes)

    def take(self, boxes: Iterable[Box]) -> None:
        self._taken.extend(boxes)


class Names:
    """Writes names into the frame of a map.

    Parameters
    ----------
    ground
        The frame.
    zoom, widen
        The zoom of the page that shows as much, and how much lines are widened at it.
    lang
        Of values.
    """

    def __init__(self, ground: Axes, *, zoom: float, widen: float, lang: str) -> None:
        self._ground, self._zoom, self._widen, self._lang = ground, zoom, widen, lang
        figure: Any = ground.figure
        self._figure = figure
        self._px = figure.dpi / 96
        self._ruler = Ruler(figure)

    def write(self, layers: Sequence[Shown], taken: Sequence[Any]) -> None:
        """Write the names of layers that find room beside what is taken."""
        frame = self._ground.get_window_extent().padded(-2 * self._px)
        dots = [dot for shown in layers for dot in self._dots(shown)]
        room = _Room(
            (frame.x0, frame.y0, frame.x1, frame.y1), [(box.x0, box.y0, box.x1, box.y1) for box in taken], dots
        )
        named = [shown for shown in layers if shown.layer.label]
        for shown in sorted(named, key=_importance):
            written: list[tuple[str, float, float]] = []
            for text, tries in self._wanted(shown, written):
                name = next((one for one in tries if room.has(one.boxes)), None)
                if name is not None:
                    room.take(name.boxes)
                    written.append((text, name.x, name.y))
                    self._put(name)

    def _dots(self, shown: Shown) -> list[Box]:
        """Return the boxes of a layer's points; none where there are too many of them."""
        is_point = shapely.get_dimensions(shown.shapes) == _POINT
        if is_point.sum() > _MOST_DOTS:
            return []
        found = []
        for row in np.flatnonzero(is_point).tolist():
            symbol = shown.symbol_of(row)
            if symbol is not None:
                r = (radius_px(symbol, self._widen) * 1.1 + symbol.width / 2 + 0.5) * self._px
                found += [(x - r, y - r, x + r, y + r) for x, y in self._pixels(shown.shapes[row]).tolist()]
        return found

    def _pixels(self, shape: Any) -> Pixels:
        return np.asarray(self._ground.transData.transform(shapely.get_coordinates(shape)), dtype=np.float64)

    def _wanted(self, shown: Shown, written: list[tuple[str, float, float]]) -> Iterator[tuple[str, Iterable[_Name]]]:
        """Yield the name of each row and where it may stand; `written` are those of the layer so far."""
        label = str(shown.layer.label)
        texts = column_of(shown.layer, label)
        dimensions = shapely.get_dimensions(shown.shapes)
        there = [row for row in range(len(texts)) if shown.symbol_of(row) is not None]
        names = {row: units.show(texts[row], label, self._lang) for row in there if dimensions[row] >= 0}
        names = {row: text for row, text in names.items() if text not in ("", "–")}
        rows = [[row for row in names if dimensions[row] == d] for d in (_POINT, _LINE, _AREA)]
        for row, tries in self._of_areas(shown, rows[_AREA], names):
            yield names[row], tries
        for row in rows[_POINT]:
            yield names[row], self._beside(shown, row, names[row])
        ranks = {row: self._symbol(shown, row).rank for row in rows[_LINE]}
        for row in sorted(ranks, key=lambda row: (-ranks[row], row)):
            if self._zoom >= _MINOR_FROM_ZOOM or ranks[row] >= _MINOR_RANK:
                yield names[row], self._along(shown, row, names[row], written)

    @staticmethod
    def _symbol(shown: Shown, row: int) -> Symbol:
        symbol = shown.symbol_of(row)
        assert symbol is not None  # noqa: S101 - rows that are not there have no name
        return symbol

    def _of_areas(self, shown: Shown, rows: list[int], names: dict[int, str]) -> Iterator[tuple[int, Iterable[_Name]]]:
        if not rows:
            return
        anchors = anchors_of(shown.shapes[rows])
        middles = self._ground.transData.transform(np.column_stack([anchors["x"], anchors["y"]]))
        radii = anchors["r"] * self._unit_px()
        size, weight = self._size(shown)
        column = getattr(shown.layer.style, "column", None)
        values = column_of(shown.layer, column) if column and column != shown.layer.label else None
        for at in np.argsort(-radii, kind="stable").tolist():
            if radii[at] < _LEAST_RADIUS * self._px:
                return
            name = self._lines(names[rows[at]], size, weight)
            value = "–" if values is None else units.show(values[rows[at]], str(column), self._lang).split(" (")[0]
            valued = value != "–" and radii[at] > _LEAST_VALUED * self._px
            texts = [(*name, (value, _VALUE_SIZE, "normal")), name] if valued else [name]
            yield rows[at], self._within(shown.shapes[rows[at]], texts, middles[at], float(radii[at]))

    def _within(self, shape: Any, texts: list[Any], middle: Pixels, r: float) -> Iterator[_Name]:
        for lines in texts:
            for dx, dy in _PLACES:
                yield self._block(lines, middle[0] + dx * r, middle[1] + dy * r)
            for x, y in self._grid(shape, middle):
                yield self._block(lines, x, y)

    def _grid(self, shape: Any, middle: Pixels) -> list[list[float]]:
        """Return places within an area, the nearest to its middle first."""
        x0, y0, x1, y1 = shapely.bounds(shape)
        x, y = np.meshgrid(np.linspace(x0, x1, _STEPS + 2)[1:-1], np.linspace(y0, y1, _STEPS + 2)[1:-1])
        inside = shapely.contains_xy(shape, x.ravel(), y.ravel())
        places = self._ground.transData.transform(np.column_stack([x.ravel(), y.ravel()])[inside])
        order = np.argsort(np.hypot(*(places - middle).T), kind="stable")
        return [[float(x), float(y)] for x, y in places[order]]

    def _beside(self, shown: Shown, row: int, text: str) -> Iterator[_Name]:
        size, weight = self._size(shown)
        x, y = self._pixels(shown.shapes[row])[0].tolist()
        r, lines = self._symbol(shown, row).radius, self._lines(text, size, weight)
        dx = max(self._width(*line) for line in lines) / 2 + (r + 5) * self._px
        dy = (size * 0.6 * len(lines) + r + 4) * self._px
        corners = [(sx * 0.9 * dx, sy * 0.75 * dy) for sx in (1, -1) for sy in (1, -1)]
        for px, py in ((dx, 0), (-dx, 0), (0, dy), (0, -dy), *corners):
            yield self._block(lines, x + px, y + py)

    def _along(self, shown: Shown, row: int, text: str, written: list[tuple[str, float, float]]) -> Iterator[_Name]:
        size, weight = _SIZES["lines"], "normal"
        symbol = self._symbol(shown, row)
        wide = self._width(text, size, weight) + 6 * self._px
        # Beside the line where its own drawing must be seen.
        aside = (symbol.width * self._widen * 0.5 + size * 0.62) * self._px if symbol.core else 0.0
        side = (size + _GAP) * self._px
        for part in shapely.get_parts(shown.shapes[row]):
            for x, y, angle in _stretches(self._pixels(part), wide, aside):
                again = _AGAIN_AFTER * self._px
                if any(one == text and math.hypot(x - ox, y - oy) < again for one, ox, oy in written):
                    continue
                # The room of a slanting text is a row of squares.
                n = max(1, math.ceil(wide / side))
                steps = [((i + 0.5) / n - 0.5) * wide for i in range(n)]
                places = [(x + math.cos(angle) * s, y + math.sin(angle) * s) for s in steps]
                boxes = tuple((px - side / 2, py - side / 2, px + side / 2, py + side / 2) for px, py in places)
                yield _Name(((text, size, weight),), x, y, angle, boxes)

    def _size(self, shown: Shown) -> tuple[float, str]:
        zones = shown.layer.kind == "zones" or shown.drawing.outline is not None
        return (_SIZES["zones"], "bold") if zones else (_SIZE, "normal")

    def _unit_px(self) -> float:
        west, east = self._ground.get_xlim()
        return float(self._ground.get_window_extent().width / (east - west))

    def _width(self, text: str, size: float, weight: str) -> float:
        return self._ruler.width_mm(text, size * PT_PER_PX, weight) / 25.4 * float(self._figure.dpi)

    def _lines(self, text: str, size: float, weight: str) -> tuple[tuple[str, float, str], ...]:
        """Return a name line by line: a long one is broken, a very long one cut short."""
        room = _LONGEST * size * PT_PER_PX * MM_PER_PT
        lines = self._ruler.wrapped(text, room, size * PT_PER_PX, weight, _MOST_LINES)
        return tuple((line, size, weight) for line in lines)

    def _block(self, lines: Sequence[tuple[str, float, str]], x: float, y: float) -> _Name:
        wide = max(self._width(*line) for line in lines) / 2 + _GAP * self._px
        tall = (sum(size for _, size, _ in lines) * _LINE_HEIGHT + _GAP) / 2 * self._px
        return _Name(tuple(lines), x, y, 0.0, ((x - wide, y - tall, x + wide, y + tall),))

    def _put(self, name: _Name) -> None:
        from matplotlib.patheffects import withStroke

        to_data = self._ground.transData.inverted()
        y = name.y + sum(size for _, size, _ in name.lines) * _LINE_HEIGHT / 2 * self._px
        for text, size, weight in name.lines:
            tall = size * _LINE_HEIGHT * self._px
            place = to_data.transform((name.x, y - tall / 2))
            self._ground.text(
                place[0],
                place[1],
                text,
                ha="center",
                va="center",
                rotation=math.degrees(name.angle),
                rotation_mode="anchor",
                fontsize=size * PT_PER_PX,
                weight=weight,
                color=INK,
                path_effects=[withStroke(linewidth=_HALO_PT, foreground="#ffffff")],
                zorder=_ORDER,
            )
            y -= tall


def _importance(shown: Shown) -> int:
    if shown.layer.kind == "zones" or shown.drawing.outline is not None:
        return 0
    if shown.layer.kind == "villages":
        return 1
    return 3 if shown.dimension == _LINE else 2


def column_of(layer: Layer, name: str) -> list[Any]:
    """Return a column of a layer, or its index if that is so named."""
    return list(layer.frame[name] if name in layer.frame.columns else layer.frame.index)


def _stretches(line: Pixels, wide: float, aside: float) -> Iterator[tuple[float, float, float]]:
    """Yield nearly straight stretches of a line as long as a text, from its middle outwards: centre and angle."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    total = float(along[-1])
    if total < wide * _SLACK:
        return
    for share in _SHARES:
        middle = max(wide / 2, min(total - wide / 2, total * share))
        ends = [[float(np.interp(middle + s * wide / 2, along, line[:, axis])) for axis in (0, 1)] for s in (-1, 1)]
        (ax, ay), (bx, by) = ends
        if math.hypot(bx - ax, by - ay) < wide * _STRAIGHT:
            continue
        angle = math.atan2(by - ay, bx - ax)
        # Read from the left, or from above.
        if angle >= math.pi / 2:
            angle -= math.pi
        if angle < -math.pi / 2:
            angle += math.pi
        yield (ax + bx) / 2 - math.sin(angle) * aside, (ay + by) / 2 + math.cos(angle) * aside, angle
