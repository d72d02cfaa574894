"""Two figures in one colour: each in up to three classes, across and up, nine colours in all.

Across the hue turns to blue, upwards to orange, and both darken, each by a step of its own, so that no two of the nine
are alike in grey; high in both is the darkest. Classes are thirds of the rows, or fixed by their edges, so that a
colour means the same in every week.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from fringe.maps import symbols
from fringe.maps.classes import Classes, classify
from fringe.maps.encode import label_of
from fringe.maps.layer import Drawing, Shade, numbers_of
from fringe.maps.ranges import class_labels, is_counted
from fringe.maps.style import Symbol
from fringe.model import words

if TYPE_CHECKING:
    from fringe.maps.layer import Layer

MOST = 3
# Rows from low to high of what runs up, columns from low to high of what runs across.
COLOURS = (
    ("#efede6", "#c3d8e3", "#93bfd8"),
    ("#ecc795", "#b3b2ac", "#6e9ab8"),
    ("#d28f4a", "#8f7b6b", "#47607a"),
)


@dataclass(frozen=True)
class Bivariate(Shade):
    """How two columns become colours: `column` and `breaks` across, `up` and `up_breaks` upwards."""

    up: str = ""
    up_breaks: tuple[float, ...] | None = None

    def title(self, lang: str | None) -> str:
        """Return the name of the layer."""
        return words.text("map.two_figures", lang, across=label_of(self.column, lang), up=label_of(self.up, lang))

    def drawing(self, layer: Layer, lang: str | None) -> Drawing:
        """Return which of the nine colours each row gets."""
        frame = layer.frame
        sides = [
            (name, _classes(frame, name, edges))
            for name, edges in ((self.column, self.breaks), (self.up, self.up_breaks))
        ]
        (_, across), (_, up) = sides
        at = [classes.assign(numbers_of(frame[name])) for name, classes in sides]
        wide = max(len(across), 1)
        none = wide * max(len(up), 1)
        codes = np.where((at[0] < 0) | (at[1] < 0), none, at[1] * wide + at[0])
        texts = [class_labels(classes, name, lang, whole=is_counted(name)) for name, classes in sides]
        fills = [
            Symbol(fill=COLOURS[_spread(row, len(up))][_spread(one, wide)])
            for row in range(max(len(up), 1))
            for one in range(wide)
        ]
        labels = [f"{low} / {high}" for high in texts[1][0] or ["–"] for low in texts[0][0] or ["–"]]
        unknown = replace(symbols.UNKNOWN_AREA, stroke=None)
        items = (*((label, n) for n, label in enumerate(labels)), (words.text("map.no_data", lang), none))
        grid = [
            {"label": label_of(name, lang), "note": unit, "classes": edges or ["–"]}
            for (name, _), (edges, unit) in zip(sides, texts, strict=True)
        ]
        return Drawing(
            (*fills, unknown), codes.astype(np.int64), items, outline=symbols.outline(), grid=grid, blank=none
        )


def _spread(at: int, n: int) -> int:
    """Return the colour of a class: one of one class is in the middle, two are at the ends."""
    return 1 if n <= 1 else round(at * (MOST - 1) / (n - 1))


def _classes(frame: gpd.GeoDataFrame, name: str, edges: Sequence[float] | None) -> Classes:
    values = numbers_of(frame[name])
    if edges is None:
        return classify(values, scheme="quantile", k=MOST)
    outside = Classes((-math.inf, *edges, math.inf), beyond=True).assign(values)
    # The classes at the ends hold what lies beyond them, and say so.
    low = -math.inf if (outside == 0).any() else edges[0]
    return Classes((low, *edges[1:-1], math.inf if (outside == len(edges)).any() else edges[-1]))
