"""What stands around the map on a sheet drawn by matplotlib: title block, legend, scale bar, north arrow, watermark.

Places are millimetres from the lower left corner of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fringe.maps.palette import INK
from fringe.maps.style import Pattern, Symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SOFT, _RULE, _ACCENT, _SHEET = "#55616b", "#d6d1c5", "#a63c2b", "#fffefb"
_EDGE = "#8d959b"
PT_PER_PX = 0.75
HATCH_PT = 0.8
MARKERS = {"circle": "o", "square": "s", "diamond": "D", "triangle": "^"}
_HATCHES = {"hatch": "/", "back_hatch": "\\", "cross": "x", "stipple": ".", "lines": "-"}
# matplotlib draws six lines an inch for each sign of a hatch.
_HATCH_PX = 20.0
_SWATCH_MM = (7.4, 3.6)
_ROW_MM, _HEAD_MM, _GROUP_MM = 4.6, 5.6, 6.6
_WATERMARK_ALPHA = 0.2
# A Chinese sign of the watermark.
_SIGN_MM = 4.6
_MM_PER_PT = 25.4 / 72


def furnish(
    page: Axes, document: dict[str, Any], inner: Sequence[float], *, title_mm: float, panel_mm: float
) -> list[Any]:
    """Draw all but the map, and return the extents of what lies on the map."""
    from matplotlib.patches import Rectangle

    x, y, width, height = inner
    top = y + height - title_mm
    page.add_patch(Rectangle((x, top), width, title_mm, facecolor=_SHEET, edgecolor="none"))
    page.add_patch(
        Rectangle((x + width - panel_mm, y), panel_mm, height - title_mm, facecolor=_SHEET, edgecolor="none")
    )
    page.add_patch(Rectangle((x, top), 1.4, title_mm, facecolor=_ACCENT, edgecolor="none"))
    page.add_patch(Rectangle((x, y), width, height, facecolor="none", edgecolor=INK, linewidth=0.8))
    page.plot([x, x + width], [top, top], color=_RULE, linewidth=0.6)
    page.plot([x + width - panel_mm] * 2, [y, top], color=_RULE, linewidth=0.6)
    _title(page, document, (x, top, width, title_mm))
    page.text(
        x + width - panel_mm + 4,
        top - 5,
        document["words"]["legend"],
        va="center",
        fontsize=10,
        weight="bold",
        color=INK,
    )
    _legend(page, document["layers"], (x + width - panel_mm, y, panel_mm, height - title_mm - 6))
    map_box = (x, y, width - panel_mm, height - title_mm)
    _watermark(page, document["watermark"], map_box)
    return [*_north(page, document["words"]["north"], map_box), *_sources(page, document, map_box)]


def _title(page: Axes, document: dict[str, Any], box: Sequence[float]) -> None:
    x, y, width, height = box
    under = " · ".join(text for text in (document["subtitle"], document["organisation"]) if text)
    page.text(
        x + 5,
        y + height * (0.64 if under else 0.5),
        document["title"],
        va="center",
        fontsize=15,
        weight="bold",
        color=INK,
    )
    if under:
        page.text(x + 5, y + height * 0.22, under, va="center", fontsize=8.5, color=_SOFT)
    facts = [(text, _ACCENT, "bold") for text in document["stamps"]]
    facts += [(document["date"], _SOFT, "normal")] if document["date"] else []
    facts.append((document["review"], INK, "bold"))
    for n, (text, ink, weight) in enumerate(facts):
        at = y + height * (1 - (n + 1) / (len(facts) + 1))
        page.text(x + width - 4, at, text, ha="right", va="center", fontsize=8.5, color=ink, weight=weight)


def rows_of(layers: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]:
    """Return the legend line by line: its text, the layer, and the entry, as the page groups them.

    A heading of a group has no layer, the name of a layer no entry; a layer of one symbol is one line.
    """
    found: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]] = []
    seen = [layer for layer in layers if layer["show"]]
    for group in dict.fromkeys(layer["group"] for layer in seen):
        found.append((group, None, None))
        for layer in seen:
            if layer["group"] != group:
                continue
            entries = layer["legend"]
            if len(entries) == 1 and len(layer["symbols"]) == 1:
                found.append((layer["name"], layer, entries[0]))
                continue
            note = f" ({layer['note']})" if layer["note"] else ""
            found.append((layer["name"] + note, layer, None))
            found += [(entry["label"], layer, entry) for entry in entries]
    return found


def _legend(page: Axes, layers: Sequence[dict[str, Any]], box: Sequence[float]) -> None:
    x, y, width, height = box
    rows = rows_of(layers)
    tall = sum(_ROW_MM if entry else _HEAD_MM if layer else _GROUP_MM for _, layer, entry in rows)
    # A long legend shrinks to its page.
    shrink = min(1.0, (height - 6) / tall) if tall else 1.0
    at = y + height - 3
    for text, layer, entry in rows:
        step = shrink * (_ROW_MM if entry else _HEAD_MM if layer else _GROUP_MM)
        middle = at - step / 2
        at -= step
        if layer is None:
            page.text(x + 4, middle, text, va="center", fontsize=7.5 * shrink, color=_SOFT, weight="bold")
            page.plot([x + 4, x + width - 4], [at + 0.6 * shrink] * 2, color=_RULE, linewidth=0.6)
            continue
        bold = "normal" if entry and len(layer["legend"]) > 1 else "bold"
        left = x + 4
        if entry:
            swatch(page, layer["symbols"][entry["symbol"]], layer["dimension"], (left, middle), shrink)
            left += (_SWATCH_MM[0] + 2) * shrink
        size = (8.0 if entry else 8.8) * shrink
        _fitted(page, text, (left, middle), size, bold, x + width - 16 - left)
        if entry and layer["dimension"] != 1 and not layer.get("base"):
            count = f"{entry['count']:,}"
            page.text(x + width - 4, middle, count, ha="right", va="center", fontsize=7.2 * shrink, color=_SOFT)


def _fitted(page: Axes, text: str, at: tuple[float, float], size: float, weight: str, room_mm: float) -> None:
    """Write a text, smaller if it is too long for its room."""
    written = page.text(*at, text, va="center", fontsize=size, weight=weight, color=INK)
    renderer = page.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    long_mm = written.get_window_extent(renderer).width / page.figure.dpi * 72 * _MM_PER_PT
    if long_mm > room_mm:
        written.set_fontsize(max(4.0, size * room_mm / long_mm))


def swatch(page: Axes, spec: dict[str, Any], dimension: int, at: tuple[float, float], shrink: float) -> None:
    """Draw a symbol as small as the legend shows it; `at` is the middle of its left edge."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    pattern = Pattern(**spec["pattern"]) if spec.get("pattern") else None
    symbol = Symbol(**{**spec, "pattern": pattern})
    wide, tall = _SWATCH_MM[0] * shrink, _SWATCH_MM[1] * shrink
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
    corner, edge = (x, y - tall / 2), symbol.stroke or _EDGE
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


