"""The scheme of a composite index: dimensions, their indicators, and what each indicator is held against.

An *indicator* is a column of a table. Its *floor* counts 0 and its *target* 1, whatever other zones have; what is
better than the target or worse than the floor counts no more and no less. A target below the floor means that less is
better. Weights are relative: those of the indicators of a dimension, and those of the dimensions, are divided by their
sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd


@dataclass(frozen=True)
class Indicator:
    """One column, what it is held against, and its weight within its dimension.

    Parameters
    ----------
    column
        Of the table that is rated.
    floor, target
        The figures that count 0 and 1, in the column's unit.
    weight
        Relative to the other indicators of the dimension.
    source
        Where floor and target come from.
    """

    column: str
    floor: float
    target: float
    weight: float = 1.0
    source: str = ""


@dataclass(frozen=True)
class Dimension:
    """Indicators that are added up, the dimension's weight, and its name for people."""

    key: str
    indicators: tuple[Indicator, ...]
    weight: float = 1.0
    name: str = ""


@dataclass(frozen=True)
class Scheme:
    """A composite index as it is published.

    Parameters
    ----------
    dimensions
        In the order of the table.
    title
        Of the index.
    edition
        Which edition of it this is.

    Examples
    --------
    >>> clean = Dimension("clean", (Indicator("bin_share", 0.0, 0.9, 3.0), Indicator("bare_share", 0.2, 0.05)))
    >>> scheme = Scheme((clean, Dimension("orderly", (Indicator("wires_share", 0.0, 1.0),))))
    >>> scheme.table()[["dimension", "direction", "weight", "overall_weight"]]
                 dimension direction  weight  overall_weight
    column
    bin_share        clean    higher    0.75           0.375
    bare_share       clean     lower    0.25           0.125
    wires_share    orderly    higher    1.00           0.500
    """

    dimensions: tuple[Dimension, ...]
    title: str = ""
    edition: str = ""

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators of all dimensions, in order."""
        return tuple(indicator for dimension in self.dimensions for indicator in dimension.indicators)

    def table(self) -> pd.DataFrame:
        """Return the scheme for publishing.

        Returns
        -------
        table
            Indexed by `column`; `dimension`, `floor`, `target`, `direction` (``higher`` or ``lower`` is better),
            `weight` within the dimension, `dimension_weight` and `overall_weight`, their product (each sums to 1),
            `source`.
        """
        whole = sum(dimension.weight for dimension in self.dimensions)
        lines = []
        for dimension in self.dimensions:
            part = sum(indicator.weight for indicator in dimension.indicators)
            for one in dimension.indicators:
                within, across = one.weight / part, dimension.weight / whole
                direction = "higher" if one.target > one.floor else "lower"
                line = (one.column, dimension.key, one.floor, one.target, direction)
                lines.append((*line, within, across, within * across, one.source))
        names = ["column", "dimension", "floor", "target", "direction"]
        names += ["weight", "dimension_weight", "overall_weight", "source"]
        return pd.DataFrame(lines, columns=names).set_index("column")

    def weighted(self, weights: Mapping[str, float]) -> Scheme:
        """Return the scheme with other weights of some indicators (by column) or dimensions (by key)."""
        return replace(
            self,
            dimensions=tuple(
                replace(
                    dimension,
                    weight=float(weights.get(dimension.key, dimension.weight)),
                    indicators=tuple(
                        replace(one, weight=float(weights.get(one.column, one.weight))) for one in dimension.indicators
                    ),
                )
                for dimension in self.dimensions
            ),
        )
