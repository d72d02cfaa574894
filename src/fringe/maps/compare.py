"""Before and after: two states on one sheet, under a divider that is drawn across or on two maps that move together.

A *side* is one of the two states. What both maps of a comparison share, such as roads, belongs to neither and is drawn
on both. A colour must mean the same on both sides: where both shade the same column in the same way, the classes are
those of the values of both together. Layers that are drawn alike on both sides are *twins*: they share one entry of the
legend, with two counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from fringe.errors import MapError
from fringe.maps.kinds import pooled
from fringe.maps.layer import Layer, Shade
from fringe.model import words
from fringe.model.dates import parse_day
from fringe.model.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

    from fringe.maps.map import Map

Mode = Literal["swipe", "side"]
SIDES = ("before", "after")
_ALIKE = ("name", "kind", "dimension", "symbols", "note")


@dataclass(frozen=True)
class Comparison:
    """How two states are shown, and what stands over them.

    Parameters
    ----------
    mode
        ``swipe``: one map with a divider; ``side``: two maps side by side.
    names
        What the states are called; empty: before and after.
    days
        Their days, as text; empty where they have none.
    """

    mode: Mode
    names: tuple[str, str]
    days: tuple[str, str]

    def describe(self, lang: str | None) -> dict[str, Any]:
        """Return it for the page."""
        sides = {
            side: {"name": name or words.text(f"map.{side}", lang), "day": day}
            for side, name, day in zip(SIDES, self.names, self.days, strict=True)
        }
        return {"mode": self.mode, **sides}


def compare_maps(sheet: Map, before: object, after: object, mode: str) -> tuple[tuple[Layer, ...], Comparison]:
    """Return the layers of both maps, each with its side, and the comparison.

    Raises
    ------
    MapError
        If one is no map, is a comparison itself or has no layer, or the mode is unknown.
    """
    _refuse(sheet, (before, after), mode)
    pair: tuple[Any, Any] = (before, after)
    found = [replace(layer, side=side) for side, one in zip(SIDES, pair, strict=True) for layer in one.layers]
    days = tuple("" if (day := parse_day(one.date)) is None else f"{day:%Y-%m-%d}" for one in pair)
    names = (pair[0].title, pair[1].title)
    return tuple(with_shared_classes(found)), Comparison(mode, names, (days[0], days[1]))  # type: ignore[arg-type]


def _refuse(sheet: Map, pair: tuple[object, object], mode: str) -> None:
    problems = []
    if mode not in get_args(Mode):
        params = {"option": "mode", "value": mode, "allowed": ", ".join(get_args(Mode))}
        problems.append(Problem("map_option_unknown", "map", params=params))
    for one in pair:
        if not isinstance(one, type(sheet)):
            problems.append(Problem("map_compare_map", "map", params={"value": type(one).__name__}))
        elif not one.layers:
            problems.append(Problem("map_compare_empty", "map", params={"title": one.title}))
    if any(isinstance(one, type(sheet)) and one.comparison is not None for one in (sheet, *pair)):
        problems.append(Problem("map_compare_nested", "map"))
    if problems:
        raise MapError(problems)


def with_shared_classes(layers: Sequence[Layer]) -> list[Layer]:
    """Return layers with their classes made for the values of the other side too."""
    others = {side: [layer for layer in layers if layer.side not in (None, side)] for side in SIDES}
    return [replace(one, style=_pooled(one, others[one.side])) if one.side else one for one in layers]


def _pooled(layer: Layer, others: Sequence[Layer]) -> Any:
    """Return the style of a layer, its classes made for the values of its counterparts too."""
    style = layer.style
    if not isinstance(style, Shade):
        return style
    alike = [other for other in others if isinstance(other.style, Shade) and other.style == style]
    return replace(style, also=pooled(*map(_values, alike)) if alike else None)


def _values(layer: Layer) -> pd.Series:
    assert isinstance(layer.style, Shade)  # noqa: S101 - chosen so
    values: pd.Series = layer.frame[layer.style.column] if layer.timed is None else layer.timed.whole()
    return values


def pair_legends(layers: list[dict[str, Any]]) -> None:
    """Join the legends of twins: the entries of both in each, and the one names the other.

    Examples
    --------
    >>> alike = {"name": "Plots", "kind": "plots", "dimension": 2, "symbols": [{}, {}], "note": ""}
    >>> one = {**alike, "id": "a", "side": "before", "legend": [{"label": "kept", "symbol": 0, "count": 3}]}
    >>> two = {**alike, "id": "b", "side": "after", "legend": [{"label": "lost", "symbol": 1, "count": 2}]}
    >>> pair_legends([one, two])
    >>> one["twin"], two["twin_of"], [(item["label"], item["count"]) for item in two["legend"]]
    ('b', 'a', [('kept', 0), ('lost', 2)])
    """
    free = [layer for layer in layers if layer.get("side") == "after"]
    for layer in layers:
        if layer.get("side") != "before" or "grid" in layer:
            continue
        twin = next((other for other in free if all(other[part] == layer[part] for part in _ALIKE)), None)
        if twin is None:
            continue
        free.remove(twin)
        known = {item["symbol"]: item["label"] for item in (*twin["legend"], *layer["legend"])}
        for one in (layer, twin):
            counts = {item["symbol"]: item["count"] for item in one["legend"]}
            one["legend"] = [
                {"label": known[symbol], "symbol": symbol, "count": counts.get(symbol, 0)} for symbol in sorted(known)
            ]
        layer["twin"], twin["twin_of"] = twin["id"], layer["id"]