def draw_bar(page: Axes, place: Sequence[float], long_mm: float, text: str) -> list[Any]:
    """Draw a scale bar of two halves at the lower left of the map; return the extents covered."""
    from matplotlib.patches import Rectangle

    x, y = place[0] + 5, place[1] + 4
    halves = [
        Rectangle((x, y), long_mm / 2, 1.3, facecolor=INK, edgecolor=INK, linewidth=0.6),
        Rectangle((x + long_mm / 2, y), long_mm / 2, 1.3, facecolor="#ffffff", edgecolor=INK, linewidth=0.6),
    ]
    for half in halves:
        page.add_patch(half)
    written = page.text(x, y + 2.2, text, va="bottom", fontsize=7.5, color=INK)
    return _extents(page, [*halves, written])


def _north(page: Axes, text: str, box: Sequence[float]) -> list[Any]:
    from matplotlib.patches import Polygon

    x, y = box[0] + box[2] - 9, box[1] + box[3] - 17
    left = Polygon([(x, y + 8), (x - 2.6, y), (x, y + 1.7)], facecolor=INK, edgecolor=INK, linewidth=0.7)
    right = Polygon([(x, y + 8), (x + 2.6, y), (x, y + 1.7)], facecolor="#ffffff", edgecolor=INK, linewidth=0.7)
    for part in (left, right):
        page.add_patch(part)
    written = page.text(x, y + 9, text, ha="center", va="bottom", fontsize=8.5, weight="bold", color=INK)
    return _extents(page, [left, right, written])


def _sources(page: Axes, document: dict[str, Any], box: Sequence[float]) -> list[Any]:
    lines = [text for text in (document["attribution"], *document["notes"]) if text]
    if not lines:
        return []
    ground = {"facecolor": _SHEET, "edgecolor": "none", "alpha": 0.86, "pad": 1.5}
    written = page.text(
        box[0] + box[2] - 3,
        box[1] + 2.5,
        "\n".join(lines),
        ha="right",
        va="bottom",
        fontsize=6.2,
        color="#3f4a53",
        bbox=ground,
        linespacing=1.3,
    )
    return _extents(page, [written])


def _watermark(page: Axes, text: str, box: Sequence[float]) -> None:
    if not text:
        return
    wide = sum(_SIGN_MM if sign > "\u2e80" else _SIGN_MM / 2 for sign in text)
    step_x, step_y = 0.95 * wide + 16, 36.0
    row = 0
    y = box[1] + step_y / 2
    while y < box[1] + box[3]:
        x = box[0] + (step_x / 2 if row % 2 else 0)
        while x < box[0] + box[2]:
            page.text(
                x,
                y,
                text,
                ha="center",
                va="center",
                rotation=24,
                fontsize=13,
                weight="bold",
                color=_ACCENT,
                alpha=_WATERMARK_ALPHA,
                clip_on=True,
                clip_box=_clip(page, box),
            )
            x += step_x
        y, row = y + step_y, row + 1


def _clip(page: Axes, box: Sequence[float]) -> Any:
    from matplotlib.transforms import Bbox, TransformedBbox

    return TransformedBbox(Bbox.from_bounds(*box), page.transData)


def _extents(page: Axes, parts: Sequence[Any]) -> list[Any]:
    renderer = page.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    return [part.get_window_extent(renderer).padded(2) for part in parts]
