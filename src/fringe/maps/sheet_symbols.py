"""Symbols on paper: the swatches of the legend, patterns, dashes and the marks of points, as matplotlib draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fringe.maps.style import Pattern, Symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PT_PER_PX = 0.75
HATCH_PT = 0.8
MARKERS = {"circle": "o", "square": "s", "diamond": "D", "triangle": "^"}
EDGE = "#8d959b"
"""The edge of a swatch that has none of its own."""
SWATCH_MM = (7.4, 3.8)

_HATCHES = {"hatch": "/", "back_hatch": "\\", "cross": "x", "stipple": ".", "lines": "-"}
# matplotlib draws six lines an inch for each sign of a hatch.
_HATCH_PX = 20.0


def swatch(page: Axes, spec: dict[str, Any], dimension: int, at: tuple[float, float], shrink: float) -> None:
    """Draw a symbol as small as the legend shows it; `at` is the middle of its left edge."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    pattern = Pattern(**spec["pattern"]) if spec.get("pattern") else None
    symbol = Symbol(**{**spec, "pattern": pattern})
    wide, tall = SWATCH_MM[0] * shrink, SWATCH_MM[1] * shrink
    x, y = at
    if dimension == 1:
        parts = [
            (symbol.casing, symbol.width + 2 * symbol.casing_width, ()),
            (symbol.stroke, symbol.width, symbol.dash),
        ]
        for ink, thick, dash in [*parts, (symbol.core, symbol.core_width, symbol.core_dash and (7, 7))]:
            if ink:
                line = page.plot([x, x + wide], [y, y], color=ink, linewidth=thick * PT_PER_PX * shrink)[0]
                line.set(linestyle=dashes(dash, thick), solid_capstyle="butt", dash_capstyle="butt")
        return
    if dimension == 0:
        page.plot(
            [x + wide / 2],
            [y],
            marker=MARKERS[symbol.shape],
            markersize=min(symbol.radius, 6) * 1.5 * shrink,
            markerfacecolor=symbol.fill or "none",
            markeredgecolor=symbol.stroke or "none",
            markeredgewidth=symbol.width * PT_PER_PX,
        )
        return
    corner, edge = (x, y - tall / 2), symbol.stroke or EDGE
    fill = to_rgba(symbol.fill, symbol.opacity) if symbol.fill else "none"
    page.add_patch(Rectangle(corner, wide, tall, facecolor=fill, edgecolor="none"))
    if pattern:
        page.add_patch(hatched(Rectangle(corner, wide, tall), pattern))
    thick = symbol.width if symbol.stroke else 0.8
    page.add_patch(
        Rectangle(
            corner,
            wide,
            tall,
            facecolor="none",
            edgecolor=edge,
            linewidth=thick * PT_PER_PX,
            linestyle=dashes(symbol.dash, thick),
        )
    )


def hatched(patch: Any, pattern: Pattern) -> Any:
    """Return a patch or collection with nothing but a pattern on it."""
    count = max(1, round(_HATCH_PX / pattern.gap))
    patch.set(facecolor="none", edgecolor=pattern.ink, linewidth=0, hatch=_HATCHES[pattern.kind] * count)
    return patch


def dashes(dash: Sequence[float], wide: float) -> Any:
    """Return a line style; matplotlib counts dashes in widths of the line."""
    return (0, tuple(part / wide for part in dash)) if dash else "solid"
