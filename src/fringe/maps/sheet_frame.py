"""What stands around the map on a sheet drawn by matplotlib: title block, scale bar, north arrow, sources, watermark.

Places are millimetres from the lower left corner of the paper. Texts that are too long are made smaller, broken into
lines, and at last cut short: nothing runs over another text or off the sheet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyproj

from fringe.maps.legend_sheet import draw_legend
from fringe.maps.palette import ACCENT, INK, RULE, SHEET, SOFT
from fringe.maps.sheet_text import MM_PER_PT, Ruler
from fringe.model import units, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Size of type and number of lines, from what a short text gets.
_TITLES = ((16.0, 1), (14.0, 1), (12.0, 1), (11.0, 2), (9.5, 2), (8.0, 3))
_UNDER = ((9.5, 1), (8.5, 1), (7.0, 2), (6.0, 2))
_FACTS = ((9.5, 1), (8.5, 1), (7.5, 2), (6.5, 3))
# The facts at the right of the title get this share of the block at most.
_FACTS_SHARE = 0.42
_LINE_HEIGHT = 1.35
_SOURCE_PT, _FINE_PT = 7.6, 5.8
_SOURCE_MOST = 6
_WATERMARK_ALPHA = 0.2
# A Chinese sign of the watermark.
_SIGN_MM = 4.6
BAR_MM = 34.0
_BAR_ROOM_MM = 48.0


def furnish(
    page: Axes, document: dict[str, Any], inner: Sequence[float], *, title_mm: float, panel_mm: float
) -> list[Any]:
    """Draw all but the map, and return the extents of what lies on the map."""
    from matplotlib.patches import Rectangle

    x, y, width, height = inner
    top = y + height - title_mm
    page.add_patch(Rectangle((x, top), width, title_mm, facecolor=SHEET, edgecolor="none"))
    page.add_patch(Rectangle((x + width - panel_mm, y), panel_mm, height - title_mm, facecolor=SHEET, edgecolor="none"))
    page.add_patch(Rectangle((x, top), 1.4, title_mm, facecolor=ACCENT, edgecolor="none"))
    page.add_patch(Rectangle((x, y), width, height, facecolor="none", edgecolor=INK, linewidth=0.8))
    page.plot([x, x + width], [top, top], color=RULE, linewidth=0.6)
    page.plot([x + width - panel_mm] * 2, [y, top], color=RULE, linewidth=0.6)
    ruler = Ruler(page.figure)
    _title(page, ruler, document, (x, top, width, title_mm))
    draw_legend(page, ruler, document, (x + width - panel_mm, y, panel_mm, height - title_mm))
    map_box = (x, y, width - panel_mm, height - title_mm)
    _watermark(page, document["watermark"], map_box)
    return [*_north(page, document["words"]["north"], map_box), *_sources(page, ruler, document, map_box)]


def _title(page: Axes, ruler: Ruler, document: dict[str, Any], box: Sequence[float]) -> None:
    x, y, width, height = box
    facts = [(text, ACCENT, "bold") for text in document["stamps"]]
    facts += [(document["date"], SOFT, "normal")] if document["date"] else []
    facts.append((document["review"], INK, "bold"))
    wide = _stack(
        page,
        [(*ruler.fitted(text, width * _FACTS_SHARE, _FACTS, weight), ink, weight) for text, ink, weight in facts],
        (x + width - 4, y, height),
        right=True,
        ruler=ruler,
    )
    room = width - wide - 5 - 4 - 8
    under = " · ".join(text for text in (document["subtitle"], document["organisation"]) if text)
    parts = [(*ruler.fitted(document["title"], room, _TITLES, "bold"), INK, "bold")]
    parts += [(*ruler.fitted(under, room, _UNDER), SOFT, "normal")] if under else []
    _stack(page, parts, (x + 5, y, height), right=False, ruler=ruler)


def _stack(
    page: Axes,
    parts: Sequence[tuple[list[str], float, str, str]],
    at: tuple[float, float, float],
    *,
    right: bool,
    ruler: Ruler,
) -> float:
    """Write lines below one another in the middle of a block, smaller if they are too tall; return their width.

    A part is its lines, their size, ink and weight; `at` is the edge they begin or end at, the foot and the height.
    """
    x, y, height = at
    tall = sum(len(lines) * size * _LINE_HEIGHT * MM_PER_PT for lines, size, _, _ in parts)
    shrink = min(1.0, (height - 1.5) / tall)
    top, widest = y + (height + tall * shrink) / 2, 0.0
    for lines, size, ink, weight in parts:
        for line in lines:
            step = size * shrink * _LINE_HEIGHT * MM_PER_PT
            style: dict[str, Any] = {"fontsize": size * shrink, "color": ink, "weight": weight}
            page.text(x, top - step / 2, line, ha="right" if right else "left", va="center_baseline", **style)
            widest = max(widest, ruler.width_mm(line, size * shrink, weight))
            top -= step
    return widest


def draw_bar(page: Axes, document: dict[str, Any], place: Sequence[float], unit_mm: float) -> list[Any]:
    """Draw a scale bar of two halves at the lower left of the map; return the extents covered.

    Parameters
    ----------
    page, document
        The sheet.
    place
        Of the map on it.
    unit_mm
        Millimetres of a Web Mercator unit.
    """
    from matplotlib.patches import Rectangle

    west, south, east, north = document["view"]
    middle, lon = (south + north) / 2, (west + east) / 2
    # The length of the longest bar there is room for, along the parallel through the middle.
    degrees = BAR_MM / unit_mm / 2.0**28 * 360
    metres = pyproj.Geod(ellps="WGS84").line_length([lon, lon + degrees / 2, lon + degrees], [middle] * 3)
    if not metres > 0:
        return []
    power = 10.0 ** math.floor(math.log10(metres))
    long = power * next(step for step in (5, 2, 1) if step * power <= metres)
    kilometres = long >= units.M_PER_KM
    key, n = ("map.scale_km", long / units.M_PER_KM) if kilometres else ("map.scale_m", long)
    text = words.text(key, "zh" if document["lang"].startswith("zh") else "en", n=f"{n:g}")
    x, y, half = place[0] + 5, place[1] + 4, BAR_MM * long / metres / 2
    halves = [
        Rectangle((x, y), half, 1.3, facecolor=INK, edgecolor=INK, linewidth=0.6),
        Rectangle((x + half, y), half, 1.3, facecolor="#ffffff", edgecolor=INK, linewidth=0.6),
    ]
    for each in halves:
        page.add_patch(each)
    written = page.text(x, y + 2.2, text, va="bottom", fontsize=8.5, color=INK)
    return _extents(page, [*halves, written])


def _north(page: Axes, text: str, box: Sequence[float]) -> list[Any]:
    from matplotlib.patches import Polygon

    x, y = box[0] + box[2] - 9, box[1] + box[3] - 17
    left = Polygon([(x, y + 8), (x - 2.6, y), (x, y + 1.7)], facecolor=INK, edgecolor=INK, linewidth=0.7)
    right = Polygon([(x, y + 8), (x + 2.6, y), (x, y + 1.7)], facecolor="#ffffff", edgecolor=INK, linewidth=0.7)
    for part in (left, right):
        page.add_patch(part)
    written = page.text(x, y + 9, text, ha="center", va="bottom", fontsize=9.5, weight="bold", color=INK)
    return _extents(page, [left, right, written])


def _sources(page: Axes, ruler: Ruler, document: dict[str, Any], box: Sequence[float]) -> list[Any]:
    """Write where the data come from and what was done to them, beside the scale bar; what vouches for it smaller."""
    parts = [(text, _SOURCE_PT) for text in (document["attribution"], *document["notes"]) if text]
    parts += [(text, _FINE_PT) for text in document["grounds"]]
    room = box[2] - _BAR_ROOM_MM - 5
    lines = [(line, size) for text, size in parts for line in ruler.wrapped(text, room, size, most=_SOURCE_MOST)]
    ground = {"facecolor": SHEET, "edgecolor": "none", "alpha": 0.86, "pad": 1.5}
    style: dict[str, Any] = {"ha": "right", "va": "baseline", "color": "#3f4a53", "bbox": ground}
    y, written = box[1] + 3, []
    for line, size in reversed(lines):
        written.append(page.text(box[0] + box[2] - 3, y, line, fontsize=size, **style))
        y += size * 1.3 * MM_PER_PT
    return _extents(page, written)


def _watermark(page: Axes, text: str, box: Sequence[float]) -> None:
    from matplotlib.transforms import Bbox, TransformedBbox

    if not text:
        return
    wide = sum(_SIGN_MM if sign > "\u2e80" else _SIGN_MM / 2 for sign in text)
    step_x, step_y = 0.95 * wide + 16, 36.0
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 13, "weight": "bold", "color": ACCENT}
    clip = TransformedBbox(Bbox.from_bounds(*box), page.transData)
    row = 0
    y = box[1] + step_y / 2
    while y < box[1] + box[3]:
        x = box[0] + (step_x / 2 if row % 2 else 0)
        while x < box[0] + box[2]:
            written = page.text(x, y, text, rotation=24, alpha=_WATERMARK_ALPHA, clip_on=True, **style)
            # Axes clip their texts to themselves, and this page is the whole paper.
            written.set_clip_box(clip)
            x += step_x
        y, row = y + step_y, row + 1


def _extents(page: Axes, parts: Sequence[Any]) -> list[Any]:
    renderer = page.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    return [part.get_window_extent(renderer).padded(2) for part in parts]
