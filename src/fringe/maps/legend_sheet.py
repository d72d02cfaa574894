"""The legend of a sheet drawn by matplotlib: what the page's legend says, in the room the paper has.

A long legend is made smaller, down to six tenths; then it stands in two columns; then its longest layers end in how
many entries more there are. Places are millimetres from the lower left corner of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fringe.maps.palette import INK, RULE, SOFT
from fringe.maps.sheet_symbols import EDGE, SWATCH_MM, swatch
from fringe.maps.sheet_text import CUT, MM_PER_PT, Ruler
from fringe.model import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEAD_MM, _MARGIN_MM, _GAP_MM = 8.5, 4.0, 2.0
_ENTRY_PT, _NAME_PT, _GROUP_PT, _COUNT_PT, _TITLE_PT = 9.4, 10.0, 8.8, 8.8, 11.5
_SPACING = 1.4
_LEAST_SHRINK, _STEP, _MOST_COLUMNS = 0.6, 0.05, 2
_NAME_LINES, _ENTRY_LINES = 3, 2
# Of the square of two figures: cells, their gap, and its titles and edges.
_CELL_MM, _CELL_GAP_MM, _EDGE_PT, _AXIS_PT = 8.6, 0.5, 8.0, 8.8
# White ink where the ground is darker than this.
_DARK = 0.18

Kind = Literal["group", "name", "entry", "square", "more"]


@dataclass(frozen=True)
class Row:
    """A line of the legend, or the square of a layer of two figures.

    Parameters
    ----------
    kind
        The heading of a group, the name of a layer, an entry, a square, or how many entries more there are.
    text, note
        What it says; a note stands behind a name.
    layer, entry
        What it is about. A layer of one symbol is one entry.
    counted
        Whether a count stands at its end; of a heading, whether the word does.
    """

    kind: Kind
    text: str
    layer: dict[str, Any] | None = None
    entry: dict[str, Any] | None = None
    note: str = ""
    counted: bool = False

    @property
    def alone(self) -> bool:
        """Whether it is all there is of its layer."""
        return self.kind == "entry" and self.layer is not None and len(self.layer["symbols"]) == 1


def rows_of(layers: Sequence[dict[str, Any]], lang: str | None = None, most: int | None = None) -> list[Row]:
    """Return the legend line by line, as the page groups it; of each layer at most so many entries.

    A count of pieces of lines tells nothing, and is left out.
    """
    found: list[Row] = []
    seen = [layer for layer in layers if layer["show"]]
    for group in dict.fromkeys(layer["group"] for layer in seen):
        own = [layer for layer in seen if layer["group"] == group]
        found.append(
            Row("group", group, counted=any(layer["dimension"] != 1 and not layer.get("base") for layer in own))
        )
        for layer in own:
            found += _rows_of_layer(layer, lang, most)
    return found


def _is_counted(layer: dict[str, Any]) -> bool:
    """Return whether its rows are counted: not pieces of road, nor what tiles have cut."""
    return layer["dimension"] != 1 and not layer.get("base")


def _rows_of_layer(layer: dict[str, Any], lang: str | None, most: int | None) -> list[Row]:
    entries, counted = layer["legend"], _is_counted(layer)
    note = words.text("phrase.comma", lang).join(text for text in (layer["note"], layer.get("without", "")) if text)
    if len(entries) == 1 and len(layer["symbols"]) == 1:
        return [Row("entry", layer["name"], layer, entries[0], note, counted)]
    found = [Row("name", layer["name"], layer, note=note)]
    if layer.get("grid"):
        found.append(Row("square", "", layer))
        entries = [entry for entry in entries if entry["symbol"] == len(layer["symbols"]) - 1]
    rest = 0 if most is None or len(entries) <= most + 1 else len(entries) - most
    listed = entries[: len(entries) - rest]
    found += [Row("entry", entry["label"], layer, entry, counted=counted) for entry in listed]
    if rest:
        found.append(Row("more", words.text("map.legend_more", lang, n=f"{rest:,}"), layer))
    return found


def draw_legend(page: Axes, ruler: Ruler, document: dict[str, Any], box: Sequence[float]) -> None:
    """Draw the legend into a panel: x, y, width and height."""
    x, y, width, height = box
    lang = "zh" if document["lang"].startswith("zh") else "en"
    title: dict[str, Any] = {"fontsize": _TITLE_PT, "weight": "bold", "color": INK}
    page.text(x + _MARGIN_MM, y + height - 5, document["words"]["legend"], va="center_baseline", **title)
    room = height - _HEAD_MM - 2
    pen = _fitting(page, ruler, document, lang, (width - 2 * _MARGIN_MM, room))
    for column, blocks in enumerate(pen.columns(room)):
        at = y + height - _HEAD_MM
        for row in blocks:
            pen.draw(row, x + _MARGIN_MM + column * (pen.width + _MARGIN_MM), at)
            at -= pen.height(row)


def _fitting(page: Axes, ruler: Ruler, document: dict[str, Any], lang: str, room: tuple[float, float]) -> _Pen:
    """Return the largest legend there is room for."""
    layers, count = document["layers"], document["words"]["count"]

    def make(columns: int, shrink: float, most: int | None) -> _Pen:
        return _Pen(page, ruler, rows_of(layers, lang, most), count, room[0], columns, shrink)

    steps = round((1 - _LEAST_SHRINK) / _STEP)
    for columns in range(1, _MOST_COLUMNS + 1):
        for step in range(steps + 1):
            pen = make(columns, 1 - step * _STEP, None)
            # Columns are for more entries, not for larger ones that are cut short.
            if len(pen.columns(room[1])) <= columns and (columns == 1 or step == steps or pen.whole()):
                return pen
    longest = max(len(layer["legend"]) for layer in layers)
    # Halving: fewer entries never take more room.
    few, many = 0, longest
    while few + 1 < many:
        middle = (few + many) // 2
        fits = len(make(_MOST_COLUMNS, _LEAST_SHRINK, middle).columns(room[1])) <= _MOST_COLUMNS
        few, many = (middle, many) if fits else (few, middle)
    return make(_MOST_COLUMNS, _LEAST_SHRINK, few)


class _Pen:
    """Draws a legend in columns, so much smaller."""

    def __init__(
        self, page: Axes, ruler: Ruler, rows: list[Row], count: str, wide: float, columns: int, shrink: float
    ) -> None:
        self._page, self._ruler, self._rows, self._count, self._shrink = page, ruler, rows, count, shrink
        self.width = (wide - (columns - 1) * _MARGIN_MM) / columns
        # More entries say more than the ends of their texts.
        self._most = _ENTRY_LINES if columns == 1 else 1

    def columns(self, room: float) -> list[list[Row]]:
        """Return the rows column by column; a heading does not stand at the foot of one."""
        found: list[list[Row]] = [[]]
        left = room
        for at, row in enumerate(self._rows):
            needed = self.height(row)
            ahead = at
            while self._rows[ahead].kind in ("group", "name") and ahead + 1 < len(self._rows):
                ahead += 1
                needed += self.height(self._rows[ahead])
            if needed > left and found[-1]:
                found.append([])
                left = room
            found[-1].append(row)
            left -= self.height(row)
        return found

    def whole(self) -> bool:
        """Return whether no text is cut short."""
        return not any(line.endswith(CUT) for row in self._rows for line in self._lines(row)[0])

    def height(self, row: Row) -> float:
        """Return the height of a row."""
        if row.kind == "square":
            return self._square_mm(row)
        size = {"group": _GROUP_PT, "name": _NAME_PT}.get(row.kind, _ENTRY_PT) * self._shrink
        lines = len(self._lines(row)[0]) + bool(self._lines(row)[1])
        tall = max(lines * size * _SPACING * MM_PER_PT, (SWATCH_MM[1] + 0.6) * self._shrink)
        return tall + (self._above(row) + self._below(row)) * self._shrink

    @staticmethod
    def _above(row: Row) -> float:
        return 1.6 if row.kind == "group" else 0.9 if row.kind == "name" or row.alone else 0.0

    @staticmethod
    def _below(row: Row) -> float:
        return 1.2 if row.kind == "group" else 0.0

    def _lines(self, row: Row) -> tuple[list[str], str]:
        """Return the lines of a row, and its note if that has a line of its own."""
        size, bold = self._style(row)
        count = self._ruler.width_mm(self._count_of(row), _COUNT_PT * self._shrink, "bold")
        room = self.width - self._indent(row) - (count + _GAP_MM * self._shrink if row.counted else 0)
        most = _NAME_LINES if row.kind == "name" else self._most
        lines = self._ruler.wrapped(row.text, room, size, bold, most)
        if not row.note:
            return lines, ""
        beside = self._ruler.width_mm(lines[-1], size, bold) + self._ruler.width_mm(f" ({row.note})", size)
        note = self._ruler.wrapped(f"({row.note})", room, size, most=1)[0]
        return lines, "" if beside <= room else note

    def _style(self, row: Row) -> tuple[float, str]:
        if row.kind == "group":
            return _GROUP_PT * self._shrink, "bold"
        return (
            (_NAME_PT * self._shrink, "bold")
            if row.kind == "name" or row.alone
            else (_ENTRY_PT * self._shrink, "normal")
        )

    def _indent(self, row: Row) -> float:
        return (SWATCH_MM[0] + _GAP_MM) * self._shrink if row.kind in ("entry", "more") else 0.0

    def draw(self, row: Row, x: float, top: float) -> None:
        """Draw a row with its upper left corner at a place."""
        if row.kind == "square":
            self._square(row, x, top)
            return
        (size, weight), (lines, note) = self._style(row), self._lines(row)
        foot = top - self.height(row) + self._below(row) * self._shrink
        top, step = top - self._above(row) * self._shrink, size * _SPACING * MM_PER_PT
        y = (top + foot + (len(lines) + bool(note) - 1) * step) / 2
        style: dict[str, Any] = {"va": "center_baseline", "fontsize": size}
        first = y
        for line in lines:
            ink = SOFT if row.kind in ("group", "more") else INK
            self._page.text(x + self._indent(row), y, line, color=ink, weight=weight, **style)
            y -= step
        if note:
            self._page.text(x + self._indent(row), y, note, color=SOFT, **style)
        elif row.note:
            after = x + self._indent(row) + self._ruler.width_mm(lines[-1] + " ", size, weight)
            self._page.text(after, y + step, f"({row.note})", color=SOFT, **style)
        if row.kind == "group":
            self._page.plot([x, x + self.width], [foot] * 2, color=RULE, linewidth=0.6)
        if row.entry and row.layer:
            spec = row.layer["symbols"][row.entry["symbol"]]
            swatch(self._page, spec, row.layer["dimension"], (x, first), self._shrink)
        if row.counted:
            bold = "normal" if row.entry else "bold"
            style = {"fontsize": _COUNT_PT * self._shrink, "color": SOFT, "weight": bold}
            self._page.text(x + self.width, first, self._count_of(row), ha="right", va="center_baseline", **style)

    def _count_of(self, row: Row) -> str:
        return f"{row.entry['count']:,}" if row.entry else self._count

    def _titles(self, row: Row) -> tuple[list[str], list[str]]:
        """Return the lines of what runs up and of what runs across."""
        assert row.layer is not None  # noqa: S101 - squares have one
        across, up = (side["label"] + (f" ({side['note']})" if side["note"] else "") for side in row.layer["grid"])
        size = _AXIS_PT * self._shrink
        return (
            self._ruler.wrapped(f"↑ {up}", self.width, size, "bold", _NAME_LINES),
            self._ruler.wrapped(f"{across} →", self.width, size, "bold", _NAME_LINES),
        )

    def _square_mm(self, row: Row) -> float:
        assert row.layer is not None  # noqa: S101 - squares have one
        line, up = _AXIS_PT * self._shrink * _SPACING * MM_PER_PT, len(row.layer["grid"][1]["classes"])
        return line * (sum(map(len, self._titles(row))) + 1) + (up * (_CELL_MM + _CELL_GAP_MM) + 2) * self._shrink

    def _square(self, row: Row, x: float, top: float) -> None:
        """Draw the square of two figures: classes at its sides, counts in its cells."""
        from matplotlib.patches import Rectangle

        assert row.layer is not None  # noqa: S101 - squares have one
        layer, shrink = row.layer, self._shrink
        across, up = (side["classes"] for side in layer["grid"])
        line, size = _AXIS_PT * shrink * _SPACING * MM_PER_PT, _EDGE_PT * shrink
        titles = self._titles(row)
        y = top - line / 2
        title: dict[str, Any] = {"va": "center_baseline", "fontsize": _AXIS_PT * shrink, "weight": "bold", "color": INK}
        for text in titles[0]:
            self._page.text(x, y, text, **title)
            y -= line
        left = x + max(self._ruler.width_mm(text, size) for text in up) + _GAP_MM * shrink
        wide, tall, gap = (x + self.width - left) / len(across), _CELL_MM * shrink, _CELL_GAP_MM * shrink
        floor = y + line / 2 - len(up) * (tall + gap)
        edge: dict[str, Any] = {"va": "center_baseline", "fontsize": size, "color": SOFT}
        for at, text in enumerate(up):
            self._page.text(left - _GAP_MM * shrink, floor + (at + 0.5) * (tall + gap), text, ha="right", **edge)
        for at, text in enumerate(across):
            self._page.text(left + (at + 0.5) * wide, floor - line / 2, text, ha="center", **edge)
        for entry in layer["legend"]:
            n = entry["symbol"]
            if n >= len(across) * len(up):
                continue
            fill = layer["symbols"][n]["fill"]
            corner = left + n % len(across) * wide, floor + n // len(across) * (tall + gap) + gap
            self._page.add_patch(Rectangle(corner, wide - gap, tall, facecolor=fill, edgecolor=EDGE, linewidth=0.3))
            place, ink = (corner[0] + (wide - gap) / 2, corner[1] + tall / 2), _ink_on(fill)
            count: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": _COUNT_PT * shrink}
            self._page.text(*place, f"{entry['count']:,}", color=ink, **count)
        y = floor - line * 1.5
        for text in titles[1]:
            self._page.text(x + self.width, y, text, ha="right", **title)
            y -= line


def _ink_on(fill: str) -> str:
    r, g, b = ((int(fill[n : n + 2], 16) / 255) ** 2.2 for n in (1, 3, 5))
    return "#ffffff" if 0.2126 * r + 0.7152 * g + 0.0722 * b < _DARK else INK
