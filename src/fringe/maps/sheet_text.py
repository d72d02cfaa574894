"""Texts on paper: measured, broken into lines, and made smaller or cut short where they find no room.

Sizes of type are points, lengths millimetres. A line is broken at spaces, between Chinese signs (never before a mark of
punctuation), and within a word that is longer than a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

MM_PER_PT = 25.4 / 72
CUT = "…"
# Texts are measured at this size: widths grow with it.
_MEASURED_PT = 40.0
# Signs of Chinese writing with the marks that follow them, spaces, words.
_PIECES = re.compile(
    r"[\u2e80-\uffef][\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f\uff09\u300b\u201d]*|\s+|[^\s\u2e80-\uffef]+"
)


class Ruler:
    """How wide texts are in the fonts that are set at present."""

    def __init__(self, figure: Any) -> None:
        self._canvas = figure.canvas
        self._dpi = figure.dpi
        self._known: dict[tuple[str, str], float] = {}

    def width_mm(self, text: str, size: float, weight: str = "normal") -> float:
        """Return the width of a line."""
        from matplotlib.font_manager import FontProperties

        if (text, weight) not in self._known:
            font = FontProperties(size=_MEASURED_PT, weight=weight)
            wide = self._canvas.get_renderer().get_text_width_height_descent(text, font, ismath=False)[0]
            self._known[text, weight] = wide / self._dpi * 25.4 / _MEASURED_PT
        return self._known[text, weight] * size

    def wrapped(self, text: str, room_mm: float, size: float, weight: str = "normal", most: int = 0) -> list[str]:
        """Return a text in lines that have room; `most` of them (0: any number), the last cut short if need be."""
        lines = [""]
        for piece in _PIECES.findall(text):
            for part in self._short_enough(piece, room_mm, size, weight):
                if self.width_mm((lines[-1] + part).rstrip(), size, weight) <= room_mm:
                    lines[-1] += part
                else:
                    lines.append(part.lstrip())
        lines = [line.rstrip() for line in lines]
        if most and len(lines) > most:
            last = " ".join(lines[most - 1 : most + 1])
            while last and self.width_mm(last + CUT, size, weight) > room_mm:
                last = last[:-1]
            lines = [*lines[: most - 1], last.rstrip() + CUT]
        return lines

    def _short_enough(self, piece: str, room_mm: float, size: float, weight: str) -> Sequence[str]:
        if self.width_mm(piece, size, weight) <= room_mm:
            return (piece,)
        return tuple(piece)

    def fitted(
        self, text: str, room_mm: float, tries: Sequence[tuple[float, int]], weight: str = "normal"
    ) -> tuple[list[str], float]:
        """Return lines and their size: of pairs (size, most lines) the first in which a text has room, or the last."""
        for size, most in tries:
            lines = self.wrapped(text, room_mm, size, weight)
            if len(lines) <= most:
                return lines, size
        size, most = tries[-1]
        return self.wrapped(text, room_mm, size, weight, most), size
