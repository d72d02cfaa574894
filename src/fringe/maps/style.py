"""Styles: how the features of a layer are drawn, as data.

A *symbol* is one way of drawing: fill, pattern, outline, line with casing and core, point. A *category* gives a
symbol to the rows whose columns hold certain values; *categories* are tried in order, and the first that fits is
taken. A *pattern* is drawn over the fill in steps of screen pixels, so it looks the same at every zoom. A *casing*
lies under a line and shows at its sides; a *core* lies on it and is narrower: black line, white dashes is a railway.

Lengths are pixels of the screen at the zoom where a district fills it; lines grow and shrink gently with the zoom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Shape = Literal["circle", "square", "diamond", "triangle"]
PatternKind = Literal["hatch", "back_hatch", "cross", "stipple", "lines"]


@dataclass(frozen=True)
class Pattern:
    r"""Marks over a fill: ``hatch`` ///, ``back_hatch`` \\\, ``cross`` xxx, ``stipple`` dots, ``lines`` ===."""

    kind: PatternKind
    ink: str
    gap: float = 6.0
    width: float = 1.2


@dataclass(frozen=True)
class Symbol:
    """One way of drawing.

    Parameters
    ----------
    fill
        Colour of areas and points; `None` leaves them open.
    opacity
        Of the fill, 0 to 1.
    pattern
        Over the fill.
    stroke, width, dash
        The line itself, or the outline of an area or point.
    casing, casing_width
        A wider line under it; the width is what shows on each side.
    core, core_width, core_dash
        A narrower line on it.
    shape, radius
        Of points.
    rank
        Symbols of higher rank are drawn over the others of their layer.
    least_zoom
        Rows are not drawn below this zoom, where they would only be a grey veil; the legend says so.
    """

    fill: str | None = None
    opacity: float = 1.0
    pattern: Pattern | None = None
    stroke: str | None = None
    width: float = 1.0
    dash: tuple[float, ...] = ()
    casing: str | None = None
    casing_width: float = 1.0
    core: str | None = None
    core_width: float = 1.0
    core_dash: tuple[float, ...] = ()
    shape: Shape = "circle"
    radius: float = 4.0
    rank: int = 0
    least_zoom: float = 0.0

    def spec(self) -> dict[str, Any]:
        """Return what differs from the defaults, for the page.

        Examples
        --------
        >>> Symbol(fill="#ffffff", dash=(4, 3)).spec()
        {'fill': '#ffffff', 'dash': (4, 3)}
        """
        usual = asdict(Symbol())
        return {name: part for name, part in asdict(self).items() if part != usual[name]}


@dataclass(frozen=True)
class Category:
    """A symbol for the rows in which every named column holds one of the values given for it.

    Parameters
    ----------
    label
        What the legend says: a text, or the key of a word entry such as ``"value.status.planted"``.
    symbol
        How the rows are drawn.
    where
        Pairs (column, values). None: every row.
    """

    label: str
    symbol: Symbol
    where: tuple[tuple[str, tuple[object, ...]], ...] = ()

    def fits(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return which rows belong to the category, if no earlier one takes them."""
        found = np.ones(len(frame), dtype=bool)
        for column, values in self.where:
            found &= frame[column].isin(values).to_numpy(dtype=bool) if column in frame else False
        return found


@dataclass(frozen=True)
class Categories:
    """Symbols by the values of columns.

    Parameters
    ----------
    categories
        In the order of the legend.
    other
        For rows that fit none; it appears in the legend only if there are any.

    Examples
    --------
    >>> frame = pd.DataFrame({"kind": ["oak", "elm", "oak"]})
    >>> trees = Categories.of("kind", {"oak": Symbol(fill="#336633")}, other=Symbol(fill="#cccccc"))
    >>> trees.assign(frame).tolist()
    [0, 1, 0]
    """

    categories: tuple[Category, ...]
    other: Category

    @classmethod
    def of(cls, column: str, symbols: Mapping[Any, Symbol], *, other: Symbol) -> Categories:
        """Return categories that follow one column."""
        return cls(
            tuple(Category(f"value.{column}.{item}", symbol, ((column, (item,)),)) for item, symbol in symbols.items()),
            Category("map.other", other),
        )

    def assign(self, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return the number of each row's category; `other` comes after the last."""
        found = np.full(len(frame), len(self.categories), dtype=np.int64)
        for number in range(len(self.categories) - 1, -1, -1):
            found[self.categories[number].fits(frame)] = number
        return found

    def columns(self) -> Iterable[str]:
        """Return the columns that decide."""
        return dict.fromkeys(column for category in self.categories for column, _ in category.where)


Style = Symbol | Categories
