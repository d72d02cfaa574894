"""Features on a sheet drawn by matplotlib: areas, lines and points with their symbols, as the page draws them.

Every part of a feature is drawn by its own dimension, whatever its layer holds besides. Lengths of symbols are CSS
pixels (1/96 inch).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from fringe.maps.encode import LINE, POINT, RING, paths_of
from fringe.maps.sheet_symbols import MARKERS, PT_PER_PX, dashes, hatched
from fringe.maps.style import Symbol
from fringe.maps.symbols import level_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fringe.maps.layer import Drawing, Layer

_BORDER_LEVEL = 70
# Lines of a symbol that has no stroke are as wide as its outline would be, and this wide at least.
_LEAST_LINE_PX = 1.6


@dataclass(frozen=True)
class Shown:
    """A layer as it is drawn.

    Parameters
    ----------
    layer, drawing
        What it is, and the symbol of each row; rows whose code is beyond the symbols are not there.
    shapes
        Of each row, on the plane of the sheet.
    dimension
        The highest among its rows.
    """

    layer: Layer
    drawing: Drawing
    shapes: npt.NDArray[Any]
    dimension: int

    def symbol_of(self, row: int) -> Symbol | None:
        """Return the symbol of a row, or `None` where it is not there."""
        code = int(self.drawing.codes[row])
        return self.drawing.drawn[code] if code < len(self.drawing.drawn) else None


@dataclass(frozen=True)
class _Paths:
    """The parts of a layer: each path's coordinates, row and kind."""

    lines: list[npt.NDArray[np.float64]]
    owner: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]

    @classmethod
    def of(cls, shapes: npt.NDArray[Any]) -> _Paths:
        paths, owner, kind = paths_of(shapes)
        xy, path = shapely.get_coordinates(paths, return_index=True)
        return cls(np.split(xy, np.flatnonzero(np.diff(path)) + 1) if len(paths) else [], owner, kind)

    def where(self, chosen: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.float64]]:
        return [self.lines[at] for at in np.flatnonzero(chosen).tolist()]


def draw_layers(ground: Axes, layers: Sequence[Shown], widen: float, zoom: float) -> None:
    """Draw the layers by their levels, those of one level in their order; what belongs closer in is left out."""
    for number, shown in enumerate(layers):
        drawn, codes = shown.drawing.drawn, shown.drawing.codes
        order = level_of(shown.layer.kind, shown.dimension) + number / (len(layers) + 1)
        # All passes of a layer lie below the next layer.
        steps = _count(order, 1 / (len(layers) + 1) / (7 * len(drawn) + 9))
        paths = _Paths.of(shown.shapes)
        of = codes[paths.owner]
        near = [n for n in range(len(drawn)) if drawn[n].least_zoom <= zoom]
        ranks = sorted(near, key=lambda n: drawn[n].rank)
        for n in ranks:
            _draw_areas(ground, drawn[n], _areas(paths, (of == n) & (paths.kind == RING)), steps)
        lines = [(_as_line(drawn[n]), paths.where((of == n) & (paths.kind == LINE))) for n in ranks]
        _draw_lines(ground, lines, steps, widen)
        for n in ranks:
            _draw_points(ground, drawn[n], paths.where((of == n) & (paths.kind == POINT)), next(steps), widen)
        if shown.drawing.outline:
            _outline(ground, _areas(paths, paths.kind == RING), shown.drawing.outline, widen)


def _count(start: float, step: float) -> Iterator[float]:
    while True:
        yield start
        start += step


def strokes(symbol: Symbol, widen: float) -> list[tuple[str, str, float, tuple[float, ...]]]:
    """Return the passes of a line, from below: name, ink, width, dashes."""
    found: list[tuple[str, str, float, tuple[float, ...]]] = []
    if symbol.casing:
        found.append(("casing", symbol.casing, symbol.width * widen + 2 * symbol.casing_width, ()))
    if symbol.stroke:
        found.append(("stroke", symbol.stroke, symbol.width * widen, symbol.dash))
    if symbol.core:
        found.append(("core", symbol.core, symbol.core_width * widen, symbol.core_dash))
    return found


