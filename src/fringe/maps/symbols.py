"""The symbols of the layers: what a plot, a road, a railway, a village looks like unless a style says otherwise.

Status is told by colour *and* pattern: planned is an open dashed outline, under way is hatched, planted is dotted,
accepted and kept are solid (kept is darker), lost is crossed out. On a grey printer and to colour-blind readers the
patterns and the lightness remain.

A *kind* is the layer a frame holds, read from the name of its index (`plot`, `road`, `track`, …). A *level* orders
kinds from the ground up: higher levels are drawn over lower ones, whatever the order in which layers were added.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from fringe.maps.palette import INK, NO_DATA, NO_DATA_INK
from fringe.maps.style import Categories, Category, Pattern, Shape, Style, Symbol
from fringe.model.layers import INDEX

STATUS_SYMBOLS: Mapping[str, Symbol] = MappingProxyType(
    {
        "planned": Symbol(fill="#ffffff", opacity=0.45, stroke="#4d5963", width=1.1, dash=(4, 3)),
        "under_way": Symbol(
            fill="#fff4dc", pattern=Pattern("hatch", "#c06d12", 5.0, 1.5), stroke="#9a560c", width=1.0, rank=1
        ),
        "planted": Symbol(
            fill="#d9edc6", pattern=Pattern("stipple", "#357f3f", 5.0, 1.3), stroke="#357f3f", width=1.0, rank=2
        ),
        "accepted": Symbol(fill="#6fb56c", stroke="#2f7439", width=1.0, rank=3),
        "kept": Symbol(fill="#1f6a3c", stroke="#0f4325", width=1.0, rank=4),
        "lost": Symbol(
            fill="#ffffff", pattern=Pattern("cross", "#a2372d", 6.0, 1.1), stroke="#a2372d", width=1.1, rank=1
        ),
    }
)
# Progress against plan: the order of the legend is from best to worst.
PROGRESS_SYMBOLS: Mapping[str, Symbol] = MappingProxyType(
    {
        "ahead": Symbol(fill="#5a9274"),
        "on_track": Symbol(fill="#cfe0cd"),
        "at_risk": Symbol(fill="#f3d79b", pattern=Pattern("stipple", "#a8741a", 7.0, 1.2)),
        "behind": Symbol(fill="#dc9468", pattern=Pattern("hatch", "#8a4418", 7.0, 1.1)),
    }
)
UNKNOWN_AREA = Symbol(fill=NO_DATA, pattern=Pattern("back_hatch", "#b9bcc0", 7.0, 1.0), stroke=NO_DATA_INK, width=0.8)


def _road(fill: str, width: float, casing: str, rank: int) -> Symbol:
    return Symbol(stroke=fill, width=width, casing=casing, casing_width=0.8, rank=rank)


_ROADS = Categories(
    (
        Category("map.road_motorway", _road("#e59f53", 3.6, "#a8652a", 5), (("road_class", ("motorway",)),)),
        Category("map.road_main", _road("#f6d48b", 3.0, "#ac8a4c", 4), (("road_class", ("trunk", "primary")),)),
        Category(
            "map.road_secondary", _road("#ffffff", 2.4, "#737c82", 3), (("road_class", ("secondary", "tertiary")),)
        ),
        Category(
            "map.road_local",
            Symbol(stroke="#ffffff", width=1.2, casing="#868d92", casing_width=0.8, rank=2, least_zoom=11.75),
            (("road_class", ("unclassified", "residential", "living_street", "service", "pedestrian")),),
        ),
        Category(
            "map.road_path",
            Symbol(stroke="#6f6558", width=0.9, dash=(3, 2.5), rank=1, least_zoom=12.25),
            (("road_class", ("track", "footway", "cycleway", "path", "steps")),),
        ),
    ),
    Category("map.other", Symbol(stroke="#b3b6b8", width=1.0)),
)
_NOT_IN_USE = ("construction", "disused")
_RAIL = Categories(
    (
        Category(
            "map.rail_not_in_use",
            Symbol(stroke="#6d757c", width=1.6, dash=(7, 5), rank=1),
            (("state", _NOT_IN_USE),),
        ),
        Category(
            "value.rail_class.high_speed",
            Symbol(stroke="#16222d", width=5.0, core="#ffffff", core_width=2.8, core_dash=(16, 16), rank=5),
            (("rail_class", ("high_speed",)),),
        ),
        Category(
            "value.rail_class.conventional",
            Symbol(stroke="#2b3641", width=3.0, core="#ffffff", core_width=1.6, core_dash=(8, 8), rank=4),
            (("rail_class", ("conventional",)),),
        ),
        Category(
            "value.rail_class.metro",
            Symbol(stroke="#7b4a86", width=3.2, core="#ffffff", core_width=1.0, rank=3),
            (("rail_class", ("metro",)),),
        ),
        Category(
            "map.rail_light",
            Symbol(stroke="#4c5862", width=1.6, rank=2),
            (("rail_class", ("light_rail", "tram", "narrow_gauge")),),
        ),
    ),
    Category("map.other", Symbol(stroke="#4c5862", width=1.6)),
)
_GREEN = Symbol(fill="#8fc088", stroke="#3f7f49", width=0.9)

_SINGLE: Mapping[str, Symbol] = MappingProxyType(
    {
        "zones": Symbol(fill="#ffffff", opacity=0.0, stroke="#2e3d49", width=1.3, casing="#ffffff", casing_width=1.1),
        "villages": Symbol(fill="#ffffff", stroke=INK, width=1.4, radius=3.4),
        "findings": Symbol(fill="#c0392b", stroke="#ffffff", width=1.4, shape="diamond", radius=5.5),
        "tasks": Symbol(fill="#8a5a9e", stroke="#ffffff", width=1.4, shape="square", radius=5.0),
        "land": Symbol(fill="#ece7db", stroke="#d3ccbb", width=0.6),
        "water": Symbol(fill="#b5dbea", stroke="#6fa9c3", width=0.8),
        "buildings": Symbol(fill="#d6cec2", stroke="#a89f91", width=0.5),
    }
)
VILLAGE_AREA = Symbol(fill="#e9d6c0", opacity=0.85, stroke="#a88e72", width=0.9)
# Layers of no known kind, one after the other: fills and inks that differ in grey and for colour-blind readers.
_ANY = (
    ("#e1caea", "#8e6c8f"),
    ("#f6ebbe", "#b1833f"),
    ("#87c7c0", "#1c6457"),
    ("#ffd2ca", "#a05b3f"),
    ("#94aec5", "#414a6b"),
    ("#becca0", "#70876d"),
)
_DASHES: tuple[tuple[float, ...], ...] = ((), (9, 4))
_SHAPES: tuple[Shape, ...] = ("circle", "square", "triangle", "diamond")

BELOW = "base_"
"""What the kinds of layers begin with that lie under all others: those of vector tiles."""
LEVELS: Mapping[str, int] = MappingProxyType(
    {"base_land": 1, "base_water": 2, "base_streams": 3, "base_buildings": 4, "base_roads": 5, "base_rail": 6}
    | {"land": 10, "zones": 20, "water": 30, "buildings": 35, "plots": 40, "roads": 50, "rail": 60, "villages": 80}
)
_LEVEL_OF_DIMENSION = {0: 85, 1: 55, 2: 45}
BASE_KINDS = ("roads", "rail", "villages", "water", "land", "buildings")
_KIND_OF_INDEX = {index: kind for kind, index in INDEX.items()}


def kind_of(frame: pd.DataFrame) -> str | None:
    """Return the kind of layer a frame holds, or `None`.

    Examples
    --------
    >>> kind_of(pd.DataFrame(index=pd.Index(["P-1"], name="plot")))
    'plots'
    """
    return _KIND_OF_INDEX.get(str(frame.index.name))


def layer_of(frame: pd.DataFrame) -> str:
    """Return what a problem calls a frame: its kind, else the name of its index."""
    return kind_of(frame) or ("map" if frame.index.name is None else str(frame.index.name))


def level_of(kind: str | None, dimension: int) -> int:
    """Return how high a layer lies: by its kind, else by the dimension (0, 1, 2) of its features."""
    return LEVELS.get(kind or "", _LEVEL_OF_DIMENSION[dimension])


def any_symbol(dimension: int, number: int = 0) -> Symbol:
    """Return the symbol of a layer of no known kind, by how many such layers came before it.

    Examples
    --------
    >>> any_symbol(0).shape, any_symbol(0, 1).shape, any_symbol(2, 6) == any_symbol(2)
    ('circle', 'square', True)
    """
    fill, ink = _ANY[number % len(_ANY)]
    if dimension == 0:
        return Symbol(fill=ink, stroke="#ffffff", width=1.2, radius=4.5, shape=_SHAPES[number % len(_SHAPES)])
    if dimension == 1:
        dash = _DASHES[number % len(_DASHES)]
        return Symbol(stroke=ink, width=2.0, dash=dash, casing="#ffffff", casing_width=0.8)
    return Symbol(fill=fill, opacity=0.8, stroke=ink, width=0.9)


def default_style(frame: pd.DataFrame, kind: str | None, dimension: int, number: int = 0) -> Style:
    """Return the style of a frame without one.

    Parameters
    ----------
    frame
        Its columns decide whether a class or a status can be shown.
    kind
        See `kind_of`.
    dimension
        0, 1 or 2: points, lines or areas.
    number
        How many layers of no known kind came before it.
    """
    if kind == "plots":
        return Categories.of("status", STATUS_SYMBOLS, other=UNKNOWN_AREA) if "status" in frame else _GREEN
    if kind == "roads" and "road_class" in frame:
        return _ROADS
    if kind == "rail" and "rail_class" in frame:
        return _RAIL
    if kind == "villages" and dimension:
        return VILLAGE_AREA
    return _SINGLE.get(kind or "") or any_symbol(dimension, number)


def outline() -> Symbol:
    """Return the border of zones, drawn over plots and roads."""
    return _SINGLE["zones"]
