"""The scheme of a periodic assessment (月考核): what counts how much, what vetoes, and what a score is called.

An *item* is a column of a table, held against a floor that earns nothing and a target that earns its whole weight; its
*cap* says how much more than the whole an over-achievement may earn. A *gate* (一票否决) limits the score of a unit
for which its condition holds, to 0 or to a ceiling. A *grade* is what a score is called; an *award* (流动红旗 for the
first, 黄旗 for the last) is given by rank and is no grade.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq}
)
GRADES = ("excellent", "good", "pass")
FAILED = "fail"
AWARDS = ("red_flag", "yellow_flag")


@dataclass(frozen=True)
class Item:
    """One column, what it is held against, and its weight.

    Parameters
    ----------
    column
        Of the table that is assessed.
    floor, target
        The figures that earn 0 and the whole weight, in the column's unit; a target below the floor means that less is
        better.
    weight
        Relative to the other items.
    cap
        The most an item may earn, as a share of its weight: 1, or more where over-achievement earns a bonus.
    noise
        How far off the figure may be (standard deviation, in the column's unit), for the interval of ranks.
    name
        For people; else the column's label.
    """

    column: str
    floor: float = 0.0
    target: float = 1.0
    weight: float = 1.0
    cap: float = 1.0
    noise: float = 0.0
    name: str = ""


@dataclass(frozen=True)
class Gate:
    """A condition that limits a score: where ``column op value`` holds it is `score` at most."""

    column: str
    op: str
    value: float
    score: float = 0.0
    name: str = ""


@dataclass(frozen=True)
class Assessment:
    """A scheme as it is published.

    Parameters
    ----------
    items
        In the order of the sheet.
    gates
        All are looked at; the lowest that holds decides.
    grades
        The least score of each grade, by `GRADES`; what is below all of them is ``fail``.
    awards
        How many units get each of `AWARDS`: the first so many, the last so many.
    adjust
        Columns a fair comparison takes account of, such as the workload and the state at the start.
    tie
        The column that decides the order of units with one score, greatest first: their weight.
    title, edition
        Of the scheme.

    Examples
    --------
    >>> scheme = Assessment((Item("progress_share", weight=60), Item("closure_share", weight=40)))
    >>> scheme.table()["points"].tolist()
    [60.0, 40.0]
    """

    items: tuple[Item, ...]
    gates: tuple[Gate, ...] = ()
    grades: Mapping[str, float] = field(default_factory=dict)
    awards: Mapping[str, int] = field(default_factory=dict)
    adjust: tuple[str, ...] = ()
    tie: str = ""
    title: str = ""
    edition: str = ""

    def points(self) -> list[float]:
        """Return what each item can earn without a bonus; together 100."""
        whole = sum(item.weight for item in self.items)
        return [100 * item.weight / whole for item in self.items]

    def table(self) -> pd.DataFrame:
        """Return the scheme for publishing: `column`, `floor`, `target`, `direction`, `points`, `cap`, `noise`."""
        lines = [
            (item.column, item.floor, item.target, "higher" if item.target > item.floor else "lower", most, item.cap,
             item.noise)
            for item, most in zip(self.items, self.points(), strict=True)
        ]  # fmt: skip
        names = ["column", "floor", "target", "direction", "points", "cap", "noise"]
        return pd.DataFrame(lines, columns=names).set_index("column")