def _as_line(symbol: Symbol) -> Symbol:
    """Return a symbol that shows on lines: the classes of shaded areas have no stroke."""
    return symbol if symbol.stroke else replace(symbol, stroke=symbol.fill, width=max(symbol.width, _LEAST_LINE_PX))


def _areas(paths: _Paths, chosen: npt.NDArray[np.bool_]) -> list[Any]:
    """Return a path for each row: its rings, holes the other way round, so that a nonzero fill leaves them out."""
    from matplotlib.path import Path as Outline

    rings, owner = paths.where(chosen), paths.owner[chosen]
    found = []
    for group in np.split(np.arange(len(rings)), np.flatnonzero(np.diff(owner)) + 1) if rings else []:
        own = [rings[at] for at in group]
        codes = [
            code for ring in own for code in (Outline.MOVETO, *[Outline.LINETO] * (len(ring) - 2), Outline.CLOSEPOLY)
        ]
        found.append(Outline(np.concatenate(own), codes))
    return found


def _draw_areas(ground: Axes, symbol: Symbol, paths: list[Any], steps: Iterator[float]) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_rgba

    if not paths:
        return
    fill = to_rgba(symbol.fill, symbol.opacity) if symbol.fill else "none"
    ground.add_collection(PathCollection(paths, facecolors=fill, edgecolors="none", linewidths=0, zorder=next(steps)))
    if symbol.pattern:
        ground.add_collection(hatched(PathCollection(paths, zorder=next(steps)), symbol.pattern))
    for _, ink, wide, dash in strokes(symbol, 1.0):
        edge = PathCollection(paths, facecolors="none", edgecolors=ink, zorder=next(steps))
        edge.set(linewidth=wide * PT_PER_PX, linestyle=dashes(dash, wide))
        ground.add_collection(edge)


def _draw_lines(
    ground: Axes,
    groups: Sequence[tuple[Symbol, list[npt.NDArray[np.float64]]]],
    steps: Iterator[float],
    widen: float,
) -> None:
    """Draw casings under all lines of a layer and cores over them, as the page does."""
    from matplotlib.collections import LineCollection

    for wanted in ("casing", "stroke", "core"):
        for symbol, lines in groups:
            for name, ink, wide, dash in strokes(symbol, widen):
                if name != wanted or not lines:
                    continue
                made = LineCollection(lines, colors=ink, capstyle="butt", joinstyle="round")
                made.set(linewidth=wide * PT_PER_PX, linestyle=dashes(dash, wide), zorder=next(steps))
                ground.add_collection(made)


def _outline(ground: Axes, paths: list[Any], symbol: Symbol, widen: float) -> None:
    from matplotlib.collections import PathCollection

    for step, (_, ink, wide, _) in enumerate(strokes(symbol, min(1.5, widen))):
        edge = PathCollection(paths, facecolors="none", edgecolors=ink, zorder=_BORDER_LEVEL + step / 10)
        edge.set(linewidth=wide * PT_PER_PX)
        ground.add_collection(edge)


def radius_px(symbol: Symbol, widen: float) -> float:
    """Return how far a point's symbol reaches, without its outline."""
    return symbol.radius * max(0.85, min(1.4, widen))


def _draw_points(
    ground: Axes, symbol: Symbol, points: list[npt.NDArray[np.float64]], order: float, widen: float
) -> None:
    if not points:
        return
    places = np.concatenate(points)
    ground.plot(
        places[:, 0],
        places[:, 1],
        linestyle="none",
        marker=MARKERS[symbol.shape],
        markersize=2 * radius_px(symbol, widen) * PT_PER_PX,
        markerfacecolor=symbol.fill or "none",
        markeredgecolor=symbol.stroke or "none",
        markeredgewidth=symbol.width * PT_PER_PX if symbol.stroke else 0,
        alpha=symbol.opacity,
        zorder=order,
    )
